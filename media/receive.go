package media

import (
	"net/netip"
	"time"
)

// inlet is where a port's datagrams go.
type inlet struct {
	b    *Bridge
	side Side
	rtcp bool
}

// deliver takes one datagram. It may write to buf, up to its capacity, and
// keeps nothing of it. size is the datagram's own, which may be more than buf
// holds.
func (i *inlet) deliver(buf []byte, size int, from netip.AddrPort, now time.Time) {
	b := i.b
	defer b.contain()
	b.mu.Lock()
	defer b.unlock()
	if b.closed {
		return
	}
	l := &b.legs[i.side]
	if size > len(buf) || size > maxPacket {
		l.oversized(from, now)
		return
	}
	switch {
	case l.raw:
		l.receiveRaw(buf, i.rtcp, from, now)
	case i.rtcp:
		l.receiveRTCP(buf, from, &l.rtcp, now)
	case isRTCP(buf):
		l.receiveMuxed(buf, from, now)
	default:
		l.receiveRTP(buf, from, now)
	}
}

func (l *leg) oversized(from netip.AddrPort, now time.Time) {
	if ok, _ := l.rtp.accepts(from, now); ok {
		l.stats.Malformed++
		return
	}
	l.stats.Foreign++
}

// receiveRTP checks where a packet comes from, then what it is, then whether
// the side may send it, and only then uses it.
func (l *leg) receiveRTP(b []byte, from netip.AddrPort, now time.Time) {
	ok, learn := l.rtp.accepts(from, now)
	if !ok {
		l.stats.Foreign++
		return
	}
	if l.secure != nil { // before anything is believed of the packet: no learning, no counting, no relaying
		if b, ok = l.secure.openRTP(b); !ok {
			l.stats.Unauthentic++
			return
		}
	}
	p, ok := parseRTP(b)
	if !ok {
		l.stats.Malformed++
		return
	}
	h := l.hops[p.pt]
	if !l.receives || h.kind == unknown {
		l.stats.Blocked++
		l.far().out.absorb(p)
		return
	}
	if learn {
		l.rtp.learnt(from)
		l.b.schedule(now)
	}
	l.stats.PacketsIn++
	l.stats.BytesIn += uint64(len(b))
	l.stats.LastPacket = now
	if l.in.count(p, l.out.clock, now) {
		l.tapNew = true
		l.keys.Reset()
	}
	l.listen(p, h)
	l.relay(p, h, now)
}

// listen takes from a packet what we want to know of it.
func (l *leg) listen(p packet, h hop) {
	switch h.kind {
	case event:
		l.detect(p)
	case opaque:
		l.heard = opaque
	case voice:
		l.heard = voice
		if l.keys.Running() {
			l.keyOver(p)
		}
		if l.tap != nil {
			l.stats.TapDropped += l.tap.push(TapFrame{Side: l.side, Timestamp: p.ts, Restart: l.tapNew}, h.law, p.payload)
			l.tapNew = false
		}
	}
}

// relay sends a packet on to the other side, or leaves it out.
func (l *leg) relay(p packet, h hop, now time.Time) {
	to := l.far()
	switch {
	case !l.b.connected || !h.cross || !to.canSend() || to.sender != nil:
		if h.kind == event {
			l.captures(p) // the announcement's keys, before the sides are connected
		}
		to.out.absorb(p)
	case h.kind == voice:
		to.relayVoice(p, h, now)
	case h.kind == event && l.captures(p):
		to.out.absorb(p)
		to.fill(now)
	case h.kind == event:
		to.relayEvent(p, h, now)
	case h.kind == noise:
		to.relayNoise(p, h, now)
	default:
		to.relayOpaque(p, h, now)
	}
}

// captures reports whether a key is control input. One that was taken stays so
// to its last packet: its owner hears of it, and may end the capture, with the
// first of its three end packets, and the others must not cross.
func (l *leg) captures(p packet) bool {
	if l.capture {
		l.took, l.taken = true, p.ts
	}
	return l.took && l.taken == p.ts
}

func (l *leg) relayVoice(p packet, h hop, now time.Time) {
	l.quiet.n = 0
	at, ok := l.out.relay(p, uint32(len(p.payload)), now)
	if !ok {
		l.stats.Late++
		return
	}
	if !l.untouched() {
		l.usePayloadType(h)
		l.rewrite(p.payload, h.law, h.to)
	} else if h.law != h.to {
		h.law.Convert(p.payload, h.to)
	}
	l.forward(p, h, at)
	if l.player != nil {
		l.wait(uint32(len(p.payload)), now)
	}
}

// relayEvent passes a telephone-event; while one runs nothing else is sent and
// a prompt stands still.
func (l *leg) relayEvent(p packet, h hop, now time.Time) {
	at, ok := l.out.relayEvent(p, eventLength(p), now)
	if !ok {
		l.stats.Late++
		return
	}
	l.forward(p, h, at)
	if l.player != nil {
		l.wait(0, now)
	}
}

// relayNoise passes comfort noise. Under a prompt it counts as silence: packets
// are made until the other side speaks again.
func (l *leg) relayNoise(p packet, h hop, now time.Time) {
	l.quiet.n = copy(l.quiet.data[:], p.payload)
	if l.player != nil {
		l.player.heardLen = 0
		l.out.absorb(p)
		return
	}
	at, ok := l.out.relay(p, clock8k/50, now)
	if !ok {
		l.stats.Late++
		return
	}
	l.forward(p, h, at)
}

// relayOpaque passes a codec that we do not know; while a prompt plays alone,
// it is left out.
func (l *leg) relayOpaque(p packet, h hop, now time.Time) {
	if l.player != nil {
		l.out.absorb(p)
		return
	}
	at, ok := l.out.relay(p, l.out.clock/50, now)
	if !ok {
		l.stats.Late++
		return
	}
	l.forward(p, h, at)
}

func (l *leg) forward(p packet, h hop, at slot) {
	readdress(p.raw, h.pt, at, l.out.ssrc)
	l.send(p.raw, len(p.payload))
}
