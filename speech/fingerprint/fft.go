package fingerprint

import "math"

// window is the length of one analysis window in samples: 128 ms.
const window = 1024

// half is the length of the complex transform that carries the real one.
const half = window / 2

// spectrum holds the tables of a real transform of one window and its work
// space. It is not safe for concurrent use; the tables are shared.
type spectrum struct {
	re, im [half]float32
}

// Tables, filled once: a Hann window, the order of the input, the roots of
// unity of each stage, and those that split the packed transform.
var (
	hann    = hannTable()
	reverse = reverseTable()
	rootRe  = rootTable(half, math.Cos)
	rootIm  = rootTable(half, func(x float64) float64 { return -math.Sin(x) })
	splitRe = rootTable(window, math.Cos)
	splitIm = rootTable(window, func(x float64) float64 { return -math.Sin(x) })
)

func hannTable() (t [window]float32) {
	for i := range t {
		t[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/window))
	}
	return t
}

func reverseTable() (t [half]uint16) {
	for i := range t {
		for b := 1; b < half; b <<= 1 {
			t[i] <<= 1
			if i&b != 0 {
				t[i] |= 1
			}
		}
	}
	return t
}

// rootTable is f(2πk/n) for the first half of the circle.
func rootTable(n int, f func(float64) float64) []float32 {
	t := make([]float32, n/2)
	for k := range t {
		t[k] = float32(f(2 * math.Pi * float64(k) / float64(n)))
	}
	return t
}

// power writes |X[k]|² of the windowed samples for first <= k < first+len(out).
// Even samples are the real, odd ones the imaginary part of a transform of half
// the length; the two are told apart at the end.
func (s *spectrum) power(samples *[window]float32, first int, out []float32) {
	for i := range half {
		j := 2 * int(reverse[i]) & (window - 1)
		s.re[i] = samples[j] * hann[j]
		s.im[i] = samples[j+1] * hann[j+1]
	}
	s.transform()
	for i := range out {
		k := first + i
		a, b := s.re[k], s.im[k]
		c, d := s.re[half-k], s.im[half-k]
		er, ei := (a+c)/2, (b-d)/2
		or, oi := (b+d)/2, (c-a)/2
		wr, wi := splitRe[k], splitIm[k]
		xr := er + or*wr - oi*wi
		xi := ei + or*wi + oi*wr
		out[i] = xr*xr + xi*xi
	}
}

// transform is the decimation in time of radix two, in place.
func (s *spectrum) transform() {
	for i := 0; i < half; i += 2 { // the first stage needs no multiplication
		ar, ai, br, bi := s.re[i], s.im[i], s.re[i+1], s.im[i+1]
		s.re[i], s.im[i] = ar+br, ai+bi
		s.re[i+1], s.im[i+1] = ar-br, ai-bi
	}
	for size := 4; size <= half; size <<= 1 {
		h, step := size/2, half/size
		for base := 0; base < half; base += size {
			loRe, loIm := s.re[base:base+h], s.im[base:base+h]
			hiRe, hiIm := s.re[base+h : base+size][:len(loRe)], s.im[base+h : base+size][:len(loRe)]
			loIm = loIm[:len(loRe)]
			for k, w := 0, 0; k < len(loRe); k, w = k+1, w+step {
				wr, wi := rootRe[w], rootIm[w]
				xr := hiRe[k]*wr - hiIm[k]*wi
				xi := hiRe[k]*wi + hiIm[k]*wr
				yr, yi := loRe[k], loIm[k]
				loRe[k], loIm[k] = yr+xr, yi+xi
				hiRe[k], hiIm[k] = yr-xr, yi-xi
			}
		}
	}
}
