package media

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"ringward/media/g711"
)

// rig is a bridge on a network that keeps what is sent, with a clock that the
// test moves: the relay without sockets.
type rig struct {
	t   testing.TB
	e   *Engine
	b   *Bridge
	net *fakeNet
	now time.Time
	buf []byte
}

var (
	callerAt   = netip.MustParseAddrPort("192.0.2.10:4000")
	merchantAt = netip.MustParseAddrPort("198.51.100.20:5000")
	strangerAt = netip.MustParseAddrPort("203.0.113.66:6666")
)

func at(s Side) netip.AddrPort {
	if s == Caller {
		return callerAt
	}
	return merchantAt
}

// fakeNet keeps the packets that bridges send, in order.
type fakeNet struct {
	sent   []sentPacket
	refuse bool // the kernel takes nothing
}

type sentPacket struct {
	port uint16 // ours
	to   netip.AddrPort
	b    []byte
}

type fakeConn struct {
	n    *fakeNet
	port uint16
}

func (n *fakeNet) listen(at netip.AddrPort, _ *inlet) (conn, error) {
	return &fakeConn{n, at.Port()}, nil
}
func (n *fakeNet) run(ctx context.Context, _ *worker) error { <-ctx.Done(); return nil }
func (n *fakeNet) wake()                                    {}
func (c *fakeConn) close()                                  {}

func (c *fakeConn) send(b []byte, to *target) bool {
	if c.n.refuse {
		return false
	}
	c.n.sent = append(c.n.sent, sentPacket{c.port, to.addr, append([]byte(nil), b...)})
	return true
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, net: &fakeNet{}, now: time.Unix(1_800_000_000, 0), buf: make([]byte, bufferSize)}
	e, err := NewEngine(Config{Addr: netip.MustParseAddr("127.0.0.1"), MinPort: 20000, MaxPort: 20099, Clock: func() time.Time { return r.now }})
	if err != nil {
		t.Fatal(err)
	}
	e.workers = []*worker{newWorker(r.net)}
	r.e = e
	if r.b, err = e.NewBridge(BridgeOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.b.Close)
	return r
}

// pcma is a side that speaks A-law, telephone-event and comfort noise.
func pcma(s Side) Flow {
	return Flow{RTP: at(s), Send: true, Receive: true, Codecs: []Codec{PCMA, PCMU}, Events: 101, CN: 13}
}

// talking is a rig whose two sides are connected.
func talking(t testing.TB) *rig {
	r := newRig(t)
	r.b.Set(Caller, pcma(Caller))
	r.b.Set(Merchant, pcma(Merchant))
	r.b.Connect(true)
	return r
}

func (r *rig) deliver(s Side, rtcp bool, from netip.AddrPort, b []byte) {
	in := &r.b.inlets[2*int(s)]
	if rtcp {
		in = &r.b.inlets[2*int(s)+1]
	}
	n := copy(r.buf, b)
	in.deliver(r.buf[:n], len(b), from, r.now)
}

// in is a packet that side s sends from where it should.
func (r *rig) in(s Side, b []byte) { r.deliver(s, false, at(s), b) }

// pass lets time go by, with ticks as a worker makes them.
func (r *rig) pass(d time.Duration) {
	for end := r.now.Add(d); r.now.Before(end); {
		r.now = r.now.Add(tickEvery)
		r.e.workers[0].tick(r.now)
	}
}

// out takes the RTP that was sent to side s since the last call.
func (r *rig) out(s Side) (ps []packet) {
	r.t.Helper()
	_, port, _ := r.b.Local(s)
	var rest []sentPacket
	for _, p := range r.net.sent {
		if p.port != port {
			rest = append(rest, p)
			continue
		}
		if p.to != at(s) {
			r.t.Errorf("sent from the %s's port to %s", s, p.to)
		}
		got, ok := parseRTP(p.b)
		if !ok {
			r.t.Fatalf("sent what is no RTP: %x", p.b)
		}
		ps = append(ps, got)
	}
	r.net.sent = rest
	return ps
}

// outRTCP takes the RTCP that was sent to side s.
func (r *rig) outRTCP(s Side) (bs [][]byte) {
	_, _, port := r.b.Local(s)
	var rest []sentPacket
	for _, p := range r.net.sent {
		if p.port != port {
			rest = append(rest, p)
			continue
		}
		bs = append(bs, p.b)
	}
	r.net.sent = rest
	return bs
}

// source is one party's RTP stream.
type source struct {
	pt   uint8
	ssrc uint32
	seq  uint16
	ts   uint32
	n    int // samples a packet
}

func newSource() *source { return &source{pt: 8, ssrc: 0xcafe, seq: 65530, ts: 0xfffffc00, n: 160} }

// next is the next packet, of speech-like noise that differs from packet to
// packet.
func (s *source) next() []byte {
	payload := make([]byte, s.n)
	x := s.ts*2654435761 + 1
	for i := range payload {
		x = x*1664525 + 1013904223
		payload[i] = g711.A.Code(int16(x>>16) / 4)
	}
	b := s.packet(s.pt, false, payload)
	s.skip(1)
	return b
}

// skip lets packets get lost.
func (s *source) skip(n int) {
	s.seq += uint16(n)
	s.ts += uint32(n * s.n)
}

func (s *source) packet(pt uint8, marker bool, payload []byte) []byte {
	b := make([]byte, rtpHeader, rtpHeader+len(payload))
	putHeader(b, pt, marker, slot{seq: s.seq, ts: s.ts}, s.ssrc)
	return append(b, payload...)
}

// key is a packet of an event that began at the source's time stamp.
func (s *source) key(code byte, duration uint16, end bool) []byte {
	e := []byte{code, 10, byte(duration >> 8), byte(duration)}
	if end {
		e[1] |= 0x80
	}
	b := s.packet(101, duration == 160, e)
	s.seq++
	return b
}

// talk sends n packets of side s, 20 ms apart, and returns their payloads.
func (r *rig) talk(s Side, src *source, n int) (sent [][]byte) {
	for range n {
		b := src.next()
		sent = append(sent, b[rtpHeader:])
		r.in(s, b)
		r.pass(time.Duration(src.n) * time.Second / clock8k)
	}
	return sent
}

// continuous checks a stream: one SSRC, sequence +1, time stamp +step, and no
// marker but on the first packet.
func continuous(t testing.TB, ps []packet, step uint32) {
	t.Helper()
	for i := 1; i < len(ps); i++ {
		p, q := ps[i-1], ps[i]
		if q.ssrc != p.ssrc || q.seq != p.seq+1 || q.ts != p.ts+step || q.raw[1]&0x80 != 0 {
			t.Errorf("packet %d: ssrc %x seq %d ts %d marker %v after ssrc %x seq %d ts %d", i,
				q.ssrc, q.seq, q.ts, q.raw[1]&0x80 != 0, p.ssrc, p.seq, p.ts)
		}
	}
}

// prompt is a tone of so many samples.
func prompt(n int) []int16 {
	a := make([]int16, n)
	for i := range a {
		a[i] = int16(8000 * (1 - 2*(i/8%2)))
	}
	return a
}
