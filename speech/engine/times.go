package engine

import "time"

// maxTime is longer than any call: what an engine says beyond is nonsense.
const maxTime = 1e6 * time.Second

// Seconds is a time that an engine gave in seconds; 0 for what no call can hold.
func Seconds(v float64) time.Duration {
	if !(v >= 0 && v < maxTime.Seconds()) {
		return 0
	}
	return time.Duration(v * float64(time.Second))
}

// Millis is the same for milliseconds.
func Millis(v int64) time.Duration { return Seconds(float64(v) / 1000) }

// Span is how long so many samples last.
func Span(samples int) time.Duration { return time.Duration(samples) * (time.Second / Rate) }
