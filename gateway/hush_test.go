package gateway_test

import (
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
)

// TestTwoDismissalsHushTheLine: after two calls that the merchant called no
// scam, a claim is recorded and no longer spoken of; a request for a code is.
func TestTwoDismissalsHushTheLine(t *testing.T) {
	w := newWorld(t, options{})
	said := func(k screening.Kind) screening.Evidence {
		return screening.Evidence{Source: screening.SourceWords, Rule: "words.test", Kind: k, By: screening.PartyCaller, Strength: screening.Strong,
			Institution: "unionpay", At: time.Second, Text: k.Text()}
	}
	callers := []string{ordinary, "13912345678", "13887654321"} // a dismissed one is not warned of for a day
	for n, want := range []string{"whisper", "whisper", "warning-silent"} {
		caller, merchant := w.call(callers[n])
		caller.Say(sine(300, time.Minute))
		merchant.Say(sine(500, time.Minute))
		must(t, merchant.Answer())
		done(t, caller.Answered(), "the answer")
		packets(t, merchant, 10)
		id := w.gateway.Calls()[0]
		must(t, w.gateway.Warn(id, said(screening.AccountFrozen)))
		if want == "whisper" {
			w.event(gateway.EventWarned)
			must(t, w.gateway.Dismiss(id))
			must(t, w.gateway.Dismiss(id)) // once a call
		} else {
			must(t, w.gateway.Warn(id, said(screening.CodeRequest)))
			w.event(gateway.EventWarned)
		}
		caller.Hangup()
		done(t, caller.Over(), "the end")
		done(t, merchant.Over(), "the end")
		r := w.record()
		if !hasEvent(r, want, "") {
			t.Errorf("call %d: no %s in %+v", n+1, want, r.Events)
		}
		if want == "warning-silent" && !hasEvent(r, "whisper", "") {
			t.Errorf("a hushed line heard no alarm: %+v", r.Events)
		}
	}
}
