package sip_test

import (
	"testing"

	"ringward/sip"
	"ringward/sip/siptest"
)

func TestParseReplaces(t *testing.T) {
	for _, c := range []struct {
		value string
		want  sip.Replaces
		fails bool
	}{
		{"a84b4c76e66710@pc33;to-tag=1;from-tag=2", sip.Replaces{CallID: "a84b4c76e66710@pc33", LocalTag: "1", RemoteTag: "2"}, false},
		{" x ; From-Tag = b ;early-only; to-tag=a;other=1", sip.Replaces{CallID: "x", LocalTag: "a", RemoteTag: "b", EarlyOnly: true}, false},
		{"x;to-tag=1", sip.Replaces{}, true},
		{";to-tag=1;from-tag=2", sip.Replaces{}, true},
		{"x;to-tag=1;to-tag=2;from-tag=3", sip.Replaces{}, true},
		{"", sip.Replaces{}, true},
	} {
		got, err := sip.ParseReplaces(c.value)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%q: got %+v, %v, want %+v", c.value, got, err, c.want)
		}
	}
}

// FuzzParseReplaces: what is taken can be written and read again.
func FuzzParseReplaces(f *testing.F) {
	f.Add("a84b4c76e66710@pc33;to-tag=1;from-tag=2;early-only")
	f.Fuzz(func(t *testing.T, value string) {
		r, err := sip.ParseReplaces(value)
		if err != nil {
			return
		}
		again, err := sip.ParseReplaces(r.CallID + ";to-tag=" + r.LocalTag + ";from-tag=" + r.RemoteTag)
		if r.EarlyOnly = false; err != nil || again != r {
			t.Errorf("%q: %+v, then %+v, %v", value, r, again, err)
		}
	})
}

// A dialog is found by both its tags and only while it is up.
func TestReplacedLeg(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(siptest.SDP("offer"))
		l.SetOwner("me")
		name := sip.Replaces{CallID: c.CallID, LocalTag: l.LocalTag(), RemoteTag: c.LocalTag}
		if r.stack.Replaced(name) != nil {
			t.Error("an unanswered call was found")
		}
		r.ok(l.Answer(sdp("answer")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		c.Learn(resp)
		c.Ack(resp)
		want[sip.Confirmed](r, l)
		if got := r.stack.Replaced(name); got != l || got.Owner() != "me" {
			t.Errorf("got %v", got)
		}
		name.RemoteTag = "other"
		if r.stack.Replaced(name) != nil {
			t.Error("a guessed tag found the call")
		}
		c.Send("BYE")
		ended(r, l)
	})
}
