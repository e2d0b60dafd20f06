package transport

import "sync/atomic"

// Stats counts what a Set did since Open.
type Stats struct {
	Received    uint64 // messages handed to the sink
	Turned      uint64 // turned away by Admit
	Undecodable uint64 // refused by the codec, answered or not
	Panics      uint64 // contained while one message was handled
	Sent        uint64
	SendErrors  uint64
	Refused     uint64 // connections over the limits
	Handshakes  uint64 // TLS and WebSocket handshakes that came to nothing
	SlowPeers   uint64 // connections dropped because they did not read
	Conns       int64  // open now
}

type counters struct {
	received, turned, undecodable, panics       atomic.Uint64
	sent, sendErrors, refused, slow, handshakes atomic.Uint64
}

// Stats returns a snapshot of the counters.
func (s *Set) Stats() Stats {
	c := &s.stats
	return Stats{
		Received: c.received.Load(), Turned: c.turned.Load(), Undecodable: c.undecodable.Load(), Panics: c.panics.Load(),
		Sent: c.sent.Load(), SendErrors: c.sendErrors.Load(), Refused: c.refused.Load(), Handshakes: c.handshakes.Load(), SlowPeers: c.slow.Load(),
		Conns: int64(s.conns.len()),
	}
}
