package media

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"ringward/media/g711"
)

func TestPayloadsCrossBitByBit(t *testing.T) {
	for _, n := range []int{80, 160, 240, 320, 480} {
		r, src := talking(t), newSource()
		src.n = n
		sent := r.talk(Caller, src, 20)
		got := r.out(Merchant)
		if len(got) != len(sent) {
			t.Fatalf("%d samples: got %d packets, want %d", n, len(got), len(sent))
		}
		for i, p := range got {
			if !bytes.Equal(p.payload, sent[i]) {
				t.Errorf("%d samples: payload %d changed", n, i)
			}
		}
		continuous(t, got, uint32(n))
		if got[0].ssrc == src.ssrc {
			t.Error("the caller's SSRC shows")
		}
		if back := r.out(Caller); len(back) != 0 {
			t.Errorf("%d packets went back to the caller", len(back))
		}
	}
}

// A loss stays visible to the receiver, a packet out of order keeps its place,
// and a duplicate stays one.
func TestSequenceIsKept(t *testing.T) {
	r, src := talking(t), newSource()
	var in [][]byte
	for range 8 {
		in = append(in, src.next())
	}
	for _, i := range []int{0, 1, 3, 2, 2, 6, 7} {
		r.in(Caller, in[i])
	}
	got := r.out(Merchant)
	for k, want := range []int{0, 1, 3, 2, 2, 6, 7} {
		if d := int(got[k].seq - got[0].seq); d != want || got[k].ts-got[0].ts != uint32(160*want) {
			t.Errorf("packet %d: got place %d, want %d", k, d, want)
		}
	}
	if lost := r.b.Stats(Caller).Lost; lost != 1 { // 4 and 5 lost, one duplicate counts against them (RFC 3550 A.3)
		t.Errorf("lost: got %d, want 1", lost)
	}
}

// A new source, or a jump, from the right address goes on in our one stream.
func TestSourceChanges(t *testing.T) {
	r, src := talking(t), newSource()
	r.talk(Caller, src, 5)
	src.ssrc, src.seq, src.ts = 0xbeef, 100, 7
	r.talk(Caller, src, 5)
	src.seq += 20000
	r.talk(Caller, src, 5)
	got := r.out(Merchant)
	if len(got) != 15 {
		t.Fatalf("got %d packets, want 15", len(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i].ssrc != got[0].ssrc || got[i].seq != got[i-1].seq+1 || got[i].ts-got[i-1].ts != 160 {
			t.Errorf("packet %d: seq %d ts %d after %d %d", i, got[i].seq, got[i].ts, got[i-1].seq, got[i-1].ts)
		}
	}
}

func TestDirectionAndHold(t *testing.T) {
	for _, c := range []struct {
		name          string
		send, receive bool
		to, from      int // packets that reach the merchant, and come from it
	}{
		{"sendrecv", true, true, 3, 3},
		{"sendonly", false, true, 0, 3},
		{"recvonly", true, false, 3, 0},
		{"inactive", false, false, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := talking(t)
			f := pcma(Merchant)
			f.Send, f.Receive = c.send, c.receive
			r.b.Set(Merchant, f)
			r.talk(Caller, newSource(), 3)
			r.talk(Merchant, newSource(), 3)
			if got := len(r.out(Merchant)); got != c.to {
				t.Errorf("to the merchant: got %d, want %d", got, c.to)
			}
			if got := len(r.out(Caller)); got != c.from {
				t.Errorf("from the merchant: got %d, want %d", got, c.from)
			}
			if got := r.b.Stats(Merchant).Blocked; got != uint64(3-c.from) {
				t.Errorf("blocked: got %d, want %d", got, 3-c.from)
			}
		})
	}
}

// After a hold the stream goes on with the next number and the time that has
// passed.
func TestResumeAfterHold(t *testing.T) {
	r, src := talking(t), newSource()
	r.talk(Caller, src, 3)
	hold := pcma(Merchant)
	hold.Send = false
	r.b.Set(Merchant, hold)
	r.talk(Caller, src, 10)
	r.b.Set(Merchant, pcma(Merchant))
	r.talk(Caller, src, 3)
	got := r.out(Merchant)
	if len(got) != 6 || got[3].seq != got[2].seq+1 || got[3].ts != got[2].ts+11*160 {
		t.Errorf("got %d packets, seq +%d ts +%d; want 6, +1, +1760", len(got), got[3].seq-got[2].seq, got[3].ts-got[2].ts)
	}
}

func TestNothingCrossesUnlessConnected(t *testing.T) {
	r := talking(t)
	r.b.Connect(false)
	src := newSource()
	r.talk(Caller, src, 5)
	if got := r.out(Merchant); len(got) != 0 {
		t.Errorf("%d packets crossed", len(got))
	}
	r.b.Connect(true)
	r.talk(Caller, src, 5)
	if got := r.out(Merchant); len(got) != 5 {
		t.Errorf("got %d packets after connecting, want 5", len(got))
	}
}

func TestPayloadTypes(t *testing.T) {
	opus := Codec{PayloadType: 111, Name: "opus", ClockRate: 48000, Channels: 2}
	amr := Codec{PayloadType: 97, Name: "AMR", ClockRate: 8000}
	amrAligned := Codec{PayloadType: 98, Name: "AMR", ClockRate: 8000, Params: "octet-align=1"}
	opusThere := opus
	opusThere.PayloadType, opusThere.Name = 96, "OPUS"
	g722 := Codec{PayloadType: 9, Name: "G722", ClockRate: 8000}
	for _, c := range []struct {
		name     string
		from, to Flow
		pt       uint8
		want     int // payload type at the other side, -1: dropped
		blocked  uint64
	}{
		{"same", Flow{Codecs: []Codec{PCMA}}, Flow{Codecs: []Codec{PCMA}}, 8, 8, 0},
		{"dynamic numbers differ", Flow{Codecs: []Codec{opus}}, Flow{Codecs: []Codec{opusThere}}, 111, 96, 0},
		{"laws differ", Flow{Codecs: []Codec{PCMA}}, Flow{Codecs: []Codec{PCMU}}, 8, 0, 0},
		{"two forms of one codec", Flow{Codecs: []Codec{amr, amrAligned}}, Flow{Codecs: []Codec{amr, amrAligned}}, 98, 98, 0},
		{"other side has no such codec", Flow{Codecs: []Codec{g722, PCMA}}, Flow{Codecs: []Codec{PCMA}}, 9, -1, 0},
		{"not negotiated", Flow{Codecs: []Codec{PCMA}}, Flow{Codecs: []Codec{PCMA}}, 18, -1, 1},
		{"events", Flow{Codecs: []Codec{PCMA}, Events: 101}, Flow{Codecs: []Codec{PCMA}, Events: 96}, 101, 96, 0},
		{"events the other side has not", Flow{Codecs: []Codec{PCMA}, Events: 101}, Flow{Codecs: []Codec{PCMA}}, 101, -1, 0},
		{"comfort noise", Flow{Codecs: []Codec{PCMA}, CN: 13}, Flow{Codecs: []Codec{PCMA}, CN: 13}, 13, 13, 0},
		{"no codecs named", Flow{}, Flow{}, 77, 77, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			c.from.RTP, c.from.Send, c.from.Receive = callerAt, true, true
			c.to.RTP, c.to.Send, c.to.Receive = merchantAt, true, true
			r.b.Set(Caller, c.from)
			r.b.Set(Merchant, c.to)
			r.b.Connect(true)
			payload := []byte{1, 2, 3, 4}
			r.in(Caller, newSource().packet(c.pt, false, payload))
			got := r.out(Merchant)
			if want := min(c.want+1, 1); len(got) != want {
				t.Fatalf("got %d packets, want %d", len(got), want)
			}
			if n := r.b.Stats(Caller).Blocked; n != c.blocked {
				t.Errorf("blocked: got %d, want %d", n, c.blocked)
			}
			if len(got) == 0 {
				return
			}
			if int(got[0].pt) != c.want {
				t.Errorf("payload type: got %d, want %d", got[0].pt, c.want)
			}
			if c.name == "laws differ" {
				g711.A.Convert(payload, g711.Mu)
			}
			if !bytes.Equal(got[0].payload, payload) {
				t.Errorf("payload: got %x, want %x", got[0].payload, payload)
			}
		})
	}
}

func TestAnalysable(t *testing.T) {
	g722 := Codec{PayloadType: 9, Name: "G722", ClockRate: 8000}
	for _, c := range []struct {
		codecs []Codec
		want   bool
	}{{[]Codec{PCMU}, true}, {[]Codec{PCMA, g722}, true}, {[]Codec{g722, PCMA}, false}, {nil, false}} {
		r := newRig(t)
		r.b.Set(Caller, Flow{RTP: callerAt, Codecs: c.codecs})
		if got := r.b.Analysable(Caller); got != c.want {
			t.Errorf("%v: got %v, want %v", c.codecs, got, c.want)
		}
	}
}

// An offer names more than its answer: what counts is what both have, and in
// the end what is really sent.
func TestCommonCodecs(t *testing.T) {
	g722 := Codec{PayloadType: 9, Name: "G722", ClockRate: 8000}
	for _, c := range []struct {
		name           string
		offer, answer  []Codec
		analysable     bool
		pt             uint8 // of prompts to the caller
		send           uint8 // the caller sends this
		analysableThen bool
	}{
		{"G.722 not taken", []Codec{g722, PCMA}, []Codec{PCMA}, true, 8, 8, true},
		{"second law taken", []Codec{PCMU, PCMA}, []Codec{PCMA}, true, 8, 8, true},
		{"nothing in common but the laws", []Codec{PCMU}, []Codec{PCMA}, true, 0, 0, true},
		{"G.722 agreed, G.711 sent", []Codec{g722, PCMA}, []Codec{g722, PCMA}, false, 8, 8, true},
		{"G.711 agreed, G.722 sent", []Codec{PCMA, g722}, []Codec{PCMA, g722}, true, 8, 9, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			f, g := pcma(Caller), pcma(Merchant)
			f.Codecs, g.Codecs = c.offer, c.answer
			r.b.Set(Caller, f)
			r.b.Set(Merchant, g)
			r.b.Connect(true)
			if got := r.b.Analysable(Caller); got != c.analysable {
				t.Errorf("analysable: got %v, want %v", got, c.analysable)
			}
			if err := r.b.Play(Caller, Playback{Audio: prompt(160), Mix: Alone}); err != nil {
				t.Fatal(err)
			}
			r.pass(20 * time.Millisecond)
			if got := r.out(Caller); len(got) != 1 || got[0].pt != c.pt {
				t.Errorf("prompt: got %d packets, want one of payload type %d", len(got), c.pt)
			}
			r.in(Caller, newSource().packet(c.send, false, make([]byte, 160)))
			if got := r.b.Analysable(Caller); got != c.analysableThen {
				t.Errorf("analysable once it speaks: got %v, want %v", got, c.analysableThen)
			}
			want := error(nil)
			if !c.analysable || !c.analysableThen {
				want = ErrCodec
			}
			if err := r.b.Play(Merchant, Playback{Audio: prompt(160)}); err != want {
				t.Errorf("play over it: got %v, want %v", err, want)
			}
		})
	}
}

// A prompt alone mutes a codec that we can't mix into, and gives it back.
func TestAloneOverOpaqueCodec(t *testing.T) {
	r, src := newRig(t), newSource()
	for _, s := range []Side{Caller, Merchant} {
		f := pcma(s)
		f.Codecs = []Codec{{PayloadType: 9, Name: "G722", ClockRate: 8000}, PCMA}
		r.b.Set(s, f)
	}
	r.b.Connect(true)
	src.pt = 9
	r.talk(Caller, src, 5)
	play(r, Playback{Audio: prompt(1600), Mix: Alone})
	r.talk(Caller, src, 20)
	got := r.out(Merchant)
	made := 0
	for i, p := range got {
		if i > 0 && (p.seq != got[i-1].seq+1 || int32(p.ts-got[i-1].ts) <= 0) {
			t.Errorf("packet %d: seq +%d ts +%d", i, p.seq-got[i-1].seq, p.ts-got[i-1].ts)
		}
		if p.pt == 8 {
			made++
		}
	}
	if made != 10 || len(got) < 22 || got[len(got)-1].pt != 9 {
		t.Errorf("got %d packets, %d of them made; want about 25, 10 made, G.722 at the end", len(got), made)
	}
}

// What is no RTP is counted, whoever sends it, and disturbs nothing.
func TestMalformed(t *testing.T) {
	good := newSource().next()
	with := func(i int, v byte) []byte { b := bytes.Clone(good); b[i] = v; return b }
	for _, c := range []struct {
		name string
		in   []byte
	}{
		{"one octet", []byte{0x80}},
		{"eleven octets", good[:11]},
		{"version 0", with(0, 0x00)},
		{"version 1", with(0, 0x40)},
		{"CSRCs run out", with(0, 0x8f)[:20]},
		{"extension runs out", with(0, 0x90)[:14]},
		{"extension too long", append(with(0, 0x90)[:12], 0, 0, 255, 255)},
		{"padding 0", append(with(0, 0xa0), 0)},
		{"padding too long", append(with(0, 0xa0)[:20], 255)},
		{"jumbo", make([]byte, 8000)},
		{"RTCP on the RTP port", []byte{0x80, 200, 0, 0}},
		{"STUN", append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)},
	} {
		r := talking(t)
		r.in(Caller, c.in)
		r.deliver(Caller, false, strangerAt, c.in)
		st := r.b.Stats(Caller)
		if st.Malformed != 1 || st.Foreign != 1 || st.PacketsIn != 0 {
			t.Errorf("%s: got %d malformed, %d foreign, %d in; want 1, 1, 0", c.name, st.Malformed, st.Foreign, st.PacketsIn)
		}
		if got := r.out(Merchant); len(got) != 0 {
			t.Errorf("%s: relayed", c.name)
		}
	}
}

func TestSendErrorsAreCounted(t *testing.T) {
	r := talking(t)
	r.net.refuse = true
	r.talk(Caller, newSource(), 3)
	if st := r.b.Stats(Merchant); st.SendErrors != 3 || st.PacketsOut != 0 {
		t.Errorf("got %d errors, %d out; want 3, 0", st.SendErrors, st.PacketsOut)
	}
}

// Media never goes to what is no single host, nor round in the bridge.
func TestNoSuchTarget(t *testing.T) {
	r := talking(t)
	_, own, _ := r.b.Local(Caller)
	for _, to := range []string{"0.0.0.0:4000", "192.0.2.10:0", "224.0.0.1:4000", "255.255.255.255:4000", "[ff02::1]:4000", "[::]:4000",
		netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), own).String()} {
		f := pcma(Merchant)
		f.RTP = netip.MustParseAddrPort(to)
		r.b.Set(Merchant, f)
		r.talk(Caller, newSource(), 2)
		if len(r.net.sent) != 0 {
			t.Errorf("%s: sent there", to)
		}
		if err := r.b.Play(Merchant, Playback{Audio: prompt(320)}); err != nil {
			t.Fatal(err)
		}
		r.pass(100 * time.Millisecond)
		if len(r.net.sent) != 0 {
			t.Errorf("%s: played there", to)
		}
		r.b.Stop(Merchant)
	}
}
