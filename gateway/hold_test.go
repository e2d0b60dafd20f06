package gateway_test

import (
	"testing"
	"time"

	"ringward/softphone"
)

// Music on hold is sound like any other: who holds (sendonly) is heard by who
// waits, from either side, and hears nothing of him.
func TestMusicOnHold(t *testing.T) {
	const music = 1100
	for _, from := range []string{"caller", "merchant"} {
		t.Run(from, func(t *testing.T) {
			w := newWorld(t, options{})
			holds, waits := talking(t, w)
			if from == "merchant" {
				holds, waits = waits, holds
			}
			must(t, holds.Hold(true))
			before, _ := holds.Packets()
			holds.Say(sine(music, time.Minute))
			packets(t, waits, 60)
			if p := power(lastSecond(waits), music); p < 0.5 {
				t.Errorf("who waits hears %.2f of the music", p)
			}
			if after, _ := holds.Packets(); after > before+5 { // what was under way
				t.Errorf("who holds got %d packets", after-before)
			}
			must(t, holds.Hold(false))
			packets(t, holds, 10)
			holds.Hangup()
			if r := w.record(); !hasEvent(r, "hold", from) || !hasEvent(r, "resume", from) {
				t.Errorf("got %+v", r.Events)
			}
		})
	}
}

// lastSecond is what a phone heard last.
func lastSecond(c *softphone.Call) []int16 {
	pcm := c.Heard()
	return pcm[max(0, len(pcm)-8000):]
}
