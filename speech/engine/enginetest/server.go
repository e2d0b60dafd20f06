// Package enginetest helps to test recognisers: WebSocket servers to fake
// theirs with, and sound to feed them.
package enginetest

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringward/speech/engine"
)

// Conn is the server's side of one connection.
type Conn struct {
	*websocket.Conn
	t   testing.TB
	ctx context.Context
}

// Serve starts a WebSocket server whose connections are handled by serve, one
// goroutine each; returning closes the connection. It returns the address.
func Serve(t testing.TB, secure bool, serve func(*Conn)) *httptest.Server {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"binary"}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		serve(&Conn{c, t, ctx})
	})
	s := httptest.NewUnstartedServer(h)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(func() { cancel(); s.CloseClientConnections(); s.Close() })
	return s
}

// URL is the ws or wss address of a server.
func URL(s *httptest.Server) string { return "ws" + strings.TrimPrefix(s.URL, "http") }

// Next is the next message; ok is false when the client has gone.
func (c *Conn) Next() (data []byte, text, ok bool) {
	kind, data, err := c.Read(c.ctx)
	return data, kind == websocket.MessageText, err == nil
}

// Say sends a text message; a client that has gone is no fault.
func (c *Conn) Say(text string) { _ = c.Write(c.ctx, websocket.MessageText, []byte(text)) }

// SayJSON sends v.
func (c *Conn) SayJSON(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		c.t.Error(err)
	}
	c.Say(string(b))
}

// Tone is d of a sine at 8 kHz.
func Tone(hz float64, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*8000))
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return pcm
}

// Word is a word with its times in milliseconds.
func Word(text string, start, end int64) engine.Word {
	return engine.Word{Text: text, Start: engine.Millis(start), End: engine.Millis(end)}
}
