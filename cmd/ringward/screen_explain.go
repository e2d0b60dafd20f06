package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringward/numberdb"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

// screenRecord is one record of the number, with where it comes from.
type screenRecord struct {
	Record   string          `json:"record"`
	Status   numberdb.Status `json:"status,omitempty"`
	By       string          `json:"proposed_by,omitempty"`
	Verified []string        `json:"verified_by,omitempty"`
	Evidence []string        `json:"evidence,omitempty"`
	Source   string          `json:"source,omitempty"`
	Changed  string          `json:"last_change"`
	Doc      json.RawMessage `json:"doc"`
}

// records finds what is recorded of a number, and who says so.
func (s *screener) records(ctx context.Context, n numbering.Number) ([]screenRecord, error) {
	out := []screenRecord{}
	if n.IsZero() {
		return out, nil
	}
	found, err := s.db.Of(ctx, n)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if r.Entity == numberdb.Patterns || r.Entity == numberdb.Lines {
			continue // patterns have a part of their own; a line is no caller
		}
		rv := reviewOf(r)
		sr := screenRecord{Record: ref(r), Status: rv.Status, By: rv.ProposedBy, Verified: rv.VerifiedBy, Doc: r.Doc}
		var from struct {
			Source   string
			Evidence []numberdb.Evidence
		}
		if err := json.Unmarshal(r.Doc, &from); err != nil {
			return nil, fmt.Errorf("%s: %w", sr.Record, err)
		}
		sr.Source = from.Source
		for _, e := range from.Evidence {
			sr.Evidence = append(sr.Evidence, joinWords(e.URL, e.Scan, e.Note, inBrackets(strings.TrimSpace(e.Fetched+" "+e.By))))
		}
		h, err := s.db.History(ctx, r.Entity, r.ID)
		if err != nil {
			return nil, err
		}
		if len(h) > 0 {
			sr.Changed = fmt.Sprintf("change %d, %s by %s on %s: %s", h[0].Seq, h[0].Action, h[0].Author, h[0].At.Local().Format("2006-01-02 15:04"), h[0].Reason)
		}
		out = append(out, sr)
	}
	return out, nil
}

func (r screenRecord) text() string {
	who := "proposed by " + r.By
	if len(r.Verified) > 0 {
		who = "verified by " + strings.Join(r.Verified, " and ")
	}
	if r.By == "" {
		who = ""
	}
	parts := []string{string(r.Status), who, r.Changed}
	for _, e := range r.Evidence {
		parts = append(parts, "evidence "+e)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// screenPattern is a pattern that the number meets or nearly does.
type screenPattern struct {
	Record string `json:"record"`
	Form   string `json:"form"`
	Met    bool   `json:"met"`
	Counts bool   `json:"counts"`
	Why    string `json:"why"`
}

func (p screenPattern) text() string {
	word := "nearly"
	if p.Met {
		word = "met"
	}
	return fmt.Sprintf("%s %s (%s): %s", word, p.Form, p.Record, p.Why)
}

const (
	maxNear     = 10     // nearly met patterns that are told
	maxPatterns = 10_000 // that are looked through for them
)

// patterns finds what the number meets in the index, and among all patterns
// those that it misses narrowly.
func (s *screener) patterns(ctx context.Context, n numbering.Number) ([]screenPattern, error) {
	out := []screenPattern{}
	if n.IsZero() {
		return out, nil
	}
	met := map[string]bool{}
	for _, p := range s.x.Patterns(n, nil) {
		sp := s.metPattern(ctx, p)
		met[sp.Record] = true
		out = append(out, sp)
	}
	near := 0
	for after := int64(0); after < maxPatterns && near < maxNear; {
		page, err := s.db.List(ctx, numberdb.Patterns, numberdb.Filter{After: after, Limit: 1000})
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, r := range page {
			rec, err := recordOf(r)
			if err != nil {
				return nil, err
			}
			p := rec.(*numberdb.Pattern)
			after = p.ID
			if why := nearly(p, n); why != "" && !met[ref(r)] && near < maxNear {
				near++
				out = append(out, screenPattern{Record: ref(r), Form: orElse(p.Prefix+star(p.Prefix != ""), p.First+".."+p.Last), Why: why})
			}
		}
	}
	return out, nil
}

// tableOf tells whether a pattern of the index is one of the table of patterns,
// or an institution's number that is a prefix: both are the same to a call.
func (s *screener) tableOf(ctx context.Context, p index.Pattern) numberdb.Entity {
	if p.Listing.Kind != index.Registered {
		return numberdb.Patterns
	}
	r, err := s.db.Get(ctx, numberdb.Numbers, strconv.FormatInt(p.ID, 10))
	if err != nil {
		return numberdb.Patterns
	}
	if rec, err := recordOf(r); err != nil || rec.(*numberdb.Number).Match != "prefix" || rec.(*numberdb.Number).Number+"*" != p.Form {
		return numberdb.Patterns
	}
	return numberdb.Numbers
}

func (s *screener) metPattern(ctx context.Context, p index.Pattern) screenPattern {
	record := string(s.tableOf(ctx, p)) + ":" + strconv.FormatInt(p.ID, 10)
	sp := screenPattern{Record: record, Form: p.Form, Met: true, Counts: true, Why: listingText(p.Listing)}
	if p.Shadow {
		sp.Counts, sp.Why = false, "in shadow: reported, not counted; "+sp.Why
	}
	if !p.Listing.ValidOn(int32(time.Now().Unix() / 86400)) {
		sp.Counts, sp.Why = false, "not valid today; "+sp.Why
	}
	if note := orElse(p.NoteEN, p.NoteZH); note != "" {
		sp.Why += "; " + note
	}
	return sp
}

// nearly says why a number misses a pattern narrowly, "" if it does not.
func nearly(p *numberdb.Pattern, n numbering.Number) string {
	first, last, err := patternEnds(p)
	if err != nil || first.Short != n.Short || n.Short && first.Country != n.Country {
		return ""
	}
	lowest, _ := first.Range()
	_, highest := last.Range()
	if k := n.Key(); k >= lowest && k <= highest {
		switch {
		case p.Status == numberdb.Retired || p.Status == numberdb.Rejected:
			return "it would be met, but is " + string(p.Status)
		case p.Digits != 0 && p.Digits != len(n.Digits):
			return fmt.Sprintf("the number has %d digits, the pattern wants %d", len(n.Digits), p.Digits)
		}
		return ""
	}
	if p.Prefix == "" {
		return nearRange(first, last, n)
	}
	// The digits that tell, behind a country code, are four or more.
	if want := first.Digits; len(want) >= 4 && len(n.Digits) >= len(want) && differing(want, n.Digits[:len(want)]) == 1 {
		return fmt.Sprintf("the number begins %s, the pattern %s: one digit differs", n.Digits[:len(want)], want)
	}
	return ""
}

func patternEnds(p *numberdb.Pattern) (first, last numbering.Number, err error) {
	if p.Prefix != "" {
		first, err = numbering.ParseCanonical(p.Prefix)
		return first, first, err
	}
	if first, err = numbering.ParseCanonical(p.First); err == nil {
		last, err = numbering.ParseCanonical(p.Last)
	}
	return first, last, err
}

// nearRange reports a number just outside a range of numbers of its length.
func nearRange(first, last, n numbering.Number) string {
	if len(n.Digits) != len(first.Digits) {
		return ""
	}
	a, errA := strconv.ParseInt(first.Digits, 10, 64)
	b, errB := strconv.ParseInt(last.Digits, 10, 64)
	x, errX := strconv.ParseInt(n.Digits, 10, 64)
	if errors.Join(errA, errB, errX) != nil {
		return ""
	}
	margin := max(10, (b-a)/10)
	switch {
	case x < a && a-x <= margin:
		return fmt.Sprintf("the number lies %d below the range", a-x)
	case x > b && x-b <= margin:
		return fmt.Sprintf("the number lies %d above the range", x-b)
	}
	return ""
}

func differing(a, b string) int {
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// screenMode is what a line with this policy would do in one mode.
type screenMode struct {
	Mode     string   `json:"mode"`
	Action   string   `json:"action"`
	Would    string   `json:"would,omitempty"`
	Response string   `json:"response,omitempty"`
	Label    string   `json:"label,omitempty"`
	Heard    []string `json:"merchant_heard,omitempty"`
}

func modesOf(v screening.Verdict, p screening.Policy) []screenMode {
	var out []screenMode
	for m := screening.ModeOff; m <= screening.ModeBlock; m++ {
		p.Mode = m
		d := screening.Decide(v, p)
		sm := screenMode{Mode: m.String(), Action: d.Action.String(), Label: d.Label, Heard: d.Prompts}
		if d.Would != d.Action {
			sm.Would = d.Would.String()
		}
		if d.Action == screening.Block {
			sm.Response = d.Response.String()
		}
		out = append(out, sm)
	}
	return out
}

func (m screenMode) text() string {
	would := ""
	if m.Would != "" {
		would = " (would " + m.Would + ")"
	}
	return fmt.Sprintf("%-9s %s%s%s", m.Mode, m.Action, inBrackets(m.Response), would)
}
