package tones

import "math"

// progress says that the run may be a call progress tone: 425 or 450 Hz in most
// countries, 400 in some. Unlike a voice it keeps its pitch.
func (r *run) progress() bool {
	return r.mean > 390 && r.mean < 465 && (r.frames < 8 || math.Abs(r.mean-r.early) < mostDrift)
}

// cadence tells ringing from busy by how long tone and silence last.
type cadence struct {
	on, off int // frames of the present tone or pause
	gap     int // frames missed inside a tone
	bursts  int // short tones in a row, with short pauses
	level   float64
	told    Kind
}

const (
	mostDrift = 4.0 // Hz
	toneNeeds = 20  // frames before a tone is believed: 400 ms
	ringNeeds = 38  // frames of one tone that make it ringing: 0.76 s
	ringMost  = 125
	burstMost = 36 // frames of a busy tone or pause: 0.72 s
	burstLow  = 8
)

// add takes whether the tone sounds, and the energy of the frame.
func (c *cadence) add(tone bool, energy float64) Kind {
	sound := energy > max(quiet, c.level/20)
	if tone {
		c.level = energy
		return c.toned()
	}
	if c.on > 0 && c.gap < 1 { // one lost packet
		c.gap++
		return 0
	}
	var k Kind
	if c.on > 0 {
		k = c.ended()
	}
	c.on, c.gap = 0, 0
	c.off++
	if sound || c.off > burstMost {
		c.bursts = 0
		if c.off > 300 || sound {
			c.told = 0
		}
	}
	return k
}

func (c *cadence) toned() Kind {
	if c.on == 0 && c.off > 0 && (c.off < burstLow || c.off > burstMost) {
		c.bursts = 0
	}
	c.on += 1 + c.gap
	c.off, c.gap = 0, 0
	switch {
	case c.on >= toneNeeds && c.told == 0:
		c.told = Progress
		return Progress
	case c.on >= ringNeeds && c.on <= ringMost && c.told == Progress && c.bursts == 0:
		c.told = Ringback
		return Ringback
	}
	return 0
}

// ended judges a tone that is over.
func (c *cadence) ended() Kind {
	if c.on < burstLow || c.on > burstMost {
		c.bursts = 0
		return 0
	}
	c.bursts++
	if c.bursts >= 2 && c.told != Busy {
		c.told = Busy
		return Busy
	}
	return 0
}

// special follows the three rising tones of 330 ms.
type special struct {
	step  int
	since int
}

var specialHz = [3]float64{950, 1400, 1800}

// add follows the runs of pure tones: North America shifts the first two a
// little upward, which the tolerance holds.
func (s *special) add(f frame, r *run) (Kind, float64) {
	s.since++
	if s.since > 25 {
		s.step = 0
	}
	if f.purity < pure || r.frames < 9 || !r.is(specialHz[s.step], 60) {
		return 0, 0
	}
	s.since = 0
	if s.step++; s.step == len(specialHz) {
		s.step = 0
		return SpecialInformation, r.mean
	}
	return 0, 0
}
