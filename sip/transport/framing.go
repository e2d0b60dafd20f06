package transport

import (
	"bufio"
	"io"
	"time"

	"ringward/sip/sipmsg"
)

// streamReader reads messages off a stream, which Content-Length divides.
type streamReader struct {
	*conn
	r *bufio.Reader
}

func (c *conn) streamReader() streamReader { return streamReader{c, bufio.NewReader(c.nc)} }

func (r streamReader) rest() io.Reader { return r.r }

func (r streamReader) next(patience time.Duration) ([]byte, error) {
	cfg := &r.set.cfg
	if err := r.skipLines(patience); err != nil {
		return nil, err
	}
	_ = r.nc.SetReadDeadline(time.Now().Add(cfg.MessageTimeout)) // likewise
	return sipmsg.ReadFrame(r.r, cfg.Limits)
}

// skipLines waits for the first octet of a message. Empty lines before it are
// keep-alives: two are a ping and get one as pong, one is the pong to ours (RFC
// 5626 §3.5.1).
func (r streamReader) skipLines(patience time.Duration) error {
	lines := 0
	for {
		if r.r.Buffered() == 0 {
			_ = r.nc.SetReadDeadline(time.Now().Add(patience)) // a closed conn fails in Peek
		}
		b, err := r.r.Peek(1)
		if err != nil {
			return err
		}
		if b[0] != '\r' && b[0] != '\n' {
			return nil
		}
		if b[0] == '\n' {
			lines++
		}
		_, _ = r.r.Discard(1) // it was peeked
		if lines == 1 && r.awaited.CompareAndSwap(true, false) {
			r.answers.Store(true)
			lines = 0
		}
		if lines == 2 {
			lines = 0
			if err := r.queue([]byte("\r\n"), ""); err != nil {
				return err
			}
		}
	}
}
