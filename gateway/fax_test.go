package gateway_test

import (
	"bytes"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
)

// alarming is evidence that would have the merchant warned at once.
var alarming = screening.Evidence{Source: screening.SourceWords, Rule: "words.account-frozen", Kind: screening.AccountFrozen,
	By: screening.PartyCaller, Strength: screening.Strong, At: time.Second, Text: screening.Text{ZH: "来电称账户被冻结", EN: "says that the account is frozen"}}

// A call that turns to T.38 by re-INVITE, from either side, has its datagrams
// carried as they are; nobody listens to it or speaks into it from then on, also
// not when it goes back to sound.
func TestFaxPassesUntouched(t *testing.T) {
	for _, from := range []string{"caller", "merchant"} {
		t.Run(from, func(t *testing.T) {
			w := newWorld(t, options{})
			caller, merchant := talking(t, w)
			id := w.gateway.Calls()[0]
			if from == "caller" {
				must(t, caller.Fax())
			} else {
				must(t, merchant.Fax())
			}
			page := [][]byte{{0, 0, 1, 6, 0}, bytes.Repeat([]byte{0x80}, 200), {0xff}}
			for i, b := range page {
				must(t, caller.Datagram(b))
				until(t, "the merchant's machine to get it", func() bool { return len(merchant.Datagrams()) > i })
				must(t, merchant.Datagram(b))
				until(t, "the caller's machine to get it", func() bool { return len(caller.Datagrams()) > i })
				if !bytes.Equal(merchant.Datagrams()[i], b) || !bytes.Equal(caller.Datagrams()[i], b) {
					t.Errorf("%x was changed on its way", b)
				}
			}
			must(t, w.gateway.Warn(id, alarming))
			must(t, w.gateway.Whisper(id, "warn.claim"))
			if n := len(merchant.Datagrams()); n != len(page) {
				t.Errorf("%d datagrams for the merchant's machine, want %d", n, len(page))
			}
			must(t, caller.Hold(false)) // back to sound
			packets(t, merchant, 20)
			must(t, w.gateway.Warn(id, alarming))
			caller.Hangup()
			r := w.record()
			if !hasEvent(r, "data-call", "t38") || hasEvent(r, "whisper", "") || r.Outcome != gateway.OutcomeAnswered {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// A phone that takes no fax says so to the machine that asked, and the call goes
// on as sound.
func TestFaxRefused(t *testing.T) {
	w := newWorld(t, options{trunk: func(tr *gateway.Trunk) { tr.Trusted = false }})
	caller, merchant := talking(t, w)
	merchant.RefuseFax()
	if err := caller.Fax(); err == nil {
		t.Error("a refused fax was agreed on")
	}
	packets(t, merchant, 10)
	packets(t, caller, 10)
	caller.Hangup()
	if r := w.record(); hasEvent(r, "data-call", "") {
		t.Errorf("got %+v", r.Events)
	}
}
