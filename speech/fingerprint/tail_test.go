package fingerprint_test

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"ringward/media/g711"
	fp "ringward/speech/fingerprint"
)

// counts are how many trials of strangers reached a score of 6, 6.5, 7 ...
type counts [24]int

func (n *counts) add(score float64) {
	for i := range n {
		if score >= 6+float64(i)/2 {
			n[i]++
		}
	}
}

func (n *counts) String() (s string) {
	for i, k := range n {
		if k > 0 {
			s += fmt.Sprintf("  %.1f: %d", 6+float64(i)/2, k)
		}
	}
	return s
}

// chance is the best that one trial of a stranger reached by each measure of a
// hit, with its other conditions.
type chance struct{ score, both float64 }

// tail plays recordings as calls and counts what matches any other recording.
func (c *corpus) tail(t *testing.T, name string, low, high int, speeds []float64) {
	var hours float64
	var cpu time.Duration // of the process, other programs do not count
	var score, both counts
	hits := map[fp.Strength]int{}
	for id := low; id < high; id++ {
		sound := c.sound(t, id)
		for _, speed := range speeds {
			call := condition{law: g711.A, speed: speed}.through(sound, rand.New(rand.NewPCG(1, 1)), nil)
			hours += float64(len(call)) / 8000 / 3600
			start := spent()
			best := c.strangers(t, id, call, hits)
			cpu += spent() - start
			for _, b := range best {
				score.add(b.score)
				both.add(b.both)
			}
		}
	}
	t.Logf("%s: %.2f h, weak hits %d, strict hits %d, %.1f ms CPU a second with the measuring", name, hours, hits[fp.Weak], hits[fp.Strict], cpu.Seconds()*1000/(hours*3600))
	t.Logf("  score after the search, 1.7 s and more:%v", &score)
	t.Logf("  score of all, 5 and more after the search, 2.4 s and more:%v", &both)
}

// strangers matches a call and gives the best of each trial that is not of the
// recording itself.
func (c *corpus) strangers(t *testing.T, id int, call []int16, count map[fp.Strength]int) map[string]chance {
	m := fp.NewMatcher(c.index)
	best := map[string]chance{}
	var hits []fp.Hit
	var trials []fp.Trial
	for at := 0; at+160 <= len(call); at += 160 {
		hits = m.Feed(call[at:at+160], hits[:0])
		for _, h := range hits {
			if c.same(id, int(h.ID)) {
				continue
			}
			count[h.Strength]++
			if h.Strength == fp.Strict {
				t.Logf("  strict: call %d at %.1f s, recording %d at %.1f s: score %.1f, errors %.2f, %.1f s", id, h.At.Seconds(), h.ID, h.Offset.Seconds(), h.Score, h.BitError, h.Matched.Seconds())
			}
		}
		trials = m.Trials(trials[:0])
		now := time.Duration(at) * time.Second / 8000
		for _, tr := range trials {
			if tr.Score < 5 || c.same(id, int(tr.ID)) {
				continue
			}
			k := fmt.Sprint(tr.ID, ((tr.Offset - now) / (200 * time.Millisecond)))
			b := best[k]
			if tr.Rows >= 35 {
				b.score = max(b.score, tr.Score)
			}
			if tr.Rows >= 15 && tr.All >= 50 {
				b.both = max(b.both, tr.Both)
			}
			best[k] = b
		}
	}
	return best
}

// spent is the CPU time of this process.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
