package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"ringward/numberdb"
	"ringward/numbering"
)

// Curator is what analysts and reviewers do with the number database
// (numberdb.Store).
type Curator interface {
	Of(context.Context, numbering.Number) ([]numberdb.Record, error)
	Conflicts(ctx context.Context, limit int) ([]numberdb.Conflict, error)
	Campaigns(ctx context.Context, limit int) ([]numberdb.Campaign, error)
	PutInstitution(context.Context, numberdb.Edit, numberdb.Institution) error
	PutNumber(context.Context, numberdb.Edit, numberdb.Number) (int64, error)
	PutScam(context.Context, numberdb.Edit, numberdb.Scam) (int64, error)
	PutPattern(context.Context, numberdb.Edit, numberdb.Pattern) (int64, error)
	PutRule(context.Context, numberdb.Edit, numberdb.Rule) (int64, error)
	Rules() *numberdb.RuleSet
	PutAppeal(context.Context, numberdb.Edit, numberdb.Appeal) (int64, error)
	ApproveMany(ctx context.Context, e numberdb.Edit, entity numberdb.Entity, ids []string) error
	Reject(ctx context.Context, e numberdb.Edit, entity numberdb.Entity, id string) error
	Import(context.Context, numberdb.Edit, io.Reader, numberdb.ImportOptions) (numberdb.ImportReport, error)
}

// Effects tells what edits would change before they are approved.
type Effects interface {
	// Effect judges the last calls (at most so many) anew, as if the drafts
	// ("number:17") were approved, and compares with today's register.
	Effect(ctx context.Context, drafts []string, calls int) (Effect, error)
}

// Effect is what a set of edits would change about past calls.
type Effect struct {
	Calls    int          `json:"calls" doc:"judged anew"`
	Same     int          `json:"same"`
	Stricter int          `json:"stricter"`
	Milder   int          `json:"milder"`
	Changed  []EffectCall `json:"changed" doc:"the first 50"`
}

// EffectCall is a past call that would be judged otherwise.
type EffectCall struct {
	Caller string `json:"caller"`
	Then   string `json:"then" doc:"level and action by today's register"`
	Now    string `json:"now" doc:"with the drafts approved"`
	Why    string `json:"why"`
}

// Bench tries the gateway's judgement on what an analyst gives it.
type Bench interface {
	// Explain tells all that bears on a caller, line by line; an error that
	// wraps ErrQuestion is the question's fault.
	Explain(ctx context.Context, q Question, lang string) (string, error)
	// Hear listens to a recording (WAV, 8 kHz, 16 bit, one or two channels).
	Hear(ctx context.Context, wav []byte, lang string) (Hearing, error)
}

// Hearing is what was found in a recording.
type Hearing struct {
	Seconds float64
	Level   string
	Found   []HeardThing
	Reasons []string
}

// HeardThing is one piece of evidence.
type HeardThing struct {
	At                    float64 // seconds
	By, Rule, Text, Words string
	Strength              string
}

// registerEntities are the tables that the register's pages show. What
// merchants saved and their lines are theirs and not shown.
var registerEntities = []numberdb.Entity{numberdb.Institutions, numberdb.Numbers, numberdb.Scams, numberdb.Patterns, numberdb.Recordings, numberdb.Rules, numberdb.Appeals}

func registerEntity(name string) (numberdb.Entity, error) {
	if e := numberdb.Entity(name); slices.Contains(registerEntities, e) {
		return e, nil
	}
	return "", notFound
}

// docMap is a record's content by field; hidden fields are left out.
func docMap(doc json.RawMessage) map[string]any {
	m := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	_ = d.Decode(&m) // null, and what is no object, has no fields
	return m
}

// fact is a field of a record as people read it.
type fact struct {
	Field, Value string
	URL          string // of an evidence's page, if it is https
}

// factsOf lists what a record says, in the order of its form. Who reported is
// nobody's business: reports are counted.
func factsOf(entity numberdb.Entity, doc json.RawMessage) []fact {
	m := docMap(doc)
	var out []fact
	take := func(name string) {
		if v, ok := m[name]; ok {
			delete(m, name)
			if text := factText(name, v); text != "" {
				out = append(out, fact{Field: name, Value: text})
			}
		}
	}
	for _, f := range forms[entity] {
		take(f.Name)
	}
	for _, hidden := range []string{"id", "status", "verified_by", "proposed_by", "fingerprint"} {
		delete(m, hidden)
	}
	evidence, _ := m["evidence"].([]any)
	delete(m, "evidence")
	rest := make([]string, 0, len(m))
	for name := range m {
		rest = append(rest, name)
	}
	slices.Sort(rest)
	for _, name := range rest {
		take(name)
	}
	for _, e := range evidence {
		out = append(out, evidenceFact(e))
	}
	return out
}

func evidenceFact(v any) fact {
	m, _ := v.(map[string]any)
	text := func(k string) string { s, _ := m[k].(string); return s }
	f := fact{Field: "evidence", Value: joined(text("url"), text("scan"), text("note"), text("fetched"), text("by"))}
	if strings.HasPrefix(text("url"), "https://") {
		f.URL = text("url")
	}
	return f
}

func factText(name string, v any) string {
	switch v := v.(type) {
	case string:
		if slices.Contains([]string{"number", "hotline", "callback"}, name) {
			return forPeople(v)
		}
		return v
	case json.Number:
		if v == "0" {
			return ""
		}
		return v.String()
	case bool:
		return map[bool]string{true: "✓"}[v]
	case []any:
		if name == "reports" {
			return strconv.Itoa(len(v))
		}
		parts := make([]string, 0, len(v))
		for _, p := range v {
			parts = append(parts, fmt.Sprint(p))
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

// fieldChange is one field that an edit changed.
type fieldChange struct{ Field, Before, After string }

// diffDocs lists the fields in which two states of a record differ.
func diffDocs(entity numberdb.Entity, before, after json.RawMessage) []fieldChange {
	values := func(doc json.RawMessage) (map[string]string, []string) {
		by, order := map[string]string{}, []string{}
		for _, f := range factsOf(entity, doc) {
			if by[f.Field] == "" {
				order = append(order, f.Field)
			}
			by[f.Field] = joined(by[f.Field], f.Value)
		}
		if s, _ := docMap(doc)["status"].(string); s != "" {
			by["status"], order = s, append(order, "status")
		}
		return by, order
	}
	was, order := values(before)
	is, later := values(after)
	var out []fieldChange
	seen := map[string]bool{}
	for _, f := range append(order, later...) {
		if !seen[f] && was[f] != is[f] {
			out = append(out, fieldChange{f, was[f], is[f]})
		}
		seen[f] = true
	}
	return out
}

// author is the edit of a signed-in person: the name alone, so that he is the
// same person on the command line.
func (v *view) author(reason string) numberdb.Edit {
	return numberdb.Edit{Author: v.reader.User, Reason: strings.TrimSpace(reason)}
}
