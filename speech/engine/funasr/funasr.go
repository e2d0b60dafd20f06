// Package funasr is a client of FunASR's runtime in 2pass mode: words while
// they are spoken, then the whole sentence again, better and with punctuation,
// when its end is heard.
//
// Two servers speak the protocol with differences: the C++ runtime
// (websocket-server-2pass, the one in FunASR's images) and the Python server
// (funasr_wss_server.py, Server.Python). Both drop sound silently when the
// start message is not to their liking, and answer nothing while they hear
// nothing; so an answer is no sign of life here, the ping of package ws is.
//
// It refuses answers that are not JSON.
package funasr

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"ringward/speech/engine"
	"ringward/speech/engine/ws"
)

// hotWeight is the weight of a hot word, 1 to 100 in the runtime; 20 is what
// its own examples use.
const hotWeight = 20

// pythonChunk is the sound of one message to the Python server: exactly 60 ms
// at 16 kHz, 60*chunk_size[1]/chunk_interval.
const pythonChunk = 960

// Server is a FunASR server. WS.URL is required; the runtime's images serve
// wss with a certificate that they sign themselves: set WS.Pin or WS.SelfSigned.
type Server struct {
	WS       ws.Server
	HotWords []string // besides Options.Phrases
	NoITN    bool     // leave numbers as they are spoken ("一二三"), not as digits
	Python   bool     // the server is funasr_wss_server.py
}

// start is the first message. chunk_size has to be there: without it sound is
// dropped silently.
type start struct {
	Mode          string `json:"mode"`
	ChunkSize     [3]int `json:"chunk_size"`
	ChunkInterval int    `json:"chunk_interval,omitempty"`
	Name          string `json:"wav_name"`
	Format        string `json:"wav_format"`
	Rate          int    `json:"audio_fs"`
	Speaking      bool   `json:"is_speaking"`
	HotWords      string `json:"hotwords,omitempty"` // JSON within a string
	ITN           bool   `json:"itn"`
}

// Open dials a server and sends the start message.
func (s *Server) Open(ctx context.Context, o engine.Options) (engine.Session, error) {
	first := start{Mode: "2pass", ChunkSize: [3]int{5, 10, 5}, Name: o.ID, Format: "pcm", Rate: engine.Rate, Speaking: true,
		HotWords: hotWords(s.HotWords, o.Phrases), ITN: !s.NoITN}
	dial := s.WS
	if s.Python {
		first.ChunkInterval, first.Rate = 10, 2*engine.Rate
		dial.Subprotocol = "binary"
	}
	if first.Name == "" {
		first.Name = "call"
	}
	msg, err := json.Marshal(first)
	if err != nil {
		return nil, fmt.Errorf("funasr: %w", err)
	}
	c, err := dial.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("funasr: %w", err)
	}
	if err := c.Text(ctx, msg); err != nil {
		c.Close()
		return nil, fmt.Errorf("funasr: %w", err)
	}
	return &session{conn: c, python: s.Python}, nil
}

// hotWords is a JSON object of words and weights, "" for none.
func hotWords(lists ...[]string) string {
	words := map[string]int{}
	for _, l := range lists {
		for _, w := range l {
			words[w] = hotWeight
		}
	}
	if len(words) == 0 {
		return ""
	}
	b, err := json.Marshal(words)
	if err != nil {
		return ""
	}
	return string(b)
}

type session struct {
	conn   *ws.Conn
	python bool

	// owned by the writer
	up   engine.Upsampler
	wide []int16 // waiting for a whole message of the Python server
	out  []byte

	// owned by the reader
	segment int
	text    string // increments of the sentence at hand
	ended   bool
}

func (s *session) Write(ctx context.Context, pcm []int16) error {
	if !s.python {
		return s.send(ctx, pcm)
	}
	s.wide = s.up.Upsample(s.wide, pcm)
	n := 0
	for ; len(s.wide)-n >= pythonChunk; n += pythonChunk {
		if err := s.send(ctx, s.wide[n:n+pythonChunk]); err != nil {
			return err
		}
	}
	s.wide = s.wide[:copy(s.wide, s.wide[n:])]
	return nil
}

func (s *session) send(ctx context.Context, pcm []int16) error {
	s.out = engine.AppendLE(s.out[:0], pcm)
	if err := s.conn.Binary(ctx, s.out); err != nil {
		return fmt.Errorf("funasr: %w", err)
	}
	return nil
}

func (s *session) Finish(ctx context.Context) error {
	if len(s.wide) > 0 {
		if err := s.send(ctx, append(s.wide, make([]int16, pythonChunk-len(s.wide))...)); err != nil {
			return err
		}
	}
	if err := s.conn.Text(ctx, []byte(`{"is_speaking":false}`)); err != nil {
		return fmt.Errorf("funasr: %w", err)
	}
	return nil
}

// reply is one answer. Other keys come and go with the server's version.
type reply struct {
	Mode      string `json:"mode"`
	Text      string `json:"text"`
	Timestamp string `json:"timestamp"` // "[[begin,end],...]" in ms, a string
	Final     bool   `json:"is_final"`  // of the stream; the Python server inverts it
	End       bool   `json:"is_end"`
}

// Read ends with io.EOF at the C++ runtime's last answer. The Python server has
// none and keeps the connection: there the caller ends the wait after Finish.
func (s *session) Read(ctx context.Context) (engine.Result, error) {
	for !s.ended {
		data, _, err := s.conn.Read(ctx)
		if err != nil {
			s.ended = true
			return engine.Result{}, fmt.Errorf("funasr: %w", err)
		}
		var r reply
		if err := json.Unmarshal(data, &r); err != nil {
			s.ended = true
			return engine.Result{}, fmt.Errorf("funasr: %w: answer is not JSON (is this a FunASR server?): %w", engine.ErrGone, err)
		}
		s.ended = !s.python && (r.Final || r.End)
		if res, ok := s.result(r); ok {
			return res, nil
		}
	}
	return engine.Result{}, io.EOF
}

// result makes a result of an answer. An online answer is what was said since
// the last one; an offline answer replaces all of its sentence's.
func (s *session) result(r reply) (engine.Result, bool) {
	if r.Text == "" {
		return engine.Result{}, false
	}
	if !strings.HasSuffix(r.Mode, "offline") {
		s.text += r.Text
		if n := len(s.text) - engine.MaxText; n > 0 {
			s.text = strings.ToValidUTF8(s.text[n:], "")
		}
		return engine.Result{Text: s.text, Segment: s.segment}.Tidy(), true
	}
	res := engine.Result{Text: r.Text, Words: words(r.Text, r.Timestamp), Final: true, Segment: s.segment}
	s.segment++
	s.text = ""
	return res.Tidy(), true
}

// words gives the text's characters (Chinese) and words (other) their times.
// Where their numbers differ, as they do when numbers were rewritten, the whole
// text becomes one word.
func words(text, timestamp string) []engine.Word {
	var spans [][2]int64
	if json.Unmarshal([]byte(timestamp), &spans) != nil || len(spans) == 0 || len(spans) > engine.MaxWords {
		return nil
	}
	units := split(text)
	if len(units) != len(spans) {
		return []engine.Word{{Text: text, Start: engine.Millis(spans[0][0]), End: engine.Millis(spans[len(spans)-1][1])}}
	}
	list := make([]engine.Word, len(units))
	for i, u := range units {
		list[i] = engine.Word{Text: u, Start: engine.Millis(spans[i][0]), End: engine.Millis(spans[i][1])}
	}
	return list
}

// split cuts a text into what the recogniser stamps: Chinese characters one by
// one, other letters and digits in runs, no punctuation.
func split(text string) (units []string) {
	run := -1
	for i, r := range text {
		plain := (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'') && !unicode.Is(unicode.Han, r)
		if run >= 0 && !plain {
			units = append(units, text[run:i])
			run = -1
		}
		switch {
		case plain && run < 0:
			run = i
		case unicode.Is(unicode.Han, r):
			units = append(units, text[i:i+utf8.RuneLen(r)])
		}
	}
	if run >= 0 {
		units = append(units, text[run:])
	}
	return units
}

func (s *session) Close() { s.conn.Close() }
