package siptest

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Net is a network in memory for any number of endpoints: messages are encoded,
// may be lost, and are decoded by the receiver. Inside a testing/synctest
// bubble everything in it takes no time.
type Net struct {
	mu   sync.Mutex // guards ends, lose, rest
	ends map[netip.AddrPort]func([]byte, netip.AddrPort)
	lose func(*sipmsg.Message) bool
	rest *Agent
}

// NewNet returns an empty network.
func NewNet() *Net { return &Net{ends: map[netip.AddrPort]func([]byte, netip.AddrPort){}} }

// Lose sets what is lost on the way; nil loses nothing.
func (n *Net) Lose(f func(*sipmsg.Message) bool) {
	n.mu.Lock()
	n.lose = f
	n.mu.Unlock()
}

// Rest gives an agent all that is sent to addresses where nobody is.
func (n *Net) Rest(a *Agent) {
	n.mu.Lock()
	n.rest = a
	n.mu.Unlock()
}

func (n *Net) deliver(b []byte, from, to netip.AddrPort) {
	n.mu.Lock()
	end, lose := n.ends[to], n.lose
	if end == nil && n.rest != nil {
		end = n.rest.got
	}
	n.mu.Unlock()
	if end == nil {
		return
	}
	if lose != nil {
		if m, err := sipmsg.Decode(b, true); err == nil && lose(m) {
			return
		}
	}
	end(b, from)
}

func (n *Net) attach(addr netip.AddrPort, f func([]byte, netip.AddrPort)) {
	n.mu.Lock()
	n.ends[addr] = f
	n.mu.Unlock()
}

func (n *Net) detach(addr netip.AddrPort) {
	n.mu.Lock()
	delete(n.ends, addr)
	n.mu.Unlock()
}

// Agent returns a scripted peer with that address.
func (n *Net) Agent(t testing.TB, addr string) *Agent {
	a := newAgent(t, "udp", netip.MustParseAddrPort(addr))
	a.wire = memWire{n, a.addr}
	n.attach(a.addr, a.got)
	return a
}

type memWire struct {
	n    *Net
	addr netip.AddrPort
}

func (w memWire) send(b []byte, to netip.AddrPort) error { w.n.deliver(b, w.addr, to); return nil }
func (w memWire) close()                                 { w.n.detach(w.addr) }

// End is an endpoint of a Net for a stack: sip.Config.Network.
type End struct {
	n    *Net
	addr netip.AddrPort
	in   chan packet
	stop chan struct{}
	once sync.Once
}

type packet struct {
	b    []byte
	from netip.AddrPort
}

// End returns an endpoint with that address.
func (n *Net) End(addr string) *End {
	return &End{n: n, addr: netip.MustParseAddrPort(addr), in: make(chan packet, 65536), stop: make(chan struct{})}
}

// Addr returns the endpoint's address.
func (e *End) Addr() netip.AddrPort { return e.addr }

// Target returns the endpoint as a peer sees it.
func (e *End) Target() transport.Target { return transport.Target{Network: "udp", Addr: e.addr} }

// Run delivers to sink until ctx ends or Close is called.
func (e *End) Run(ctx context.Context, sink transport.Sink) error {
	e.n.attach(e.addr, func(b []byte, from netip.AddrPort) {
		select {
		case e.in <- packet{b, from}:
		default: // the queue is full: lost, like a datagram
		}
	})
	defer e.n.detach(e.addr)
	for {
		select {
		case p := <-e.in:
			m, err := sipmsg.Decode(p.b, true)
			if m == nil {
				continue
			}
			m.Source, m.Local, m.Transport = p.from, e.addr, "udp"
			sink.Receive(m, err)
		case <-e.stop:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// Send implements transaction.Sender.
func (e *End) Send(m *sipmsg.Message, to transport.Target) error {
	b, err := m.Append(nil)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	e.n.deliver(b, e.addr, to.Addr)
	return nil
}

// Local implements transaction.Sender.
func (e *End) Local(string, netip.Addr) netip.AddrPort { return e.addr }

// Addrs returns the one address.
func (e *End) Addrs() []transport.Listen {
	return []transport.Listen{{Network: "udp", Addr: e.addr}}
}

// Close ends Run.
func (e *End) Close() { e.once.Do(func() { close(e.stop) }) }

// Attached reports whether that many endpoints and agents are on the network: a
// stack is from its Run on.
func (n *Net) Attached(count int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.ends) >= count
}
