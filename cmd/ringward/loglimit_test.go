package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestLogLimit: a source that floods is cut to its rate and counted; others,
// errors and lines of no source pass.
func TestLogLimit(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	var b bytes.Buffer
	log := slog.New(limitLog(slog.NewTextHandler(&b, nil), 10, func() time.Time { return now }))
	lines := func(f func()) string { b.Reset(); f(); return b.String() }
	flood := log.With("trunk", "carrier")

	got := lines(func() {
		for range 1000 {
			flood.Info("call refused")
		}
	})
	if n := strings.Count(got, "\n"); n != logBurst {
		t.Errorf("%d lines at once, want %d", n, logBurst)
	}
	for name, f := range map[string]func(){
		"another source": func() { log.Info("x", "source", "192.0.2.1") },
		"no source":      func() { log.Info("x") },
		"an error":       func() { flood.Error("x") },
	} {
		if got := lines(f); strings.Count(got, "\n") != 1 {
			t.Errorf("%s: got %q, want one line", name, got)
		}
	}
	now = now.Add(time.Second)
	got = lines(func() {
		for range 1000 {
			flood.Info("call refused")
		}
	})
	if n := strings.Count(got, "\n"); n != 10 || !strings.Contains(got, "left_out=900") {
		t.Errorf("a second later: %d lines, want 10, the first of them counting 900:\n%s", n, got)
	}
	if got := lines(func() {
		for i := range 2 * logSources {
			log.Debug("x", "source", i)
			log.Info("x", "source", i)
		}
	}); strings.Count(got, "\n") != 2*logSources {
		t.Error("sources past the limit of what is remembered were cut")
	}
}
