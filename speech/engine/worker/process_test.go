package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/speech/engine"
	"ringward/speech/engine/worker"
)

// start runs a Process whose child is this test binary.
func start(t *testing.T, mode string, models ...worker.ModelConfig) *worker.Process {
	t.Helper()
	if len(models) == 0 {
		models = []worker.ModelConfig{{Name: "zh"}, {Name: "en"}}
	}
	p := worker.NewProcess(worker.Config{Argv: []string{os.Args[0]}, Env: []string{"RINGWARD_TEST_WORKER=" + mode}, Models: models, Threads: 2})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { p.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return p
}

func open(t *testing.T, p *worker.Process, model string) engine.Session {
	t.Helper()
	s, err := p.Model(model).Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// readAll reads results to the end.
func readAll(t *testing.T, s engine.Session) (list []engine.Result) {
	t.Helper()
	for {
		r, err := s.Read(t.Context())
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
}

func TestConversation(t *testing.T) {
	s := open(t, start(t, "fake"), "zh")
	for range 5 {
		if err := s.Write(t.Context(), level(7, 200*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := engine.Word{Text: "7", End: 500 * time.Millisecond}
	second := engine.Word{Text: "7", Start: 500 * time.Millisecond, End: time.Second}
	want := []engine.Result{
		{Text: "zh 7", Words: []engine.Word{first}},
		{Text: "zh 7 7", Words: []engine.Word{first, second}},
		{Text: "zh 7 7", Words: []engine.Word{first, second}, Final: true},
	}
	if diff := cmp.Diff(want, readAll(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestManyStreams share two threads of one child, each with its own words.
func TestManyStreams(t *testing.T) {
	p := start(t, "fake")
	var wg sync.WaitGroup
	for i := range 40 {
		s := open(t, p, []string{"zh", "en"}[i%2])
		wg.Go(func() {
			for range 20 {
				if err := s.Write(t.Context(), level(int16(i), 200*time.Millisecond)); err != nil {
					t.Error(err)
				}
			}
			_ = s.Finish(t.Context())
			list := readAll(t, s)
			last := list[len(list)-1]
			if !last.Final || len(last.Words) != 8 || last.Words[7].Text != fmt.Sprint(i) {
				t.Errorf("stream %d: %+v", i, last)
			}
		})
	}
	wg.Wait()
}

// TestChildDies: its sessions end with ErrGone, the next one finds a new child.
func TestChildDies(t *testing.T) {
	for name, kill := range map[string]func(t *testing.T, p *worker.Process, s engine.Session){
		"killed": func(t *testing.T, p *worker.Process, _ engine.Session) {
			_ = syscall.Kill(p.Stats().PID, syscall.SIGKILL)
		},
		"library exits": func(t *testing.T, _ *worker.Process, s engine.Session) {
			_ = s.Write(t.Context(), level(666, 20*time.Millisecond))
		},
		"stopped by hand": func(t *testing.T, p *worker.Process, _ engine.Session) {
			_ = syscall.Kill(p.Stats().PID, syscall.SIGTERM)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, "fake")
			s := open(t, p, "zh")
			first := p.Stats().PID
			kill(t, p, s)
			if _, err := s.Read(t.Context()); !errors.Is(err, engine.ErrGone) {
				t.Errorf("read: %v, want ErrGone", err)
			}
			if err := s.Write(t.Context(), level(1, time.Second)); !errors.Is(err, engine.ErrGone) {
				t.Errorf("write: %v, want ErrGone", err)
			}
			s = open(t, p, "zh")
			if err := s.Finish(t.Context()); err != nil {
				t.Error(err)
			}
			readAll(t, s)
			if st := p.Stats(); st.Starts != 2 || st.PID == first || !st.Running || st.LastFail == "" {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

// TestChildNeverWorks: Open gives up with the reason when its time is over.
func TestChildNeverWorks(t *testing.T) {
	for _, tt := range []struct {
		mode, want string
		model      worker.ModelConfig
	}{
		{"notbuilt", "built without it", worker.ModelConfig{}},
		{"garbage", "bad frame", worker.ModelConfig{}},
		{"dies", "libonnxruntime.so", worker.ModelConfig{}},
		{"fake", `load model "m": no such folder`, worker.ModelConfig{Name: "m", Dir: "missing"}},
	} {
		p := start(t, tt.mode, tt.model)
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			_, err := p.Model("m").Open(ctx, engine.Options{})
			cancel()
			if err == nil || !errors.Is(err, engine.ErrGone) {
				t.Errorf("%s: %v, want ErrGone", tt.mode, err)
				break
			}
			if strings.Contains(err.Error(), "starting") {
				continue
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q in it", tt.mode, err, tt.want)
			}
			break
		}
	}
	p := worker.NewProcess(worker.Config{Argv: []string{"/nonexistent/asr-worker"}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { p.Run(ctx); close(done) }()
	for p.Stats().LastFail == "" {
		select {
		case <-time.After(time.Millisecond):
		case <-t.Context().Done():
		}
	}
	cancel()
	<-done
	if got := p.Stats().LastFail; !strings.Contains(got, "no such file") {
		t.Errorf("program missing: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	p := start(t, "fake", worker.ModelConfig{Name: "zh"}, worker.ModelConfig{Name: "broken"})
	if _, err := p.Model("fr").Open(t.Context(), engine.Options{}); err == nil || !strings.Contains(err.Error(), `no model "fr"`) {
		t.Errorf("unknown model: %v", err)
	}
	if _, err := p.Model("broken").Open(t.Context(), engine.Options{}); !errors.Is(err, engine.ErrGone) || !strings.Contains(err.Error(), "no stream") {
		t.Errorf("no stream: %v", err)
	}
	var full error
	for range 401 {
		s, err := p.Model("zh").Open(t.Context(), engine.Options{})
		if err != nil {
			full = err
			break
		}
		t.Cleanup(s.Close)
	}
	if !errors.Is(full, engine.ErrBusy) {
		t.Errorf("401 streams: %v, want ErrBusy", full)
	}
}

// TestClosedStreamsGiveTheirPlaceBack: far more sessions than places, one after
// the other.
func TestClosedStreamsGiveTheirPlaceBack(t *testing.T) {
	p := start(t, "fake")
	for i := range 1000 {
		s, err := p.Model("zh").Open(t.Context(), engine.Options{})
		if err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
		_ = s.Write(t.Context(), level(1, 100*time.Millisecond))
		s.Close()
	}
	if n := p.Stats().Streams; n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

func TestCloseUnblocks(t *testing.T) {
	s := open(t, start(t, "fake"), "zh")
	done := make(chan error, 1)
	go func() { _, err := s.Read(t.Context()); done <- err }()
	s.Close()
	s.Close()
	if err := <-done; !errors.Is(err, engine.ErrGone) {
		t.Errorf("read: %v, want ErrGone", err)
	}
}
