package media

import (
	"net/netip"
	"time"

	"ringward/media/dtmf"
	"ringward/media/g711"
)

// leg is one side of a bridge. Guarded by the bridge's mutex.
//
// With a thousand calls no leg is in the processor's cache when its packet
// comes: what every packet needs stands together and first.
type leg struct {
	b        *Bridge
	side     Side
	set      bool // its session description is known
	receives bool // it may send to us
	sends    bool // we may send to it
	capture  bool // its keys are not relayed
	tapNew   bool // the next tapped frame begins anew
	raw      bool // it sends no RTP: see Flow.Raw
	mixable  bool // the first codec agreed is G.711
	carried  bool // by a Carrier: it has no address
	heard    kind // of its newest sound: voice or opaque; unknown before it
	pt       uint8
	law      g711.Law // of packets that we make, as pt is; none when it takes no G.711

	secure *secure // nil: RTP in the clear

	// what it sends
	rtp   peer
	in    reception
	taken uint32 // time stamp of the key that was captured last
	took  bool   // there is one
	tap   *TapQueue
	keys  dtmf.Detector

	// what it gets
	rtpConn conn
	out     stream
	octets  uint32 // payload sent, for sender reports
	fade    fade
	player  *player
	sender  *keySender
	quiet   comfort // the other side's last comfort noise

	stats FlowStats
	hops  [128]hop // of what it sends, to the other side

	due       time.Time // when a packet is made if none is relayed
	fillUntil time.Time // silence is made for a captured key
	digits    chan Digit
	flow      Flow
	rtcp      peer
	rtcpConn  conn

	// our address towards the side, as told to it; constant
	local             netip.Addr
	rtpPort, rtcpPort uint16
}

// comfort is a comfort noise packet of the other side (RFC 3389), kept to say
// again that it is silent after a prompt.
type comfort struct {
	n    int // octets; 0 when it speaks
	data [12]byte
}

func (l *leg) far() *leg { return &l.b.legs[l.side.Other()] }

// canSend reports whether media may go to the side: it has said where, and
// does not hold.
func (l *leg) canSend() bool { return l.sends && l.rtp.addr.valid() }

// configure takes a session description over.
func (l *leg) configure(f Flow, now time.Time) {
	at, control := l.safe(f.RTP), l.safe(rtcpOf(f))
	l.rtp.set(at, f.Latch, !l.set || f.RTP != l.flow.RTP, now)
	l.rtcp.set(control, f.Latch, !l.set || rtcpOf(f) != rtcpOf(l.flow), now)
	if l.carried {
		l.moveIn()
	}
	f.Codecs = append([]Codec(nil), f.Codecs...)
	l.set, l.flow, l.sends, l.receives, l.raw = true, f, f.Send, f.Receive, f.Raw
	l.heard = unknown
	var err error
	if l.secure, err = l.secure.renew(f.SRTP); err != nil {
		l.b.e.log.Error("a side's media cannot be protected and is dropped", "side", l.side.String(), "err", err)
	}
}

// agree works out what both descriptions together mean for this side.
func (l *leg) agree() {
	l.hops = hops(l.flow, l.far().flow)
	codecs := common(l.flow, l.far().flow)
	l.law, l.pt, l.mixable, l.out.clock = 0, 0, false, clock8k
	if c, ok := firstG711(codecs); ok {
		l.law, l.pt = lawOf(c), c.PayloadType&127
		l.mixable = codecs[0].IsG711()
	}
	if len(codecs) > 0 && codecs[0].ClockRate > 0 {
		l.out.clock = codecs[0].ClockRate
	}
}

// analysable reports whether what the side sends is G.711: by what it sent
// last, or before that by what was agreed.
func (l *leg) analysable() bool {
	if l.heard != unknown {
		return l.heard == voice
	}
	return l.mixable
}

// safe refuses the bridge's own ports: sound sent there would go round in it
// for ever.
func (l *leg) safe(a netip.AddrPort) netip.AddrPort {
	for i := range l.b.legs {
		o := &l.b.legs[i]
		if a.Port() == o.rtpPort || a.Port() == o.rtcpPort {
			if ip := a.Addr().Unmap(); ip == o.local || ip.IsLoopback() && o.local.IsLoopback() {
				return netip.AddrPort{}
			}
		}
	}
	return a
}

// usePayloadType makes our packets look like those relayed last.
func (l *leg) usePayloadType(h hop) { l.pt, l.law = h.pt, h.to }

// frame is how many samples a packet that we make has.
func (l *leg) frame() int {
	n := samples(l.flow.PTime)
	if n < clock8k/100 || n > maxFrame {
		return clock8k / 50
	}
	return n
}

// ticks reports whether packets may have to be made for this side.
func (l *leg) ticks(now time.Time) bool {
	if !l.canSend() || l.law == 0 && l.sender == nil {
		return false
	}
	return l.player != nil || l.sender != nil || l.mixable && now.Before(l.fillUntil)
}

// send puts a packet on the wire; octets is its payload.
func (l *leg) send(b []byte, octets int) {
	if l.secure != nil {
		var ok bool
		if b, ok = l.secure.sealRTP(b); !ok {
			l.stats.SendErrors++
			return
		}
	}
	if !l.rtpConn.send(b, &l.rtp.addr) {
		l.stats.SendErrors++
		return
	}
	l.stats.PacketsOut++
	l.stats.BytesOut += uint64(len(b))
	l.octets += uint32(octets)
}
