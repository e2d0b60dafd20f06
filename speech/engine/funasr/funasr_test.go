package funasr_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringward/speech/engine"
	"ringward/speech/engine/enginetest"
	"ringward/speech/engine/funasr"
	"ringward/speech/engine/ws"
)

// runtime fakes websocket-server-2pass: sound before a start message with
// chunk_size is dropped, and so is everything after bad JSON; sound is decoded
// in steps of 1600 bytes, three make a sentence.
type runtime struct {
	first chan map[string]any
	bytes chan int
}

func (f *runtime) serve(c *enginetest.Conn) {
	ready, broken, pending, steps := false, false, 0, 0
	for {
		data, text, ok := c.Next()
		if !ok {
			return
		}
		if !text {
			if f.bytes != nil {
				f.bytes <- len(data)
			}
			if ready && !broken {
				pending += len(data)
			}
			for ; pending >= 1600; pending -= 1600 {
				steps++
				decode(c, steps)
			}
			continue
		}
		var m map[string]any
		if json.Unmarshal(data, &m) != nil {
			broken = true
			continue
		}
		if f.first != nil && !ready {
			f.first <- m
		}
		ready = ready || m["chunk_size"] != nil
		if m["is_speaking"] == false && ready && !broken {
			c.SayJSON(map[string]any{"text": "", "wav_name": "call-1", "is_final": true})
		}
	}
}

func decode(c *enginetest.Conn, step int) {
	switch step % 3 {
	case 0:
		c.SayJSON(map[string]any{"mode": "2pass-offline", "text": "账户已冻结。", "wav_name": "call-1", "is_final": false,
			"timestamp": "[[100,200],[200,300],[300,400],[400,500],[500,600]]", "stamp_sents": []any{map[string]any{"start": 100, "end": 600}}})
	default:
		c.SayJSON(map[string]any{"mode": "2pass-online", "text": []string{"账户", "已冻"}[step%3-1], "wav_name": "call-1", "is_final": false})
	}
}

func dial(t *testing.T, hs *httptest.Server, s funasr.Server, o engine.Options) engine.Session {
	t.Helper()
	s.WS.URL = enginetest.URL(hs)
	ses, err := s.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ses.Close)
	return ses
}

func TestConversation(t *testing.T) {
	hs := enginetest.Serve(t, true, (&runtime{}).serve)
	ses := dial(t, hs, funasr.Server{WS: ws.Server{SelfSigned: true}}, engine.Options{})
	if err := errors.Join(ses.Write(t.Context(), make([]int16, 3300)), ses.Finish(t.Context())); err != nil {
		t.Fatal(err)
	}
	want := []engine.Result{
		{Text: "账户"},
		{Text: "账户已冻"}, // increments add up
		{Text: "账户已冻结。", Final: true, Words: []engine.Word{enginetest.Word("账", 100, 200), enginetest.Word("户", 200, 300),
			enginetest.Word("已", 300, 400), enginetest.Word("冻", 400, 500), enginetest.Word("结", 500, 600)}},
		{Text: "账户", Segment: 1}, // the next sentence begins anew
	}
	for i, w := range want {
		got, err := ses.Read(t.Context())
		if err != nil || !cmp.Equal(got, w) {
			t.Fatalf("result %d: got %+v (%v), want %+v", i, got, err, w)
		}
	}
	if _, err := ses.Read(t.Context()); err != io.EOF {
		t.Errorf("after is_final: %v, want io.EOF", err)
	}
}

func TestStartMessage(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    funasr.Server
		o    engine.Options
		want map[string]any
	}{
		{"runtime", funasr.Server{HotWords: []string{"冻结"}}, engine.Options{ID: "call-1-caller"}, map[string]any{
			"mode": "2pass", "chunk_size": []any{5.0, 10.0, 5.0}, "wav_name": "call-1-caller", "wav_format": "pcm", "audio_fs": 8000.0,
			"is_speaking": true, "hotwords": `{"冻结":20}`, "itn": true}},
		{"python", funasr.Server{Python: true, NoITN: true}, engine.Options{}, map[string]any{
			"mode": "2pass", "chunk_size": []any{5.0, 10.0, 5.0}, "chunk_interval": 10.0, "wav_name": "call", "wav_format": "pcm", "audio_fs": 16000.0,
			"is_speaking": true, "itn": false}},
	} {
		f := &runtime{first: make(chan map[string]any, 1)}
		dial(t, enginetest.Serve(t, false, f.serve), tt.s, tt.o)
		if diff := cmp.Diff(tt.want, <-f.first); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
}

// TestRuntimeDropsSoundSilently shows what the client guards against: without
// the start message the runtime says nothing at all, not even an error.
func TestRuntimeDropsSoundSilently(t *testing.T) {
	hs := enginetest.Serve(t, false, (&runtime{}).serve)
	c, err := ws.Server{URL: enginetest.URL(hs)}.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.Text(t.Context(), []byte(`{"mode":"2pass","is_speaking":true}`))
	_ = c.Binary(t.Context(), make([]byte, 4800))
	_ = c.Text(t.Context(), []byte(`{"is_speaking":false,"chunk_size":[5,10,5]}`))
	data, _, err := c.Read(t.Context())
	if err != nil || !strings.Contains(string(data), `"is_final":true`) {
		t.Errorf("first answer %s (%v), want the last one: nothing was decoded", data, err)
	}
}

// TestPythonServer: 16 kHz in messages of exactly 60 ms, is_final inverted.
func TestPythonServer(t *testing.T) {
	sizes := make(chan int, 16)
	hs := enginetest.Serve(t, false, func(c *enginetest.Conn) {
		for n := 0; ; {
			data, text, ok := c.Next()
			if !ok {
				return
			}
			if text {
				continue
			}
			sizes <- len(data)
			if n++; n == 1 {
				c.SayJSON(map[string]any{"mode": "2pass-online", "text": "冻", "wav_name": "call", "is_final": true})
			} else {
				c.SayJSON(map[string]any{"mode": "2pass-offline", "text": "冻结", "wav_name": "call", "is_final": false})
			}
		}
	})
	ses := dial(t, hs, funasr.Server{Python: true}, engine.Options{})
	for _, n := range []int{160, 160, 160, 160} { // 80 ms: one message, a rest of 20 ms
		if err := ses.Write(t.Context(), make([]int16, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := ses.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []engine.Result{{Text: "冻"}, {Text: "冻结", Final: true}} {
		if n := <-sizes; n != 1920 {
			t.Errorf("message of %d bytes, want 1920", n)
		}
		if got, err := ses.Read(t.Context()); err != nil || !cmp.Equal(got, want) {
			t.Errorf("result %d: got %+v (%v), want %+v", i, got, err, want)
		}
	}
}

func TestCertificates(t *testing.T) {
	hs := enginetest.Serve(t, true, (&runtime{}).serve)
	sum := sha256.Sum256(hs.Certificate().Raw)
	good := hex.EncodeToString(sum[:])
	for _, tt := range []struct {
		name string
		s    ws.Server
		want string // in the error, "" for none
	}{
		{"unknown authority", ws.Server{}, "certificate"},
		{"self-signed allowed", ws.Server{SelfSigned: true}, ""},
		{"pinned", ws.Server{Pin: good}, ""},
		{"another pinned", ws.Server{Pin: strings.Repeat("00", 32)}, "the configured pin"},
		{"bad pin", ws.Server{Pin: "12"}, "not a SHA-256"},
	} {
		tt.s.URL = enginetest.URL(hs)
		ses, err := (&funasr.Server{WS: tt.s}).Open(t.Context(), engine.Options{})
		if err == nil {
			ses.Close()
		}
		if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestServerCloses(t *testing.T) {
	hs := enginetest.Serve(t, false, func(c *enginetest.Conn) { c.Next() })
	ses := dial(t, hs, funasr.Server{}, engine.Options{})
	if _, err := ses.Read(t.Context()); !errors.Is(err, engine.ErrGone) {
		t.Errorf("read: %v, want ErrGone", err)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("2pass-offline", "账户abc冻结,结。", "[[1,2],[3,4]]")
	f.Add("2pass-online", "\xff", "")
	f.Add("offline", "a b", "[[-1,9223372036854775807],[3,4]]")
	f.Fuzz(func(t *testing.T, mode, text, stamp string) {
		for _, res := range funasr.Answers(mode, text, stamp, 50) {
			if len(res.Text) > engine.MaxText || len(res.Words) > engine.MaxWords {
				t.Errorf("unbounded result of %q", text)
			}
			for _, w := range res.Words {
				if w.Start < 0 || w.End < 0 {
					t.Errorf("negative time of %q", stamp)
				}
			}
		}
	})
}
