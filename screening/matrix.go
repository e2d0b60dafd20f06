package screening

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed matrix.tsv
var matrixText string

// cell is one field of the matrix.
type cell struct {
	level Level
	info  bool // tell the merchant that the number fits, and to read out no code
	block bool // a policy may block
}

// matrix is the parsed table. Row CallerUnknown is the ordinary row.
type matrix struct {
	cells [callerClassCount][heardCount]cell
	floor [kindCount]Level // least level once a kind was heard, LevelUnknown for none
}

// theMatrix is the embedded table. A fault in it is a programmer's mistake.
var theMatrix = func() *matrix {
	m, err := parseMatrix(matrixText)
	if err != nil {
		panic(err)
	}
	return m
}()

// parseMatrix reads the table and checks that it is whole and that its levels
// rise where the properties of Judge rest on it.
func parseMatrix(text string) (*matrix, error) {
	m := &matrix{}
	var columns []Heard
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		var err error
		switch fields[0] {
		case "caller":
			columns, err = parseColumns(fields[1:])
		case "floor":
			err = m.parseFloor(fields[1:])
		default:
			err = m.parseRow(fields, columns)
		}
		if err != nil {
			return nil, fmt.Errorf("matrix.tsv:%d: %w", i+1, err)
		}
	}
	m.cells[CallerUnknown] = m.cells[CallerOrdinary]
	if err := m.check(); err != nil {
		return nil, err
	}
	return m, nil
}

func parseColumns(names []string) ([]Heard, error) {
	columns := make([]Heard, len(names))
	for i, name := range names {
		h, ok := ParseHeard(name)
		if !ok {
			return nil, fmt.Errorf("no column is called %q (there are %s)", name, strings.Join(heardNames[:], ", "))
		}
		columns[i] = h
	}
	return columns, nil
}

func (m *matrix) parseRow(fields []string, columns []Heard) error {
	class, ok := ParseCallerClass(fields[0])
	if !ok {
		return fmt.Errorf("no caller class is called %q (there are %s)", fields[0], strings.Join(callerClassNames[:], ", "))
	}
	if len(fields)-1 != len(columns) {
		return fmt.Errorf("row %s has %d cells, the heading has %d", class, len(fields)-1, len(columns))
	}
	for i, field := range fields[1:] {
		name, mark, _ := strings.Cut(field, "+")
		level, ok := ParseLevel(name)
		if !ok || mark != "" && mark != "info" && mark != "block" {
			return fmt.Errorf("cell %q of row %s is not a level with +info or +block", field, class)
		}
		m.cells[class][columns[i]] = cell{level: level, info: mark == "info", block: mark == "block"}
	}
	return nil
}

func (m *matrix) parseFloor(fields []string) error {
	if len(fields) != 2 {
		return fmt.Errorf("a floor has a kind and a level")
	}
	kind, known := ParseKind(fields[0])
	level, ok := ParseLevel(fields[1])
	if !known || !ok {
		return fmt.Errorf("floor %q %q: no such kind or level", fields[0], fields[1])
	}
	m.floor[kind] = level
	return nil
}

// check holds the table to what the properties of Judge rest on.
func (m *matrix) check() error {
	for class := CallerSaved; class < callerClassCount; class++ {
		for h := HeardNothing; h < heardCount; h++ {
			c := m.cells[class][h]
			switch {
			case c.level == LevelUnknown:
				return fmt.Errorf("matrix.tsv: row %s, column %s is missing", class, h)
			case h > 0 && c.level < m.cells[class][h-1].level:
				return fmt.Errorf("matrix.tsv: row %s falls at column %s", class, h)
			case class > CallerRegistered && c.level < m.cells[class-1][h].level:
				return fmt.Errorf("matrix.tsv: column %s falls at row %s", h, class)
			}
		}
	}
	return nil
}
