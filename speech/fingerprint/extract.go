package fingerprint

import (
	"math"
	"time"
)

const (
	// SampleRate is the only rate understood, in Hz.
	SampleRate = 8000

	hop       = 128 // samples between two frames: 16 ms
	rowFrames = 3   // a recording keeps every third frame: 48 ms
	lag       = 12  // frames between the two spectra compared: 192 ms
	rowBits   = 32  // of a frame

	lowHz, highHz = 300.0, 2800.0
	// warp bends the bands from even (0) to logarithmic (2.2). Bands narrower
	// than the distance of a voice's harmonics see pitch alone, which many voices
	// share; wide ones at the top are the first to drown in noise.
	warp = 0.6

	// quiet is the peak, in 16-bit samples, below which a window is silence
	// (-60 dBFS). It gives an empty frame, costs no transform and starts no search.
	quiet = 32
)

// FrameTime is the time between two frames of an Extractor.
const FrameTime = hop * time.Second / SampleRate

// bandEdge are the first bins of the 33 bands, and the end of the last one.
var bandEdge = bandEdges()

func bandEdges() (e [rowBits + 2]int) {
	for i := range e {
		hz := lowHz + (highHz-lowHz)*math.Expm1(warp*float64(i)/(rowBits+1))/math.Expm1(warp)
		e[i] = int(math.Round(hz * window / SampleRate))
	}
	return e
}

// frame is what is known of 16 ms of sound. Bit i of bits is the sign of
// change[i]; a silent frame has no change at all.
type frame struct {
	bits   uint32
	level  float32          // mean of |change|
	change [rowBits]float32 // signed, in the unit of band energy to the power 1/4
}

// Extractor turns 8 kHz PCM, in pieces of any size, into frames. The zero value
// is ready. It allocates nothing.
type Extractor struct {
	ring    [window]float32 // the newest samples, oldest at pos
	pos     int
	fresh   int // samples since the last frame
	seen    int64
	loud    int64 // number of the last sample beyond quiet, plus 1
	line    [window]float32
	work    spectrum
	power   [window / 2]float32
	past    [lag][rowBits]float32 // band differences of the last frames
	pastPos int
	frames  int64
	frame   frame
}

// next takes samples from pcm until a frame is complete and returns what is
// left. ok is false when pcm ran out before. The frame is valid until the next
// call.
func (x *Extractor) next(pcm []int16) (f *frame, rest []int16, ok bool) {
	n := min(hop-x.fresh, len(pcm))
	for _, s := range pcm[:n] {
		x.ring[x.pos] = float32(s)
		x.pos = (x.pos + 1) & (window - 1)
		x.seen++
		if s > quiet || s < -quiet {
			x.loud = x.seen
		}
	}
	x.fresh += n
	if x.fresh < hop {
		return nil, nil, false
	}
	x.fresh = 0
	x.analyse()
	return &x.frame, pcm[n:], true
}

// silent says whether the whole window is below quiet.
func (x *Extractor) silent() bool { return x.loud == 0 || x.loud <= x.seen-window }

// analyse makes the frame of the newest window.
func (x *Extractor) analyse() {
	var diff [rowBits]float32
	if !x.silent() {
		x.bands(&diff)
	}
	old := &x.past[x.pastPos]
	f := &x.frame
	f.bits, f.level = 0, 0
	for i := range diff {
		c := diff[i] - old[i]
		f.change[i] = c
		if c > 0 {
			f.bits |= 1 << i
		}
		if c < 0 {
			c = -c
		}
		f.level += c
	}
	f.level /= rowBits
	if x.frames < lag { // nothing to compare with yet
		f.bits, f.level, f.change = 0, 0, [rowBits]float32{}
	}
	*old = diff
	x.pastPos = (x.pastPos + 1) % lag
	x.frames++
}

// bands writes the differences between neighbouring bands. The fourth root
// keeps loud parts from covering all others and leaves the scale of level.
func (x *Extractor) bands(diff *[rowBits]float32) {
	n := copy(x.line[:], x.ring[x.pos:])
	copy(x.line[n:], x.ring[:x.pos])
	first, end := bandEdge[0], bandEdge[rowBits+1]
	p := x.power[:end-first]
	x.work.power(&x.line, first, p)
	var last float32
	for b := range rowBits + 1 {
		var e float32
		for _, v := range p[bandEdge[b]-first : bandEdge[b+1]-first] {
			e += v
		}
		e /= float32(bandEdge[b+1] - bandEdge[b])
		root := float32(math.Sqrt(math.Sqrt(float64(e))))
		if b > 0 {
			diff[b-1] = last - root
		}
		last = root
	}
}
