package gateway_test

import (
	"testing"
	"time"

	"ringward/gateway"
	"ringward/softphone"
)

// A gateway whose INVITEs wait too long answers new ones 503 with Retry-After and
// goes on with the calls that it has.
func TestOverloadRefusesNewCallsOnly(t *testing.T) {
	w := newWorld(t, options{config: func(c *gateway.Config) { c.QueueDelay = time.Nanosecond }, line: func(l *gateway.Line) { l.RingTimeout = 2 * time.Second }})
	caller, merchant := talking(t, w)
	shed := 0
	for round := 0; shed == 0; round++ {
		if round == 20 {
			t.Fatal("nothing was refused in 20 rounds")
		}
		var calls []*softphone.Call
		for range 30 {
			calls = append(calls, w.dial(ordinary))
		}
		for _, c := range calls {
			c.Hangup()
			done(t, c.Over(), "a call to end")
			f := c.Failure()
			if f.Status != 503 {
				continue
			}
			shed++
			if f.Message == nil || f.Message.Get("Retry-After") == "" {
				t.Errorf("503 without Retry-After: %+v", f)
			}
		}
	}
	if s := w.gateway.Stats(); s.Shed == 0 || s.Overloaded < s.Shed {
		t.Errorf("%d shed of %d refused, want as many as were seen: %d", s.Shed, s.Overloaded, shed)
	}
	must(t, caller.Hold(true)) // requests within the call are served
	must(t, caller.Hold(false))
	packets(t, merchant, 10)
	packets(t, caller, 10)
	caller.Hangup()
	done(t, merchant.Over(), "the call to end")
}
