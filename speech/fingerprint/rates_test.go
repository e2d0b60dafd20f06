package fingerprint_test

import (
	"testing"
	"time"

	"ringward/media/g711"
	fp "ringward/speech/fingerprint"
)

// TestRates holds the main rates on a small corpus; TestMeasure has them all.
func TestRates(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("takes some seconds, and some minutes with the race detector")
	}
	c := gather(t, 20, 24)
	for i := range c.index.Len() {
		s := c.sound(t, i)
		if _, err := fp.Admit(s, nil, nil); err != nil {
			t.Errorf("recording %d: got %v, want it admitted", i, err)
		}
	}
	tests := []struct {
		line        condition
		limit       time.Duration
		any, strict float64 // least share within limit
	}{
		{condition{name: "A-law", law: g711.A}, 3 * time.Second, 99, 70},
		{condition{name: "mu-law, -20 dB", law: g711.Mu, gain: -20}, 3 * time.Second, 99, 70},
		{condition{name: "loss 5 %", law: g711.A, loss: 0.05}, 5 * time.Second, 99, 95},
		{condition{name: "speed +1 %", law: g711.A, speed: 1.01}, 5 * time.Second, 99, 90},
		{condition{name: "speed -1 %", law: g711.A, speed: 0.99}, 5 * time.Second, 99, 90},
		{condition{name: "white noise 10 dB", law: g711.A, snr: 10}, 5 * time.Second, 96, 60},
		{condition{name: "babble 10 dB", law: g711.A, snr: 10, babble: true}, 5 * time.Second, 93, 40},
		{condition{name: "white noise 5 dB", law: g711.A, snr: 5}, 8 * time.Second, 95, 60},
		{condition{name: "babble 5 dB", law: g711.A, snr: 5, babble: true}, 8 * time.Second, 86, 30},
	}
	for _, tt := range tests {
		times, wrong := c.rates(t, tt.line, 30, 0, c.index.Len())
		if a, s := share(times, found.anyAt, tt.limit), share(times, found.strictAt, tt.limit); a < tt.any || s < tt.strict || wrong > 0 {
			t.Errorf("%s, %v: found %.0f %%, strict %.0f %%, %d strict hits of others; want %.0f %%, %.0f %%, 0", tt.line.name, tt.limit, a, s, wrong, tt.any, tt.strict)
		}
	}
}
