package tones

import "math"

const (
	rate         = 8000
	frameSamples = 160 // 20 ms

	quiet = 3.4e3 // mean square below which a frame is silence: -55 dBFS
)

// frame is what one block of 20 ms is like.
type frame struct {
	energy float64 // mean square
	purity float64 // 0 to 1, 1 for a single sinusoid
	hz     float64 // of that sinusoid
	index  int64   // number of the frame in the call
}

// analyse fits a single sinusoid: any sinusoid obeys x[n] + x[n-2] = 2·cos(w)·x[n-1].
// The best cos(w) gives the frequency between all bins, what is left over the
// purity.
func analyse(x *[frameSamples]float64) (f frame) {
	var xx, xy, yy float64
	for n := 2; n < frameSamples; n++ {
		y := x[n] + x[n-2]
		xx += x[n-1] * x[n-1]
		xy += x[n-1] * y
		yy += y * y
	}
	f.energy = xx / (frameSamples - 2)
	if f.energy < quiet {
		return f
	}
	c := xy / xx / 2
	// What is left over, in units of the whole: noise enters it with 2 + 4c². It
	// also pulls c towards 0, which is taken back.
	left := (yy - xy*xy/xx) / xx / (2 + 4*c*c)
	f.purity = max(0, 1-left)
	f.hz = math.Acos(max(-1, min(1, c/max(0.5, f.purity)))) * rate / (2 * math.Pi)
	return f
}

// goertzel is the energy at hz as a share of the block's energy: 1 for a pure
// tone of that frequency, 0.5 for each of two equal ones.
func goertzel(x []float64, hz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/rate)
	var a, b, all float64
	for _, v := range x {
		a, b = v+c*a-b, a
		all += v * v
	}
	if all == 0 {
		return 0
	}
	return (a*a + b*b - c*a*b) * 2 / (float64(len(x)) * all)
}

// phase is the phase at hz of a frame that began at sample start.
func phase(x *[frameSamples]float64, hz float64, start int64) float64 {
	var re, im float64
	w := 2 * math.Pi * hz / rate
	at := math.Mod(float64(start)*w, 2*math.Pi)
	for n, v := range x {
		re += v * math.Cos(at+w*float64(n))
		im -= v * math.Sin(at+w*float64(n))
	}
	return math.Atan2(im, re)
}
