package calllog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Feedback is what somebody said of a call, after or while it ran.
type Feedback struct {
	Call string
	Who  string // a user, or "key" for the merchant's telephone
	Scam bool   // false: he said that it is none
	At   time.Time
}

// feedbackSchema is made for files of before it, too: older programs leave the
// table alone.
const feedbackSchema = `CREATE TABLE IF NOT EXISTS feedback (
	call TEXT    NOT NULL,
	who  TEXT    NOT NULL,
	scam INTEGER NOT NULL,
	at   INTEGER NOT NULL, -- Unix time in milliseconds
	PRIMARY KEY (call, who)
) STRICT, WITHOUT ROWID`

// Say keeps what somebody said of a call; his later word takes the place of the
// earlier one. The call may still be running.
func (l *Log) Say(ctx context.Context, f Feedback) error {
	if f.Call == "" || f.Who == "" || len(f.Call) > 200 || len(f.Who) > 200 {
		return fmt.Errorf("keep feedback: %w: who said it of which call?", ErrNotFound)
	}
	_, err := l.write.ExecContext(ctx, `INSERT INTO feedback VALUES (?, ?, ?, ?) ON CONFLICT (call, who) DO UPDATE SET scam = excluded.scam, at = excluded.at`,
		f.Call, f.Who, f.Scam, millis(f.At))
	if err != nil {
		return fmt.Errorf("keep feedback: %w", err)
	}
	return nil
}

// Said returns what was said of a call, the latest first.
func (l *Log) Said(ctx context.Context, call string) ([]Feedback, error) {
	rows, err := l.read.QueryContext(ctx, "SELECT call, who, scam, at FROM feedback WHERE call = ? ORDER BY at DESC, who", call)
	if err != nil {
		return nil, fmt.Errorf("read feedback: %w", err)
	}
	defer rows.Close()
	var out []Feedback
	for rows.Next() {
		var f Feedback
		var at int64
		if err := rows.Scan(&f.Call, &f.Who, &f.Scam, &at); err != nil {
			return nil, fmt.Errorf("read feedback: %w", err)
		}
		f.At = fromMillis(at)
		out = append(out, f)
	}
	return out, rows.Err()
}

// RuleStats is how often a rule was the heaviest reason to warn, and what
// merchants said of those calls.
type RuleStats struct {
	Rule    string
	Calls   int // warned of, or worse
	Scam    int // a merchant said so
	NotScam int
	Shadow  int // calls on lines that only record
}

// rated bounds the calls that Rules reads: the latest.
const rated = 5000

// Rules counts by rule the calls since a time whose verdict was a warning or an
// alarm, and the merchants' word on them: their keys *1 and *2 count as well. It
// reads at most the latest 5,000 such calls.
func (l *Log) Rules(ctx context.Context, since time.Time) ([]RuleStats, error) {
	said, err := l.saidSince(ctx, since)
	if err != nil {
		return nil, err
	}
	rows, err := l.read.QueryContext(ctx, "SELECT detail FROM calls WHERE level >= 2 AND level >= 3 AND start >= ? ORDER BY start DESC LIMIT ?", millis(since), rated)
	if err != nil {
		return nil, fmt.Errorf("count by rule: %w", err)
	}
	defer rows.Close()
	by := map[string]*RuleStats{}
	for rows.Next() {
		var detail string
		if err := rows.Scan(&detail); err != nil {
			return nil, fmt.Errorf("count by rule: %w", err)
		}
		r, err := decode(detail)
		if err != nil {
			return nil, err
		}
		if len(r.Reasons) > 0 {
			rule := r.Reasons[0].Rule
			if by[rule] == nil {
				by[rule] = &RuleStats{Rule: rule}
			}
			by[rule].count(r, said[r.ID])
		}
	}
	out := []RuleStats{}
	for _, s := range slices.SortedFunc(maps.Values(by), func(a, b *RuleStats) int { return cmp.Or(b.Calls-a.Calls, cmp.Compare(a.Rule, b.Rule)) }) {
		out = append(out, *s)
	}
	return out, rows.Err()
}

// word is what was said of a call in sum.
type word struct{ scam, notScam bool }

func (l *Log) saidSince(ctx context.Context, since time.Time) (map[string]word, error) {
	rows, err := l.read.QueryContext(ctx, "SELECT call, scam FROM feedback WHERE at >= ? ORDER BY at", millis(since))
	if err != nil {
		return nil, fmt.Errorf("read feedback: %w", err)
	}
	defer rows.Close()
	out := map[string]word{}
	for rows.Next() {
		var call string
		var scam bool
		if err := rows.Scan(&call, &scam); err != nil {
			return nil, fmt.Errorf("read feedback: %w", err)
		}
		out[call] = word{scam, !scam} // the latest word counts
	}
	return out, rows.Err()
}

func (s *RuleStats) count(r Record, w word) {
	s.Calls++
	for _, e := range r.Events {
		switch {
		case e.Kind == "warning-silent":
			s.Shadow++
		case w != word{}: // what was said on a page counts for more than a key
		case e.Kind == "dismiss", e.Kind == "key" && e.Detail == "*1":
			w = word{notScam: true}
		case e.Kind == "report":
			w = word{scam: true}
		}
	}
	if w.scam {
		s.Scam++
	}
	if w.notScam {
		s.NotScam++
	}
}
