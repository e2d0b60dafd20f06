package fingerprint_test

import (
	"math"
	"math/rand/v2"

	"ringward/media/g711"
)

// resample plays pcm step times as fast, band limited.
func resample(pcm []int16, step float64) []int16 {
	if step == 1 {
		return pcm
	}
	const wing, phases = 10, 64
	cut := 0.95 * min(1, 1/step)
	reach := int(math.Ceil(wing / cut))
	table := make([][]float32, phases)
	for p := range table {
		table[p] = make([]float32, 2*reach)
		for k := range table[p] {
			x := float64(k-reach+1) - float64(p)/phases
			w := 0.5 + 0.5*math.Cos(math.Pi*max(-1, min(1, x/float64(reach))))
			s := 1.0
			if x != 0 {
				s = math.Sin(math.Pi*x*cut) / (math.Pi * x * cut)
			}
			table[p][k] = float32(s * cut * w)
		}
	}
	out := make([]int16, int(float64(len(pcm))/step))
	for i := range out {
		at := float64(i) * step
		base := int(at)
		taps := table[int((at-float64(base))*phases)]
		var sum float32
		for k, w := range taps {
			if j := base + k - reach + 1; j >= 0 && j < len(pcm) {
				sum += w * float32(pcm[j])
			}
		}
		out[i] = clip(float64(sum))
	}
	return out
}

func clip(x float64) int16 { return int16(max(-32768, min(32767, math.Round(x)))) }

// power is the mean square of the sound above silence.
func power(pcm []int16) float64 {
	var sum float64
	n := 1
	for i := 0; i+160 <= len(pcm); i += 160 {
		var e float64
		for _, s := range pcm[i : i+160] {
			e += float64(s) * float64(s)
		}
		if e/160 > 100*100 {
			sum += e
			n += 160
		}
	}
	return sum / float64(n)
}

// level brings the active part of pcm to dB below full scale.
func level(pcm []int16, dB float64) []int16 {
	return gain(pcm, dB-10*math.Log10(power(pcm)/(32768*32768)+1e-12))
}

func gain(pcm []int16, dB float64) []int16 {
	g := math.Pow(10, dB/20)
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = clip(g * float64(s))
	}
	return out
}

// condition is a line between the recording and the gateway.
type condition struct {
	name   string
	law    g711.Law
	gain   float64 // dB
	snr    float64 // dB, 0 for no noise
	babble bool
	loss   float64 // share of 20 ms packets, filled with silence
	speed  float64 // 0 for 1
}

// through sends pcm over the line. voices is sound to make babble of.
func (c condition) through(pcm []int16, r *rand.Rand, voices [][]int16) []int16 {
	out := pcm
	if c.speed != 0 {
		out = resample(out, c.speed)
	}
	out = gain(out, c.gain)
	if c.snr != 0 {
		out = c.noise(out, r, voices)
	}
	code := make([]byte, len(out))
	c.law.Encode(code, out)
	for i := 0; i < len(code); i += 160 {
		if r.Float64() < c.loss {
			for j := i; j < min(i+160, len(code)); j++ {
				code[j] = c.law.Silence()
			}
		}
	}
	res := make([]int16, len(out))
	c.law.Decode(res, code)
	return res
}

func (c condition) noise(pcm []int16, r *rand.Rand, voices [][]int16) []int16 {
	n := make([]float64, len(pcm))
	var e float64
	if c.babble {
		for range 6 {
			v := voices[r.IntN(len(voices))]
			at := r.IntN(len(v))
			for i := range n {
				n[i] += float64(v[(at+i)%len(v)])
			}
		}
	}
	for i := range n {
		if !c.babble {
			n[i] = r.NormFloat64()
		}
		e += n[i] * n[i]
	}
	g := math.Sqrt(power(pcm) / math.Pow(10, c.snr/10) / (e/float64(len(n)) + 1e-9))
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = clip(float64(s) + g*n[i])
	}
	return out
}
