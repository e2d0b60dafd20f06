package fingerprint_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
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

// corpus is what a measurement works with. The first humans sounds are people.
type corpus struct {
	sounds  [][]int16
	humans  int
	babble  [][]int16 // voices that are in no recording
	index   *fp.Index
	seconds int
}

// gather speaks n recordings, after those of people if there are any.
func gather(t testing.TB, n, seconds int) *corpus {
	t.Helper()
	speakers(t)
	c := &corpus{sounds: humanSounds(t, seconds), seconds: seconds}
	c.humans = len(c.sounds)
	for i := range uint64(n) {
		c.sounds = append(c.sounds, say(t, i, seconds))
	}
	for i := range uint64(12) {
		c.babble = append(c.babble, say(t, 1_000_000+i, seconds))
	}
	var entries []fp.Entry
	for i, s := range c.sounds {
		entries = append(entries, fp.Entry{ID: fp.ID(i), Recording: fp.NewRecording(s)})
	}
	c.index = fp.NewIndex(entries)
	return c
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

// found are the times until a hit and until a strict hit, 0 for none.
type found struct{ any, strict time.Duration }

// play plays part of recording id over a line and notes when it was known.
func (c *corpus) play(id int, line condition, r *rand.Rand) (f found, wrong int) {
	const lead, most = 9 * 8000, 8 * 8000
	s := c.sounds[id]
	from := r.IntN(max(1, len(s)-lead))
	call := line.through(s[from:min(len(s), from+lead)], r, c.babble)
	for _, h := range fp.Find(call[:min(len(call), most)], c.index) {
		switch {
		case h.ID != fp.ID(id) && (id >= c.humans || int(h.ID) >= c.humans):
			if h.Strength == fp.Strict {
				wrong++
			}
		case h.ID != fp.ID(id): // spliced from the same words
		case h.Strength == fp.Strict:
			f.strict = cmp.Or(f.strict, h.At)
			f.any = cmp.Or(f.any, h.At)
		default:
			f.any = cmp.Or(f.any, h.At)
		}
	}
	return f, wrong
}

// share is the percentage of times that are set and at most limit.
func share(times []time.Duration, limit time.Duration) float64 {
	n := 0
	for _, d := range times {
		if d > 0 && d <= limit {
			n++
		}
	}
	return 100 * float64(n) / float64(max(1, len(times)))
}

// rates plays n calls of recordings from low to high.
func (c *corpus) rates(line condition, n, low, high int) (any, strict []time.Duration, wrong int) {
	for k := range n {
		r := rand.New(rand.NewPCG(uint64(k), 7))
		f, w := c.play(low+r.IntN(high-low), line, r)
		any, strict, wrong = append(any, f.any), append(strict, f.strict), wrong+w
	}
	return any, strict, wrong
}

func TestMeasure(t *testing.T) {
	if *measured == 0 {
		t.Skip("the long measurement runs with -measure 2000")
	}
	c := gather(t, *measured, 30)
	t.Logf("%d recordings (%d of people), index %.1f MB", c.index.Len(), c.humans, float64(c.index.Size())/1e6)
	for _, line := range conditions {
		row := fmt.Sprintf("| %-27s |", line.name)
		for _, group := range [][2]int{{c.humans, len(c.sounds)}, {0, c.humans}} {
			if group[0] == group[1] {
				continue
			}
			any, strict, wrong := c.rates(line, *queries, group[0], group[1])
			row += fmt.Sprintf(" %5.1f %5.1f %5.1f | %5.1f %5.1f %5.1f | %d |", share(any, 3*time.Second), share(any, 5*time.Second),
				share(any, 8*time.Second), share(strict, 3*time.Second), share(strict, 5*time.Second), share(strict, 8*time.Second), wrong)
		}
		t.Log(row)
	}
	c.tail(t, "synthetic calls", c.humans, min(len(c.sounds), c.humans+*strangers), []float64{1})
	c.tail(t, "people, at other speeds", 0, c.humans, []float64{0.8, 0.85, 0.9, 0.93, 1.07, 1.1, 1.15, 1.2})
}

// tail plays recordings as calls and counts what matches any other recording.
func (c *corpus) tail(t *testing.T, name string, low, high int, speeds []float64) {
	var hours float64
	var cpu time.Duration // of the process, other programs do not count
	over := map[string]int{}
	trials := 0
	for id := low; id < high; id++ {
		for _, speed := range speeds {
			call := condition{law: g711.A, speed: speed}.through(c.sounds[id], rand.New(rand.NewPCG(1, 1)), nil)
			hours += float64(len(call)) / 8000 / 3600
			start := spent()
			best := c.strangers(t, id, call, over)
			cpu += spent() - start
			trials += len(best)
			for _, z := range best {
				for limit := 6; limit <= int(z); limit++ {
					over[fmt.Sprintf("score %2d", limit)]++
				}
			}
		}
	}
	t.Logf("%s: %.2f h, %d trials of 0.7 s and more, %.1f ms CPU a second", name, hours, trials, cpu.Seconds()*1000/(hours*3600))
	for _, k := range slices.Sorted(maps.Keys(over)) {
		t.Logf("  %-20s %5d", k, over[k])
	}
}

// spent is the CPU time of this process.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// strangers matches a call and gives the best score of each trial that is not
// of the recording itself.
func (c *corpus) strangers(t *testing.T, id int, call []int16, over map[string]int) map[string]float64 {
	m := fp.NewMatcher(c.index)
	best := map[string]float64{}
	own := func(other fp.ID) bool {
		return int(other) == id || id < c.humans && int(other) < c.humans
	}
	var hits []fp.Hit
	var trials []fp.Trial
	for piece := range slices.Chunk(call, 128) {
		hits = m.Feed(piece, hits[:0])
		for _, h := range hits {
			if own(h.ID) {
				continue
			}
			over["hit "+h.Strength.String()]++
			if h.Strength == fp.Strict {
				t.Logf("  strict: call %d at %.1f s, recording %d at %.1f s: score %.1f, errors %.2f, %.1f s", id, h.At.Seconds(), h.ID, h.Offset.Seconds(), h.Score, h.BitError, h.Matched.Seconds())
			}
		}
		trials = m.Trials(trials[:0])
		for _, tr := range trials {
			if !own(tr.ID) && tr.Rows >= 15 {
				k := fmt.Sprint(tr.ID, tr.Diagonal)
				best[k] = max(best[k], tr.Score)
			}
		}
	}
	return best
}
