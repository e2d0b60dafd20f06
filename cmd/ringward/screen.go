package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

const screenUsage = `screen NUMBER [--line NUMBER] [--name DISPLAY] [--trunk NAME] [--if-approved WHAT] [--json]
       ringward screen --file CALLS [--then 7d] [--if-approved WHAT] [--json]
       ringward screen --from-calls [--since 24h] [--if-approved WHAT] [--json]

Says what would happen to a call from NUMBER, and why: its normal form and
class, what the number database says of it and who says so, the patterns that it
meets or nearly does, the verdict, and what a line would do in each mode.
NUMBER is taken in any form: 95588, 010-95588, +85321095588, sip:...@..., anonymous.

--file judges a list of calls by today's rules and data and shows what differs
from then: CSV with the columns caller, line, name, trunk, level, action (only
caller is needed), or JSON Lines, also those that "ringward calls export" writes.
Where the list does not say what was done, --then judges by the number database
of that moment. --from-calls replays the log of calls.

--as-of judges by the number database as it was then: what was believed when a
call was judged. (The records that are listed are those of today.)

--if-approved judges as if drafts were approved: scam:4,number:17 or source:NAME
or drafts (all of them), to see the effect of a review before it is done.`

// screenResult is what --json prints.
type screenResult struct {
	Number   screenNumber    `json:"number"`
	Listings []string        `json:"listings"`
	Records  []screenRecord  `json:"records"`
	Patterns []screenPattern `json:"patterns"`
	Verdict  demoVerdict     `json:"verdict"`
	Class    string          `json:"caller_class"`
	Action   string          `json:"action"`
	Would    string          `json:"would,omitempty"` // in shadow mode: what would be done
	Response string          `json:"response,omitempty"`
	Label    string          `json:"label,omitempty"`
	Heard    []string        `json:"merchant_heard"`
	Modes    []screenMode    `json:"modes"`
	Trunk    string          `json:"trunk"`
	Line     string          `json:"line"`
	Versions screenVersions  `json:"versions"`
}

type screenNumber struct {
	Input     string `json:"input"`
	Canonical string `json:"canonical"`
	National  string `json:"national"`
	Class     string `json:"class"`
	Region    string `json:"region,omitempty"`
	Imitates  string `json:"imitates,omitempty"`
	Note      string `json:"note"`
}

type screenVersions struct {
	Index string `json:"index"`
	Rules string `json:"rules"`
}

// screener judges calls as the gateway would before the phone rings.
type screener struct {
	cfg  config.Config
	db   *numberdb.Store
	x    *index.Index
	lang string
}

func runScreen(ctx context.Context, io stdio, args []string) error {
	f := newFlags(io, "screen", screenUsage)
	var r replay
	called := f.String("line", "", "the line that is called, `NUMBER`; the first configured one if empty")
	name := f.String("name", "", "display name that comes with the call")
	trunk := f.String("trunk", "", "trunk that hands the call in, `NAME`; the first configured one if empty")
	file := f.String("config", "", "configuration `FILE`")
	data := f.String("data", "", "`DIR` of the databases")
	lang := f.String("lang", "zh-CN", "language of the reasons, zh-CN or en")
	approved := f.String("if-approved", "", "judge as if these drafts were approved: RECORD,RECORD, source:NAME or drafts")
	asJSON := f.Bool("json", false, "print one JSON document")
	asOf := f.String("as-of", "", "judge by the number database of that `MOMENT`: 2026-11-03, \"2026-11-03 14:30\", 24h, 7d")
	r.flags(f)
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if r.wanted() == (len(rest) == 1) || len(rest) > 1 {
		return f.wrong("give one number, or --file, or --from-calls")
	}
	cfg, err := loadConfig(*file, *data)
	if err != nil {
		return err
	}
	db, err := openNumbers(cfg, *file == "")
	if err != nil {
		return err
	}
	defer db.Close()
	s := &screener{cfg: cfg, db: db, x: db.Index(), lang: *lang}
	one := screenCall{Caller: strings.Join(rest, ""), Line: *called, Name: *name, Trunk: *trunk}
	if *asOf != "" {
		at, err := parseMoment(*asOf, time.Now())
		if err != nil {
			return err
		}
		if s.x, err = db.AsOf(ctx, at); err != nil {
			return err
		}
	}
	if r.wanted() {
		return r.run(ctx, io, s, one, *approved, *asJSON)
	}
	if err := s.assume(ctx, *approved, []screenCall{one}); err != nil {
		return err
	}
	result, err := s.explain(ctx, one)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(io.out, result)
	}
	result.print(io.out)
	return nil
}

// judged is a call with its verdict.
type judged struct {
	parsed   numbering.Parsed
	trunk    config.Trunk
	line     gateway.Line
	verdict  screening.Verdict
	decision screening.Decision
}

// judge comes to the verdict on a call by an index.
func (s *screener) judge(c screenCall, x *index.Index) (judged, error) {
	var j judged
	var err error
	if j.trunk, err = trunkNamed(s.cfg, c.Trunk); err != nil {
		return j, err
	}
	if j.line, err = lineNumbered(s.cfg, s.db, c.Line); err != nil {
		return j, err
	}
	t := j.trunk
	j.parsed = s.parse(c.Caller, t)
	j.verdict = screening.Judge(screening.CallerEvidence(screening.Caller{
		Parsed: j.parsed, Display: c.Name, Line: j.line.Number, Now: time.Now(), Lines: 1,
		Trunk: screening.Trust{Name: t.Name, Domestic: t.Domestic, International: t.International, ScreensNumbers: t.ScreensNumbers},
	}, x))
	j.decision = screening.Decide(j.verdict, j.line.Policy)
	return j, nil
}

func (s *screener) parse(caller string, t config.Trunk) numbering.Parsed {
	return numbering.Parse(caller, numbering.Options{Country: s.cfg.Country, Area: trimZero(t.Area), InternationalTrunk: t.International})
}

// explain tells all about one call.
func (s *screener) explain(ctx context.Context, c screenCall) (screenResult, error) {
	j, err := s.judge(c, s.x)
	if err != nil {
		return screenResult{}, err
	}
	p, v, d := j.parsed, j.verdict, j.decision
	r := screenResult{
		Number: screenNumber{Input: c.Caller, Canonical: p.Number.String(), National: numbering.FormatNational(p.Number),
			Class: p.Class.String(), Region: p.Region, Imitates: p.Imitates.String(), Note: p.Note},
		Class: v.Caller.String(), Action: d.Action.String(), Label: d.Label, Heard: append([]string{}, d.Prompts...), Trunk: j.trunk.Name, Line: j.line.ID,
		Verdict:  demoVerdict{Level: v.Level.String(), Reasons: []demoReason{}},
		Versions: screenVersions{s.x.Version(), screening.RulesVersion()}, Listings: []string{}, Modes: modesOf(v, j.line.Policy),
	}
	if d.Would != d.Action {
		r.Would = d.Would.String()
	}
	if d.Action == screening.Block {
		r.Response = d.Response.String()
	}
	for _, l := range s.x.Number(p.Number, nil) {
		r.Listings = append(r.Listings, listingText(l))
	}
	for _, reason := range v.Reasons {
		r.Verdict.Reasons = append(r.Verdict.Reasons, demoReason{reason.Rule, reason.Text.In(s.lang)})
	}
	if r.Records, err = s.records(ctx, p.Number); err != nil {
		return r, err
	}
	r.Patterns, err = s.patterns(ctx, p.Number)
	return r, err
}

func (r screenResult) print(w io.Writer) {
	row := func(k, v string) {
		if v != "" {
			fmt.Fprintf(w, "%-10s %s\n", k, clean(v))
		}
	}
	row("number", strings.TrimSpace(orElse(r.Number.Canonical, "-")+"  "+r.Number.National))
	row("class", r.Number.Class+inBrackets(r.Number.Region))
	row("note", r.Number.Note)
	row("imitates", r.Number.Imitates)
	for _, l := range r.Listings {
		row("listing", l)
	}
	for _, rec := range r.Records {
		row("  "+rec.Record, rec.text())
	}
	for _, p := range r.Patterns {
		row("pattern", p.text())
	}
	row("verdict", r.Verdict.Level+" (caller class "+r.Class+")")
	for _, reason := range r.Verdict.Reasons {
		row("  because", fmt.Sprintf("%s [%s]", reason.Text, reason.Rule))
	}
	row("action", r.Action+inBrackets(r.Response)+inBrackets(r.Would))
	row("label", r.Label)
	row("announces", strings.Join(r.Heard, ", "))
	row("line", r.Line)
	row("trunk", r.Trunk)
	for _, m := range r.Modes {
		row("  mode", m.text())
	}
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func openNumbers(cfg config.Config, seed bool) (*numberdb.Store, error) {
	if err := makeData(cfg.Data); err != nil {
		return nil, err
	}
	return numberdb.Open(numbersFile(cfg.Data), numberdb.Options{SeedExamples: seed})
}

// openRecords opens the number database for commands that judge no calls.
func openRecords(cfg config.Config, seed bool) (*numberdb.Store, error) {
	if err := makeData(cfg.Data); err != nil {
		return nil, err
	}
	return numberdb.Open(numbersFile(cfg.Data), numberdb.Options{SeedExamples: seed, NoListings: true})
}

func trunkNamed(cfg config.Config, name string) (config.Trunk, error) {
	for _, t := range cfg.Trunks {
		if name == "" || t.Name == name {
			return t, nil
		}
	}
	if name == "" {
		return config.Trunk{Name: "(none configured)"}, nil
	}
	var known []string
	for _, t := range cfg.Trunks {
		known = append(known, t.Name)
	}
	return config.Trunk{}, fmt.Errorf("there is no trunk %q; configured: %s", name, orElse(strings.Join(known, ", "), "none"))
}

// lineNumbered finds a line by its number, or takes the first there is.
func lineNumbered(cfg config.Config, db *numberdb.Store, number string) (gateway.Line, error) {
	if number == "" {
		if len(cfg.Lines) > 0 {
			number = strings.TrimSuffix(cfg.Lines[0].Number, "*")
		} else if stored := db.Lines(); len(stored) > 0 {
			number = stored[0].Number
		} else {
			return gateway.Line{ID: "(no line configured)", Policy: screening.Policy{Mode: screening.ModeAnnounce}}, nil
		}
	}
	p := numbering.Parse(number, numbering.Options{Country: cfg.Country})
	if l, ok := newLines(cfg.Lines, db).Line(number, p.Number); ok {
		return l, nil
	}
	return gateway.Line{}, fmt.Errorf("no line is reached by %s; see lines in the configuration", number)
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// listingText is one thing that the number database says, in a line.
func listingText(l index.Listing) string {
	var b strings.Builder
	b.WriteString(l.Kind.String())
	for _, p := range []string{l.Institution, l.Direction.String(), l.Purpose, l.Campaign, l.Source} {
		if p != "" && p != "unknown" {
			b.WriteString(", " + p)
		}
	}
	if l.Kind == index.Scam {
		b.WriteString(", " + counted(int(l.Reports), "report"))
	}
	if l.Verified {
		return b.String() + ", verified by two people"
	}
	return b.String() + ", not verified"
}
