package media

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestTicksKeepToTheGrid(t *testing.T) {
	w := newWorker(&fakeNet{})
	for _, c := range []struct{ after, want time.Duration }{
		{0, 0}, {1, tickEvery}, {tickEvery, tickEvery}, {tickEvery + 1, 2 * tickEvery}, {-time.Hour, 0},
	} {
		if got := w.onGrid(w.start.Add(c.after)).Sub(w.start); got != c.want {
			t.Errorf("%v after the start: got %v, want %v", c.after, got, c.want)
		}
	}
}

// A worker asks for ticks while a bridge plays, at the pace of its packets, and
// for none otherwise.
func TestTicksOnlyWhilePlaying(t *testing.T) {
	r := newRig(t)
	r.b.Set(Merchant, pcma(Merchant))
	w := r.e.workers[0]
	if next := w.tick(r.now); !next.IsZero() || w.isDue(next) {
		t.Error("ticked with nothing to do")
	}
	play(r, Playback{Audio: prompt(320)})
	if !w.isDue(time.Time{}) {
		t.Error("not called by Play")
	}
	before := time.Now()
	next := w.tick(r.now)
	if wait := next.Sub(before); wait < 20*time.Millisecond || wait > time.Second {
		t.Errorf("next tick in %v, want 20 ms", wait)
	}
	r.now = r.now.Add(20 * time.Millisecond)
	if next := w.tick(r.now); !next.IsZero() || r.e.Stats().Playing != 0 {
		t.Errorf("next tick at %v after the end", next)
	}
	if got := len(r.out(Merchant)); got != 2 {
		t.Errorf("made %d packets, want 2", got)
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
