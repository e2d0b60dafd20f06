package fingerprint_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"ringward/media/g711"
	fp "ringward/speech/fingerprint"
)

// TestTheFrameThatCompletesTheEvidenceDecides feeds calls 20 ms at a time: a hit
// comes with the packet that brings its last sample, and before that packet no
// alignment of the recording was worth it.
func TestTheFrameThatCompletesTheEvidenceDecides(t *testing.T) {
	ix, sounds := index(t, 6, 20)
	line := condition{law: g711.A, snr: 10}
	for i, s := range sounds {
		call := line.through(s[3*8000+911*i:], rand.New(rand.NewPCG(uint64(i), 1)), nil)
		m := fp.NewMatcher(ix)
		var hits []fp.Hit
		var trials []fp.Trial
		seen := map[fp.Strength]bool{}
		for at := 0; at+160 <= len(call); at += 160 {
			had := fp.Strength(0)
			for _, tr := range m.Trials(trials[:0]) {
				if tr.ID == fp.ID(i+1) {
					had = max(had, tr.Worth)
				}
			}
			hits = m.Feed(call[at:at+160], hits[:0])
			for _, h := range hits {
				first := !seen[h.Strength]
				seen[h.Strength] = true
				began, end := samples(at), samples(at+160)
				if h.At <= began || h.At > end {
					t.Errorf("recording %d: the packet from %v to %v told what was decided at %v", i+1, began, end, h.At)
				}
				if first && h.ID == fp.ID(i+1) && had >= h.Strength {
					t.Errorf("recording %d: %v at %v, but the packet before had the evidence", i+1, h.Strength, h.At)
				}
			}
		}
		if !seen[fp.Weak] || !seen[fp.Strict] {
			t.Errorf("recording %d: got %v, want a weak and a strict hit", i+1, seen)
		}
	}
}

func samples(n int) time.Duration { return time.Duration(n) * time.Second / fp.SampleRate }
