package vosk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/speech/engine"
	"ringward/speech/engine/enginetest"
	"ringward/speech/engine/vosk"
	"ringward/speech/engine/ws"
)

// server fakes asr_server.py: one answer a binary message, a result after
// every five, a close after eof, settings only before the first sound.
type server struct {
	t        *testing.T
	settings chan string
	hold     chan struct{} // an answer waits for it; nil answers at once
	got      chan int      // samples of each message
	junk     bool          // answers something else
	dieAt    int           // closes instead of answering this message
	words    bool          // result with words, else alternatives
}

func (s *server) serve(c *enginetest.Conn) {
	samples := 0
	for n := 0; ; {
		data, text, ok := c.Next()
		switch {
		case !ok:
			return
		case text && string(data) == `{"eof" : 1}`:
			c.Say(`{"text" : "冻结 了"}`)
			return
		case text:
			if n == 0 && s.settings != nil {
				s.settings <- string(data)
			}
			continue
		}
		n++
		samples += len(data) / 2
		if s.got != nil {
			s.got <- len(data) / 2
		}
		if s.hold != nil {
			<-s.hold
		}
		if n == s.dieAt {
			return
		}
		s.answer(c, n, samples)
	}
}

func (s *server) answer(c *enginetest.Conn, n, samples int) {
	end := float64(samples) / engine.Rate
	switch {
	case s.junk:
		c.Say("not json")
	case n%5 != 0:
		c.Say(fmt.Sprintf(`{"partial" : "%s"}`, strings.Join(strings.Split("您的账户已", "")[:n%5-1], " ")))
	case s.words:
		c.SayJSON(map[string]any{"text": "您 的 账户", "result": []map[string]any{
			{"conf": 1.0, "start": end - 0.5, "end": end - 0.25, "word": "您的"}, {"conf": 0.7, "start": end - 0.25, "end": end, "word": "账户"}}})
	default:
		c.SayJSON(map[string]any{"alternatives": []map[string]any{{"confidence": 214.1, "text": "您 的 账户"}, {"confidence": 1, "text": "您 的"}}})
	}
}

func open(t *testing.T, s *server, v vosk.Server) engine.Session {
	t.Helper()
	v.WS.URL = enginetest.URL(enginetest.Serve(t, false, s.serve))
	ses, err := v.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ses.Close)
	return ses
}

func TestConversation(t *testing.T) {
	for _, words := range []bool{true, false} {
		ses := open(t, &server{t: t, words: words}, vosk.Server{})
		done := make(chan error, 1)
		go func() {
			err := ses.Write(t.Context(), make([]int16, 8000)) // five messages of 0.2 s
			done <- errors.Join(err, ses.Finish(t.Context()))
		}()
		final := engine.Result{Text: "您的账户", Final: true}
		if words {
			final.Words = []engine.Word{{Text: "您的", Start: 500 * time.Millisecond, End: 750 * time.Millisecond},
				{Text: "账户", Start: 750 * time.Millisecond, End: time.Second}}
		}
		want := []engine.Result{{Text: "您"}, {Text: "您的"}, {Text: "您的账"}, final, {Text: "冻结了", Final: true, Segment: 1}}
		for i, w := range want {
			got, err := ses.Read(t.Context())
			if err != nil || !cmp.Equal(got, w) {
				t.Fatalf("result %d: got %+v (%v), want %+v", i, got, err, w)
			}
		}
		if _, err := ses.Read(t.Context()); err != io.EOF {
			t.Errorf("after the last result: %v, want io.EOF", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    vosk.Server
		want string
	}{
		{"usual", vosk.Server{}, `{"config":{"sample_rate":8000,"words":true,"max_alternatives":0}}`},
		{"grammar", vosk.Server{Grammar: []string{"冻 结", "[unk]"}}, `{"config":{"sample_rate":8000,"words":true,"max_alternatives":0,"phrase_list":["冻 结","[unk]"]}}`},
	} {
		s := &server{t: t, settings: make(chan string, 1)}
		open(t, s, tt.v)
		if got := <-s.settings; got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestPlainServerGetsNoSettings: the C++ server would take them for sound.
func TestPlainServerGetsNoSettings(t *testing.T) {
	s := &server{t: t, settings: make(chan string, 1), got: make(chan int, 1)}
	ses := open(t, s, vosk.Server{Plain: true})
	if err := ses.Write(t.Context(), make([]int16, 160)); err != nil {
		t.Fatal(err)
	}
	<-s.got
	select {
	case got := <-s.settings:
		t.Errorf("settings %s were sent", got)
	default:
	}
}

// TestBackPressure: four messages may be unanswered, the fifth waits; an answer
// lets it go.
func TestBackPressure(t *testing.T) {
	s := &server{t: t, hold: make(chan struct{}), got: make(chan int, 16)}
	ses := open(t, s, vosk.Server{})
	if err := ses.Write(t.Context(), make([]int16, 4*1600)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := ses.Write(ctx, make([]int16, 1600)); !errors.Is(err, engine.ErrSlow) {
		t.Fatalf("fifth message: %v, want ErrSlow", err)
	}
	go func() {
		for {
			if _, err := ses.Read(t.Context()); err != nil {
				return
			}
		}
	}()
	s.hold <- struct{}{}
	if err := ses.Write(t.Context(), make([]int16, 1600)); err != nil {
		t.Errorf("after an answer: %v", err)
	}
	close(s.hold)
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    *server
	}{
		{"server closes", &server{dieAt: 1}},
		{"answer is not JSON", &server{junk: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.s.t = t
			ses := open(t, tt.s, vosk.Server{})
			if err := ses.Write(t.Context(), make([]int16, 1600)); err != nil {
				t.Fatal(err)
			}
			if _, err := ses.Read(t.Context()); !errors.Is(err, engine.ErrGone) {
				t.Errorf("read: %v, want ErrGone", err)
			}
			// Writing does not wait for answers that cannot come.
			for range 10 {
				if err := ses.Write(t.Context(), make([]int16, 1600)); errors.Is(err, engine.ErrGone) {
					return
				}
			}
			t.Error("write: no ErrGone")
		})
	}
}

func TestCloseUnblocksRead(t *testing.T) {
	ses := open(t, &server{}, vosk.Server{})
	done := make(chan error)
	go func() { _, err := ses.Read(t.Context()); done <- err }()
	ses.Close()
	if err := <-done; err == nil {
		t.Error("read returned without an error")
	}
	ses.Close()
}

func TestDial(t *testing.T) {
	if _, err := (&vosk.Server{WS: ws.Server{URL: "http://127.0.0.1:1"}}).Open(t.Context(), engine.Options{}); err == nil || !strings.Contains(err.Error(), "ws://") {
		t.Errorf("http address: %v", err)
	}
	if _, err := (&vosk.Server{WS: ws.Server{URL: "ws://127.0.0.1:1"}}).Open(t.Context(), engine.Options{}); err == nil {
		t.Error("a closed port was dialled")
	}
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"partial" : ""}`, `{"text":"a b","result":[{"start":1e99,"end":-1,"word":"a"}]}`, `{"alternatives":[]}`, `[]`, `{"partial":null,"text":null}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		if !json.Valid([]byte(answer)) {
			return
		}
		res, ok := vosk.Answer([]byte(answer))
		if !ok {
			return
		}
		if len(res.Text) > engine.MaxText || len(res.Words) > engine.MaxWords {
			t.Errorf("unbounded result of %q", answer)
		}
		for _, w := range res.Words {
			if w.Start < 0 || w.End < 0 {
				t.Errorf("negative time of %q", answer)
			}
		}
	})
}
