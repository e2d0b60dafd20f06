package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"ringward/calllog"
	"ringward/cmd/ringward/config"
	"ringward/console"
	"ringward/media/wav"
	"ringward/numberdb"
	"ringward/screening"
)

// frontEffects judges past calls anew, as `ringward screen --from-calls
// --if-approved` does, with the register as it is beside it.
type frontEffects struct {
	current func() config.Config
	db      *numberdb.Store
	r       *recorder
}

const effectShown = 50

// Effect is console.Effects.
func (d frontEffects) Effect(ctx context.Context, drafts []string, n int) (console.Effect, error) {
	calls, err := d.last(ctx, n)
	if err != nil {
		return console.Effect{}, err
	}
	s := &screener{cfg: d.current(), db: d.db, x: d.db.Index(), lang: "zh-CN"}
	today := s.x
	if err := s.assume(ctx, strings.Join(drafts, ","), calls); err != nil {
		return console.Effect{}, err
	}
	out, counts := console.Effect{Changed: []console.EffectCall{}}, replayed{}
	for _, c := range calls {
		if err := ctx.Err(); err != nil {
			return console.Effect{}, err
		}
		rc, err := s.replay(c, today)
		if err != nil {
			continue // its line or trunk is gone: it would be judged by nothing
		}
		if counts.count(rc) != 0 && len(out.Changed) < effectShown {
			out.Changed = append(out.Changed, console.EffectCall{Caller: rc.Caller, Then: rc.Then.Level + "/" + rc.Then.Action, Now: rc.Now.Level + "/" + rc.Now.Action, Why: rc.Why})
		}
	}
	out.Calls, out.Same, out.Stricter, out.Milder = counts.Total, counts.Same, counts.Stricter, counts.Milder
	return out, nil
}

// last reads the last n calls.
func (d frontEffects) last(ctx context.Context, n int) ([]screenCall, error) {
	l := d.r.log.Load()
	if l == nil {
		return nil, errNoCallLog
	}
	var out []screenCall
	for f := (calllog.Filter{Limit: min(n, calllog.MaxLimit)}); ; {
		page, err := l.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, sum := range page.Calls {
			rec, err := l.Get(ctx, sum.ID)
			if errors.Is(err, calllog.ErrNotFound) {
				continue // deleted meanwhile
			}
			if err != nil {
				return nil, err
			}
			if out = append(out, pastCall(rec)); len(out) == n {
				return out, nil
			}
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			return out, nil
		}
	}
}

// frontBench is the analysts' test bench.
type frontBench struct {
	current func() config.Config
	db      *numberdb.Store
	voice   voice
}

// Explain is console.Bench.
func (d frontBench) Explain(ctx context.Context, q console.Question, lang string) (string, error) {
	s := &screener{cfg: d.current(), db: d.db, x: d.db.Index(), lang: lang}
	c := screenCall{Caller: q.Number, Name: q.Name, Trunk: q.Trunk}
	if q.Line != "" {
		line, err := frontLines{d.current, d.db}.line(q.Line)
		if err != nil {
			return "", err
		}
		c.Line = line.Number
	}
	if _, err := trunkNamed(d.current(), q.Trunk); err != nil {
		return "", fmt.Errorf("%w: %w", console.ErrQuestion, err)
	}
	r, err := s.explain(ctx, c)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	r.print(&b)
	return b.String(), nil
}

// Hear is console.Bench. The recognisers of the configuration do not take part:
// they work in a recording's own time.
func (d frontBench) Hear(ctx context.Context, sound []byte, lang string) (console.Hearing, error) {
	sides, err := sidesOf("the file", sound)
	if err != nil || len(sides) == 0 || len(sides[0]) == 0 {
		return console.Hearing{}, fmt.Errorf("%w: %v", console.ErrQuestion, orError(err, "there is no sound in it"))
	}
	cfg := d.current()
	cfg.Speech = config.Speech{}
	l := &listening{cfg: cfg, db: d.db, lang: lang, voice: d.voice, out: listened{Seconds: float64(len(sides[0])) / wav.Rate}}
	if err := l.run(ctx, stdio{err: io.Discard}, sides, ""); err != nil {
		if ctx.Err() != nil {
			return console.Hearing{}, err
		}
		return console.Hearing{}, fmt.Errorf("%w: %v", console.ErrQuestion, err)
	}
	h := console.Hearing{Seconds: l.out.Seconds, Level: orElse(l.out.Verdict.Level, screening.LevelUnknown.String())}
	for _, e := range l.out.Evidence {
		h.Found = append(h.Found, console.HeardThing{At: e.At, By: e.By, Rule: e.Rule, Text: e.Text, Words: e.Words, Strength: e.Strength})
	}
	for _, r := range l.out.Verdict.Reasons {
		h.Reasons = append(h.Reasons, r.Text)
	}
	return h, nil
}

func orError(err error, text string) error {
	if err == nil {
		return errors.New(text)
	}
	return err
}
