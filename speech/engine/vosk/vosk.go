// Package vosk is a client of the Vosk server (alphacep/vosk-server,
// websocket/asr_server.py; also its C++ server, see Server.Plain).
//
// The protocol: one text message of settings, then binary messages of 16-bit
// little-endian sound, each answered by exactly one text message, and a text
// message that must be `{"eof" : 1}` to the byte. The answers are counted to
// know how far behind the server is: at most four are outstanding.
//
// It refuses answers that are not JSON.
package vosk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"

	"ringward/speech/engine"
	"ringward/speech/engine/ws"
)

// window is how many messages may be unanswered: the server works through them
// one by one, and more would only grow its queue.
const window = 4

// chunk is the sound of one message: 0.2 s, as the server's samples do.
const chunk = engine.Rate / 5

// eof is compared byte by byte in the server.
const eof = `{"eof" : 1}`

// Server is a Vosk server. The zero value but for WS.URL is ready to use.
type Server struct {
	WS ws.Server
	// Grammar limits what is heard to these phrases and "[unk]". Nil hears
	// everything, which is what screening needs: a grammar is for tests and for
	// models that are too large for the machine otherwise.
	Grammar []string
	// Plain is for the C++ server, which knows no settings and takes any text
	// message as sound. It must be started with 8000 as its sampling rate.
	Plain bool
}

type config struct {
	SampleRate      int      `json:"sample_rate"`
	Words           bool     `json:"words"`
	MaxAlternatives int      `json:"max_alternatives"`
	PhraseList      []string `json:"phrase_list,omitempty"`
}

// Open dials a server and sends the settings.
func (s *Server) Open(ctx context.Context, _ engine.Options) (engine.Session, error) {
	c, err := s.WS.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("vosk: %w", err)
	}
	ses := &session{conn: c, credit: make(chan struct{}, window), dead: make(chan struct{})}
	if s.Plain {
		return ses, nil
	}
	settings, err := json.Marshal(map[string]config{"config": {SampleRate: engine.Rate, Words: true, PhraseList: s.Grammar}})
	if err == nil {
		err = c.Text(ctx, settings)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("vosk: %w", err)
	}
	return ses, nil
}

type session struct {
	conn     *ws.Conn
	credit   chan struct{} // a token for each unanswered message
	dead     chan struct{} // closed when reading has ended
	finished atomic.Bool

	out []byte // owned by the writer

	// owned by the reader
	segment int
	last    string
	ended   bool
}

func (s *session) Write(ctx context.Context, pcm []int16) error {
	for len(pcm) > 0 {
		n := min(len(pcm), chunk)
		select {
		case s.credit <- struct{}{}:
		case <-s.dead:
			return fmt.Errorf("vosk: %w", engine.ErrGone)
		case <-ctx.Done():
			return fmt.Errorf("vosk: %w: %d messages without an answer: %w", engine.ErrSlow, window, ctx.Err())
		}
		s.out = engine.AppendLE(s.out[:0], pcm[:n])
		if err := s.conn.Binary(ctx, s.out); err != nil {
			return fmt.Errorf("vosk: %w", err)
		}
		pcm = pcm[n:]
	}
	return nil
}

func (s *session) Finish(ctx context.Context) error {
	s.finished.Store(true)
	if err := s.conn.Text(ctx, []byte(eof)); err != nil {
		return fmt.Errorf("vosk: %w", err)
	}
	return nil
}

// reply is one answer; the server leaves out what does not apply.
type reply struct {
	Partial *string `json:"partial"`
	Text    *string `json:"text"`
	Result  []struct {
		Start float64 `json:"start"`
		End   float64 `json:"end"`
		Word  string  `json:"word"`
	} `json:"result"`
	Alternatives []struct {
		Text string `json:"text"`
	} `json:"alternatives"`
}

func (s *session) Read(ctx context.Context) (engine.Result, error) {
	for !s.ended {
		data, _, err := s.conn.Read(ctx)
		if err != nil {
			s.end()
			if s.finished.Load() && ctx.Err() == nil {
				break // the server closes after its last answer
			}
			return engine.Result{}, fmt.Errorf("vosk: %w", err)
		}
		select {
		case <-s.credit:
		default: // the answer to eof
		}
		var r reply
		if err := json.Unmarshal(data, &r); err != nil {
			s.end()
			return engine.Result{}, fmt.Errorf("vosk: %w: answer is not JSON (is this a Vosk server?): %w", engine.ErrGone, err)
		}
		if res, ok := s.result(r); ok {
			return res, nil
		}
	}
	return engine.Result{}, io.EOF
}

func (s *session) end() {
	if !s.ended {
		s.ended = true
		close(s.dead)
	}
}

// result makes a result of an answer, unless there is nothing new in it: most
// answers are empty or repeat the partial text.
func (s *session) result(r reply) (engine.Result, bool) {
	switch {
	case r.Partial != nil:
		text := engine.Join(*r.Partial)
		if text == "" || text == s.last {
			return engine.Result{}, false
		}
		s.last = text
		return engine.Result{Text: text, Segment: s.segment}.Tidy(), true
	case r.Text == nil && len(r.Alternatives) > 0:
		r.Text = &r.Alternatives[0].Text
	}
	if r.Text == nil || (*r.Text == "" && s.last == "") {
		return engine.Result{}, false
	}
	res := engine.Result{Text: engine.Join(*r.Text), Final: true, Segment: s.segment}
	for _, w := range r.Result {
		res.Words = append(res.Words, engine.Word{Text: w.Word, Start: engine.Seconds(w.Start), End: engine.Seconds(w.End)})
	}
	s.segment++
	s.last = ""
	return res.Tidy(), true
}

func (s *session) Close() { s.conn.Close() }
