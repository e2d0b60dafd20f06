package fingerprint_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/media/g711"
	fp "ringward/speech/fingerprint"
)

// The long measurement of docs/recordings.md:
//
//	go test ./speech/fingerprint -run Measure -measure 2000 -strangers 800 -timeout 2h -v
var (
	measured  = flag.Int("measure", 0, "number of recordings to measure with, 0 to skip the measurement")
	strangers = flag.Int("strangers", 300, "how many of them are also played as calls that match nothing else")
	queries   = flag.Int("queries", 150, "calls for each condition")
	only      = flag.String("only", "", "measure conditions whose name has this")
	keep      = flag.String("keep", "", "folder that keeps the spoken recordings for the next run")
)

var conditions = []condition{
	{name: "A-law", law: g711.A},
	{name: "mu-law", law: g711.Mu},
	{name: "A-law, -20 dB", law: g711.A, gain: -20},
	{name: "mu-law, +6 dB", law: g711.Mu, gain: 6},
	{name: "white noise 20 dB", law: g711.A, snr: 20},
	{name: "babble 20 dB", law: g711.A, snr: 20, babble: true},
	{name: "white noise 10 dB", law: g711.A, snr: 10},
	{name: "babble 10 dB", law: g711.A, snr: 10, babble: true},
	{name: "white noise 5 dB", law: g711.A, snr: 5},
	{name: "babble 5 dB", law: g711.A, snr: 5, babble: true},
	{name: "loss 1 %", law: g711.A, loss: 0.01},
	{name: "loss 5 %", law: g711.A, loss: 0.05},
	{name: "speed +1 %", law: g711.A, speed: 1.01},
	{name: "speed -1 %", law: g711.A, speed: 0.99},
	{name: "white 10 dB, loss 3 %, +1 %", law: g711.A, snr: 10, loss: 0.03, speed: 1.01},
}

// corpus is what a measurement works with. The first humans recordings are
// people; the others are spoken again when they are needed, or kept.
type corpus struct {
	people  [][]int16
	babble  [][]int16 // voices that are in no recording
	index   *fp.Index
	seconds int
}

// gather speaks n recordings, after those of people if there are any.
func gather(t testing.TB, n, seconds int) *corpus {
	t.Helper()
	speakers(t)
	c := &corpus{people: humanSounds(t, seconds), seconds: seconds}
	var entries []fp.Entry
	for i, s := range c.people {
		entries = append(entries, fp.Entry{ID: fp.ID(i), Recording: fp.NewRecording(s)})
	}
	for i := range uint64(n) {
		entries = append(entries, fp.Entry{ID: fp.ID(len(entries)), Recording: recorded(t, i, seconds)})
	}
	for i := range uint64(12) {
		c.babble = append(c.babble, say(t, 1_000_000+i, seconds))
	}
	c.index = fp.NewIndex(entries)
	return c
}

// sound is what recording id was made of.
func (c *corpus) sound(t testing.TB, id int) []int16 {
	if id < len(c.people) {
		return c.people[id]
	}
	return say(t, uint64(id-len(c.people)), c.seconds)
}

// same says whether two recordings may share sound: those of people are spliced
// from the same words.
func (c *corpus) same(a, b int) bool {
	return a == b || a < len(c.people) && b < len(c.people)
}

// recorded is the fingerprint of say, kept beside it.
func recorded(t testing.TB, n uint64, seconds int) fp.Recording {
	t.Helper()
	file := filepath.Join(*keep, fmt.Sprintf("%d-%d.fingerprint", n, seconds))
	if data, err := os.ReadFile(file); *keep != "" && err == nil {
		if r, err := fp.Decode(data); err == nil {
			return r
		}
	}
	r := fp.NewRecording(say(t, n, seconds))
	if *keep != "" {
		if err := os.WriteFile(file, r.Encode(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// say is spoken, kept in a folder if asked.
func say(t testing.TB, n uint64, seconds int) []int16 {
	t.Helper()
	file := filepath.Join(*keep, fmt.Sprintf("%d-%d.pcm", n, seconds))
	if data, err := os.ReadFile(file); *keep != "" && err == nil {
		return bytesPCM(data)
	}
	pcm, err := spoken(n, seconds)
	if err != nil {
		t.Fatal(err)
	}
	if *keep != "" {
		if err := os.WriteFile(file, pcmBytes(pcm), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pcm
}

// humanSounds cuts the speech of people into recordings. Several sentences of it
// are spliced from the same recorded words.
func humanSounds(t testing.TB, seconds int) (cut [][]int16) {
	t.Helper()
	var all []int16
	for _, pattern := range []string{"test_neg_8k/*.wav", "test_pos_8k/*.wav", "test_wavs/*.wav"} {
		for _, s := range human(t, pattern) {
			all = append(all, s...)
		}
	}
	for ; len(all) >= seconds*8000; all = all[seconds*8000:] {
		cut = append(cut, all[:seconds*8000])
	}
	if cut == nil {
		t.Logf("no human speech: %s is absent", models)
	}
	return cut
}

// found are the times until the search proposed the right place, until a hit and
// until a strict hit, 0 for none.
type found struct{ proposed, any, strict time.Duration }

// play plays part of recording id over a line and notes when it was known, and
// the strict hits of others.
func (c *corpus) play(t testing.TB, id int, line condition, r *rand.Rand) (f found, wrong int) {
	const lead, most = 9 * 8000, 8 * 8000
	s := c.sound(t, id)
	from := r.IntN(max(1, len(s)-lead))
	call := line.through(s[from:min(len(s), from+lead)], r, c.babble)
	m := fp.NewMatcher(c.index)
	var hits []fp.Hit
	var trials []fp.Trial
	for at := 0; at+160 <= min(len(call), most); at += 160 {
		hits = m.Feed(call[at:at+160], hits[:0])
		for _, h := range hits {
			switch {
			case !c.same(int(h.ID), id):
				if h.Strength == fp.Strict {
					wrong++
				}
			case h.ID == fp.ID(id):
				f.any = cmp.Or(f.any, h.At)
				if h.Strength == fp.Strict {
					f.strict = cmp.Or(f.strict, h.At)
				}
			}
		}
		if f.proposed > 0 {
			continue
		}
		trials = m.Trials(trials[:0])
		now := time.Duration(at+160) * time.Second / 8000
		for _, tr := range trials {
			off := tr.Offset - now - time.Duration(from)*time.Second/8000
			if tr.ID == fp.ID(id) && off.Abs() < 150*time.Millisecond {
				f.proposed = now
			}
		}
	}
	return f, wrong
}

// share is the percentage of times that are set and at most limit.
func share(times []found, of func(found) time.Duration, limit time.Duration) float64 {
	n := 0
	for _, f := range times {
		if d := of(f); d > 0 && d <= limit {
			n++
		}
	}
	return 100 * float64(n) / float64(max(1, len(times)))
}

func (f found) proposedAt() time.Duration { return f.proposed }
func (f found) anyAt() time.Duration      { return f.any }
func (f found) strictAt() time.Duration   { return f.strict }

// rates plays n calls of recordings from low to high.
func (c *corpus) rates(t testing.TB, line condition, n, low, high int) (times []found, wrong int) {
	for k := range n {
		r := rand.New(rand.NewPCG(uint64(k), 7))
		f, w := c.play(t, low+r.IntN(high-low), line, r)
		times, wrong = append(times, f), wrong+w
	}
	return times, wrong
}

func TestMeasure(t *testing.T) {
	if *measured == 0 {
		t.Skip("the long measurement runs with -measure 2000")
	}
	c := gather(t, *measured, 30)
	t.Logf("%d recordings (%d of people), index %.1f MB", c.index.Len(), len(c.people), float64(c.index.Size())/1e6)
	t.Log("| line | found within 3, 5, 8 s | strict | proposed by the search | strict hits of others | (synthetic, then people)")
	for _, line := range conditions {
		if !strings.Contains(line.name, *only) {
			continue
		}
		row := fmt.Sprintf("| %-27s |", line.name)
		for _, group := range [][2]int{{len(c.people), c.index.Len()}, {0, len(c.people)}} {
			if group[0] == group[1] {
				continue
			}
			times, wrong := c.rates(t, line, *queries, group[0], group[1])
			for _, of := range []func(found) time.Duration{found.anyAt, found.strictAt, found.proposedAt} {
				row += fmt.Sprintf(" %5.1f %5.1f %5.1f |", share(times, of, 3*time.Second), share(times, of, 5*time.Second), share(times, of, 8*time.Second))
			}
			row += fmt.Sprintf(" %d |", wrong)
		}
		t.Log(row)
	}
	if *strangers > 0 {
		c.tail(t, "synthetic calls", len(c.people), min(c.index.Len(), len(c.people)+*strangers), []float64{1})
		c.tail(t, "people, at other speeds", 0, len(c.people), []float64{0.8, 0.85, 0.9, 0.93, 1.07, 1.1, 1.15, 1.2})
	}
}
