package transport

import (
	"context"
	"net/netip"

	"ringward/sip/sipmsg"
)

// Set is all sockets of one SIP endpoint. Its methods are safe for concurrent
// use.
type Set struct{ cfg Config }

// Open binds the addresses of cfg.Listen; nothing is read before Run, and Send
// works from Run on. (Two steps, because the sink is made on top of the Set.)
func Open(cfg Config) (*Set, error) { return &Set{cfg: cfg}, nil }

// Run reads into sink until ctx is done or Close is called, then closes and
// waits for every goroutine of the Set. It returns nil then.
func (s *Set) Run(ctx context.Context, sink Sink) error { return nil }

// Close closes all sockets and connections. It may be called more than once.
func (s *Set) Close() {}

// Send encodes m and sends it to the target: over the connection named if it is
// open, else over one to the address, made if there is none, or as a datagram.
// It does not wait for connections: what fails later reaches FailureSink.
func (s *Set) Send(m *sipmsg.Message, to Target) error { return ErrClosed }

// Local returns the address that a peer should answer to: the port listened on
// with the address that the route to the peer leaves from. It is the zero value
// if nothing listens on that network in the peer's family.
func (s *Set) Local(network string, to netip.Addr) netip.AddrPort { return netip.AddrPort{} }

// Addrs returns what is listened on, with the real ports.
func (s *Set) Addrs() []Listen { return s.cfg.Listen }

// Stats returns counters since Open.
func (s *Set) Stats() Stats { return Stats{} }

// Stats counts what a Set did.
type Stats struct {
	Received    uint64 // messages decoded or answered as undecodable
	Turned      uint64 // turned away by Admit
	Undecodable uint64
	Panics      uint64 // contained while one message was handled
	Sent        uint64
	SendErrors  uint64
	Refused     uint64 // connections over the limits
	SlowPeers   uint64 // connections dropped because they did not read
	Conns       int64  // open now
}

// ReplyTarget is where the response to a received request goes (RFC 3261
// §18.2.2, RFC 3581 §4), given its top Via as the transport stamped it.
func ReplyTarget(req *sipmsg.Message, top sipmsg.Via) Target { return Target{} }
