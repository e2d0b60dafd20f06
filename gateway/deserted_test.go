package gateway_test

import (
	"testing"
	"time"

	"ringward/gateway"
)

// A call whose phones are both gone without a word ends, and gives its ports
// back; one that goes on is left alone.
func TestDesertedCallEnds(t *testing.T) {
	w := newWorld(t, options{config: func(c *gateway.Config) { c.SilenceLimit = 400 * time.Millisecond }})
	caller, merchant := talking(t, w)
	packets(t, caller, 50) // a second: longer than the limit
	must(t, caller.Hold(true))
	must(t, caller.Hold(false))
	caller.Mute()
	merchant.Mute()
	done(t, caller.Over(), "the deserted call to end")
	done(t, merchant.Over(), "the deserted call to end")
	if r := w.record(); r.EndedBy != "gateway" || !hasEvent(r, "end", "no media from either side") {
		t.Errorf("got %+v", r)
	}
}
