package speech_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ringward/media/g711"
	"ringward/screening"
	"ringward/speech"
	"ringward/speech/engine"
	"ringward/speech/engine/enginetest"
	"ringward/speech/engine/native"
	"ringward/speech/engine/worker"
)

// TestMain lets the test binary be the recogniser's process too: with a fake
// library, or the real one where it is built in. It does not start while the
// file of RINGWARD_TEST_DOWN exists.
func TestMain(m *testing.M) {
	mode := os.Getenv("RINGWARD_TEST_WORKER")
	if mode == "" {
		os.Exit(m.Run())
	}
	if _, err := os.Stat(os.Getenv("RINGWARD_TEST_DOWN")); err == nil {
		os.Exit(3)
	}
	var b worker.Backend = counting{}
	var broken error
	if mode == "native" {
		b, broken = native.Backend()
	}
	if err := worker.Serve(os.Stdin, os.Stdout, b, broken); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// counting is a library that hears a word every half second.
type counting struct{}

func (counting) Load(worker.ModelConfig) (worker.Model, error) { return counting{}, nil }
func (counting) NewDecoder() (worker.Decoder, error)           { return &counter{}, nil }

type counter struct{ n int }

func (c *counter) Accept(pcm []int16) (list []engine.Result) {
	for range pcm {
		if c.n++; c.n%4000 == 0 {
			w := engine.Word{Text: "word", Start: engine.Span(c.n - 4000), End: engine.Span(c.n)}
			list = append(list, engine.Result{Text: "word", Words: []engine.Word{w}, Final: true, Segment: c.n/4000 - 1})
		}
	}
	return list
}

func (c *counter) Finish() []engine.Result { return nil }
func (c *counter) Close()                  {}

// fast is how much faster than life these calls are.
const fast = 8

// live is a call in real time, fast times as fast, with a recogniser in a process.
type live struct {
	*source
	began time.Time
	proc  *worker.Process
	down  string // the file that keeps the process from starting
	ts    uint32
	notes *notes
	ear   *speech.Ear
	done  chan struct{}
}

func startLive(t *testing.T, mode string, m worker.ModelConfig) *live {
	t.Helper()
	l := &live{source: newSource(), notes: &notes{}, down: filepath.Join(t.TempDir(), "down"), done: make(chan struct{})}
	m.Name = "m"
	l.proc = worker.NewProcess(worker.Config{Argv: []string{os.Args[0]}, Threads: 2, Models: []worker.ModelConfig{m},
		Env: []string{"RINGWARD_TEST_WORKER=" + mode, "RINGWARD_TEST_DOWN=" + l.down}})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	wg.Go(func() { l.proc.Run(ctx) })
	if s, err := l.proc.Model("m").Open(t.Context(), engine.Options{}); err != nil {
		t.Fatal(err)
	} else {
		s.Close()
	}
	l.began = time.Now()
	l.ear = speech.New(speech.Config{Source: l.source, Words: []speech.WordDetector{l.notes},
		Now:         func() time.Duration { return fast * time.Since(l.began) },
		Recognisers: map[screening.Party][]speech.Named{screening.PartyCaller: {{Name: "worker", Recogniser: l.proc.Model("m")}}}})
	wg.Go(func() { l.ear.Run(ctx); close(l.done) })
	return l
}

// say sends sound at the call's pace.
func (l *live) say(pcm []int16) {
	tick := time.NewTicker(20 * time.Millisecond / fast)
	defer tick.Stop()
	for part := range slices.Chunk(pcm, frame) {
		<-tick.C
		f := speech.Frame{By: screening.PartyCaller, Timestamp: l.ts}
		l.do(func() { l.frames = append(l.frames, f); l.sound = append(l.sound, slices.Clone(part)) })
		l.ts += uint32(len(part))
	}
}

// end ends the call and returns what was found.
func (l *live) end() (list []screening.Evidence, sum speech.Summary) {
	l.close()
	for e := range l.ear.Evidence() {
		list = append(list, e)
	}
	<-l.done
	return list, l.ear.Summary()
}

func (l *live) words() (list []engine.Word) {
	for _, h := range l.notes.last() {
		list = append(list, h.Words...)
	}
	slices.SortFunc(list, func(a, b engine.Word) int { return int(a.Start - b.Start) })
	return list
}

// TestProcessKilledInACall: the recogniser's process is killed and stays away
// for six seconds of the call. Words go on afterwards, and the record says from
// when to when nobody listened.
func TestProcessKilledInACall(t *testing.T) {
	l := startLive(t, "fake", worker.ModelConfig{})
	l.say(enginetest.Tone(300, 4*second))
	if err := os.WriteFile(l.down, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	killed := fast * time.Since(l.began)
	if err := syscall.Kill(l.proc.Stats().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	l.say(enginetest.Tone(300, 6*second))
	back := fast * time.Since(l.began)
	if err := os.Remove(l.down); err != nil {
		t.Fatal(err)
	}
	for range 60 { // at most a minute of the call until it is heard again
		l.say(enginetest.Tone(300, 1*second))
		if w := l.words(); len(w) > 0 && w[len(w)-1].Start > back+2*second {
			break
		}
	}
	list, sum := l.end()
	if len(sum.Gaps) != 1 || sum.Gaps[0].Why != "recogniser gone" {
		t.Fatalf("gaps %+v, want one", sum.Gaps)
	}
	g := sum.Gaps[0]
	if g.From > killed+second || g.From < killed-3*second || g.To < back-3*second {
		t.Errorf("nobody listened from %v to %v; killed at %v, back not before %v", g.From, g.To, killed, back)
	}
	if len(list) != 2 || list[0].Kind != screening.NotHeard || !strings.HasPrefix(list[1].Text.EN, "Nobody listened to the call from 0:") {
		t.Errorf("evidence:\n%s", brief(list))
	}
	for _, w := range l.words() {
		if w.Start > g.From && w.End < g.To {
			t.Errorf("a word from %v to %v in the gap", w.Start, w.End)
		}
	}
	if st := l.proc.Stats(); st.Starts < 2 {
		t.Errorf("stats %+v", st)
	}
}

// TestPersonHeardInACall: a person's sentence through the ear, a telephone line
// and the small model, twice; between them the process is killed.
func TestPersonHeardInACall(t *testing.T) {
	if _, err := native.Backend(); errors.Is(err, native.ErrNotBuilt) {
		t.Skip("built without sherpa-onnx: go test -tags sherpa")
	}
	dir := enginetest.SmallModel(t, "..")
	l := startLive(t, "native", worker.ModelConfig{Dir: dir, Task: worker.Both, Keywords: worker.FreezeKeywords(), Threshold: 0.1})
	person := enginetest.Line{Law: g711.A, Loss: 0.01}.Through(enginetest.Recording(t, filepath.Join(dir, "test_pos_8k", "t03.wav")))
	silence := make([]int16, 3*engine.Rate)
	l.say(append(slices.Clone(person), silence...))
	if err := syscall.Kill(l.proc.Stats().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second := fast * time.Since(l.began)
	for range 6 { // it is loading for some of them
		l.say(append(slices.Clone(person), silence...))
	}
	_, sum := l.end()
	var before, after, spotted int
	for _, h := range l.notes.last() {
		switch {
		case !strings.Contains(h.Text, "yǐ jīng dòng jié"):
		case h.At < second:
			before++
		default:
			after++
		}
	}
	for _, h := range l.notes.list {
		if h.Spotted && h.Text == "已经冻结" {
			spotted++
		}
	}
	t.Logf("heard %d times before, %d after, spotted %d times; gaps %+v", before, after, spotted, sum.Gaps)
	if before != 1 || after < 3 || spotted < 4 {
		t.Error("the sentence was not heard")
	}
}
