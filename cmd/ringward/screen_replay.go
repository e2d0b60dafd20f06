package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"ringward/calllog"
	"ringward/cmd/ringward/config"
	"ringward/numberdb/index"
	"ringward/screening"
)

// replay judges past calls by today's rules and data.
type replay struct {
	file      *string
	fromCalls *bool
	since     *time.Duration
	then      *string
	all       *bool
	limit     *int
}

func (r *replay) flags(f *flags) {
	r.file = f.String("file", "", "judge the calls in this `FILE` (- for standard input), CSV or JSON Lines")
	r.fromCalls = f.Bool("from-calls", false, "judge the calls in the log of calls")
	r.since = f.Duration("since", 24*time.Hour, "with --from-calls: how far back")
	r.then = f.String("then", "", "compare with the number database of this `MOMENT`: 7d, 2026-11-03 ... (default: with what was done)")
	r.all = f.Bool("all", false, "show calls too that are judged as before")
	r.limit = f.Int("limit", 200, "show no more than so many calls")
}

func (r *replay) wanted() bool { return *r.file != "" || *r.fromCalls }

// screenCall is a call to be judged, and what was done then, if it is known.
type screenCall struct {
	At     time.Time `json:"at,omitzero"`
	Caller string    `json:"caller"`
	Line   string    `json:"line,omitempty"`
	Name   string    `json:"name,omitempty"`
	Trunk  string    `json:"trunk,omitempty"`
	Level  string    `json:"level,omitempty"`
	Action string    `json:"action,omitempty"`
}

// outcome is what a call got then, or gets now.
type outcome struct {
	Level  string `json:"level"`
	Action string `json:"action"`
	Rule   string `json:"rule,omitempty"` // the heaviest reason
}

type replayedCall struct {
	screenCall
	Then *outcome `json:"then"` // null: not known
	Now  outcome  `json:"now"`
	Why  string   `json:"why"`
}

type replayed struct {
	Calls    []replayedCall `json:"calls"`
	Total    int            `json:"total"`
	Same     int            `json:"same"`
	Stricter int            `json:"stricter"`
	Milder   int            `json:"milder"`
	Unknown  int            `json:"then_unknown"`
	Bad      []string       `json:"bad_rows"`
	Versions screenVersions `json:"versions"`
}

// maxReplay bounds how many calls are held in memory.
const maxReplay = 1_000_000

func (r *replay) run(ctx context.Context, io stdio, s *screener, usual screenCall, approved string, asJSON bool) error {
	if *r.file != "" && *r.fromCalls {
		return errors.New("give --file or --from-calls, not both")
	}
	calls, bad, err := r.calls(ctx, io, s.cfg, usual)
	if err != nil {
		return err
	}
	var past *index.Index
	if *r.then != "" {
		at, err := parseMoment(*r.then, time.Now())
		if err != nil {
			return err
		}
		if past, err = s.db.AsOf(ctx, at); err != nil {
			return err
		}
	}
	if err := s.assume(ctx, approved, calls); err != nil {
		return err
	}
	out := replayed{Calls: []replayedCall{}, Bad: bad, Versions: screenVersions{s.x.Version(), screening.RulesVersion()}}
	for _, c := range calls {
		if err := ctx.Err(); err != nil {
			return err
		}
		rc, err := s.replay(c, past)
		if err != nil {
			out.Bad = append(out.Bad, fmt.Sprintf("call from %s: %v", c.Caller, err))
			continue
		}
		if out.count(rc) != 0 || rc.Then == nil || *r.all {
			if len(out.Calls) < *r.limit {
				out.Calls = append(out.Calls, rc)
			}
		}
	}
	if asJSON {
		return printJSON(io.out, out)
	}
	out.print(io, *r.limit)
	return nil
}

// replay judges one call now and, if an index of the past is given, then.
func (s *screener) replay(c screenCall, past *index.Index) (replayedCall, error) {
	rc := replayedCall{screenCall: c}
	now, err := s.judge(c, s.x)
	if err != nil {
		return rc, err
	}
	rc.Now = outcomeOf(now)
	if len(now.verdict.Reasons) > 0 {
		rc.Why = now.verdict.Reasons[0].Text.In(s.lang)
	}
	switch {
	case past != nil:
		then, err := s.judge(c, past)
		if err != nil {
			return rc, err
		}
		o := outcomeOf(then)
		rc.Then = &o
	case c.Level != "" || c.Action != "":
		rc.Then = &outcome{Level: c.Level, Action: c.Action}
	}
	return rc, nil
}

func outcomeOf(j judged) outcome {
	o := outcome{Level: j.verdict.Level.String(), Action: j.decision.Action.String()}
	if len(j.verdict.Reasons) > 0 {
		o.Rule = j.verdict.Reasons[0].Rule
	}
	return o
}

// count counts a call and returns how it differs: 1 stricter now, -1 milder, 0
// the same or not known.
func (r *replayed) count(c replayedCall) int {
	r.Total++
	if c.Then == nil {
		r.Unknown++
		return 0
	}
	differs := strictness(c.Now) - strictness(*c.Then)
	if c.Then.Level == "" || c.Then.Action == "" { // half of it is known
		differs = 0
		if c.Then.Level != "" && c.Then.Level != c.Now.Level || c.Then.Action != "" && c.Then.Action != c.Now.Action {
			differs = strictness(outcome{Level: orElse(c.Then.Level, c.Now.Level), Action: orElse(c.Then.Action, c.Now.Action)})
			differs = strictness(c.Now) - differs
		}
	}
	switch {
	case differs > 0:
		r.Stricter++
		return 1
	case differs < 0:
		r.Milder++
		return -1
	}
	r.Same++
	return 0
}

// strictness orders outcomes: by action, then by level.
func strictness(o outcome) int {
	action, _ := screening.ParseAction(o.Action)
	level, _ := screening.ParseLevel(o.Level)
	return int(action)*10 + int(level)
}

func (r *replayed) print(io stdio, limit int) {
	t := &table{head: []string{"AT", "CALLER", "LINE", "THEN", "NOW", "WHY"}}
	for _, c := range r.Calls {
		at, then := "", "?"
		if !c.At.IsZero() {
			at = c.At.Local().Format("01-02 15:04")
		}
		if c.Then != nil {
			then = strings.Trim(c.Then.Level+"/"+c.Then.Action, "/")
		}
		t.add(at, orElse(c.Caller, "(withheld)"), c.Line, then, c.Now.Level+"/"+c.Now.Action, c.Why)
	}
	if len(r.Calls) > 0 {
		t.print(io.out, outputWidth(io.out))
	}
	for _, b := range r.Bad[:min(len(r.Bad), 20)] {
		fmt.Fprintf(io.err, "left out: %s\n", clean(b))
	}
	if changed := r.Stricter + r.Milder + r.Unknown; changed > limit {
		fmt.Fprintf(io.out, "... shown are the first %d (--limit)\n", limit)
	}
	fmt.Fprintf(io.out, "%s: %d as before, %d stricter, %d milder", counted(r.Total, "call"), r.Same, r.Stricter, r.Milder)
	if r.Unknown > 0 {
		fmt.Fprintf(io.out, ", %d without a then to compare with (--then)", r.Unknown)
	}
	if len(r.Bad) > 0 {
		fmt.Fprintf(io.out, ", %d left out", len(r.Bad))
	}
	fmt.Fprintln(io.out)
}

// calls gathers what is to be judged. usual fills in what a row does not say.
func (r *replay) calls(ctx context.Context, io stdio, cfg config.Config, usual screenCall) ([]screenCall, []string, error) {
	if *r.fromCalls {
		calls, err := loggedCalls(ctx, cfg, *r.since)
		return calls, []string{}, err
	}
	in := io.in
	if *r.file != "-" {
		f, err := os.Open(*r.file)
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		in = f
	}
	return readCalls(in, usual)
}

// loggedCalls reads the log of calls, the latest first.
func loggedCalls(ctx context.Context, cfg config.Config, since time.Duration) ([]screenCall, error) {
	l, err := openCalls(cfg)
	if err != nil {
		return nil, err
	}
	defer l.Close(ctx)
	var out []screenCall
	for f := (calllog.Filter{Since: time.Now().Add(-since), Limit: calllog.MaxLimit}); len(out) < maxReplay; {
		page, err := l.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, sum := range page.Calls {
			rec, err := l.Get(ctx, sum.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, pastCall(rec))
		}
		if page.Next == "" {
			break
		}
		f.Cursor = page.Next
	}
	return out, nil
}

// pastCall is a recorded call as it was before the phone rang: its level then is
// that of the first verdict, not what was heard later.
func pastCall(r calllog.Record) screenCall {
	c := screenCall{At: r.Start, Caller: orElse(r.CallerRaw, r.Caller), Line: r.Called, Name: r.CallerName, Trunk: r.Trunk, Level: r.Level.String(), Action: r.Action}
	for _, e := range r.Events {
		if e.Kind == "verdict" {
			c.Level, _, _ = strings.Cut(e.Detail, " ")
			break
		}
	}
	if c.Caller == "" {
		c.Caller = "anonymous"
	}
	return c
}
