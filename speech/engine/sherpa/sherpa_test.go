package sherpa_test

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/speech/engine"
	"ringward/speech/engine/enginetest"
	"ringward/speech/engine/sherpa"
	"ringward/speech/engine/ws"
)

// server fakes sherpa-onnx-online-websocket-server: floats in, the segment so
// far after each message, an endpoint every third, "Done!" and no close.
func server(levels chan<- float64) func(*enginetest.Conn) {
	return func(c *enginetest.Conn) {
		samples := 0
		for n := 1; ; n++ {
			data, text, ok := c.Next()
			switch {
			case !ok:
				return
			case text && string(data) == "Done":
				c.Say("Done!")
				continue
			case text, len(data)%4 != 0:
				return // the real one logs and closes
			}
			samples += len(data) / 4
			if levels != nil {
				levels <- level(data)
			}
			answer(c, n, float64(samples)/16000)
		}
	}
}

func level(data []byte) float64 {
	peak := 0.0
	for i := 0; i < len(data); i += 4 {
		peak = max(peak, math.Abs(float64(math.Float32frombits(binary.LittleEndian.Uint32(data[i:])))))
	}
	return peak
}

func answer(c *enginetest.Conn, n int, upTo float64) {
	tokens := []string{"账", "户", "冻"}[:(n-1)%3+1]
	times := make([]float64, len(tokens))
	for i := range times {
		times[i] = 0.25 * float64(i)
	}
	segment := (n - 1) / 3
	c.SayJSON(map[string]any{"text": " " + strings.Join(tokens, ""), "tokens": tokens, "timestamps": times, "ys_probs": []float64{}, "lm_probs": []any{},
		"context_scores": []any{}, "segment": segment, "words": []any{}, "start_time": float64(segment) * 2, "is_final": n%3 == 0, "is_eof": false})
}

func open(t *testing.T, s sherpa.Server, serve func(*enginetest.Conn)) engine.Session {
	t.Helper()
	s.WS = ws.Server{URL: enginetest.URL(enginetest.Serve(t, false, serve))}
	ses, err := s.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ses.Close)
	return ses
}

func TestConversation(t *testing.T) {
	levels := make(chan float64, 16)
	ses := open(t, sherpa.Server{}, server(levels))
	loud := enginetest.Tone(440, 100*time.Millisecond)
	for range 4 {
		if err := ses.Write(t.Context(), loud); err != nil {
			t.Fatal(err)
		}
	}
	if err := ses.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	ms := time.Millisecond
	a, h, d := enginetest.Word("账", 0, 250), enginetest.Word("户", 250, 500), enginetest.Word("冻", 500, 800)
	a1, h1 := a, h
	a1.End, h1.End = 300*ms, 550*ms // the last one so far
	want := []engine.Result{
		{Text: "账", Words: []engine.Word{a1}},
		{Text: "账户", Words: []engine.Word{a, h1}},
		{Text: "账户冻", Words: []engine.Word{a, h, d}, Final: true},
		{Text: "账", Words: []engine.Word{enginetest.Word("账", 2000, 2300)}, Segment: 1},
	}
	for i, w := range want {
		got, err := ses.Read(t.Context())
		if err != nil || !cmp.Equal(got, w) {
			t.Fatalf("result %d: got %+v (%v), want %+v", i, got, err, w)
		}
		if peak := <-levels; peak < 0.2 || peak > 0.3 {
			t.Errorf("message %d has peak %.2f, want about 8000/32768", i, peak)
		}
	}
	if _, err := ses.Read(t.Context()); err != io.EOF {
		t.Errorf("after Done!: %v, want io.EOF", err)
	}
}

func TestNarrow(t *testing.T) {
	for _, narrow := range []bool{false, true} {
		sizes := make(chan int, 1)
		ses := open(t, sherpa.Server{Narrow: narrow}, func(c *enginetest.Conn) { data, _, _ := c.Next(); sizes <- len(data) })
		if err := ses.Write(t.Context(), make([]int16, 100)); err != nil {
			t.Fatal(err)
		}
		want := 800
		if narrow {
			want = 400
		}
		if n := <-sizes; n != want {
			t.Errorf("narrow %v: %d bytes, want %d", narrow, n, want)
		}
	}
}

func TestPinyinModel(t *testing.T) {
	ses := open(t, sherpa.Server{}, func(c *enginetest.Conn) {
		c.SayJSON(map[string]any{"text": "b èi d òng j ié", "tokens": []string{"b", "èi", "d", "òng", "j", "ié"},
			"timestamps": []float64{0, 0.125, 0.25, 0.375, 0.5, 0.625}, "start_time": 0})
		c.Next()
	})
	got, err := ses.Read(t.Context())
	if err != nil || got.Text != "bèi dòng jié" || !got.Pinyin || len(got.Words) != 3 || got.Words[1].Start != 250*time.Millisecond {
		t.Errorf("got %+v (%v)", got, err)
	}
}

func TestFaults(t *testing.T) {
	for name, serve := range map[string]func(*enginetest.Conn){
		"closes": func(c *enginetest.Conn) { c.Next() },
		"junk":   func(c *enginetest.Conn) { c.Say("hello"); c.Next() },
		"flood":  func(c *enginetest.Conn) { c.Say(strings.Repeat("x", 300<<10)); c.Next() },
	} {
		ses := open(t, sherpa.Server{}, serve)
		_ = ses.Write(t.Context(), make([]int16, 10))
		if _, err := ses.Read(t.Context()); !errors.Is(err, engine.ErrGone) {
			t.Errorf("%s: %v, want ErrGone", name, err)
		}
	}
}
