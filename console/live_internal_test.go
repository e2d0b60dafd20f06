package console

import (
	"fmt"
	"testing"
	"time"

	"ringward/screening"
)

func newTestHub() *hub { return newHub(func(string) *Institution { return nil }) }

func everyLine(string) bool { return true }

func TestSlowWatcherIsCutOffAndOthersAreNot(t *testing.T) {
	h := newTestHub()
	slow, _ := h.watch(everyLine)
	quick, _ := h.watch(everyLine)
	got := 0
	for i := range eventBacklog {
		h.tell(Event{Kind: Judged, Call: fmt.Sprint(i), Line: "a"}) // two events each: started, verdict
		for range 2 {
			<-quick.events
			got++
		}
	}
	n := 0
	for range slow.events { // closed by the hub
		n++
	}
	if n != eventBacklog || got != 2*eventBacklog || len(h.watchers) != 1 {
		t.Errorf("slow got %d, quick %d, watchers %d", n, got, len(h.watchers))
	}
	h.leave(slow) // again, as its reader does
	h.leave(quick)
}

func TestRunningCallsAreBounded(t *testing.T) {
	h := newTestHub()
	for i := range maxRunning + 10 {
		h.tell(Event{Kind: Judged, Call: fmt.Sprint(i)})
	}
	if len(h.running) != maxRunning {
		t.Errorf("%d", len(h.running))
	}
	for i := range maxRunning + 10 {
		h.tell(Event{Kind: Ended, Call: fmt.Sprint(i)})
	}
	if len(h.running) != 0 {
		t.Errorf("%d left", len(h.running))
	}
}

func TestVerdictStaysWhenAnEventBringsNone(t *testing.T) {
	h := newTestHub()
	v := screening.Verdict{Level: screening.LevelAlarm, Caller: screening.CallerListed, Reasons: []screening.Reason{{Rule: "x"}}}
	h.tell(Event{Kind: Judged, Call: "1", Verdict: v})
	h.tell(Event{Kind: Ringing, Call: "1"})
	c, _ := h.call("1")
	if c.Verdict.Level != "alarm" || !c.listed || c.State != Ringing {
		t.Errorf("%+v", c)
	}
	h.dismissed("1", time.Now())
	h.dismissed("2", time.Now()) // not there: nothing happens
	if c, _ := h.call("1"); !c.Verdict.Dismissed {
		t.Errorf("%+v", c)
	}
}

func TestRateFillsAgainAndForgets(t *testing.T) {
	now := time.Unix(1000, 0)
	r := newRate(2, 3)
	for range 3 {
		if _, ok := r.take("a", now); !ok {
			t.Fatal("refused within the burst")
		}
	}
	wait, ok := r.take("a", now)
	if ok || wait != 500*time.Millisecond {
		t.Errorf("%v %v", wait, ok)
	}
	if _, ok := r.take("b", now); !ok {
		t.Error("another's bucket is mine")
	}
	if _, ok := r.take("a", now.Add(wait)); !ok {
		t.Error("does not fill")
	}
	for i := range maxBuckets + 100 {
		r.take(fmt.Sprint(i), now.Add(time.Hour))
	}
	if len(r.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(r.buckets))
	}
}
