package wave

import (
	"errors"
	"math"
	"slices"
)

// ErrSilent says that a sound has nothing to hear in it.
var ErrSilent = errors.New("it is silent")

// What is left before and after the speech when silence is trimmed.
const (
	leadIn  = Rate * 30 / 1000
	leadOut = Rate * 60 / 1000
)

// Condition makes of s what is played on the line:
//
//	s -> high-pass 150 Hz -> resample to 8 kHz, low-pass 3.4 kHz -> trim silence
//	  -> gain and limiter, until the active level is ActiveLevel -> int16
func Condition(s Sound) ([]int16, error) {
	x := highPass(s.Samples, s.Rate, 150)
	x = resample(x, s.Rate, Rate)
	level := activeLevel(x)
	if level < -70 {
		return nil, ErrSilent
	}
	x = trim(x, level-30)
	y := x
	for range 6 { // the limiter takes some of the level away, the gain gives it back
		y = limit(scale(x, gain(ActiveLevel-level)), gain(Ceiling-0.1))
		reached := activeLevel(y)
		if math.Abs(reached-ActiveLevel) < 0.1 {
			break
		}
		level += reached - ActiveLevel
	}
	return toInt16(y), nil
}

func scale(x []float64, g float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v * g
	}
	return out
}

// highPass removes hum and offset: a second-order Butterworth filter.
func highPass(x []float64, rate int, cut float64) []float64 {
	w := math.Tan(math.Pi * cut / float64(rate))
	norm := 1 / (1 + math.Sqrt2*w + w*w)
	a1, a2 := 2*(w*w-1)*norm, (1-math.Sqrt2*w+w*w)*norm
	out := make([]float64, len(x))
	var x1, x2, y1, y2 float64
	for i, v := range x {
		y := norm*(v-2*x1+x2) - a1*y1 - a2*y2
		x2, x1, y2, y1 = x1, v, y1, y
		out[i] = y
	}
	return out
}

// resample changes the rate by band-limited interpolation: a sinc of cut-off
// 3.4 kHz (or what the lower rate allows) under a Hann window of 32 zero
// crossings each side. What has the rate already stays as it is.
func resample(x []float64, from, to int) []float64 {
	if from == to {
		return x
	}
	cut := min(3400, 0.45*float64(min(from, to))) / float64(from) // cycles per input sample
	half := 32 / (2 * cut)                                        // input samples each side
	out := make([]float64, int(int64(len(x))*int64(to)/int64(from)))
	for i := range out {
		at := float64(i) * float64(from) / float64(to)
		first, last := max(0, int(math.Ceil(at-half))), min(len(x)-1, int(at+half))
		sum := 0.0
		for k := first; k <= last; k++ {
			d := at - float64(k)
			sum += x[k] * 2 * cut * sinc(2*cut*d) * (0.5 + 0.5*math.Cos(math.Pi*d/half))
		}
		out[i] = sum
	}
	return out
}

func sinc(x float64) float64 {
	if math.Abs(x) < 1e-9 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// trim cuts silence at both ends: windows of 10 ms below threshold (dBFS). The
// cut ends are faded, so that they do not click.
func trim(x []float64, threshold float64) []float64 {
	const step = window / 2
	first, last := len(x), 0
	for i := 0; i < len(x); i += step {
		part := x[i:min(i+step, len(x))]
		sum := 0.0
		for _, v := range part {
			sum += v * v
		}
		if decibel(sum/float64(len(part))) > threshold {
			first, last = min(first, i), i+len(part)
		}
	}
	first, last = max(0, first-leadIn), min(len(x), last+leadOut)
	if first >= last {
		return nil
	}
	out := append([]float64(nil), x[first:last]...)
	fade(out, Rate*5/1000)
	return out
}

// fade ramps the first and last n samples from and to zero.
func fade(x []float64, n int) {
	n = min(n, len(x)/2)
	for i := range n {
		g := float64(i) / float64(n)
		x[i] *= g
		x[len(x)-1-i] *= g
	}
}

// limit keeps every sample within ceiling by a gain that moves smoothly: the
// lowest gain needed within 4 ms around, averaged over as long. The average of
// minima that all cover the sample cannot exceed the gain that it needs.
func limit(x []float64, ceiling float64) []float64 {
	const reach = Rate * 4 / 1000
	if !slices.ContainsFunc(x, func(v float64) bool { return math.Abs(v) > ceiling }) {
		return x
	}
	need := make([]float64, len(x))
	for i, v := range x {
		need[i] = min(1, ceiling/max(math.Abs(v), 1e-9))
	}
	lowest := make([]float64, len(x))
	for i := range x {
		lowest[i] = 1
		for k := max(0, i-reach); k <= min(len(x)-1, i+reach); k++ {
			lowest[i] = min(lowest[i], need[k])
		}
	}
	out := make([]float64, len(x))
	for i, v := range x {
		from, to := max(0, i-reach), min(len(x)-1, i+reach)
		sum := 0.0
		for k := from; k <= to; k++ {
			sum += lowest[k]
		}
		out[i] = v * sum / float64(to-from+1)
	}
	return out
}
