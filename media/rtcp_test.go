package media

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/pion/rtcp"
)

func marshal(t testing.TB, ps ...rtcp.Packet) []byte {
	t.Helper()
	b, err := rtcp.Marshal(ps)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rtcpAt(s Side) netip.AddrPort { return netip.AddrPortFrom(at(s).Addr(), at(s).Port()+1) }

// reports sends RTCP of side s and returns what the other side gets, parsed by
// another implementation.
func (r *rig) reports(s Side, b []byte) (got []rtcp.Packet) {
	r.t.Helper()
	r.deliver(s, true, rtcpAt(s), b)
	for _, out := range r.outRTCP(s.Other()) {
		ps, err := rtcp.Unmarshal(out)
		if err != nil {
			r.t.Fatalf("sent what is no RTCP: %v: %x", err, out)
		}
		got = append(got, ps...)
	}
	return got
}

// Reports cross in the terms of our streams, with our name in them.
func TestReportsAreRewritten(t *testing.T) {
	r, a, b := talking(t), newSource(), newSource()
	b.ssrc = 0xd00d
	r.talk(Caller, a, 10)
	r.talk(Merchant, b, 4)
	toMerchant, toCaller := r.out(Merchant), r.out(Caller)
	seen := toCaller[3]
	got := r.reports(Caller, marshal(t,
		&rtcp.SenderReport{SSRC: a.ssrc, NTPTime: 42 << 32, RTPTime: a.ts, PacketCount: 999, OctetCount: 999,
			Reports: []rtcp.ReceptionReport{
				{SSRC: 0x123456, LastSequenceNumber: 1},
				{SSRC: seen.ssrc, FractionLost: 7, TotalLost: 3, LastSequenceNumber: 5<<16 | uint32(seen.seq), Jitter: 11, LastSenderReport: 13, Delay: 17},
			}},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: a.ssrc, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "me@10.0.0.5"}}}}}))
	if len(got) != 2 {
		t.Fatalf("got %d packets, want a report and a name", len(got))
	}
	sr, ok := got[0].(*rtcp.SenderReport)
	if !ok {
		t.Fatalf("got %T, want a sender report", got[0])
	}
	last := toMerchant[9]
	if sr.SSRC != last.ssrc || sr.NTPTime != 42<<32 || sr.RTPTime != last.ts+160 || sr.PacketCount != 10 || sr.OctetCount != 1600 {
		t.Errorf("sender report: got %+v", sr)
	}
	if len(sr.Reports) != 1 {
		t.Fatalf("got %d report blocks, want 1", len(sr.Reports))
	}
	block := sr.Reports[0]
	if block.SSRC != b.ssrc || uint16(block.LastSequenceNumber) != b.seq-1 || block.FractionLost != 7 || block.LastSenderReport != 13 || block.Delay != 17 {
		t.Errorf("report block: got %+v, want one about %x up to %d", block, b.ssrc, b.seq-1)
	}
	name := got[1].(*rtcp.SourceDescription).Chunks[0]
	if name.Source != last.ssrc || len(name.Items) != 1 || name.Items[0].Text != string(r.b.cname[:]) {
		t.Errorf("name: got %+v, want ours", name)
	}
}

// With RTP and RTCP on one port, reports go there too.
func TestMuxedReports(t *testing.T) {
	r, src := talking(t), newSource()
	f := pcma(Merchant)
	f.RTCP = f.RTP
	r.b.Set(Merchant, f)
	r.talk(Caller, src, 3)
	r.out(Merchant)
	r.deliver(Caller, true, rtcpAt(Caller), marshal(t, &rtcp.SenderReport{SSRC: src.ssrc}))
	if len(r.net.sent) != 1 || r.net.sent[0].to != merchantAt || !isRTCP(r.net.sent[0].b) {
		t.Errorf("sent %+v, want one report to %s", r.net.sent, merchantAt)
	}
}

// What says nothing of our streams becomes an empty receiver report, and BYE
// ends nothing and goes nowhere.
func TestByeEndsNothing(t *testing.T) {
	r, src := talking(t), newSource()
	r.talk(Caller, src, 3)
	got := r.reports(Caller, marshal(t, &rtcp.ReceiverReport{SSRC: src.ssrc}, &rtcp.Goodbye{Sources: []uint32{src.ssrc}}))
	if len(got) != 2 {
		t.Fatalf("got %d packets, want a report and a name", len(got))
	}
	if rr, ok := got[0].(*rtcp.ReceiverReport); !ok || len(rr.Reports) != 0 {
		t.Errorf("got %+v, want an empty receiver report", got[0])
	}
	r.talk(Caller, src, 3)
	if n := len(r.out(Merchant)); n != 6 {
		t.Errorf("got %d packets after BYE, want 6", n)
	}
}

func TestRTCPSources(t *testing.T) {
	rr := marshal(t, &rtcp.ReceiverReport{SSRC: 1})
	bye := marshal(t, &rtcp.Goodbye{Sources: []uint32{0xcafe}})
	over := append([]byte(nil), rr...)
	binary.BigEndian.PutUint16(over[2:], 99)
	for _, c := range []struct {
		name               string
		rtcp               bool // port
		from               netip.AddrPort
		mux                bool
		b                  []byte
		in, foreign, wrong uint64
	}{
		{"from its port", true, rtcpAt(Caller), false, rr, 1, 0, 0},
		{"from the RTP port", true, callerAt, false, rr, 0, 1, 0},
		{"stranger", true, strangerAt, false, bye, 0, 1, 0},
		{"stranger on the RTP port", false, strangerAt, false, bye, 0, 1, 0},
		{"on the RTP port, not agreed", false, callerAt, false, rr, 0, 0, 1},
		{"on the RTP port, agreed", false, callerAt, true, rr, 1, 0, 0},
		{"BYE first", true, rtcpAt(Caller), false, bye, 0, 0, 1},
		{"length over", true, rtcpAt(Caller), false, over, 0, 0, 1},
		{"31 blocks claimed", true, rtcpAt(Caller), false, []byte{0x9f, 201, 0, 1, 0, 0, 0, 1}, 0, 0, 1},
		{"empty", true, rtcpAt(Caller), false, nil, 0, 0, 1},
	} {
		r := talking(t)
		if c.mux {
			f := pcma(Caller)
			f.RTCP = f.RTP
			r.b.Set(Caller, f)
		}
		r.deliver(Caller, c.rtcp, c.from, c.b)
		st := r.b.Stats(Caller)
		if st.RTCPIn != c.in || st.Foreign != c.foreign || st.Malformed != c.wrong {
			t.Errorf("%s: got %d in, %d foreign, %d malformed; want %d, %d, %d", c.name, st.RTCPIn, st.Foreign, st.Malformed, c.in, c.foreign, c.wrong)
		}
	}
}

func TestShiftSeq(t *testing.T) {
	for _, c := range []struct {
		ext  uint32
		d    uint16
		want uint32
	}{{0x10005, 3, 0x10002}, {0x10005, 6, 0x0ffff}, {0x00005, 6, 0x0ffff}, {0x20000, 0xffff, 0x10001}} {
		if got := shiftSeq(c.ext, c.d); got != c.want {
			t.Errorf("%#x less %#x: got %#x, want %#x", c.ext, c.d, got, c.want)
		}
	}
}
