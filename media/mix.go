package media

import "math"

// rampSamples is how long a change of loudness takes: 80 ms, gain by sample, so
// that it does not click.
const rampSamples = 80 * clock8k / 1000

// fade is a gain on its way to a target. The zero value is silence: use
// newFade.
type fade struct {
	gain, target, step float32
}

func newFade() fade { return fade{gain: 1, target: 1} }

// to sets a new target, to be reached in rampSamples.
func (f *fade) to(target float32) {
	if target == f.target {
		return
	}
	f.target = target
	f.step = (target - f.gain) / rampSamples
}

// unity reports whether samples pass unchanged.
func (f *fade) unity() bool { return f.gain == 1 && f.target == 1 }

func (f *fade) apply(pcm []int16) {
	if f.unity() {
		return
	}
	for i, s := range pcm {
		if f.gain != f.target {
			f.gain += f.step
			if (f.step > 0) == (f.gain >= f.target) {
				f.gain = f.target
			}
		}
		pcm[i] = int16(float32(s) * f.gain)
	}
}

// add mixes b into a, saturating, and returns how many samples it mixed.
func add(a, b []int16) int {
	n := min(len(a), len(b))
	for i, s := range b[:n] {
		a[i] = int16(min(max(int32(a[i])+int32(s), math.MinInt16), math.MaxInt16))
	}
	return n
}

// lower is the factor of so many decibels down.
func lower(db float64) float32 { return float32(math.Pow(10, -max(db, 0)/20)) }
