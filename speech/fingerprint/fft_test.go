package fingerprint

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

func TestPowerIsTheFourierTransform(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var in [window]float32
	for i := range in {
		in[i] = float32(r.IntN(20000) - 10000)
	}
	var s spectrum
	got := make([]float32, 320)
	s.power(&in, 38, got)
	for i, g := range got {
		var want complex128
		for n, v := range in {
			want += complex(float64(v*hann[n]), 0) * cmplx.Exp(complex(0, -2*math.Pi*float64((38+i)*n)/window))
		}
		w := real(want)*real(want) + imag(want)*imag(want)
		if d := math.Abs(float64(g) - w); d > 1e-4*w+1e4 {
			t.Fatalf("bin %d: got %g, want %g", 38+i, g, w)
		}
	}
}
