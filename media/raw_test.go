package media

import (
	"bytes"
	"testing"
	"time"
)

func fax(s Side) Flow { return Flow{RTP: at(s), Send: true, Receive: true, Raw: true} }

// sentTo takes what was sent to side s, whatever it is.
func (r *rig) sentTo(s Side) (out [][]byte) {
	for _, p := range r.net.sent {
		if p.to == at(s) {
			out = append(out, p.b)
		}
	}
	r.net.sent = nil
	return out
}

// A fax passes octet by octet, between its two addresses and nobody else's, and
// the call speaks again afterwards.
func TestRawFlowPasses(t *testing.T) {
	r := talking(t)
	r.talk(Caller, newSource(), 3)
	r.net.sent = nil
	r.b.Set(Caller, fax(Caller))
	r.in(Caller, []byte{0, 1, 2}) // the other side still talks
	if got := r.sentTo(Merchant); len(got) != 0 {
		t.Errorf("%d datagrams reached a side that talks", len(got))
	}
	r.b.Set(Merchant, fax(Merchant))
	for _, b := range [][]byte{{0, 1, 6, 0, 0, 0}, {0x80, 200, 0, 1}, bytes.Repeat([]byte{0xff}, maxPacket)} {
		r.in(Caller, b)
		if got := r.sentTo(Merchant); len(got) != 1 || !bytes.Equal(got[0], b) {
			t.Errorf("%d octets came out as %d datagrams", len(b), len(got))
		}
	}
	r.in(Caller, nil)
	r.deliver(Caller, false, strangerAt, []byte{0, 2})
	r.deliver(Caller, true, callerAt, []byte{0, 2})
	r.in(Caller, bytes.Repeat([]byte{1}, maxPacket+1))
	if got := r.sentTo(Merchant); len(got) != 0 {
		t.Errorf("%d datagrams passed that must not", len(got))
	}
	if err := r.b.Play(Merchant, Playback{Audio: prompt(800), Mix: Over}); err == nil {
		t.Error("a prompt was taken for a fax")
	}
	r.b.Set(Caller, pcma(Caller))
	r.b.Set(Merchant, pcma(Merchant))
	r.talk(Caller, newSource(), 3)
	if got := r.out(Merchant); len(got) != 3 {
		t.Errorf("%d packets of sound after the fax, want 3", len(got))
	}
}

// Setting a raw flow ends what plays, and nothing is made for it any more.
func TestRawFlowEndsPlayback(t *testing.T) {
	r := talking(t)
	ended := make(chan PlayResult, 1)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(80000), Mix: Alone, Done: func(p PlayResult) { ended <- p }}); err != nil {
		t.Fatal(err)
	}
	r.pass(100 * time.Millisecond)
	r.b.Set(Caller, fax(Caller))
	r.b.Set(Merchant, fax(Merchant))
	select {
	case p := <-ended:
		if p.End != Hangup {
			t.Errorf("ended %v", p.End)
		}
	default:
		t.Error("it plays on")
	}
	r.net.sent = nil
	r.pass(200 * time.Millisecond)
	if len(r.net.sent) != 0 {
		t.Errorf("%d packets were made for a fax", len(r.net.sent))
	}
}
