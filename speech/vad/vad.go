// Package vad tells voice from silence and steady noise in 8 kHz sound, 20 ms at
// a time, cheaply enough to run on every listened call, so that recognisers need
// not hear silence. It measures the energy above a noise floor that follows the
// line. It does not tell voices from music or other changing sound, and it is no
// end-pointer for sentences. It is pure: no I/O, no clock, no goroutine.
package vad

import (
	"math"
	"time"
)

const (
	frameSamples = 160
	// FrameTime is the time that one decision covers.
	FrameTime = 20 * time.Millisecond

	onset     = 7.0   // dB above the floor begin voice
	hold      = 4.0   // dB above the floor keep it
	least     = -58.0 // dBFS below which nothing is voice
	startHigh = -48.0 // dBFS: the floor before the line is known
	rise      = 2     // frames above onset before voice begins
	hangover  = 12    // frames that voice lasts after the last loud one: 240 ms

	// The floor is the least energy of the last 1.6 s: speech has dips in that
	// time, steady noise stays within 2 dB of it.
	slots     = 8
	slotSlice = 10
)

// Detector follows one direction of one call. The zero value is ready. It
// allocates nothing.
type Detector struct {
	sum      float64 // energy of the frame so far
	n        int     // samples of it
	before   float64 // last sample, for the high-pass
	smooth   float64 // energy in dBFS, smoothed over about three frames
	least    [slots]float64
	slot     int
	inSlot   int
	started  bool
	loud     int // frames above onset in a row
	hangover int
}

// Feed takes the next samples, in pieces of any size, and appends one decision
// for each 20 ms that they complete: true for voice.
func (d *Detector) Feed(pcm []int16, out []bool) []bool {
	for _, s := range pcm {
		x := float64(s)
		y := x - 0.9*d.before // takes hum and offset away, favours what speech has
		d.before = x
		d.sum += y * y
		if d.n++; d.n == frameSamples {
			out = append(out, d.decide(d.sum/frameSamples))
			d.sum, d.n = 0, 0
		}
	}
	return out
}

// Active says whether the last complete frame was voice.
func (d *Detector) Active() bool { return d.hangover > 0 }

// decide judges a frame by its mean energy.
func (d *Detector) decide(energy float64) bool {
	level := 10*math.Log10(energy+1) - 20*math.Log10(32768)
	d.track(level)
	over := level - d.floor()
	switch {
	case level < least:
		d.loud = 0
	case over > onset:
		d.loud++
	case over < hold:
		d.loud = 0
	}
	if d.loud >= rise || d.hangover > 0 && level >= least && over > hold {
		d.hangover = hangover + 1
	}
	if d.hangover > 0 {
		d.hangover--
	}
	return d.hangover > 0
}

// track moves the noise floor on.
func (d *Detector) track(level float64) {
	if !d.started {
		d.started, d.smooth = true, startHigh
		for i := range d.least {
			d.least[i] = startHigh
		}
	}
	d.smooth += (level - d.smooth) / 3
	d.least[d.slot] = min(d.least[d.slot], d.smooth)
	if d.inSlot++; d.inSlot == slotSlice {
		d.inSlot = 0
		d.slot = (d.slot + 1) % slots
		d.least[d.slot] = d.smooth
	}
}

func (d *Detector) floor() float64 {
	f := d.least[0]
	for _, l := range d.least[1:] {
		f = min(f, l)
	}
	return max(f, least-onset)
}
