package media

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLater(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		name      string
		last, now time.Time
		want      time.Duration // after start
	}{
		{"on time", start, start, tickEvery},
		{"a bit late", start, start.Add(time.Millisecond), tickEvery},
		{"one missed", start, start.Add(tickEvery), 2 * tickEvery},
		{"never ticked", time.Time{}, start, tickEvery},
		{"long idle", start.Add(-time.Hour), start, tickEvery},
		{"clock went back", start.Add(time.Minute), start, tickEvery},
	} {
		if got := later(c.last, c.now).Sub(start); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// A fault in one call ends that call alone.
func TestFaultIsContained(t *testing.T) {
	r := talking(t)
	var log strings.Builder
	r.e.log = slog.New(slog.NewTextHandler(&log, nil))
	play(r, Playback{Audio: prompt(160), Done: func(PlayResult) { panic("planted") }})
	other, err := r.e.NewBridge(BridgeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	r.pass(100 * time.Millisecond)
	if s := r.e.Stats(); s.Faults != 1 || s.Bridges != 1 || s.Playing != 0 {
		t.Errorf("got %+v, want one fault and the other bridge", s)
	}
	if !strings.Contains(log.String(), "planted") {
		t.Errorf("log: %s", log.String())
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Caller.String(), "caller"}, {Merchant.String(), "merchant"}, {Side(7).String(), "no side"}, {Caller.Other().String(), "merchant"},
		{Played.String(), "played"}, {Stopped.String(), "stopped"}, {Replaced.String(), "replaced"}, {Hangup.String(), "hangup"}, {PlayEnd(0).String(), "unknown"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
