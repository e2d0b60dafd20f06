package media

import (
	"net/netip"
	"time"
)

// FlowStats counts what passed between us and one side since the bridge was
// made.
type FlowStats struct {
	PacketsIn, BytesIn   uint64    // accepted RTP, bytes with header
	LastPacket           time.Time // accepted; zero before the first
	PacketsOut, BytesOut uint64    // RTP sent to this side
	Generated            uint64    // of PacketsOut, made by us
	Foreign              uint64    // RTP and RTCP from an address that is not the side's
	Malformed            uint64    // not RTP or RTCP, or too large
	Unauthentic          uint64    // SRTP or SRTCP that is forged, damaged or repeated
	Blocked              uint64    // against the direction, or a payload type not negotiated
	Late                 uint64    // dropped: their place was already filled by a generated packet
	Lost                 uint64    // RFC 3550 A.3, from sequence numbers
	SendErrors           uint64    // the kernel refused a packet to this side
	RTCPIn, RTCPOut      uint64
	DigitsDropped        uint64 // nobody read Digits
	TapDropped           uint64 // the tap's queue was full
	Jitter               time.Duration
	Latched              bool // behind NAT, and its port is known
	// Source is the address that media is taken from and sent to; invalid if
	// none is known.
	Source netip.AddrPort
}

// Stats counts what an engine holds and has carried.
type Stats struct {
	Bridges                              int
	PairsTotal, PairsInUse, PairsResting int // port pairs (RTP and RTCP)
	BindFailures                         uint64
	NoPorts                              uint64    // calls that found no port
	Faults                               uint64    // calls cut by a panic
	Playing                              int       // bridges that the clock ticks for
	Total                                FlowStats // all sides of all bridges, ended ones included
}

// snapshot is called under the bridge's mutex.
func (l *leg) snapshot() FlowStats {
	s := l.stats
	s.Lost = l.in.lost()
	s.Jitter = l.in.spread(l.out.clock)
	s.Latched = l.rtp.latched
	if !l.carried {
		s.Source = l.rtp.addr.addr
	}
	return s
}

// add sums the counters; jitter and the newest packet are the greatest.
func (s *FlowStats) add(o FlowStats) {
	s.PacketsIn += o.PacketsIn
	s.BytesIn += o.BytesIn
	s.PacketsOut += o.PacketsOut
	s.BytesOut += o.BytesOut
	s.Generated += o.Generated
	s.Foreign += o.Foreign
	s.Malformed += o.Malformed
	s.Unauthentic += o.Unauthentic
	s.Blocked += o.Blocked
	s.Late += o.Late
	s.Lost += o.Lost
	s.SendErrors += o.SendErrors
	s.RTCPIn += o.RTCPIn
	s.RTCPOut += o.RTCPOut
	s.DigitsDropped += o.DigitsDropped
	s.TapDropped += o.TapDropped
	s.Jitter = max(s.Jitter, o.Jitter)
	if o.LastPacket.After(s.LastPacket) {
		s.LastPacket = o.LastPacket
	}
}
