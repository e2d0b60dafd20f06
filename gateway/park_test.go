package gateway_test

import (
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/softphone"
)

// warned connects a call whose caller says that the account is frozen, in the
// name of an institution whose hotline is verified, and waits for the warning.
func warned(t *testing.T, w *world) (caller, merchant *softphone.Call) {
	t.Helper()
	caller, merchant = talking(t, w)
	for _, kind := range []screening.Kind{screening.InstitutionNamed, screening.AccountFrozen} {
		must(t, w.gateway.Warn(w.gateway.Calls()[0], screening.Evidence{Source: screening.SourceWords, Rule: "words." + kind.String(), Kind: kind,
			By: screening.PartyCaller, Strength: screening.Strong, Institution: "unionpay", At: time.Second}))
	}
	w.event(gateway.EventWarned)
	must(t, merchant.Press('*'))
	must(t, merchant.Press('0'))
	return caller, merchant
}

func TestParkTheCallerAndAskTheHotline(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, caller, merchant, hotline *softphone.Call)
		back bool // the caller is given back
	}{
		{"hotline hangs up, the caller is back", func(_ *testing.T, _, _, hotline *softphone.Call) { hotline.Hangup() }, true},
		{"caller hangs up while he waits, the merchant goes on", func(t *testing.T, caller, merchant, hotline *softphone.Call) {
			caller.Hangup()
			done(t, caller.Over(), "the caller's end")
			packets(t, merchant, 20)
			hotline.Hangup()
		}, false},
		{"merchant hangs up", func(_ *testing.T, _, merchant, _ *softphone.Call) { merchant.Hangup() }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			institution := newPhone(t)
			w := newWorld(t, options{config: func(g *gateway.Config) { g.Outbound = "sip:{number}@" + institution.Addr().String() }})
			t.Cleanup(func() { _ = institution.Close() })
			caller, merchant := warned(t, w)
			hotline := recv(t, institution.Incoming(), "the hotline to ring")
			if uri, err := hotline.Invite().URI(); err != nil || uri.User != "95516" {
				t.Errorf("hotline called: %v, %v", uri, err)
			}
			if p := power(caller.Heard(), promptHz); p < 0.01 {
				t.Errorf("the caller is told to wait at %.3f", p)
			}
			hotline.Say(sine(900, time.Minute))
			must(t, hotline.Answer())
			until(t, "the merchant to hear the hotline", func() bool { return power(tail(merchant.Heard(), 4000), 900) > 0.5 })
			until(t, "the hotline to hear the merchant", func() bool { return power(tail(hotline.Heard(), 4000), 500) > 0.5 })
			if p := power(tail(merchant.Heard(), 2000), 300); p > 0.02 {
				t.Errorf("the merchant hears the parked caller at %.3f", p)
			}
			if p := power(caller.Heard(), 900); p > 0.02 {
				t.Errorf("the parked caller hears the hotline at %.3f", p)
			}
			c.end(t, caller, merchant, hotline)
			if c.back {
				until(t, "the merchant to hear the caller again", func() bool { return power(tail(merchant.Heard(), 4000), 300) > 0.5 })
				caller.Hangup()
			}
			done(t, merchant.Over(), "the merchant's end")
			done(t, hotline.Over(), "the hotline's end")
			done(t, caller.Over(), "the caller's end")
			if r := w.record(); !hasEvent(r, "park", "CN:95516") || !hasEvent(r, "hotline", "connected") {
				t.Errorf("got %+v", r.Events)
			}
		})
	}
}

func TestParkWithoutAWayOut(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := warned(t, w)
	until(t, "the prompt that says to dial oneself", func() bool { return power(tail(merchant.Heard(), 4000), promptHz) > 0.1 })
	packets(t, merchant, 30)
	caller.Hangup()
	done(t, merchant.Over(), "the end")
	if r := w.record(); !hasEvent(r, "park-impossible", "unionpay") {
		t.Errorf("got %+v", r.Events)
	}
}

func TestParkedHotlineThatRefuses(t *testing.T) {
	institution := newPhone(t)
	w := newWorld(t, options{config: func(g *gateway.Config) { g.Outbound = "sip:{number}@" + institution.Addr().String() }})
	t.Cleanup(func() { _ = institution.Close() })
	caller, merchant := warned(t, w)
	hotline := recv(t, institution.Incoming(), "the hotline to ring")
	must(t, hotline.Reject(486))
	until(t, "the caller to be back", func() bool { return power(tail(merchant.Heard(), 2000), 300) > 0.5 })
	caller.Hangup()
	done(t, merchant.Over(), "the end")
}
