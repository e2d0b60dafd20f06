package tones

import "math"

// turns watches the answer tone: whether its phase turns by 180 degrees (every
// 450 ms, V.25) and whether its level swells at 15 Hz (ANSam, V.8).
type turns struct {
	last     float64 // phase of the last clean frame
	lastAt   int64   // its number
	drift    float64 // phase a frame, from the difference to 2100 Hz
	clean    int     // clean frames in a row
	size     [40]float64
	sizes    int
	until    int64 // the tone may be gone for a frame or two
	reversed bool
	swelled  bool
}

// open says that the answer tone sounded a moment ago.
func (t *turns) open(now int64) bool { return now <= t.until }

// add judges one frame of the tone.
func (t *turns) add(x *[frameSamples]float64, f frame, r *run) (Kind, float64) {
	if r.is(2100, 25) && r.frames == 1 {
		*t = turns{}
	}
	if r.is(2100, 25) {
		t.until = f.index + 4
	}
	if k := t.swell(math.Sqrt(f.energy)); k != 0 {
		return k, r.mean
	}
	if f.purity < pure || math.Abs(f.hz-2100) > 40 {
		t.clean = 0
		return 0, 0
	}
	now := phase(x, 2100, f.index*frameSamples)
	gap := f.index - t.lastAt
	off := wrap(now - t.last - t.drift*float64(gap))
	before := t.clean
	t.last, t.lastAt = now, f.index
	t.clean++
	switch {
	case t.sizes <= 1: // the first one
		return 0, 0
	case math.Abs(off) > math.Pi-0.7 && gap <= 3 && !t.reversed && (before >= 4 || gap > 1):
		t.reversed = true
		return AnswerReversed, r.mean
	case gap == 1 && math.Abs(off) < 1:
		t.drift = wrap(t.drift + off/4)
	}
	return 0, 0
}

func wrap(a float64) float64 { return math.Remainder(a, 2*math.Pi) }

// swell looks for 15 Hz in the level of the last 0.8 s.
func (t *turns) swell(size float64) Kind {
	t.size[t.sizes%len(t.size)] = size
	t.sizes++
	if t.swelled || t.sizes < 20 || t.sizes%10 != 0 { // whole periods only
		return 0
	}
	n := min(t.sizes, len(t.size))
	var re, im, mean float64
	for i, s := range t.size[:n] {
		if 2*s < size {
			return 0 // lost packets swell too
		}
		w := 2 * math.Pi * 15 * 0.02 * float64(i)
		re += s * math.Cos(w)
		im += s * math.Sin(w)
		mean += s
	}
	if depth := 2 * math.Hypot(re, im) / mean; depth > 0.1 && depth < 0.35 {
		t.swelled = true
		return AnswerModulated
	}
	return 0
}
