package media

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"ringward/media/g711"
)

var everySuite = []string{"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"}

func freshKeys(suite string) *SRTP {
	n := suites[suite].key + suites[suite].salt
	k := &SRTP{Suite: suite, Local: make([]byte, n), Remote: make([]byte, n)}
	rand.Read(k.Local)
	rand.Read(k.Remote)
	return k
}

// srtpPeer is a party that speaks SRTP, by pion alone.
type srtpPeer struct {
	t       testing.TB
	header  rtp.Header
	in, out *srtp.Context
}

func newSRTPPeer(t testing.TB, k *SRTP) *srtpPeer {
	t.Helper()
	s := suites[k.Suite]
	in, err := srtp.CreateContext(k.Local[:s.key], k.Local[s.key:], s.profile, srtp.SRTPReplayProtection(64), srtp.SRTCPReplayProtection(64))
	if err != nil {
		t.Fatal(err)
	}
	out, err := srtp.CreateContext(k.Remote[:s.key], k.Remote[s.key:], s.profile)
	if err != nil {
		t.Fatal(err)
	}
	return &srtpPeer{t: t, in: in, out: out}
}

func (p *srtpPeer) seal(b []byte) []byte {
	p.t.Helper()
	out, err := p.out.EncryptRTP(nil, b, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// hears takes what was sent to side s and decrypts it.
func (p *srtpPeer) hears(r *rig, s Side) (ps []packet) {
	p.t.Helper()
	for _, sealed := range r.out(s) {
		plain, err := p.in.DecryptRTP(nil, sealed.raw, nil)
		if err != nil {
			p.t.Fatalf("packet %d cannot be decrypted: %v", sealed.seq, err)
		}
		if bytes.Equal(plain[rtpHeader:], sealed.raw[rtpHeader:len(plain)]) {
			p.t.Errorf("packet %d went out in the clear", sealed.seq)
		}
		got, _ := parseRTP(plain)
		ps = append(ps, got)
	}
	return ps
}

// protectedRig is talking, with SRTP towards the caller.
func protectedRig(t testing.TB, suite string) (*rig, *srtpPeer, Flow) {
	r := newRig(t)
	f := pcma(Caller)
	f.SRTP = freshKeys(suite)
	r.b.Set(Caller, f)
	r.b.Set(Merchant, pcma(Merchant))
	r.b.Connect(true)
	return r, newSRTPPeer(t, f.SRTP), f
}

// Each suite, over the wrap of the sequence number both ways, with a whisper.
func TestSRTPCrosses(t *testing.T) {
	for _, suite := range everySuite {
		t.Run(suite, func(t *testing.T) {
			r, peer, _ := protectedRig(t, suite)
			src, back := newSource(), newSource()
			back.ssrc = 0xbeef
			var said, answered [][]byte
			for range 30 { // the source wraps after five
				b := src.next()
				said = append(said, bytes.Clone(b[rtpHeader:]))
				r.in(Caller, peer.seal(b))
				answered = append(answered, r.talk(Merchant, back, 1)...)
			}
			var got [][]byte
			for _, p := range r.out(Merchant) {
				got = append(got, p.payload)
			}
			if !bytes.Equal(bytes.Join(got, nil), bytes.Join(said, nil)) {
				t.Error("what the merchant gets is not what the caller said")
			}
			got = nil
			heard := peer.hears(r, Caller)
			for _, p := range heard {
				got = append(got, p.payload)
			}
			if !bytes.Equal(bytes.Join(got, nil), bytes.Join(answered, nil)) {
				t.Error("what the caller decrypts is not what the merchant said")
			}
			continuous(t, heard, 160)
			if err := r.b.Play(Caller, Playback{Audio: prompt(1600), Mix: Over}); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				r.talk(Merchant, back, 1)
			}
			whispered := peer.hears(r, Caller)
			if len(whispered) != 10 {
				t.Fatalf("%d packets under the whisper, want 10", len(whispered))
			}
			pcm := make([]int16, 160)
			g711.A.Decode(pcm, whispered[3].payload)
			if s := r.b.Stats(Caller); s.Unauthentic != 0 || s.PacketsIn != 30 || s.Malformed != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// What is not by the keys is counted and nothing else: not relayed, not learnt
// from, never the end of anything (row B3).
func TestSRTPRefusesWhatIsNotAuthentic(t *testing.T) {
	r, peer, _ := protectedRig(t, everySuite[0])
	src := newSource()
	first := peer.seal(src.next())
	r.in(Caller, first)
	damaged := peer.seal(src.next())
	damaged[rtpHeader+3] ^= 1
	for name, b := range map[string][]byte{"in the clear": src.next(), "damaged": damaged, "repeated": first, "short": first[:20], "header alone": first[:12]} {
		before := r.b.Stats(Caller)
		r.out(Merchant)
		r.in(Caller, b)
		after := r.b.Stats(Caller)
		if after.Unauthentic != before.Unauthentic+1 || after.PacketsIn != before.PacketsIn || len(r.out(Merchant)) != 0 {
			t.Errorf("%s: stats %+v", name, after)
		}
	}
	for range 300 {
		r.in(Caller, src.next())
	}
	src.skip(-300)
	r.in(Caller, peer.seal(src.next()))
	if len(r.out(Merchant)) != 1 {
		t.Error("after 300 bad packets a good one does not cross")
	}
}

// Behind NAT the port is learnt from a packet that holds, from no other.
func TestSRTPLatchesOnAuthenticPacketsOnly(t *testing.T) {
	r := newRig(t)
	f := pcma(Caller)
	f.Latch, f.RTP = callerAt.Addr(), plainAddr(strangerAt)
	f.SRTP = freshKeys(everySuite[2])
	peer := newSRTPPeer(t, f.SRTP)
	r.b.Set(Caller, f)
	r.b.Set(Merchant, pcma(Merchant))
	r.b.Connect(true)
	src := newSource()
	other := callerAt
	r.deliver(Caller, false, other, src.next()) // in the clear, from the right address
	if s := r.b.Stats(Caller); s.Latched || s.Unauthentic != 1 {
		t.Fatalf("learnt from a packet without protection: %+v", s)
	}
	r.deliver(Caller, false, other, peer.seal(src.next()))
	if s := r.b.Stats(Caller); !s.Latched || s.Source != other {
		t.Errorf("not learnt from a good packet: %+v", s)
	}
}

// A new description with the same keys goes on; one with others begins anew.
func TestSRTPKeysOverANewDescription(t *testing.T) {
	r, peer, f := protectedRig(t, everySuite[0])
	src := newSource()
	old := peer.seal(src.next())
	r.in(Caller, old)
	again := *f.SRTP
	f.SRTP = &again
	r.b.Set(Caller, f)
	r.in(Caller, old)
	if s := r.b.Stats(Caller); s.Unauthentic != 1 {
		t.Errorf("a repeated packet was taken after a refresh: %+v", s)
	}
	f.SRTP = freshKeys(everySuite[3])
	r.b.Set(Caller, f)
	r.in(Caller, peer.seal(src.next()))
	if s := r.b.Stats(Caller); s.Unauthentic != 2 {
		t.Errorf("a packet by the old keys was taken: %+v", s)
	}
	peer = newSRTPPeer(t, f.SRTP)
	r.in(Caller, peer.seal(src.next()))
	if s := r.b.Stats(Caller); s.PacketsIn != 2 {
		t.Errorf("a packet by the new keys was not taken: %+v", s)
	}
	r.out(Caller)
	f.SRTP = &SRTP{Suite: "NULL", Local: []byte("x"), Remote: []byte("y")}
	r.b.Set(Caller, f)
	r.in(Caller, src.next())
	r.talk(Merchant, newSource(), 3)
	if s := r.b.Stats(Caller); s.PacketsIn != 2 || s.SendErrors != 3 || len(r.out(Caller)) != 0 {
		t.Errorf("keys that cannot be used let something pass: %+v", s)
	}
}

// A source that changes for ever does not grow the counters for ever.
func TestSRTPSourcesAreBounded(t *testing.T) {
	r, peer, _ := protectedRig(t, everySuite[0])
	src := newSource()
	for range 2 * maxSources {
		src.ssrc++
		r.in(Caller, peer.seal(src.next()))
	}
	if s := r.b.Stats(Caller); s.PacketsIn != maxSources || s.Unauthentic != maxSources {
		t.Errorf("%d taken and %d refused of %d sources, want %d each", s.PacketsIn, s.Unauthentic, 2*maxSources, maxSources)
	}
}

func TestSRTCPCrosses(t *testing.T) {
	for _, suite := range everySuite {
		r, peer, _ := protectedRig(t, suite)
		src, back := newSource(), newSource()
		r.in(Caller, peer.seal(src.next()))
		r.talk(Merchant, back, 1)
		report := marshal(t, &rtcp.SenderReport{SSRC: src.ssrc, NTPTime: 1, RTPTime: src.ts}, &rtcp.SourceDescription{})
		sealed, err := peer.out.EncryptRTCP(nil, report, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.deliver(Caller, true, rtcpAt(Caller), report)
		r.deliver(Caller, true, rtcpAt(Caller), sealed)
		r.deliver(Caller, true, rtcpAt(Caller), sealed)
		if s := r.b.Stats(Caller); s.RTCPIn != 1 || s.Unauthentic != 2 {
			t.Errorf("%s: %+v, want one report taken, the one in the clear and the repeated one refused", suite, s)
		}
		r.outRTCP(Merchant)
		r.deliver(Merchant, true, rtcpAt(Merchant), marshal(t, &rtcp.SenderReport{SSRC: back.ssrc, NTPTime: 1, RTPTime: back.ts}, &rtcp.SourceDescription{}))
		out := r.outRTCP(Caller)
		if len(out) != 1 {
			t.Fatalf("%s: %d reports to the caller", suite, len(out))
		}
		if _, err := peer.in.DecryptRTCP(nil, out[0], nil); err != nil {
			t.Errorf("%s: the caller cannot decrypt our report: %v", suite, err)
		}
	}
}

// The packet path allocates nothing with SRTP either, AEAD included.
func TestSRTPAllocatesNothing(t *testing.T) {
	if raced {
		t.Log("not held to it: the race detector's own allocations count here")
		return
	}
	for _, suite := range everySuite {
		step := srtpStep(t, suite)
		if n := testing.AllocsPerRun(500, step); n != 0 {
			t.Errorf("%s: %v allocations for a packet in and one out, want 0", suite, n)
		}
	}
}

// srtpStep sends a packet each way: one to open, one to seal.
func srtpStep(t testing.TB, suite string) func() {
	e := quietRig(t)
	f := pcma(Caller)
	f.SRTP = freshKeys(suite)
	e.b.Set(Caller, f)
	peer := newSRTPPeer(t, f.SRTP)
	src, back := newSource(), newSource()
	b, sealed := back.next(), make([]byte, 0, bufferSize)
	plain := src.next()
	return func() {
		src.skip(1)
		putPlace(plain, slot{seq: src.seq, ts: src.ts}, src.ssrc)
		sealed, _ = peer.out.EncryptRTP(sealed[:0], plain, &peer.header)
		e.in(Caller, sealed)
		back.skip(1)
		putPlace(b, slot{seq: back.seq, ts: back.ts}, back.ssrc)
		e.in(Merchant, b)
		e.now = e.now.Add(20 * time.Millisecond)
	}
}

// BenchmarkSRTP is one packet each way with a protected caller: opened, relayed
// in the clear, and sealed; the peer's own sealing is in it.
func BenchmarkSRTP(b *testing.B) {
	for _, suite := range everySuite {
		b.Run(suite, func(b *testing.B) {
			step := srtpStep(b, suite)
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}

func TestSRTPKeysAreNotPrinted(t *testing.T) {
	f := pcma(Caller)
	f.SRTP = &SRTP{Suite: "S", Local: []byte("secret"), Remote: []byte("secret")}
	for _, s := range []string{fmt.Sprint(*f.SRTP), fmt.Sprintf("%+v %#v %v", *f.SRTP, *f.SRTP, f.SRTP)} {
		if bytes.Contains([]byte(s), []byte("secret")) || bytes.Contains([]byte(s), []byte("115 101")) {
			t.Errorf("a key in %q", s)
		}
	}
}
