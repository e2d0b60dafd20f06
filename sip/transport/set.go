package transport

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"ringward/sip/sipmsg"
)

// Set is all sockets of one SIP endpoint. Its methods are safe for concurrent
// use.
type Set struct {
	cfg     Config
	udp     []*udpPort
	streams []*streamPort
	addrs   map[string][]netip.AddrPort // listened on, by network
	conns   connTable
	routes  routeCache
	stats   counters
	ctx     context.Context // done from Close on
	cancel  context.CancelFunc
	lastLog atomic.Int64 // Unix second of the last panic logged

	sink  Sink          // set before ready is closed
	ready chan struct{} // closed by Run

	mu      sync.Mutex
	running bool // guarded by mu
	closed  bool // guarded by mu
	wg      sync.WaitGroup
}

// Open binds the addresses of cfg.Listen; nothing is read before Run. (Two
// steps, because the sink is usually made on top of the Set.)
func Open(cfg Config) (*Set, error) {
	s := &Set{cfg: cfg.withDefaults(), ready: make(chan struct{}), addrs: make(map[string][]netip.AddrPort)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.conns.init()
	for _, l := range cfg.Listen {
		if err := s.bind(l); err != nil {
			s.Close()
			return nil, fmt.Errorf("listen on %s %s: %w", l.Network, l.Addr, err)
		}
	}
	return s, nil
}

func (s *Set) bind(l Listen) error {
	var local netip.AddrPort
	switch l.Network {
	case "udp":
		p, err := listenUDP(l)
		if err != nil {
			return err
		}
		local, s.udp = p.local, append(s.udp, p)
	case "tcp", "tls", "ws", "wss":
		p, err := listenStream(l)
		if err != nil {
			return err
		}
		local, s.streams = p.local, append(s.streams, p)
	default:
		return fmt.Errorf("network %q is none of udp, tcp, tls, ws, wss", l.Network)
	}
	s.addrs[l.Network] = append(s.addrs[l.Network], local)
	return nil
}

// Run reads into sink until ctx is done or Close is called, then closes and
// waits for every goroutine of the Set. It returns nil then, and ErrClosed if
// the Set was closed or run before.
func (s *Set) Run(ctx context.Context, sink Sink) error {
	s.mu.Lock()
	if s.closed || s.running {
		s.mu.Unlock()
		return ErrClosed
	}
	s.sink, s.running = sink, true
	close(s.ready)
	s.mu.Unlock()
	for _, p := range s.udp {
		for _, u := range p.socks {
			s.goDo(func() { s.readUDP(u) })
		}
	}
	for _, p := range s.streams {
		s.goDo(func() { s.accept(p) })
	}
	select {
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	s.Close()
	s.wg.Wait()
	return nil
}

// goDo starts f as a goroutine that Run waits for; false after Close.
func (s *Set) goDo(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Go(f)
	return true
}

// hasSink waits for Run; false when the Set was closed without.
func (s *Set) hasSink() bool {
	select {
	case <-s.ready:
		return true
	case <-s.ctx.Done():
	}
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

// Close closes all sockets and connections; Run, which waits for what used
// them, returns. It may be called more than once.
func (s *Set) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	for _, p := range s.udp {
		p.close()
	}
	for _, p := range s.streams {
		_ = p.ln.Close() // nothing to do about a listener that does not close
	}
	for _, c := range s.conns.all() {
		c.fail(ErrClosed)
	}
}

// Send encodes m and sends it to the target: over the connection named if it is
// open, else over one to the address, made if there is none, or as a datagram.
// It does not wait for connections: what fails later reaches FailureSink. No
// connection is made to a WebSocket peer (RFC 7118 §5), nor where to.Flow is
// set: there ErrFlow says that the connection is gone.
func (s *Set) Send(m *sipmsg.Message, to Target) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b, err := m.Append((*buf)[:0])
	if err != nil {
		s.stats.sendErrors.Add(1)
		return fmt.Errorf("encode message: %w", err)
	}
	if cap(b) <= maxPooled {
		*buf = b
	}
	if to.Network == "udp" {
		err = s.sendUDP(b, to)
	} else {
		err = s.sendConn(b, branchOf(m), to)
	}
	if err != nil {
		s.stats.sendErrors.Add(1)
		return err
	}
	s.stats.sent.Add(1)
	s.countOut(m)
	s.traceOut(b, to)
	return nil
}

// Ping sends a keep-alive to the target (RFC 5626 §3.5.1): CRLF CRLF, over UDP to
// keep the binding of a NAT open; over WebSocket a ping frame (RFC 7118 §6). It makes no connection: ErrFlow says that
// there is none.
func (s *Set) Ping(to Target) error {
	if to.Network == "udp" {
		return s.sendUDP([]byte("\r\n\r\n"), to)
	}
	if c := s.find(to); c != nil {
		if c.ws != nil {
			return c.pingFrame()
		}
		return c.queue([]byte("\r\n\r\n"), "")
	}
	return ErrFlow
}

// maxPooled keeps rare long messages from staying in the pool.
const maxPooled = 16 << 10

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, 2048)
	return &b
}}

// Addrs returns what is listened on, with the real ports.
func (s *Set) Addrs() []Listen {
	var out []Listen
	for _, p := range s.udp {
		out = append(out, Listen{Network: "udp", Addr: p.local, Sockets: len(p.socks)})
	}
	for _, p := range s.streams {
		out = append(out, p.listen)
	}
	return out
}

// handle takes one message's octets from the wire to the sink. A panic on the
// way is counted and ends there. It reports whether the message was well formed.
func (s *Set) handle(b []byte, from origin) (ok bool) {
	defer s.contain()
	if s.cfg.Admit != nil && !s.cfg.Admit(from.source, len(b)) {
		s.stats.turned.Add(1)
		return true
	}
	s.traceIn(b, from)
	m, err := sipmsg.Decode(b, isFramed(from.network))
	if err != nil {
		s.stats.undecodable.Add(1)
	}
	if m == nil {
		return false
	}
	s.stats.received.Add(1)
	m.Source, m.Local, m.Transport, m.ConnID = from.source, from.local, from.network, from.connID
	s.countIn(m)
	if m.IsRequest() {
		stamp(m, from.source)
	}
	s.sink.Receive(m, err)
	return err == nil
}

// origin is where octets came from.
type origin struct {
	network       string
	source, local netip.AddrPort
	connID        uint64
}

// contain ends a panic in the handling of one message. One a second is logged.
func (s *Set) contain() {
	r := recover()
	if r == nil {
		return
	}
	s.stats.panics.Add(1)
	now := time.Now().Unix()
	if last := s.lastLog.Load(); last != now && s.lastLog.CompareAndSwap(last, now) {
		s.cfg.Log.Error("panic contained while a message was handled", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
	}
}

// undelivered tells the sink, if it wants to know.
func (s *Set) undelivered(branch string, to netip.AddrPort, err error) {
	if branch == "" || !s.hasSink() {
		return
	}
	f, ok := s.sink.(FailureSink)
	if !ok {
		return
	}
	defer s.contain()
	f.Undelivered(branch, to, err)
}

// isFramed reports whether the network itself says where a message ends.
func isFramed(network string) bool { return network == "udp" || network == "ws" || network == "wss" }

// isKeepAlive reports whether a datagram holds nothing but line ends or NULs,
// as phones send them to keep a NAT binding open.
func isKeepAlive(b []byte) bool { return len(bytes.Trim(b, "\r\n\x00 ")) == 0 }

// isClosed reports whether err or the Set says that a socket is gone for good.
func (s *Set) isClosed() bool { return s.ctx.Err() != nil }

// pause waits between two tries of something that keeps failing; false when
// the Set was closed meanwhile.
func (s *Set) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
