package calllog_test

import (
	"path/filepath"
	"testing"
	"time"

	"ringward/calllog"
)

// TestFeedbackByRule: the latest word counts, a key counts where nothing was
// said, calls below a warning do not.
func TestFeedbackByRule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	l, err := calllog.Open(calllog.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	ctx, now := t.Context(), time.Now()
	for _, c := range []struct {
		id    string
		level calllog.Level
		kind  string
		key   string
	}{{"a", calllog.Alarm, "", ""}, {"b", calllog.Warning, "key", "*1"}, {"c", calllog.Warning, "report", ""}, {"d", calllog.Notice, "key", "*1"}, {"e", calllog.Alarm, "warning-silent", "x"}} {
		r := calllog.Record{Summary: calllog.Summary{ID: c.id, Line: "shop", Start: now, Level: c.level}, Reasons: []calllog.Reason{{Rule: "caller.imitation"}}}
		if c.kind != "" {
			r.Events = []calllog.Event{{Kind: c.kind, Detail: c.key}}
		}
		l.Keep(r)
	}
	for _, f := range []calllog.Feedback{{Call: "a", Who: "anna", Scam: true, At: now}, {Call: "a", Who: "anna", Scam: false, At: now.Add(time.Second)}, {Call: "c", Who: "anna", Scam: false, At: now}} {
		if err := l.Say(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Say(ctx, calllog.Feedback{Call: "a"}); err == nil {
		t.Error("nobody's word is kept")
	}
	if said, err := l.Said(ctx, "a"); err != nil || len(said) != 1 || said[0].Scam {
		t.Errorf("%+v, %v", said, err)
	}
	if err := l.Close(ctx); err != nil { // writes what waits
		t.Fatal(err)
	}
	if l, err = calllog.Open(calllog.Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	defer l.Close(ctx)
	got, err := l.Rules(ctx, now.Add(-time.Hour))
	want := calllog.RuleStats{Rule: "caller.imitation", Calls: 4, NotScam: 3, Shadow: 1}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
