package numbering

import (
	_ "embed" // the plan's data files
	"fmt"
	"strings"
)

//go:embed data/cn_plan.txt
var chinaPlanText string

//go:embed data/cn_areas.txt
var chinaAreasText string

// chinaRow is one row of data/cn_plan.txt.
type chinaRow struct {
	class Class
	note  string
}

// chinaArea is one row of data/cn_areas.txt.
type chinaArea struct {
	code       string // without 0: "10", "571"
	subscriber lengths
	english    string
	chinese    string
}

// chinaPlan is the Chinese numbering plan in the form in which it is looked up.
type chinaPlan struct {
	rows    []chinaRow
	codes   *trie // mobile ranges and short codes
	areas   []chinaArea
	byArea  [1000]uint16 // index into areas + 1, by area code; 0 is none
	date    string
	sources []string
}

var china = mustChinaPlan(chinaPlanText, chinaAreasText)

// mustChinaPlan panics on a broken embedded file: that is a mistake of the
// programmer, and a test loads it.
func mustChinaPlan(planText, areasText string) *chinaPlan {
	p, err := readChinaPlan(planText, areasText)
	if err != nil {
		panic(err)
	}
	return p
}

func readChinaPlan(planText, areasText string) (*chinaPlan, error) {
	p := &chinaPlan{codes: newTrie()}
	codes, err := readPlanFile("data/cn_plan.txt", planText, 4)
	if err != nil {
		return nil, err
	}
	areas, err := readPlanFile("data/cn_areas.txt", areasText, 4)
	if err != nil {
		return nil, err
	}
	p.date = max(codes.header["date"], areas.header["date"])
	p.sources = []string{codes.header["source"], areas.header["source"]}
	for _, row := range codes.rows {
		if err := p.addCode(row); err != nil {
			return nil, fmt.Errorf("data/cn_plan.txt: row %q: %w", strings.Join(row[:3], " "), err)
		}
	}
	for _, row := range areas.rows {
		if err := p.addArea(row); err != nil {
			return nil, fmt.Errorf("data/cn_areas.txt: row %q: %w", row[0], err)
		}
	}
	return p, nil
}

func (p *chinaPlan) addCode(row []string) error {
	class, ok := ParseClass(row[0])
	if !ok {
		return fmt.Errorf("class %q is not known", row[0])
	}
	prefixes, err := expandRanges(row[1])
	if err != nil {
		return err
	}
	l, err := parseLengths(row[2])
	if err != nil {
		return err
	}
	p.rows = append(p.rows, chinaRow{class, row[3]})
	for _, prefix := range prefixes {
		p.codes.add(prefix, l, len(p.rows)-1)
	}
	return nil
}

func (p *chinaPlan) addArea(row []string) error {
	l, err := parseLengths(row[1])
	if err != nil {
		return err
	}
	codes, err := expandRanges(row[0])
	if err != nil || len(codes) != 1 || len(row[0]) < 2 || len(row[0]) > 3 {
		return fmt.Errorf("area code has to be 2 or 3 digits without 0")
	}
	p.areas = append(p.areas, chinaArea{row[0], l, row[2], row[3]})
	p.byArea[atoi(row[0])] = uint16(len(p.areas))
	return nil
}

// code returns the plan's row for a national number without area code.
func (p *chinaPlan) code(digits string) (chinaRow, bool) {
	if i := p.codes.find(digits); i >= 0 {
		return p.rows[i], true
	}
	return chinaRow{}, false
}

// area returns the area that digits (without 0) begin with. Area codes are
// prefix-free: 10 and 2x have two digits, all others three.
func (p *chinaPlan) area(digits string) (chinaArea, bool) {
	n := 3
	if strings.HasPrefix(digits, "10") || strings.HasPrefix(digits, "2") {
		n = 2
	}
	if len(digits) < n {
		return chinaArea{}, false
	}
	if i := p.byArea[atoi(digits[:n])]; i > 0 {
		return p.areas[i-1], true
	}
	return chinaArea{}, false
}

// atoi is for up to three digits already checked.
func atoi(digits string) int {
	n := 0
	for i := 0; i < len(digits); i++ {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// PlanDate returns the date (YYYY-MM-DD) and the sources of the embedded plan
// data, for call records and for showing how old it is.
func PlanDate() (date string, sources []string) {
	return china.date, append([]string(nil), china.sources...)
}
