package speech_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/speech"
	"ringward/speech/engine"
)

func TestPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &clerk{}, &clerk{refuse: errors.New("connection refused")}
		p := speech.NewPool(speech.Member{Recogniser: b, Places: 3}, speech.Member{Recogniser: a, Places: 2})
		var open []engine.Session
		for range 2 {
			s, err := p.Open(t.Context(), engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, s)
		}
		want := []speech.MemberStats{{Open: 0, Places: 3, Failed: 1}, {Open: 2, Places: 2, Opened: 2}}
		if diff := cmp.Diff(want, p.Stats()); diff != "" {
			t.Errorf("one member is down (-want +got)\n%s", diff)
		}
		if _, err := p.Open(t.Context(), engine.Options{}); err == nil || errors.Is(err, engine.ErrBusy) {
			t.Errorf("the other is full: %v, want the first one's error", err)
		}
		time.Sleep(time.Minute)
		b.set(nil)
		if _, err := p.Open(t.Context(), engine.Options{}); err != nil {
			t.Errorf("after the fault: %v", err)
		}
		open[0].Close()
		open[0].Close()
		if got := p.Stats()[1].Open; got != 1 {
			t.Errorf("%d open after a double close, want 1", got)
		}
	})
}

func TestPoolBusy(t *testing.T) {
	p := speech.NewPool(speech.Member{Recogniser: &clerk{}, Places: 1})
	if _, err := p.Open(t.Context(), engine.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(t.Context(), engine.Options{}); !errors.Is(err, engine.ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
}
