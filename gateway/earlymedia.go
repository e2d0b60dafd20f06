package gateway

import (
	"strings"

	"ringward/media/sdp"
	"ringward/sip/sipmsg"
)

// EarlyMedia says what callers of a trunk hear before the merchant answers.
type EarlyMedia uint8

// The choices.
const (
	EarlyPass EarlyMedia = iota // the phone's own sound, both ways
	EarlyRing                   // ringing, whatever the phone sends: nobody talks before the call is charged
)

// ParseEarlyMedia reads "pass" (also "") or "ring".
func ParseEarlyMedia(s string) (EarlyMedia, bool) {
	switch s {
	case "", "pass":
		return EarlyPass, true
	case "ring":
		return EarlyRing, true
	}
	return EarlyPass, false
}

// String is the word used in configuration.
func (e EarlyMedia) String() string {
	if e == EarlyRing {
		return "ring"
	}
	return "pass"
}

// earlyHeader is P-Early-Media (RFC 5009).
const earlyHeader = "P-Early-Media"

// earlyDirection reads it from a response: what the callee's side lets flow. It
// can take away and never adds, so that it counts from everybody. ok is false
// without it.
func earlyDirection(m *sipmsg.Message) (d sdp.Direction, ok bool) {
	for _, v := range m.List(earlyHeader) {
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "sendrecv":
			return sdp.SendRecv, true
		case "sendonly":
			return sdp.SendOnly, true
		case "recvonly":
			return sdp.RecvOnly, true
		case "inactive":
			return sdp.Inactive, true
		}
	}
	return sdp.SendRecv, false
}

// earlySupported tells a trusted trunk that we understand the header.
func earlySupported(t *trunkState) []sipmsg.Header {
	if !t.Trusted {
		return nil
	}
	return []sipmsg.Header{{Name: earlyHeader, Value: "supported"}}
}

// gateEarly lets early media flow as the callee's side authorised it: sendonly
// is towards the caller alone.
func (c *call) gateEarly(d sdp.Direction) {
	caller, callee := c.in.agreed, c.merchant.agreed
	if !d.Send() {
		callee.Direction &^= sdp.SendOnly
	}
	if !d.Receive() {
		caller.Direction &^= sdp.SendOnly
	}
	c.flow(c.in, caller)
	c.flow(c.merchant, callee)
}

// earlyHeaders are what the caller's side is told of early media: only a trusted
// trunk that knows the header (RFC 5009 §6).
func (c *call) earlyHeaders(d sdp.Direction) []sipmsg.Header {
	if !c.trunk.Trusted || !c.in.leg.Invite().Has(earlyHeader) {
		return nil
	}
	return []sipmsg.Header{{Name: earlyHeader, Value: d.String()}}
}
