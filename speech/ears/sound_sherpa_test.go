//go:build sherpa && cgo && linux

package ears_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"ringward/media/g711"
	"ringward/screening"
	"ringward/speech"
	"ringward/speech/ears"
	"ringward/speech/engine"
	"ringward/speech/engine/enginetest"
	"ringward/speech/engine/native"
	"ringward/speech/engine/worker"
)

// listener is the small Mandarin model with what makes claims of its words.
type listener struct {
	t      *testing.T
	models map[worker.Task]worker.Model
}

func newListener(t *testing.T, dir string) *listener {
	t.Helper()
	b, err := native.Backend()
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, models: map[worker.Task]worker.Model{}}
	for _, task := range []worker.Task{worker.Words, worker.Keywords} {
		m, err := b.Load(worker.ModelConfig{Name: "zh", Dir: dir, Task: task, Keywords: worker.FreezeKeywords(), Threshold: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		l.models[task] = m
	}
	return l
}

// results are what both tasks hear, in the order of the sound.
func (l *listener) results(pcm []int16) []engine.Result {
	var decoders []worker.Decoder
	for _, task := range []worker.Task{worker.Words, worker.Keywords} {
		d, err := l.models[task].NewDecoder()
		if err != nil {
			l.t.Error(err)
			return nil
		}
		defer d.Close()
		decoders = append(decoders, d)
	}
	var out []engine.Result
	for piece := range slices.Chunk(pcm, 1600) {
		for _, d := range decoders {
			out = append(out, d.Accept(piece)...)
		}
	}
	for _, d := range decoders {
		out = append(out, d.Finish()...)
	}
	return out
}

// claims says whether a freeze was claimed, and how: by words alone, by spotted
// phrases alone, by either. Weak evidence, a bare word, is no claim.
type claims struct{ words, spotted, either int }

func (c *claims) add(o claims) {
	c.words, c.spotted, c.either = c.words+o.words, c.spotted+o.spotted, c.either+o.either
}

// claimsIn counts the claims in what was heard of one call.
func claimsIn(t *testing.T, results []engine.Result) (c claims) {
	for _, with := range []struct {
		words, spotted bool
		count          *int
	}{{true, false, &c.words}, {false, true, &c.spotted}, {true, true, &c.either}} {
		cfg := listen(t, ears.Options{Recognisers: []ears.Recogniser{recogniser("zh", "")}}, ears.Line{Language: "zh-CN"})
		for _, r := range results {
			if r.Spotted && !with.spotted || !r.Spotted && !with.words {
				continue
			}
			h := speech.Heard{By: screening.PartyCaller, Engine: "zh", Text: r.Text, Final: r.Final, Pinyin: r.Pinyin, Spotted: r.Spotted}
			for _, e := range cfg.Words[0].Hear(h) {
				if (e.Kind == screening.AccountFrozen || e.Kind == screening.FreezeThreat) && e.Strength != screening.Weak {
					*with.count++
				}
			}
		}
	}
	return c
}

// condition is a telephone line, and how many of the thirty sentences must be
// found there: two less than were when docs/detection.md was written.
type condition struct {
	name  string
	line  enginetest.Line
	least int
	long  bool // only where all conditions are wanted
}

func conditions(other []int16) []condition {
	babble, street := enginetest.Babble(other, 6), enginetest.Street(60*8000)
	return []condition{
		{"A-law", enginetest.Line{Law: g711.A}, 27, false},
		{"mu-law", enginetest.Line{Law: g711.Mu}, 27, true},
		{"12 dB softer", enginetest.Line{Law: g711.A, Gain: -12}, 26, true},
		{"white 20 dB", enginetest.Line{Law: g711.A, SNR: 20}, 25, true},
		{"white 10 dB", enginetest.Line{Law: g711.A, SNR: 10}, 20, true},
		{"babble 20 dB", enginetest.Line{Law: g711.A, SNR: 20, Noise: babble}, 25, true},
		{"babble 10 dB", enginetest.Line{Law: g711.A, SNR: 10, Noise: babble}, 22, false},
		{"street 20 dB", enginetest.Line{Law: g711.A, SNR: 20, Noise: street}, 25, true},
		{"street 10 dB", enginetest.Line{Law: g711.A, SNR: 10, Noise: street}, 20, true},
		{"loss 1 %", enginetest.Line{Law: g711.A, Loss: 0.01}, 26, true},
		{"loss 5 %", enginetest.Line{Law: g711.A, Loss: 0.05}, 24, false},
		{"loss 5 %, babble 10 dB", enginetest.Line{Law: g711.A, Loss: 0.05, SNR: 10, Noise: babble}, 15, true},
	}
}

// TestClaimsOnSound: thirty sentences of two people who say that something is
// frozen, and four minutes of theirs without the word, over telephone lines.
// RINGWARD_ALL_LINES=1 runs the whole table of docs/detection.md.
func TestClaimsOnSound(t *testing.T) {
	dir := enginetest.SmallModel(t, "../..")
	l := newListener(t, dir)
	read := func(pattern string) (list [][]int16) {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range files {
			list = append(list, enginetest.Recording(t, f))
		}
		return list
	}
	said, other := read("test_pos_8k/*.wav"), read("test_neg_8k/*.wav")
	if len(said) != 30 || len(other) != 2 {
		t.Fatalf("%d and %d recordings, want 30 and 2", len(said), len(other))
	}
	for _, c := range conditions(other[0]) {
		if c.long && os.Getenv("RINGWARD_ALL_LINES") == "" {
			continue
		}
		var found, wrong claims
		var heard time.Duration
		for _, results := range l.all(c.line, said) {
			got := claimsIn(t, results)
			found.add(claims{min(got.words, 1), min(got.spotted, 1), min(got.either, 1)})
		}
		for _, results := range l.all(c.line, other) {
			wrong.add(claimsIn(t, results))
		}
		for _, pcm := range other {
			heard += engine.Span(len(pcm))
		}
		t.Logf("| %s | %d | %d | %d | %d in %v |", c.name, found.words, found.spotted, found.either, wrong.either, heard)
		if found.either < c.least || wrong.either > 0 {
			t.Errorf("%s: %d of 30 found, want at least %d; %d false claims, want none", c.name, found.either, c.least, wrong.either)
		}
	}
}

// all gives what is heard of each recording over a line.
func (l *listener) all(line enginetest.Line, list [][]int16) [][]engine.Result {
	out := make([][]engine.Result, len(list))
	var wg sync.WaitGroup
	places := make(chan struct{}, runtime.NumCPU())
	for i, pcm := range list {
		places <- struct{}{}
		wg.Go(func() {
			out[i] = l.results(line.Through(pcm))
			<-places
		})
	}
	wg.Wait()
	return out
}
