package wave

import "math"

// Levels that prompts are brought to, in dBFS.
const (
	ActiveLevel = -19.0 // speech level while there is speech
	Ceiling     = -3.0  // no sample is above
)

// window is the length of one level measurement, 20 ms.
const window = Rate / 50

// Floor is the level of digital silence, in dBFS.
const Floor = -120.0

// Level returns the active speech level of 8 kHz samples in dBFS: the mean
// power of those 20 ms windows that lie within 16 dB of it (after the idea of
// ITU-T P.56, method B), so that pauses do not count.
func Level(samples []int16) float64 { return activeLevel(toFloat(samples)) }

// Peak returns the level of the highest sample in dBFS.
func Peak(samples []int16) float64 {
	top := 0.0
	for _, s := range samples {
		top = max(top, math.Abs(float64(s))/32768)
	}
	return decibel(top * top)
}

func activeLevel(x []float64) float64 {
	powers := windowPowers(x)
	level := meanAbove(powers, Floor)
	for range 10 {
		next := meanAbove(powers, level-16)
		if math.Abs(next-level) < 0.01 {
			break
		}
		level = next
	}
	return level
}

func windowPowers(x []float64) []float64 {
	var powers []float64
	for len(x) > 0 {
		n := min(window, len(x))
		sum := 0.0
		for _, v := range x[:n] {
			sum += v * v
		}
		powers = append(powers, sum/float64(n))
		x = x[n:]
	}
	return powers
}

// meanAbove is the mean level of the windows above threshold, in dBFS.
func meanAbove(powers []float64, threshold float64) float64 {
	sum, n := 0.0, 0
	for _, p := range powers {
		if decibel(p) > threshold {
			sum, n = sum+p, n+1
		}
	}
	if n == 0 {
		return Floor
	}
	return decibel(sum / float64(n))
}

// decibel turns power into dB, not below Floor.
func decibel(power float64) float64 {
	return max(Floor, 10*math.Log10(power+1e-30))
}

func gain(db float64) float64 { return math.Pow(10, db/20) }

func toFloat(samples []int16) []float64 {
	x := make([]float64, len(samples))
	for i, s := range samples {
		x[i] = float64(s) / 32768
	}
	return x
}

func toInt16(x []float64) []int16 {
	out := make([]int16, len(x))
	for i, v := range x {
		out[i] = int16(math.Round(max(-32768, min(32767, v*32768))))
	}
	return out
}
