package numberdb

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// csvColumns are the columns of each table in CSV, in the order of export.
// Evidence and single reports do not fit in a table; JSON Lines carry them.
var csvColumns = map[Entity][]string{
	Institutions: {"id", "kind", "country", "name_zh", "name_en", "aliases", "spoken", "confusable", "hotline", "never_asks"},
	Numbers: {"institution", "number", "match", "area", "digits", "direction", "purpose", "valid_from", "valid_to", "evidence_url",
		"confidence", "callback", "source", "licence"},
	Scams:        {"number", "category", "campaign", "votes", "expires", "source", "licence"},
	Patterns:     {"prefix", "first", "last", "digits", "kind", "category", "institution", "direction", "severity", "shadow", "note_zh", "note_en", "expires"},
	Lines:        {"number", "prefix", "name", "merchant", "targets", "language", "policy"},
	SavedNumbers: {"line", "number", "relation", "label", "institution"},
}

// columned is a record that has columns in CSV.
type columned interface {
	// column returns a pointer to the field of that column, nil if there is none.
	column(name string) any
}

// field returns a pointer to the field of that column, nil if there is none.
func field(rec record, name string) any {
	if c, ok := rec.(columned); ok {
		return c.column(name)
	}
	return nil
}

func (r *Institution) column(name string) any {
	switch name {
	case "id":
		return &r.ID
	case "kind":
		return &r.Kind
	case "country":
		return &r.Country
	case "name_zh":
		return &r.NameZH
	case "name_en":
		return &r.NameEN
	case "aliases":
		return &r.Aliases
	case "spoken":
		return &r.Spoken
	case "confusable":
		return &r.Confusable
	case "hotline":
		return &r.Hotline
	case "never_asks":
		return &r.NeverAsks
	}
	return nil
}

func (r *Number) column(name string) any {
	if name == "evidence_url" {
		if len(r.Evidence) == 0 {
			r.Evidence = make([]Evidence, 1)
		}
		return &r.Evidence[0].URL
	}
	switch name {
	case "institution":
		return &r.Institution
	case "number":
		return &r.Number
	case "match":
		return &r.Match
	case "area":
		return &r.Area
	case "digits":
		return &r.Digits
	case "direction":
		return &r.Direction
	case "purpose":
		return &r.Purpose
	case "valid_from":
		return &r.ValidFrom
	case "valid_to":
		return &r.ValidTo
	case "confidence":
		return &r.Confidence
	case "callback":
		return &r.Callback
	case "source":
		return &r.Source
	case "licence":
		return &r.Licence
	}
	return nil
}

func (r *Scam) column(name string) any {
	switch name {
	case "number":
		return &r.Number
	case "category":
		return &r.Category
	case "campaign":
		return &r.Campaign
	case "votes":
		return &r.Votes
	case "expires":
		return &r.Expires
	case "source":
		return &r.Source
	case "licence":
		return &r.Licence
	}
	return nil
}

func (r *Pattern) column(name string) any {
	switch name {
	case "prefix":
		return &r.Prefix
	case "first":
		return &r.First
	case "last":
		return &r.Last
	case "digits":
		return &r.Digits
	case "kind":
		return &r.Kind
	case "category":
		return &r.Category
	case "institution":
		return &r.Institution
	case "direction":
		return &r.Direction
	case "severity":
		return &r.Severity
	case "shadow":
		return &r.Shadow
	case "note_zh":
		return &r.NoteZH
	case "note_en":
		return &r.NoteEN
	case "expires":
		return &r.Expires
	}
	return nil
}

func (r *Line) column(name string) any {
	switch name {
	case "number":
		return &r.Number
	case "prefix":
		return &r.Prefix
	case "name":
		return &r.Name
	case "merchant":
		return &r.Merchant
	case "targets":
		return &r.Targets
	case "language":
		return &r.Language
	case "policy":
		return &r.Policy
	}
	return nil
}

func (r *Saved) column(name string) any {
	switch name {
	case "line":
		return &r.Line
	case "number":
		return &r.Number
	case "relation":
		return &r.Relation
	case "label":
		return &r.Label
	case "institution":
		return &r.Institution
	}
	return nil
}

// cell writes a field for CSV.
func cell(rec record, name string) string {
	switch p := field(rec, name).(type) {
	case *string:
		return escapeCell(*p)
	case *[]string:
		return escapeCell(strings.Join(*p, ";"))
	case *int:
		if *p == 0 {
			return ""
		}
		return strconv.Itoa(*p)
	case *bool:
		if !*p {
			return ""
		}
		return "true"
	case *json.RawMessage:
		return string(*p)
	}
	return fmt.Sprint(name)
}

// escapeCell keeps spreadsheets from running text as a formula. A canonical
// number (+86...) is left alone: with digits only it is no formula.
func escapeCell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t", rune(s[0])) || s[0] == '+' && allDigits(s[1:]) {
		return s
	}
	return "'" + s
}

func unescapeCell(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@\t", rune(s[1])) {
		return s[1:]
	}
	return s
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
