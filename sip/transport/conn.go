package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// errGone: the connection closed between being found and being used.
var errGone = errors.New("connection closed")

// maxBad is how many messages that cannot be decoded a connection may send.
const maxBad = 16

// conn is one connection. It has a reader and a writer goroutine; what is to be
// written is queued as octets, in order, within Config.MaxQueue.
type conn struct {
	set     *Set
	id      uint64
	key     connKey
	dialed  bool // we made it
	network string
	remote  netip.AddrPort
	ws      *websocket.Conn // nil but for WebSocket; set before the writer starts

	mu    sync.Mutex
	nc    net.Conn       // guarded by mu until connected
	local netip.AddrPort // likewise
	out   batch          // guarded by mu; queued and not yet taken by the writer
	err   error          // guarded by mu; why it closed, nil while it is open

	wake chan struct{} // capacity 1: there is something in out, or it closed

	pinged  bool        // the writer's: a ping went out and its time is not over
	awaited atomic.Bool // its pong is due
	answers atomic.Bool // the peer has sent one
	pinging atomic.Bool // WebSocket: a ping frame of ours is under way
}

// batch is messages to be written.
type batch struct {
	octets []byte
	ends   []int    // WebSocket: where in octets each message ends
	names  []string // branches of the requests among them
}

// reader reads messages off a connection.
type reader interface {
	// next waits for a message to begin for as long as patience lasts, and then
	// for its end as long as a message may take. With an error may come the head
	// of what cannot be delimited.
	next(patience time.Duration) ([]byte, error)
	// rest is what follows.
	rest() io.Reader
}

func (s *Set) newConn(to Target, dialed bool) *conn {
	return &conn{
		set: s, key: s.keyOf(to), dialed: dialed, network: to.Network, remote: to.Addr,
		wake: make(chan struct{}, 1),
	}
}

// queue appends b to what the writer takes next. A peer that has not read
// MaxQueue octets is dropped.
func (c *conn) queue(b []byte, branch string) error {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return errGone
	}
	if len(c.out.octets)+len(b) > c.set.cfg.MaxQueue {
		c.mu.Unlock()
		c.set.stats.slow.Add(1)
		c.fail(ErrSlowPeer)
		return ErrSlowPeer
	}
	c.out.octets = append(c.out.octets, b...)
	if isFramed(c.network) {
		c.out.ends = append(c.out.ends, len(c.out.octets))
	}
	if branch != "" {
		c.out.names = append(c.out.names, branch)
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

func (c *conn) netConn() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc
}

// write is the writer goroutine: it takes all that is queued and writes it in
// one go, and keeps connections that we made alive.
func (c *conn) write() {
	var beat <-chan time.Time
	var timer *time.Timer
	if every := c.set.cfg.PingInterval; c.dialed && every > 0 {
		timer = time.NewTimer(every)
		defer timer.Stop()
		beat = timer.C
	}
	var spare []byte
	for {
		select {
		case <-beat:
			timer.Reset(c.ping())
			continue // what ping queued has woken us
		case <-c.wake:
		}
		b, open := c.take(spare)
		spare = nil // it is c.out's now
		if !open {
			return
		}
		if len(b.octets) == 0 {
			continue
		}
		if err := c.put(b); err != nil {
			c.fail(err)
			c.tell(b.names, err)
			return
		}
		if cap(b.octets) <= maxPooled {
			spare = b.octets[:0]
		}
	}
}

// put writes a batch within the time that a write may take.
func (c *conn) put(b batch) error {
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.set.cfg.WriteTimeout)) // a closed conn fails in Write
	var err error
	if c.ws != nil {
		err = c.putMessages(b)
	} else {
		_, err = c.nc.Write(b.octets)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.set.stats.slow.Add(1)
		return ErrSlowPeer
	}
	return err
}

func (c *conn) take(spare []byte) (b batch, open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b = c.out
	c.out = batch{octets: spare}
	return b, c.err == nil
}

// pongWait is how long a peer that answers pings may take (RFC 5626 §4.4.1).
const pongWait = 10 * time.Second

// ping sends a keep-alive, or looks whether the last one was answered, and
// returns when to come again. Peers that have never answered are let be.
func (c *conn) ping() time.Duration {
	c.pinged = !c.pinged
	if !c.pinged {
		if c.awaited.CompareAndSwap(true, false) && c.answers.Load() {
			c.fail(ErrNoPong)
		}
		return max(c.set.cfg.PingInterval-pongWait, pongWait)
	}
	c.awaited.Store(true)
	if err := c.queue([]byte("\r\n\r\n"), ""); err != nil {
		return c.set.cfg.PingInterval // closed: the writer sees it
	}
	return pongWait
}

// read is the reader goroutine.
func (c *conn) read(in reader) {
	if !c.set.hasSink() {
		return // closed
	}
	from := origin{c.network, c.remote, c.local, c.id}
	patience := c.set.cfg.MessageTimeout // for the first message; strangers that say nothing go soon
	if c.dialed {
		patience = c.set.cfg.IdleTimeout
	}
	for bad := 0; bad < maxBad; {
		b, err := in.next(patience)
		if err != nil {
			if len(b) > 0 { // the head of what cannot be delimited deserves its 4xx
				c.set.handle(b, from)
				c.lastWords(in)
			}
			c.fail(fmt.Errorf("read: %w", err))
			return
		}
		if !c.set.handle(b, from) {
			bad++
		}
		patience = c.set.cfg.IdleTimeout
	}
	c.lastWords(in)
	c.fail(errors.New("too many broken messages"))
}

// lastWords gives the peer of a connection about to be closed a second to read
// our answer: closing over octets that we have not read would reset it.
func (c *conn) lastWords(in reader) {
	_ = c.nc.SetReadDeadline(time.Now().Add(time.Second)) // a closed conn fails in Read
	_, _ = io.CopyN(io.Discard, in.rest(), 64<<10)        // whatever ends it, the connection is closed next
}

// fail closes the connection, once, and tells of the requests in its queue.
func (c *conn) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	nc, names := c.nc, c.out.names
	c.out = batch{}
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
