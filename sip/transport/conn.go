package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"ringward/sip/sipmsg"
)

// errGone: the connection closed between being found and being used.
var errGone = errors.New("connection closed")

// maxBad is how many messages that cannot be decoded a connection may send.
const maxBad = 16

// conn is one stream connection. It has a reader and a writer goroutine; what
// is to be written is queued as octets, in order, within Config.MaxQueue.
type conn struct {
	set     *Set
	id      uint64
	network string
	remote  netip.AddrPort

	mu    sync.Mutex
	nc    net.Conn       // guarded by mu until connected
	local netip.AddrPort // likewise
	out   []byte         // guarded by mu; queued and not yet taken by the writer
	names []string       // guarded by mu; branches of the requests in out
	err   error          // guarded by mu; why it closed, nil while it is open

	wake chan struct{} // capacity 1: there is something in out, or it closed
}

func (s *Set) newConn(network string, remote netip.AddrPort) *conn {
	return &conn{set: s, network: network, remote: remote, wake: make(chan struct{}, 1)}
}

// queue appends b to what the writer takes next. A peer that has not read
// MaxQueue octets is dropped.
func (c *conn) queue(b []byte, branch string) error {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return errGone
	}
	if len(c.out)+len(b) > c.set.cfg.MaxQueue {
		c.mu.Unlock()
		c.set.stats.slow.Add(1)
		c.fail(ErrSlowPeer)
		return ErrSlowPeer
	}
	c.out = append(c.out, b...)
	if branch != "" {
		c.names = append(c.names, branch)
	}
	c.mu.Unlock()
	c.poke()
	return nil
}

func (c *conn) poke() {
	select {
	case c.wake <- struct{}{}:
	default: // the writer has been told already
	}
}

// connected puts the network connection in place; false if the conn was closed.
func (c *conn) connected(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	c.nc, c.local = nc, addrPort(nc.LocalAddr())
	return true
}

// write is the writer goroutine: it takes all that is queued and writes it in
// one go.
func (c *conn) write() {
	var spare []byte
	for range c.wake {
		batch, names, open := c.take(spare)
		spare = nil // it is c.out now
		if !open {
			return
		}
		if len(batch) == 0 {
			continue
		}
		_ = c.nc.SetWriteDeadline(time.Now().Add(c.set.cfg.WriteTimeout)) // a closed conn fails in Write
		if _, err := c.nc.Write(batch); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.set.stats.slow.Add(1)
				err = ErrSlowPeer
			}
			c.fail(err)
			c.tell(names, err)
			return
		}
		if cap(batch) <= maxPooled {
			spare = batch[:0]
		}
	}
}

func (c *conn) take(spare []byte) (batch []byte, names []string, open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch, names = c.out, c.names
	c.out, c.names = spare, nil
	return batch, names, c.err == nil
}

// read is the reader goroutine.
func (c *conn) read() {
	if !c.set.hasSink() {
		return // closed
	}
	r := bufio.NewReader(c.nc)
	from := origin{c.network, c.remote, c.local, c.id}
	patience := c.set.cfg.MessageTimeout // for the first message; strangers that say nothing go soon
	for bad := 0; bad < maxBad; {
		b, err := c.frame(r, patience)
		switch {
		case err == nil:
			if !c.set.handle(b, from) {
				bad++
			}
			patience = c.set.cfg.IdleTimeout
		default:
			if len(b) > 0 { // the head of what cannot be delimited deserves its 4xx
				c.set.handle(b, from)
				c.lastWords(r)
			}
			c.fail(fmt.Errorf("read: %w", err))
			return
		}
	}
	c.lastWords(r)
	c.fail(errors.New("too many broken messages"))
}

// lastWords gives the peer of a connection about to be closed a second to read
// our answer: closing over octets that we have not read would reset it.
func (c *conn) lastWords(r *bufio.Reader) {
	_ = c.nc.SetReadDeadline(time.Now().Add(time.Second)) // a closed conn fails in Read
	_, _ = io.CopyN(io.Discard, r, 64<<10)                // whatever ends it, the connection is closed next
}

// frame waits for a message to begin for as long as patience lasts, and then
// for its end as long as a message may take.
func (c *conn) frame(r *bufio.Reader, patience time.Duration) ([]byte, error) {
	cfg := &c.set.cfg
	if err := c.skipLines(r, patience); err != nil {
		return nil, err
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(cfg.MessageTimeout)) // likewise
	return sipmsg.ReadFrame(r, cfg.Limits)
}

// skipLines waits for the first octet of a message. Empty lines before it are
// keep-alives: two are a ping and get one as pong (RFC 5626 §3.5.1).
func (c *conn) skipLines(r *bufio.Reader, patience time.Duration) error {
	lines := 0
	for {
		if r.Buffered() == 0 {
			_ = c.nc.SetReadDeadline(time.Now().Add(patience)) // a closed conn fails in Peek
		}
		b, err := r.Peek(1)
		if err != nil {
			return err
		}
		if b[0] != '\r' && b[0] != '\n' {
			return nil
		}
		if b[0] == '\n' {
			lines++
		}
		_, _ = r.Discard(1) // it was peeked
		if lines == 2 {
			lines = 0
			if err := c.queue([]byte("\r\n"), ""); err != nil {
				return err
			}
		}
	}
}

// fail closes the connection, once, and tells of the requests in its queue.
func (c *conn) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	nc, names := c.nc, c.names
	c.out, c.names = nil, nil
	c.mu.Unlock()
	c.set.conns.remove(c)
	if nc != nil {
		_ = nc.Close() // it is given up
	}
	c.poke()
	c.tell(names, err)
}

func (c *conn) tell(names []string, err error) {
	for _, branch := range names {
		c.set.undelivered(branch, c.remote, err)
	}
}
