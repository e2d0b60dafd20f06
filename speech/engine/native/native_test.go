//go:build sherpa && cgo && linux

package native_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/media/g711"
	"ringward/speech/engine"
	"ringward/speech/engine/enginetest"
	"ringward/speech/engine/native"
	"ringward/speech/engine/worker"
)

// TestMain lets the test binary be the child.
func TestMain(m *testing.M) {
	if os.Getenv("RINGWARD_TEST_WORKER") == "" {
		os.Exit(m.Run())
	}
	b, err := native.Backend()
	if err := worker.Serve(os.Stdin, os.Stdout, b, err); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bare is the word alone: weak evidence, told apart by its label.
const bare = "冻结"

var frozen = append(worker.FreezeKeywords(), worker.Keyword{Phrase: bare})

func start(t *testing.T, models ...worker.ModelConfig) *worker.Process {
	t.Helper()
	p := worker.NewProcess(worker.Config{Argv: []string{os.Args[0]}, Env: []string{"RINGWARD_TEST_WORKER=1"}, Models: models})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { p.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return p
}

// hear gives a recording to a model and returns the final results.
func hear(t *testing.T, r engine.Recogniser, pcm []int16) (list []engine.Result) {
	t.Helper()
	s, err := r.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fed := make(chan error, 1)
	go func() {
		for piece := range slices.Chunk(pcm, 1600) {
			if err := s.Write(t.Context(), piece); err != nil {
				fed <- err
				return
			}
		}
		fed <- s.Finish(t.Context())
	}()
	for {
		r, err := s.Read(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Final {
			list = append(list, r)
		}
	}
	if err := <-fed; err != nil {
		t.Fatal(err)
	}
	return list
}

// found says how frozen was heard: by any keyword, by one of a whole phrase, in
// the pinyin.
type found struct{ spotted, phrase, heard int }

func (f *found) add(list []engine.Result) {
	var spotted, phrase, heard bool
	for _, r := range list {
		spotted = spotted || r.Spotted
		phrase = phrase || r.Spotted && r.Text != bare
		heard = heard || strings.Contains(r.Text, "dòng jié")
	}
	for n, is := range map[*int]bool{&f.spotted: spotted, &f.phrase: phrase, &f.heard: heard} {
		if is {
			*n++
		}
	}
}

// TestPeopleSayFrozen: thirty sentences of two people through the line. The
// bounds leave room for a miss or two beyond what was measured.
func TestPeopleSayFrozen(t *testing.T) {
	dir := enginetest.SmallModel(t, "../../..")
	p := start(t, worker.ModelConfig{Name: "zh", Dir: dir, Task: worker.Both, Keywords: frozen, Threshold: 0.1})
	files, err := filepath.Glob(filepath.Join(dir, "test_pos_8k", "*.wav"))
	if err != nil || len(files) != 30 {
		t.Fatalf("%d recordings (%v), want 30", len(files), err)
	}
	for _, tt := range []struct {
		name string
		line enginetest.Line
		want found // at least, of 30
	}{
		{"A-law", enginetest.Line{Law: g711.A}, found{29, 25, 27}},
		{"mu-law", enginetest.Line{Law: g711.Mu}, found{29, 25, 28}},
		{"A-law, 12 dB softer", enginetest.Line{Law: g711.A, Gain: -12}, found{29, 24, 26}},
		{"A-law, 5 % loss", enginetest.Line{Law: g711.A, Loss: 0.05}, found{28, 22, 26}},
		{"A-law, noise at 20 dB", enginetest.Line{Law: g711.A, SNR: 20}, found{28, 22, 23}},
		{"A-law, noise at 10 dB", enginetest.Line{Law: g711.A, SNR: 10}, found{25, 20, 10}},
	} {
		var got found
		for _, f := range files {
			got.add(hear(t, p.Model("zh"), tt.line.Through(enginetest.Recording(t, f))))
		}
		t.Logf("%-22s of 30: keyword %2d, whole phrase %2d, pinyin %2d", tt.name, got.spotted, got.phrase, got.heard)
		if got.spotted < tt.want.spotted || got.phrase < tt.want.phrase || got.heard < tt.want.heard {
			t.Errorf("%s: got %+v, want at least %+v", tt.name, got, tt.want)
		}
	}
}

// TestPeopleSayOtherThings: four minutes without the word.
func TestPeopleSayOtherThings(t *testing.T) {
	dir := enginetest.SmallModel(t, "../../..")
	p := start(t, worker.ModelConfig{Name: "zh", Dir: dir, Task: worker.Both, Keywords: frozen, Threshold: 0.1})
	for _, name := range []string{"words.wav", "dialog.wav"} {
		pcm := enginetest.Recording(t, filepath.Join(dir, "test_neg_8k", name))
		began := time.Now()
		list := hear(t, p.Model("zh"), enginetest.Line{Law: g711.A}.Through(pcm))
		wall := time.Since(began)
		var got found
		if got.add(list); got != (found{}) {
			t.Errorf("%s: found %+v", name, got)
		}
		if len(list) < 5 {
			t.Errorf("%s: %d sentences: is it listening at all?", name, len(list))
		}
		t.Logf("%s: %d sentences, real-time factor %.3f of wall time", name, len(list), wall.Seconds()/engine.Span(len(pcm)).Seconds())
	}
}

// TestTimes: words come in order, within the recording, and rise over segments.
func TestTimes(t *testing.T) {
	dir := enginetest.SmallModel(t, "../../..")
	p := start(t, worker.ModelConfig{Name: "zh", Dir: dir})
	pcm := enginetest.Recording(t, filepath.Join(dir, "test_neg_8k", "dialog.wav"))
	last, segment := time.Duration(0), -1
	for _, r := range hear(t, p.Model("zh"), pcm) {
		if r.Segment != segment+1 || !r.Pinyin {
			t.Errorf("segment %d after %d, pinyin %v", r.Segment, segment, r.Pinyin)
		}
		segment = r.Segment
		for _, w := range r.Words {
			if w.Start < last || w.End < w.Start || w.End > engine.Span(len(pcm))+time.Second {
				t.Fatalf("segment %d: %q at %v to %v, last one began at %v", r.Segment, w.Text, w.Start, w.End, last)
			}
			last = w.Start
		}
	}
	if want := engine.Span(len(pcm)) - 5*time.Second; last < want {
		t.Errorf("last word at %v of %v", last, engine.Span(len(pcm)))
	}
}

// TestMistakesAreErrors: what would end the process is refused before.
func TestMistakesAreErrors(t *testing.T) {
	dir := enginetest.SmallModel(t, "../../..")
	b, err := native.Backend()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]worker.ModelConfig{
		"unknown sound":  {Dir: dir, Task: worker.Keywords, Keywords: []worker.Keyword{{Phrase: "d òng xyz"}}},
		"no keyword":     {Dir: dir, Task: worker.Keywords},
		"missing folder": {Dir: filepath.Join(dir, "none")},
		"empty files":    {Dir: emptyModel(t)},
	} {
		if _, err := b.Load(c); err == nil {
			t.Errorf("%s: loaded", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	m, err := b.Load(worker.ModelConfig{Dir: dir, Task: worker.Keywords, Keywords: frozen})
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	d.Accept(nil)
	d.Finish()
	d.Close()
}

func emptyModel(t *testing.T) string {
	dir := t.TempDir()
	for _, f := range []string{"encoder.onnx", "decoder.onnx", "joiner.onnx"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tokens.txt"), []byte("<blk> 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
