package media

import (
	"bytes"
	"testing"
	"time"
)

// basket is a carrier that keeps what it is given.
type basket struct {
	sent [][]byte
	full bool
}

func (k *basket) SSRC() uint32 { return 0xbeef }
func (k *basket) Send(b []byte) bool {
	if k.full {
		return false
	}
	k.sent = append(k.sent, bytes.Clone(b))
	return true
}

func (k *basket) packets(t *testing.T) (ps []packet) {
	t.Helper()
	for _, b := range k.sent {
		p, ok := parseRTP(b)
		if !ok {
			t.Fatalf("carried what is no RTP: %x", b)
		}
		ps = append(ps, p)
	}
	k.sent = nil
	return ps
}

// TestCarrier moves the merchant to a carrier: sound crosses untouched, prompts
// and keys work as on a port, and nothing reaches him by his old address.
func TestCarrier(t *testing.T) {
	r := talking(t)
	k := &basket{}
	r.b.Carry(Merchant, k)
	browser := pcma(Merchant)
	browser.Events = 126
	r.b.Set(Merchant, browser)

	caller := newSource()
	said := r.talk(Caller, caller, 5)
	got := k.packets(t)
	if len(got) != 5 || got[0].ssrc != k.SSRC() {
		t.Fatalf("carried %d packets of SSRC %x; want 5 of %x", len(got), got[0].ssrc, k.SSRC())
	}
	for i, p := range got {
		if !bytes.Equal(p.payload, said[i]) {
			t.Errorf("packet %d was changed", i)
		}
	}
	r.in(Caller, caller.key(5, 800, true))
	if got := k.packets(t); len(got) != 1 || got[0].pt != 126 {
		t.Errorf("a key crossed as %v; want one packet of type 126", got)
	}

	browserSays := newSource()
	b := browserSays.next()
	r.b.Deliver(Merchant, bytes.Clone(b))
	if back := r.out(Caller); len(back) != 1 || !bytes.Equal(back[0].payload, b[rtpHeader:]) {
		t.Errorf("the caller got %v; want the packet that the carrier brought", back)
	}
	r.in(Merchant, browserSays.next()) // to the port, as before
	if back := r.out(Caller); len(back) != 0 {
		t.Errorf("a packet from the old address crossed: %v", back)
	}
	if s := r.b.Stats(Merchant); s.Foreign != 1 || s.Source.IsValid() || s.PacketsIn != 1 {
		t.Errorf("counted %+v; want 1 foreign packet, 1 taken, no source", s)
	}

	done := make(chan PlayResult, 1)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(800), Mix: Over, Done: func(p PlayResult) { done <- p }}); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Second)
	if got := k.packets(t); len(got) < 5 {
		t.Errorf("%d packets of a prompt were carried, want 5", len(got))
	}
	if back := r.out(Caller); len(back) != 0 {
		t.Errorf("the prompt reached the caller: %d packets", len(back))
	}
	if p := <-done; p.End != Played {
		t.Errorf("the prompt ended %v", p.End)
	}
	k.full = true
	r.talk(Caller, caller, 50) // the first of them are late: the prompt took their place
	if s := r.b.Stats(Merchant); s.SendErrors == 0 {
		t.Error("packets that the carrier refused were not counted")
	}
}

// TestCarrierReports lets sender reports cross under the carrier's SSRC.
func TestCarrierReports(t *testing.T) {
	r := talking(t)
	k := &basket{}
	r.b.Carry(Merchant, k)
	r.b.Set(Merchant, pcma(Merchant))
	src := newSource()
	r.talk(Caller, src, 2)
	k.sent = nil
	sr := []byte{0x80, typeSR, 0, 6, 0, 0, 0xca, 0xfe, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5}
	r.deliver(Caller, true, rtcpOf(pcma(Caller)), sr)
	if len(k.sent) != 1 || !isRTCP(k.sent[0]) || !bytes.Equal(k.sent[0][4:8], []byte{0, 0, 0xbe, 0xef}) {
		t.Fatalf("carried %x; want a sender report of beef", k.sent)
	}
	r.b.Deliver(Merchant, append([]byte(nil), sr...))
	if s := r.b.Stats(Merchant); s.RTCPIn != 1 {
		t.Errorf("%d reports taken, want 1", s.RTCPIn)
	}
	r.b.Deliver(Merchant, make([]byte, maxPacket+1))
	if s := r.b.Stats(Merchant); s.Malformed != 1 {
		t.Errorf("an oversized packet was counted %d times, want 1", s.Malformed)
	}
	r.b.Close()
	r.b.Deliver(Merchant, sr) // to nobody
	r.b.Carry(Merchant, k)
}
