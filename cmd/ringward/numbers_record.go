package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringward/numberdb"
)

// freshRecord is an empty record of a table.
func freshRecord(e numberdb.Entity) any {
	switch e {
	case numberdb.Institutions:
		return &numberdb.Institution{}
	case numberdb.Scams:
		return &numberdb.Scam{}
	case numberdb.Patterns:
		return &numberdb.Pattern{}
	case numberdb.Lines:
		return &numberdb.Line{}
	case numberdb.SavedNumbers:
		return &numberdb.Saved{}
	case numberdb.Appeals:
		return &numberdb.Appeal{}
	case numberdb.Rules:
		return &numberdb.Rule{}
	case numberdb.Recordings:
		return &numberdb.Recording{}
	}
	return &numberdb.Number{}
}

// decodeRecord reads a record of any table; unknown keys are refused, so that a
// misspelt one in --doc is not lost silently.
func decodeRecord(e numberdb.Entity, doc []byte) (any, error) {
	rec := freshRecord(e)
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(rec); err != nil {
		return nil, fmt.Errorf("%s does not read: %w", e, err)
	}
	return rec, nil
}

// recordOf reads what the database returned, with its ID.
func recordOf(r numberdb.Record) (any, error) {
	rec, err := decodeRecord(r.Entity, r.Doc)
	id, _ := strconv.ParseInt(r.ID, 10, 64) // an institution has its own
	setRecordID(rec, id)
	return rec, err
}

func setRecordID(rec any, id int64) {
	switch r := rec.(type) {
	case *numberdb.Number:
		r.ID = id
	case *numberdb.Scam:
		r.ID = id
	case *numberdb.Pattern:
		r.ID = id
	case *numberdb.Line:
		r.ID = id
	case *numberdb.Saved:
		r.ID = id
	case *numberdb.Appeal:
		r.ID = id
	case *numberdb.Rule:
		r.ID = id
	case *numberdb.Recording:
		r.ID = id
	}
}

// putRecord writes a record and returns it as the database has it now.
func (d *desk) putRecord(ctx context.Context, e numberdb.Edit, entity numberdb.Entity, rec any) (numberdb.Record, error) {
	var id int64
	var err error
	name := ""
	switch r := rec.(type) {
	case *numberdb.Institution:
		name, err = r.ID, d.db.PutInstitution(ctx, e, *r)
	case *numberdb.Number:
		id, err = d.db.PutNumber(ctx, e, *r)
	case *numberdb.Scam:
		id, err = d.db.PutScam(ctx, e, *r)
	case *numberdb.Pattern:
		id, err = d.db.PutPattern(ctx, e, *r)
	case *numberdb.Line:
		if _, err = storedLine(*r); err == nil {
			id, err = d.db.PutLine(ctx, e, *r)
		}
	case *numberdb.Saved:
		id, err = d.db.PutSaved(ctx, e, *r)
	case *numberdb.Appeal:
		id, err = d.db.PutAppeal(ctx, e, *r)
	}
	if err != nil {
		return numberdb.Record{}, err
	}
	return d.db.Get(ctx, entity, orElse(name, strconv.FormatInt(id, 10)))
}

func ref(r numberdb.Record) string { return string(r.Entity) + ":" + r.ID }

// reviewOf is where a record stands; tables without review are verified by
// being there.
func reviewOf(r numberdb.Record) numberdb.Review {
	var rv numberdb.Review
	_ = json.Unmarshal(r.Doc, &rv) // a table without review has none of these keys
	return rv
}

// summary tells a record in three cells: its number or id, whose it is, the rest.
func summary(r numberdb.Record) (what, who, rest string) {
	rec, err := recordOf(r)
	if err != nil {
		return "", "", err.Error()
	}
	join := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" || s == "unknown" }), ", ")
	}
	switch r := rec.(type) {
	case *numberdb.Institution:
		return r.ID, join(r.NameZH, r.NameEN), join(r.Kind, r.Country, r.Hotline)
	case *numberdb.Number:
		until := ""
		if r.ValidTo != "" {
			until = "until " + r.ValidTo
		}
		return r.Number + star(r.Match == "prefix"), r.Institution, join(r.Purpose, r.Direction, until, r.Source)
	case *numberdb.Scam:
		return r.Number, join(r.Category, r.Campaign), join(counted(r.Votes+len(r.Reports), "report"), r.Source, r.Expires)
	case *numberdb.Pattern:
		return orElse(r.Prefix+star(r.Prefix != ""), r.First+".."+r.Last), join(orElse(r.Kind, "scam"), r.Category, r.Institution),
			join(shadowWord(r.Shadow), r.NoteEN, r.NoteZH, r.Expires)
	case *numberdb.Line:
		return r.Number + star(r.Prefix), join(r.Name, r.Merchant), join(strings.Join(r.Targets, " "), string(r.Policy))
	case *numberdb.Saved:
		return r.Number, "line " + r.Line, join(r.Relation, r.Label, r.Institution)
	case *numberdb.Appeal:
		return r.Number, r.By, join(orElse(r.Outcome, "open"), r.Text)
	case *numberdb.Rule:
		return r.Name, "", r.Note
	case *numberdb.Recording:
		return r.Title, join(r.Institution, r.Campaign), join(orElse(r.Kind, "scam"), r.Language, fmt.Sprintf("%.0f s", r.Seconds), r.Source)
	}
	return "", "", ""
}

func star(yes bool) string {
	if yes {
		return "*"
	}
	return ""
}

func shadowWord(yes bool) string {
	if yes {
		return "shadow"
	}
	return ""
}

// differences says what changed between two states of a record, a field a line.
func differences(before, after json.RawMessage) []string {
	var a, b map[string]any
	_, _ = json.Unmarshal(before, &a), json.Unmarshal(after, &b) // null is no record
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	var out []string
	for k := range keys {
		was, is := shown(a[k]), shown(b[k])
		switch {
		case was == is:
		case was == "":
			out = append(out, fmt.Sprintf("%s: %s", k, is))
		case is == "":
			out = append(out, fmt.Sprintf("%s: %s, taken out", k, was))
		default:
			out = append(out, fmt.Sprintf("%s: %s -> %s", k, was, is))
		}
	}
	slices.Sort(out)
	return out
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // it came from JSON
	return strings.TrimSpace(b.String())
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
