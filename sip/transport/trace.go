package transport

import (
	"net/netip"

	"ringward/sip/sipmsg"
)

// Crossing is one message as it crossed the wire, for Config.Trace.
type Crossing struct {
	Out     bool   // sent by us
	Network string // "udp", "tcp", "tls", "ws" or "wss"
	Local   netip.AddrPort
	Remote  netip.AddrPort
	// Octets are the message as it stood on the wire, without what TLS and
	// WebSocket put around it. They are valid during the call only.
	Octets []byte
}

// traceIn shows what was received and admitted, decodable or not.
func (s *Set) traceIn(b []byte, from origin) {
	if s.cfg.Trace != nil {
		s.cfg.Trace(Crossing{Network: from.network, Local: from.local, Remote: from.source, Octets: b})
	}
}

// traceOut shows what was handed to a socket or to a connection's queue.
func (s *Set) traceOut(b []byte, to Target) {
	if s.cfg.Trace == nil {
		return
	}
	local := to.Local
	if !local.IsValid() || local.Addr().IsUnspecified() {
		local = s.Local(to.Network, to.Addr.Addr())
	}
	s.cfg.Trace(Crossing{Out: true, Network: to.Network, Local: local, Remote: to.Addr, Octets: b})
}

// countIn and countOut count messages by method and by status. Responses are
// counted in both directions: those that we send tell callers' experience,
// those that we get tell our peers' state.
func (s *Set) countIn(m *sipmsg.Message) {
	if m.IsRequest() {
		s.stats.requestsIn[methodIndex(m.Method)].Add(1)
	} else {
		s.stats.responsesIn[statusIndex(m.Status)].Add(1)
	}
}

func (s *Set) countOut(m *sipmsg.Message) {
	if m.IsRequest() {
		s.stats.requestsOut[methodIndex(m.Method)].Add(1)
	} else {
		s.stats.responsesOut[statusIndex(m.Status)].Add(1)
	}
}
