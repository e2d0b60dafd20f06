package numberdb

import (
	"bufio"
	"slices"
	"strconv"
	"strings"

	"ringward/numbering"
)

// writeCard writes a record as a vCard 4.0: what a telephone understands, and
// the other columns in properties of our own, so that Import reads it back.
func writeCard(w *bufio.Writer, entity Entity, rec record) error {
	name, number := cardNames(rec)
	lines := []string{"BEGIN:VCARD", "VERSION:4.0", "FN:" + vcardEscape(orText(name, number))}
	own := ""
	if number != "" {
		lines = append(lines, "item1.TEL;TYPE=voice:"+vcardEscape(dialled(number)))
		own = "item1."
	}
	for _, column := range csvColumns[entity] {
		value := plainCell(rec, column)
		if value == "" || column == "hotline" && number != "" && number == dialled(number) {
			continue
		}
		property := vcardOwn + strings.ToUpper(strings.ReplaceAll(column, "_", "-")) + ":" + vcardEscape(value)
		switch {
		case entity == Institutions && column == "id":
			property = vcardOwn + "INSTITUTION:" + value
		case column == "institution" && entity == Numbers:
		case column == "number" && number == dialled(number):
			continue // TEL says it
		case entity != Institutions:
			property = own + property
		}
		lines = append(lines, property)
	}
	for _, line := range append(lines, "END:VCARD") {
		if err := vcardFold(w, line); err != nil {
			return err
		}
	}
	return nil
}

// holdsCards are the tables that vCard can hold.
func holdsCards(e Entity) bool {
	return slices.Contains([]Entity{Institutions, Numbers, Scams, SavedNumbers}, e)
}

func cardNames(rec record) (name, number string) {
	switch r := rec.(type) {
	case *Institution:
		return orText(r.NameZH, r.NameEN), r.Hotline
	case *Number:
		return strings.TrimSpace(r.Institution + " " + r.Purpose), r.Number
	case *Scam:
		return strings.TrimSpace("诈骗 scam " + r.Category), r.Number
	case *Saved:
		return r.Label, r.Number
	}
	return "", ""
}

// dialled is a canonical number as a telephone takes it.
func dialled(canonical string) string {
	n, err := numbering.ParseCanonical(canonical)
	if err != nil || !n.Short {
		return canonical
	}
	return n.Digits
}

// plainCell is cell without the guard against spreadsheets.
func plainCell(rec record, column string) string {
	switch p := field(rec, column).(type) {
	case *string:
		return *p
	case *[]string:
		return strings.Join(*p, ";")
	case *int:
		if *p != 0 {
			return strconv.Itoa(*p)
		}
	case *bool:
		if *p {
			return "true"
		}
	}
	return ""
}
