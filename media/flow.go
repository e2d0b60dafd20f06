package media

import (
	"net/netip"
	"strings"
	"time"
)

// Side names one of the two parties of a bridge.
type Side int

const (
	// Caller is the side that the call comes from.
	Caller Side = iota
	// Merchant is the side that is protected.
	Merchant
)

// Other is the opposite side.
func (s Side) Other() Side { return 1 - s }

// String is "caller" or "merchant".
func (s Side) String() string {
	switch s {
	case Caller:
		return "caller"
	case Merchant:
		return "merchant"
	}
	return "no side"
}

// Codec is one payload type of a session description (a=rtpmap, a=fmtp).
type Codec struct {
	PayloadType uint8
	Name        string // encoding name, as in rtpmap; compared without case
	ClockRate   uint32 // Hz
	Channels    uint8  // 0 means 1
	Params      string // a=fmtp, as it stands; not looked at here
}

// PCMU and PCMA are the static G.711 payload types of RFC 3551.
var (
	PCMU = Codec{PayloadType: 0, Name: "PCMU", ClockRate: 8000, Channels: 1}
	PCMA = Codec{PayloadType: 8, Name: "PCMA", ClockRate: 8000, Channels: 1}
)

// IsG711 reports whether we can decode and make this codec.
func (c Codec) IsG711() bool {
	return (strings.EqualFold(c.Name, "PCMU") || strings.EqualFold(c.Name, "PCMA")) &&
		c.ClockRate == 8000 && c.Channels <= 1
}

// same reports whether both name one encoding, whatever its payload type.
func (c Codec) same(o Codec) bool {
	return strings.EqualFold(c.Name, o.Name) && c.ClockRate == o.ClockRate && max(c.Channels, 1) == max(o.Channels, 1)
}

// Flow is what one side's session description says about its audio.
type Flow struct {
	// RTP is where the side takes RTP and must send it from. A zero port or an
	// unspecified address means that nothing may be sent.
	RTP netip.AddrPort
	// RTCP is the same for RTCP; zero means RTP's port plus one, equal to RTP
	// means both on one port (RFC 5761).
	RTCP netip.AddrPort
	// Latch, if valid, says that the side is behind NAT: its port is learnt
	// once, from a packet of this (the signalling) address, within three
	// seconds of Set or of Connect(true).
	Latch netip.Addr
	// Send: we may send to it. Receive: it may send to us (RFC 3264 §5.1).
	Send, Receive bool
	// Codecs in order of preference, audio only. Of an offer's, those count
	// that the other side has as well. None means that every payload type
	// passes as it is.
	Codecs []Codec
	// Events is the payload type of telephone-event/8000, CN that of comfort
	// noise; 0 means not negotiated.
	Events, CN uint8
	// SRTP, if not nil, protects what goes to the side and what comes from it;
	// what is not protected so is dropped.
	SRTP *SRTP
	// PTime is the packet length that the side asks for; 0 means 20 ms.
	// It counts for packets that we make; others keep the length they have.
	PTime time.Duration
	// Raw says that no RTP flows but something that passes as it is, without a
	// look inside: UDPTL of a T.38 fax. It passes while both sides are so; there
	// is no RTCP, and nothing can be played, tapped or heard.
	Raw bool
}
