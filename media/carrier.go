package media

import "net/netip"

// Carrier takes the packets of one side where no port of ours reaches it: a
// browser's encrypted connection.
type Carrier interface {
	// Send takes one packet, RTP or RTCP (told apart as RFC 5761 §4 does). It is
	// called under the bridge's mutex: it never waits, calls no Bridge, and keeps
	// nothing of b. False means that the packet was dropped.
	Send(b []byte) bool
	// SSRC is the one that the side was told of (RFC 5576).
	SSRC() uint32
}

// Carry moves side s from its ports to a carrier, for good: the ports are
// closed, what the side is sent goes through c, and only Deliver brings what it
// says. Addresses in its Flow count no more; all else stays as it is.
func (b *Bridge) Carry(s Side, c Carrier) {
	b.mu.Lock()
	defer b.unlock()
	if b.closed {
		return
	}
	l := &b.legs[s]
	l.rtpConn.close()
	l.rtcpConn.close()
	l.rtpConn, l.rtcpConn = carriage{c}, carriage{c}
	l.out.ssrc = c.SSRC()
	l.carried = true
	l.moveIn()
}

// Deliver takes one packet that a carrier brought from side s. It may write to
// packet, up to its capacity, and keeps nothing of it.
func (b *Bridge) Deliver(s Side, packet []byte) {
	defer b.contain()
	b.mu.Lock()
	defer b.unlock()
	l := &b.legs[s]
	if b.closed || !l.carried {
		return
	}
	now := b.e.now()
	switch {
	case len(packet) > maxPacket:
		l.oversized(carriedAt, now)
	case isRTCP(packet):
		l.receiveRTCP(packet, carriedAt, &l.rtcp, now)
	default:
		l.receiveRTP(packet, carriedAt, now)
	}
}

// carriedAt stands for the far end of a carrier where an address is asked for.
// No packet is ever sent to it: a carriage does not look.
var carriedAt = netip.AddrPortFrom(netip.IPv6LinkLocalAllNodes(), 9)

// moveIn makes the side's peers those of its carrier.
func (l *leg) moveIn() {
	far := target{addr: carriedAt}
	l.rtp, l.rtcp = peer{addr: far}, peer{addr: far}
}

// carriage is a carrier in a port's place.
type carriage struct{ c Carrier }

func (k carriage) send(b []byte, _ *target) bool { return k.c.Send(b) }
func (k carriage) close()                        {}
