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
	// By method ("other" for those that RFC 3261 and its extensions do not
	// name) and by status; what was never seen is absent.
	RequestsIn, RequestsOut   map[string]uint64
	ResponsesIn, ResponsesOut map[int]uint64
}

// methods are counted by name; all others are one.
var methods = [...]string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REGISTER", "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE", "PUBLISH", "other"}

// statuses holds 100 to 699.
const statuses = 600

type counters struct {
	received, turned, undecodable, panics       atomic.Uint64
	sent, sendErrors, refused, slow, handshakes atomic.Uint64
	requestsIn, requestsOut                     [len(methods)]atomic.Uint64
	responsesIn, responsesOut                   [statuses]atomic.Uint64
}

func methodIndex(method string) int {
	for i := range methods {
		if methods[i] == method {
			return i
		}
	}
	return len(methods) - 1
}

// statusIndex: the codec lets no other status through.
func statusIndex(status int) int { return min(max(status-100, 0), statuses-1) }

// Stats returns a snapshot of the counters.
func (s *Set) Stats() Stats {
	c := &s.stats
	return Stats{
		Received: c.received.Load(), Turned: c.turned.Load(), Undecodable: c.undecodable.Load(), Panics: c.panics.Load(),
		Sent: c.sent.Load(), SendErrors: c.sendErrors.Load(), Refused: c.refused.Load(), Handshakes: c.handshakes.Load(), SlowPeers: c.slow.Load(),
		Conns:      int64(s.conns.len()),
		RequestsIn: byMethod(&c.requestsIn), RequestsOut: byMethod(&c.requestsOut),
		ResponsesIn: byStatus(&c.responsesIn), ResponsesOut: byStatus(&c.responsesOut),
	}
}

func byMethod(n *[len(methods)]atomic.Uint64) map[string]uint64 {
	out := map[string]uint64{}
	for i := range n {
		if v := n[i].Load(); v > 0 {
			out[methods[i]] = v
		}
	}
	return out
}

func byStatus(n *[statuses]atomic.Uint64) map[int]uint64 {
	out := map[int]uint64{}
	for i := range n {
		if v := n[i].Load(); v > 0 {
			out[i+100] = v
		}
	}
	return out
}
