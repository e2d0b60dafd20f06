// Package sherpa is a client of sherpa-onnx's online WebSocket server
// (sherpa-onnx-online-websocket-server).
//
// The protocol: binary messages of 32-bit floats, little-endian, at 16 kHz, and
// the text message "Done" at the end, answered by "Done!". The server answers
// with the whole segment so far after each step, and never closes by itself.
// It queues whatever it gets: how far behind it is cannot be seen from here
// before the connection itself backs up.
//
// It refuses answers that are neither JSON nor "Done!".
package sherpa

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"ringward/speech/engine"
	"ringward/speech/engine/ws"
)

// Server is a sherpa-onnx online server. WS.URL is required.
type Server struct {
	WS ws.Server
	// Narrow sends 8 kHz, for a server started with --input-sample-rate=8000.
	Narrow bool
}

// Open dials a server; there is no start message.
func (s *Server) Open(ctx context.Context, _ engine.Options) (engine.Session, error) {
	c, err := s.WS.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("sherpa: %w", err)
	}
	return &session{conn: c, narrow: s.Narrow}, nil
}

type session struct {
	conn   *ws.Conn
	narrow bool

	// owned by the writer
	up   engine.Upsampler
	wide []int16
	out  []byte

	// owned by the reader
	segment int
	last    string
	ended   bool
}

func (s *session) Write(ctx context.Context, pcm []int16) error {
	if !s.narrow {
		s.wide = s.up.Upsample(s.wide[:0], pcm)
		pcm = s.wide
	}
	s.out = s.out[:0]
	for _, v := range pcm {
		s.out = binary.LittleEndian.AppendUint32(s.out, math.Float32bits(float32(v)/32768))
	}
	if err := s.conn.Binary(ctx, s.out); err != nil {
		return fmt.Errorf("sherpa: %w", err)
	}
	return nil
}

func (s *session) Finish(ctx context.Context) error {
	if err := s.conn.Text(ctx, []byte("Done")); err != nil {
		return fmt.Errorf("sherpa: %w", err)
	}
	return nil
}

// reply is one answer; timestamps count from start_time.
type reply struct {
	Text       string    `json:"text"`
	Tokens     []string  `json:"tokens"`
	Timestamps []float64 `json:"timestamps"`
	StartTime  float64   `json:"start_time"`
	Final      bool      `json:"is_final"`
}

func (s *session) Read(ctx context.Context) (engine.Result, error) {
	for !s.ended {
		data, _, err := s.conn.Read(ctx)
		if err != nil {
			s.ended = true
			return engine.Result{}, fmt.Errorf("sherpa: %w", err)
		}
		if string(data) == "Done!" {
			s.ended = true
			break
		}
		var r reply
		if err := json.Unmarshal(data, &r); err != nil {
			s.ended = true
			return engine.Result{}, fmt.Errorf("sherpa: %w: answer is not JSON (is this a sherpa-onnx server?): %w", engine.ErrGone, err)
		}
		if res, ok := s.result(r); ok {
			return res, nil
		}
	}
	return engine.Result{}, io.EOF
}

// result makes a result of an answer, unless it says nothing new. The server's
// own segment number stays the same over an endpoint without words, ours counts
// what was heard.
func (s *session) result(r reply) (engine.Result, bool) {
	text := strings.TrimSpace(r.Text)
	if text == s.last && !(r.Final && text != "") {
		return engine.Result{}, false
	}
	s.last = text
	res := engine.Result{Text: text, Final: r.Final, Segment: s.segment}
	res.Words, res.Pinyin = engine.Units(r.Tokens, r.Timestamps, r.StartTime)
	if res.Pinyin {
		res.Text = engine.Spoken(res.Words)
	}
	if r.Final {
		s.segment++
		s.last = ""
	}
	return res.Tidy(), true
}

func (s *session) Close() { s.conn.Close() }
