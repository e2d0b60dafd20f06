package transport

import (
	"bytes"
	"context"
	"fmt"
	"net"
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
	tcp     []*tcpPort
	udpAddr []netip.AddrPort // of udp
	tcpAddr []netip.AddrPort // of tcp
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
	s := &Set{cfg: cfg.withDefaults(), ready: make(chan struct{})}
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
	switch l.Network {
	case "udp":
		p, err := listenUDP(l)
		if err != nil {
			return err
		}
		s.udp, s.udpAddr = append(s.udp, p), append(s.udpAddr, p.local)
	case "tcp":
		p, err := listenTCP(l)
		if err != nil {
			return err
		}
		s.tcp, s.tcpAddr = append(s.tcp, p), append(s.tcpAddr, p.local)
	default:
		return fmt.Errorf("network %q is neither udp nor tcp", l.Network)
	}
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
	for _, p := range s.tcp {
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
	for _, p := range s.tcp {
		_ = p.ln.Close() // nothing to do about a listener that does not close
	}
	for _, c := range s.conns.all() {
		c.fail(ErrClosed)
	}
}

// Send encodes m and sends it to the target: over the connection named if it is
// open, else over one to the address, made if there is none, or as a datagram.
// It does not wait for connections: what fails later reaches FailureSink.
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
		err = s.sendStream(b, branchOf(m), to)
	}
	if err != nil {
		s.stats.sendErrors.Add(1)
		return err
	}
	s.stats.sent.Add(1)
	return nil
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
		out = append(out, Listen{"udp", p.local, len(p.socks)})
	}
	for _, p := range s.tcp {
		out = append(out, Listen{Network: "tcp", Addr: p.local})
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
	m, err := sipmsg.Decode(b, from.network == "udp")
	if err != nil {
		s.stats.undecodable.Add(1)
	}
	if m == nil {
		return false
	}
	s.stats.received.Add(1)
	m.Source, m.Local, m.Transport, m.ConnID = from.source, from.local, from.network, from.connID
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

// family returns n with 4 or 6 appended, so that a socket serves one family.
func family(n string, a netip.Addr) string {
	if a.Is4() {
		return n + "4"
	}
	return n + "6"
}

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
