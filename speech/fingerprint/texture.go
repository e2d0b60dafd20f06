package fingerprint

import "math"

// texture is what a sound is made of, as far as Admit asks.
type texture struct {
	frames int  // not silent
	tones  int  // of them, one or two pure tones
	noise  int  // of them, as flat as noise
	tone   bool // the last frame was
	held   int  // frames in which the strongest peak stays where it was 96 ms ago
	peaks  [6]int
	at     int
}

const (
	toneShare = 0.92 // of the energy in two narrow peaks makes a tone
	peakWidth = 3    // bins on either side that belong to a peak
	flatNoise = 0.4  // geometric by arithmetic mean; white noise has 0.56, voices less than 0.2
)

// frame adds the frame that x has just made.
func (t *texture) frame(x *Extractor, f *frame) {
	t.tone = false
	if x.silent() || f.level == 0 && x.frames <= lag {
		return
	}
	t.frames++
	p := x.power[:bandEdge[rowBits+1]-bandEdge[0]]
	var all float32
	var logs float64
	for _, v := range p {
		all += v
		logs += math.Log(float64(v) + 1)
	}
	n := float64(len(p))
	if math.Exp(logs/n) > flatNoise*(float64(all)/n+1) {
		t.noise++
	}
	first, a := peak(p, -1)
	_, b := peak(p, first)
	if all > 0 && a+b > toneShare*all {
		t.tone = true
		t.tones++
	}
	if old := t.peaks[t.at]; old != 0 && old-first <= 1 && first-old <= 1 {
		t.held++
	}
	t.peaks[t.at] = first
	t.at = (t.at + 1) % len(t.peaks)
}

// peak finds the strongest bin outside the peak at not and the energy around it.
func peak(p []float32, not int) (at int, energy float32) {
	var best float32
	for i, v := range p {
		if v > best && (not < 0 || i < not-2*peakWidth || i > not+2*peakWidth) {
			best, at = v, i
		}
	}
	for i := max(0, at-peakWidth); i <= min(len(p)-1, at+peakWidth); i++ {
		if not < 0 || i < not-peakWidth || i > not+peakWidth {
			energy += p[i]
		}
	}
	return at, energy
}

// share is n of all active frames, 0 to 1.
func (t *texture) share(n int) float64 {
	if t.frames == 0 {
		return 0
	}
	return float64(n) / float64(t.frames)
}
