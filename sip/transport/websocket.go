package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"ringward/sip/sipmsg"
)

const (
	maxUpgrade  = 16 << 10 // octets of the HTTP request
	subprotocol = "sip"    // RFC 7118 §4
)

// upgrade answers the HTTP request of a WebSocket client (RFC 7118 §4, RFC 6455
// §4.2), on a connection that has a deadline.
func (c *conn) upgrade(o *WebSocket) (*wsReader, error) {
	br := bufio.NewReader(io.LimitReader(c.nc, maxUpgrade))
	req, err := http.ReadRequest(br)
	if err != nil {
		return nil, fmt.Errorf("read upgrade request: %w", err)
	}
	w := &upgradeWriter{nc: c.nc, br: br, header: make(http.Header)}
	switch {
	case o.Path != "" && req.URL.Path != o.Path:
		http.Error(w, "Not Found", http.StatusNotFound)
		return nil, errors.New("upgrade request for another path")
	case !offersSIP(req):
		http.Error(w, "Sec-WebSocket-Protocol: sip is needed", http.StatusBadRequest)
		return nil, errors.New("upgrade request without the subprotocol sip")
	}
	in := &wsReader{conn: c, patience: c.set.cfg.MessageTimeout}
	in.ws, err = websocket.Accept(w, req, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: slices.Contains(o.Origins, "*"),
		OriginPatterns:     o.Origins,
		OnPingReceived:     in.pinged,
		OnPongReceived:     func(ctx context.Context, b []byte) { in.pinged(ctx, b) },
	})
	if err != nil {
		return nil, err
	}
	limit := c.set.cfg.Limits.Message
	if limit <= 0 {
		limit = sipmsg.DefaultLimits.Message
	}
	in.ws.SetReadLimit(int64(limit))
	c.ws = in.ws
	return in, nil
}

// offersSIP reports whether the client's list of subprotocols has ours.
func offersSIP(req *http.Request) bool {
	for _, line := range req.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(name), subprotocol) {
				return true
			}
		}
	}
	return false
}

// upgradeWriter is the http.ResponseWriter of one answer on a connection that
// is ours before and after.
type upgradeWriter struct {
	nc     net.Conn
	br     *bufio.Reader
	header http.Header
	wrote  bool
}

func (w *upgradeWriter) Header() http.Header { return w.header }

func (w *upgradeWriter) WriteHeader(status int) {
	if w.wrote {
		return
	}
	w.wrote = true
	if status != http.StatusSwitchingProtocols {
		w.header.Set("Connection", "close")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	_ = w.header.Write(&b) // a Buffer takes all
	b.WriteString("\r\n")
	_, _ = w.nc.Write(b.Bytes()) // what fails here fails at the next read
}

func (w *upgradeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.nc.Write(b)
}

// Hijack implements http.Hijacker.
func (w *upgradeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.nc, bufio.NewReadWriter(w.br, bufio.NewWriterSize(w.nc, 2048)), nil
}

// wsReader reads messages off a WebSocket connection, one a WebSocket message
// (RFC 7118 §5), text or binary.
type wsReader struct {
	*conn
	ws       *websocket.Conn
	buf      bytes.Buffer
	patience time.Duration // as last given to next
}

// pingFrame asks the client for a pong, which browsers send by themselves: their
// scripts send no keep-alives, and a telephone that waits for calls says nothing.
// One at a time; the client may leave it unanswered.
func (c *conn) pingFrame() error {
	if !c.pinging.CompareAndSwap(false, true) {
		return nil
	}
	started := c.set.goDo(func() {
		defer c.pinging.Store(false)
		ctx, cancel := context.WithTimeout(c.set.ctx, pongWait)
		defer cancel()
		_ = c.ws.Ping(ctx) // the reader sees what comes, or the connection close
	})
	if !started {
		return ErrClosed
	}
	return nil
}

// pinged answers the ping frame of a client, and takes its pong: both are
// keep-alives (RFC 7118 §6). It runs within next.
func (r *wsReader) pinged(context.Context, []byte) bool {
	_ = r.nc.SetReadDeadline(time.Now().Add(r.patience)) // a closed conn fails in Read
	return true
}

func (r *wsReader) next(patience time.Duration) ([]byte, error) {
	if r.buf.Cap() > maxPooled {
		r.buf = bytes.Buffer{}
	}
	r.patience = patience
	for {
		_ = r.nc.SetReadDeadline(time.Now().Add(patience)) // likewise
		_, in, err := r.ws.Reader(context.Background())
		if err != nil {
			return nil, err
		}
		_ = r.nc.SetReadDeadline(time.Now().Add(r.set.cfg.MessageTimeout)) // likewise
		r.buf.Reset()
		if _, err := r.buf.ReadFrom(in); err != nil {
			return nil, err
		}
		b := r.buf.Bytes()
		if !isKeepAlive(b) {
			return b, nil
		}
		if bytes.Count(b, []byte("\n")) > 1 { // RFC 5626 §3.5.1
			if err := r.queue([]byte("\r\n"), ""); err != nil {
				return nil, err
			}
		}
	}
}

func (r *wsReader) rest() io.Reader { return r.nc }

// putMessages writes a batch, each message in a frame of its own: text where it
// is UTF-8, which is what some browsers' scripts expect (RFC 7118 §5).
func (c *conn) putMessages(b batch) error {
	from := 0
	for _, end := range b.ends {
		kind := websocket.MessageText
		if !utf8.Valid(b.octets[from:end]) {
			kind = websocket.MessageBinary
		}
		if err := c.ws.Write(context.Background(), kind, b.octets[from:end]); err != nil {
			return err
		}
		from = end
	}
	// Pongs have time-outs of their own.
	return c.nc.SetWriteDeadline(time.Time{})
}
