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

const screenUsage = `screen NUMBER [--line NUMBER] [--name DISPLAY] [--trunk NAME] [--config FILE] [--data DIR] [--json]

Says what would happen to a call from NUMBER, and why: its normal form and
class, what the number database says of it, the verdict and the line's action.
NUMBER is taken in any form: 95588, 010-95588, +85321095588, sip:...@..., anonymous.`

// screenResult is what --json prints.
type screenResult struct {
	Number   screenNumber   `json:"number"`
	Listings []string       `json:"listings"`
	Verdict  demoVerdict    `json:"verdict"`
	Class    string         `json:"caller_class"`
	Action   string         `json:"action"`
	Would    string         `json:"would,omitempty"` // in shadow mode: what would be done
	Response string         `json:"response,omitempty"`
	Label    string         `json:"label,omitempty"`
	Heard    []string       `json:"merchant_heard"`
	Trunk    string         `json:"trunk"`
	Line     string         `json:"line"`
	Versions screenVersions `json:"versions"`
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

func runScreen(_ context.Context, io stdio, args []string) error {
	f := newFlags(io, "screen", screenUsage)
	called := f.String("line", "", "the line that is called, `NUMBER`; the first configured one if empty")
	name := f.String("name", "", "display name that comes with the call")
	trunk := f.String("trunk", "", "trunk that hands the call in, `NAME`; the first configured one if empty")
	file := f.String("config", "", "configuration `FILE`")
	data := f.String("data", "", "`DIR` of the databases")
	lang := f.String("lang", "zh-CN", "language of the reasons, zh-CN or en")
	asJSON := f.Bool("json", false, "print one JSON document")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return f.wrong("give one number")
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
	t, err := trunkNamed(cfg, *trunk)
	if err != nil {
		return err
	}
	line, err := lineNumbered(cfg, db, *called)
	if err != nil {
		return err
	}
	r := screenCaller(cfg, db, t, line, rest[0], *name, *lang)
	if *asJSON {
		return printJSON(io.out, r)
	}
	r.print(io.out)
	return nil
}

func screenCaller(cfg config.Config, db *numberdb.Store, t config.Trunk, line gateway.Line, number, name, lang string) screenResult {
	x := db.Index()
	p := numbering.Parse(number, numbering.Options{Country: cfg.Country, Area: trimZero(t.Area), InternationalTrunk: t.International})
	ev := screening.CallerEvidence(screening.Caller{
		Parsed: p, Display: name, Line: line.Number, Now: time.Now(), Lines: 1,
		Trunk: screening.Trust{Name: t.Name, Domestic: t.Domestic, International: t.International, ScreensNumbers: t.ScreensNumbers},
	}, x)
	v := screening.Judge(ev)
	d := screening.Decide(v, line.Policy)
	r := screenResult{
		Number: screenNumber{Input: number, Canonical: p.Number.String(), National: numbering.FormatNational(p.Number),
			Class: p.Class.String(), Region: p.Region, Imitates: p.Imitates.String(), Note: p.Note},
		Class: v.Caller.String(), Action: d.Action.String(), Label: d.Label, Heard: d.Prompts, Trunk: t.Name, Line: line.ID,
		Verdict:  demoVerdict{Level: v.Level.String(), Reasons: []demoReason{}},
		Versions: screenVersions{x.Version(), screening.RulesVersion()}, Listings: []string{},
	}
	if d.Would != d.Action {
		r.Would = d.Would.String()
	}
	if d.Action == screening.Block {
		r.Response = d.Response.String()
	}
	for _, l := range x.Number(p.Number, nil) {
		r.Listings = append(r.Listings, listingText(l))
	}
	for _, reason := range v.Reasons {
		r.Verdict.Reasons = append(r.Verdict.Reasons, demoReason{reason.Rule, reason.Text.In(lang)})
	}
	if r.Heard == nil {
		r.Heard = []string{}
	}
	return r
}

func (r screenResult) print(w io.Writer) {
	row := func(k, v string) {
		if v != "" {
			fmt.Fprintf(w, "%-10s %s\n", k, v)
		}
	}
	row("number", strings.TrimSpace(orElse(r.Number.Canonical, "-")+"  "+r.Number.National))
	row("class", r.Number.Class+inBrackets(r.Number.Region))
	row("note", r.Number.Note)
	row("imitates", r.Number.Imitates)
	for _, l := range r.Listings {
		row("listing", l)
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
		fmt.Fprintf(&b, ", %d reports", l.Reports)
	}
	if l.Verified {
		return b.String() + ", verified by two people"
	}
	return b.String() + ", not verified"
}
