package media

import "time"

// FlowStats counts what passed between us and one side since the bridge was
// made.
type FlowStats struct {
	PacketsIn, BytesIn   uint64 // accepted RTP, bytes with header
	PacketsOut, BytesOut uint64 // RTP sent to this side
	Generated            uint64 // of PacketsOut, made by us
	Foreign              uint64 // RTP and RTCP from an address that is not the side's
	Malformed            uint64 // not RTP or RTCP, or too large
	Blocked              uint64 // against the direction, or a payload type not negotiated
	Late                 uint64 // dropped: their place was already filled by a generated packet
	Lost                 uint64 // RFC 3550 A.3, from sequence numbers
	SendErrors           uint64 // the kernel refused a packet to this side
	RTCPIn, RTCPOut      uint64
	DigitsDropped        uint64 // nobody read Digits
	TapDropped           uint64 // the tap's queue was full
	Jitter               time.Duration
	LastPacket           time.Time // zero before the first
	Latched              bool      // behind NAT, and its port is known
	Source               string    // address that media is taken from; "" if none
}

// Stats counts what an engine holds and has carried.
type Stats struct {
	Bridges                              int
	PairsTotal, PairsInUse, PairsResting int // port pairs (RTP and RTCP)
	BindFailures                         uint64
	NoPorts                              uint64    // calls that found no port
	Playing                              int       // bridges that the clock ticks for
	Total                                FlowStats // all sides of all bridges, ended ones included
}
