package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringward/numberdb"
	"ringward/screening/claims"
)

// formField is a field of a record that people edit.
type formField struct {
	Name    string // its JSON key, and behind "field." that of its label
	Kind    string // text, number, list, integer, day, box, choice, area
	Choices []string
	New     bool // given once, when the record is made
	Value   string
}

// forms are the fields of each table, in order.
var forms = map[numberdb.Entity][]formField{
	numberdb.Institutions: {{Name: "id", Kind: "text", New: true}, {Name: "kind", Kind: "choice", Choices: []string{"bank", "acquirer", "scheme", "agent", "carrier", "authority"}},
		{Name: "country", Kind: "text"}, {Name: "name_zh", Kind: "text"}, {Name: "name_en", Kind: "text"}, {Name: "aliases", Kind: "list"}, {Name: "spoken", Kind: "list"},
		{Name: "confusable", Kind: "list"}, {Name: "hotline", Kind: "number"}, {Name: "never_asks", Kind: "list"}},
	numberdb.Numbers: {{Name: "institution", Kind: "text"}, {Name: "number", Kind: "number"}, {Name: "match", Kind: "choice", Choices: []string{"", "exact", "area-short", "prefix"}},
		{Name: "area", Kind: "text"}, {Name: "digits", Kind: "integer"}, {Name: "direction", Kind: "choice", Choices: []string{"unknown", "may-call-out", "inbound-only", "outbound-only", "sms-only"}},
		{Name: "purpose", Kind: "choice", Choices: []string{"", "hotline", "card-outbound", "marketing", "sms"}}, {Name: "valid_from", Kind: "day"}, {Name: "valid_to", Kind: "day"},
		{Name: "callback", Kind: "number"}, {Name: "confidence", Kind: "integer"}, {Name: "source", Kind: "text"}, {Name: "licence", Kind: "text"}},
	numberdb.Scams: {{Name: "number", Kind: "number"}, {Name: "category", Kind: "text"}, {Name: "campaign", Kind: "text"}, {Name: "votes", Kind: "integer"}, {Name: "expires", Kind: "day"},
		{Name: "source", Kind: "text"}, {Name: "licence", Kind: "text"}},
	numberdb.Patterns: {{Name: "prefix", Kind: "text"}, {Name: "first", Kind: "text"}, {Name: "last", Kind: "text"}, {Name: "digits", Kind: "integer"},
		{Name: "kind", Kind: "choice", Choices: []string{"scam", "registered"}}, {Name: "category", Kind: "text"}, {Name: "institution", Kind: "text"},
		{Name: "direction", Kind: "choice", Choices: []string{"", "unknown", "may-call-out", "inbound-only", "outbound-only", "sms-only"}}, {Name: "severity", Kind: "choice", Choices: []string{"0", "1", "2"}},
		{Name: "shadow", Kind: "box"}, {Name: "note_zh", Kind: "text"}, {Name: "note_en", Kind: "text"}, {Name: "expires", Kind: "day"}},
	numberdb.Rules:   {{Name: "name", Kind: "text"}, {Name: "text", Kind: "area"}, {Name: "note", Kind: "text"}},
	numberdb.Appeals: {{Name: "number", Kind: "number"}, {Name: "by", Kind: "text"}, {Name: "text", Kind: "area"}, {Name: "outcome", Kind: "choice", Choices: []string{"", "upheld", "dismissed"}}, {Name: "note", Kind: "area"}},
}

// formFor is the form of a record, filled with what it says. given fills the
// form of a new one.
func formFor(entity numberdb.Entity, doc json.RawMessage, given url.Values) []formField {
	m, out := docMap(doc), []formField{}
	for _, f := range forms[entity] {
		if f.New && doc != nil {
			continue
		}
		switch v := m[f.Name].(type) {
		case []any:
			parts := []string{}
			for _, p := range v {
				parts = append(parts, fmt.Sprint(p))
			}
			f.Value = strings.Join(parts, ", ")
		case nil:
			f.Value = given.Get(f.Name)
		default:
			f.Value = fmt.Sprint(v)
		}
		out = append(out, f)
	}
	return out
}

// filled is the record that a form makes of an old one (nil for a new one).
func (c *Console) filled(entity numberdb.Entity, old json.RawMessage, form url.Values, who string) (json.RawMessage, error) {
	m := docMap(old)
	for _, f := range forms[entity] {
		if f.New && old != nil {
			continue
		}
		text := strings.ReplaceAll(strings.TrimSpace(form.Get(f.Name)), "\r\n", "\n")
		var v any = text
		switch {
		case f.Kind == "box":
			v = text != ""
		case text == "":
			delete(m, f.Name)
			continue
		case f.Kind == "list":
			v = splitList(text)
		case f.Kind == "integer" || f.Name == "severity":
			n, err := strconv.Atoi(text)
			if err != nil {
				return nil, fmt.Errorf("%w: %s has to be a whole number", numberdb.ErrInvalid, f.Name)
			}
			v = n
		case f.Kind == "number" && form.Get("match") != "prefix":
			v = c.canonical(text)
		}
		m[f.Name] = v
	}
	if entity == numberdb.Numbers {
		c.addEvidence(m, form, who)
	}
	return json.Marshal(m)
}

// addEvidence appends where the analyst found the number, today.
func (c *Console) addEvidence(m map[string]any, form url.Values, who string) {
	e := map[string]string{}
	for _, k := range []string{"url", "scan", "note"} {
		if v := strings.TrimSpace(form.Get("evidence_" + k)); v != "" {
			e[k] = v
		}
	}
	if len(e) == 0 {
		return
	}
	e["fetched"], e["by"] = c.o.Now().UTC().Format(time.DateOnly), who
	have, _ := m["evidence"].([]any)
	m["evidence"] = append(have, e)
}

func splitList(s string) []string {
	var out []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",，、;；\n", r) }) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// putDoc puts a record of any table that people edit, as a draft. id is that of
// the record to replace, "" for a new one.
func (c *Console) putDoc(ctx context.Context, e numberdb.Edit, entity numberdb.Entity, id string, doc json.RawMessage) (string, error) {
	n := int64(0)
	if id != "" && entity != numberdb.Institutions {
		var err error
		if n, err = strconv.ParseInt(id, 10, 64); err != nil || n < 1 {
			return "", numberdb.ErrNotFound
		}
	}
	read := func(v any) error {
		d := json.NewDecoder(bytes.NewReader(doc))
		d.DisallowUnknownFields()
		if err := d.Decode(v); err != nil {
			return fmt.Errorf("%w: %v", numberdb.ErrInvalid, err)
		}
		return nil
	}
	var err error
	switch entity {
	case numberdb.Institutions:
		var r numberdb.Institution
		if err = read(&r); err == nil {
			if id != "" && r.ID != id {
				return "", fmt.Errorf("%w: the id of an institution stays as it is", numberdb.ErrInvalid)
			}
			id, err = r.ID, c.o.Numbers.PutInstitution(ctx, e, r)
		}
		return id, err
	case numberdb.Numbers:
		var r numberdb.Number
		if err = read(&r); err == nil {
			r.ID = n
			n, err = c.o.Numbers.PutNumber(ctx, e, r)
		}
	case numberdb.Scams:
		var r numberdb.Scam
		if err = read(&r); err == nil {
			r.ID = n
			n, err = c.o.Numbers.PutScam(ctx, e, r)
		}
	case numberdb.Patterns:
		var r numberdb.Pattern
		if err = read(&r); err == nil {
			r.ID = n
			n, err = c.o.Numbers.PutPattern(ctx, e, r)
		}
	case numberdb.Rules:
		var r numberdb.Rule
		if err = read(&r); err == nil {
			// With all the others, and against the sentences of each.
			more := slices.DeleteFunc(c.additions(), func(a claims.Addition) bool { return a.Name == r.Name })
			if _, err := claims.Check(append(more, claims.Addition{Name: r.Name, Text: []byte(r.Text)})...); err != nil {
				return "", fmt.Errorf("%w: %v", numberdb.ErrInvalid, err)
			}
			r.ID = n
			n, err = c.o.Numbers.PutRule(ctx, e, r)
		}
	case numberdb.Appeals:
		var r numberdb.Appeal
		if err = read(&r); err == nil {
			r.ID = n
			n, err = c.o.Numbers.PutAppeal(ctx, e, r)
		}
	default:
		return "", notFound
	}
	return strconv.FormatInt(n, 10), err
}
