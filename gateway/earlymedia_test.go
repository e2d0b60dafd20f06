package gateway_test

import (
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/softphone"
)

// Early media passes both ways unless the phone's side or the trunk's policy says
// otherwise (RFC 5009); a trusted trunk that knows the header is told.
func TestEarlyMedia(t *testing.T) {
	for _, c := range []struct {
		name            string
		policy          gateway.EarlyMedia
		says, asks      string
		caller, phone   bool // hear the other
		told            string
		nothingIsPassed bool
	}{
		{name: "without a word", caller: true, phone: true},
		{name: "both ways", says: "sendrecv", asks: "supported", caller: true, phone: true, told: "sendrecv"},
		{name: "to the caller alone", says: "sendonly", asks: "supported", caller: true, told: "sendonly"},
		{name: "to the phone alone", says: "recvonly", phone: true},
		{name: "neither", says: "inactive", asks: "supported", told: "inactive"},
		{name: "by policy", policy: gateway.EarlyRing, says: "sendrecv", nothingIsPassed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{trunk: func(tr *gateway.Trunk) { tr.EarlyMedia = c.policy },
				line: func(l *gateway.Line) { l.Policy = screening.Policy{Mode: screening.ModeLabel} }})
			caller, merchant := w.call(ordinary, func(o *softphone.Outgoing) {
				if c.asks != "" {
					o.Headers = append(o.Headers, sipmsg.Header{Name: "P-Early-Media", Value: c.asks})
				}
			})
			caller.Say(sine(300, time.Minute))
			merchant.Say(sine(500, time.Minute))
			var hdr []sipmsg.Header
			if c.says != "" {
				hdr = []sipmsg.Header{{Name: "P-Early-Media", Value: c.says}}
			}
			must(t, merchant.Early(hdr...))
			until(t, "early packets to come", func() bool {
				return w.engine.Stats().Total.PacketsIn+w.engine.Stats().Total.Blocked+w.engine.Stats().Total.Foreign > 40
			})
			if !c.nothingIsPassed {
				done(t, caller.Ringing(), "183")
				if got := caller.Progress().Get("P-Early-Media"); got != c.told {
					t.Errorf("the trunk is told %q, want %q", got, c.told)
				}
			}
			for _, side := range []struct {
				who   string
				call  *softphone.Call
				hears bool
			}{{"caller", caller, c.caller}, {"phone", merchant, c.phone}} {
				if side.hears {
					packets(t, side.call, 20)
				} else if n, _ := side.call.Packets(); n > 0 {
					t.Errorf("the %s got %d packets before the answer", side.who, n)
				}
			}
			must(t, merchant.Answer())
			done(t, caller.Answered(), "the answer")
			packets(t, caller, 20)
			packets(t, merchant, 20)
			caller.Hangup()
		})
	}
}
