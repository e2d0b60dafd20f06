package numberdb

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mozillazg/go-pinyin"

	"ringward/numbering"
)

// What a card says beyond the standard stands in X-RINGWARD-COLUMN properties,
// COLUMN as in CSV with - for _; those of a TEL share its group.
const vcardOwn = "X-RINGWARD-"

// cardRows makes rows of vCards: one of a card in the table of institutions,
// else one of each telephone number.
type cardRows struct {
	cards cardReader
	o     ImportOptions
	names map[string]string // folded name: institution's id, "" if several have it
	rows  []parsedRow       // of the last card
}

func newCardRows(in *bufio.Reader, o ImportOptions, names map[string]string) (rowReader, error) {
	if !holdsCards(o.Entity) {
		return nil, fieldError("format", "vcard holds institutions, numbers, scam listings and saved numbers; use csv or jsonl")
	}
	return &cardRows{cards: cardReader{in: in}, o: o, names: names}, nil
}

func (c *cardRows) next() parsedRow {
	for len(c.rows) == 0 {
		props, line, err := c.cards.next()
		if err == io.EOF || isBroken(err) {
			return parsedRow{err: err}
		}
		if err != nil {
			return parsedRow{line: line, err: err}
		}
		c.rows = c.ofCard(props, line)
	}
	row := c.rows[0]
	c.rows = c.rows[1:]
	return row
}

func (c *cardRows) ofCard(props []vcardProp, line int) []parsedRow {
	card := cardOf(props)
	if c.o.Entity == Institutions {
		return []parsedRow{c.row(line, card.institution(), card.own[""])}
	}
	var out []parsedRow
	for _, tel := range card.tels {
		rec, err := c.ofTel(card, tel)
		if err != nil {
			out = append(out, parsedRow{line: tel.line, err: err})
			continue
		}
		out = append(out, c.row(tel.line, rec, card.own[tel.group]))
	}
	return out
}

// row finishes a record with what the card says in our own properties.
func (c *cardRows) row(line int, rec record, own []vcardProp) parsedRow {
	for _, p := range own {
		name := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(p.name, vcardOwn), "-", "_"))
		if field(rec, name) == nil {
			return parsedRow{line: p.line, err: fieldError(p.name, "is not known for this table")}
		}
		if err := setField(rec, name, vcardText(p.value)); err != nil {
			return parsedRow{line: p.line, err: err}
		}
	}
	return finish(line, rec, c.o)
}

// ofTel makes the record of one telephone number of a card.
func (c *cardRows) ofTel(card contact, tel vcardProp) (record, error) {
	number := telValue(tel)
	switch c.o.Entity {
	case Scams:
		return &Scam{Number: number, Category: clipText(card.category)}, nil
	case SavedNumbers:
		return &Saved{Number: number, Line: c.o.Line, Relation: "customer", Label: clipText(card.name)}, nil
	}
	r := &Number{Number: number, Institution: card.id, Purpose: clipText(card.labels[tel.group])}
	if r.Institution == "" {
		id, known := c.names[numbering.FoldName(card.org)]
		if !known {
			id, known = c.names[numbering.FoldName(card.name)]
		}
		if !known || id == "" {
			return nil, fmt.Errorf("%w: %.60q names no institution, or several; give its id as %sINSTITUTION:id in the card, or add the institution", ErrInvalid, orText(card.org, card.name), vcardOwn)
		}
		r.Institution = id
	}
	return r, nil
}

// telValue takes the number out of text or a tel URI.
func telValue(p vcardProp) string {
	v := vcardText(p.value)
	if len(v) > 4 && strings.EqualFold(v[:4], "tel:") {
		v, _, _ = strings.Cut(v[4:], ";ext=")
	}
	return v
}

// contact is what a card says that we use.
type contact struct {
	name, org, category, id string
	tels                    []vcardProp
	labels                  map[string]string      // by group
	own                     map[string][]vcardProp // by group
}

func cardOf(props []vcardProp) contact {
	c := contact{labels: map[string]string{}, own: map[string][]vcardProp{}}
	for i, p := range props {
		switch {
		case p.name == "FN":
			c.name = orText(c.name, vcardText(p.value))
		case p.name == "ORG":
			c.org = orText(c.org, vcardText(firstPart(p.value)))
		case p.name == "CATEGORIES":
			c.category = orText(c.category, vcardText(firstCategory(p.value)))
		case p.name == "TEL":
			if p.group == "" {
				p.group = fmt.Sprintf(" %d", i) // a group of its own
			}
			c.tels = append(c.tels, p)
		case p.name == "X-ABLABEL": // as telephones of one maker write it: _$!<Work>!$_
			c.labels[p.group] = strings.Trim(vcardText(p.value), "_$!<>")
		case p.name == vcardOwn+"INSTITUTION" && p.group == "":
			c.id = vcardText(p.value)
		case strings.HasPrefix(p.name, vcardOwn):
			c.own[p.group] = append(c.own[p.group], p)
		}
	}
	return c
}

func firstPart(s string) string     { return firstUnescaped(s, ';') }
func firstCategory(s string) string { return firstUnescaped(s, ',') }

func firstUnescaped(s string, end byte) string {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case end:
			return s[:i]
		}
	}
	return s
}

// institution makes an institution of a card; its number becomes the hotline if
// it is the only one.
func (c *contact) institution() *Institution {
	name := orText(c.name, c.org)
	r := &Institution{ID: orText(c.id, slug(name))}
	switch {
	case c.id != "": // a card of ours: its names are in properties of our own
	case isLatin(name):
		r.NameEN = name
	default:
		r.NameZH = name
	}
	if c.id == "" && c.org != "" && c.org != name {
		r.Aliases = []string{c.org}
	}
	if len(c.tels) == 1 {
		r.Hotline = telValue(c.tels[0])
	}
	return r
}

// slug makes an institution's id of its name: pinyin of Chinese characters,
// letters and digits of others.
func slug(name string) string {
	var b strings.Builder
	for _, r := range hang(strings.ToLower(name)) {
		if r < 0x80 {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				b.WriteRune(r)
			} else if s := b.String(); s != "" && s[len(s)-1] != '-' {
				b.WriteByte('-')
			}
			continue
		}
		b.WriteString(strings.Join(pinyin.LazyConvert(string(r), nil), ""))
	}
	s := strings.Trim(b.String(), "-")
	return strings.TrimRight(s[:min(len(s), 60)], "-")
}

func isLatin(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x2e80 })
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// clipText keeps a label of a foreign file within what a field may hold.
func clipText(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 100)])
}

// institutionNames are the names of all institutions, folded, with their ids; ""
// for a name of several.
func (s *Store) institutionNames(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	err := eachDoc(ctx, s.r, Institutions, func(_ int64, rec record) error {
		r := rec.(*Institution)
		for _, name := range slices.Concat([]string{r.ID, r.NameZH, r.NameEN}, r.Aliases) {
			folded := numbering.FoldName(name)
			if id, taken := names[folded]; taken && id != r.ID {
				names[folded] = ""
			} else if folded != "" {
				names[folded] = r.ID
			}
		}
		return nil
	})
	return names, err
}
