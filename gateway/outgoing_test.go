package gateway_test

import (
	"fmt"
	"testing"

	"ringward/gateway"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/softphone"
)

// callsOut is an office whose line may call some numbers through a carrier, the
// agent.
func callsOut(t *testing.T, trunk func(*gateway.Trunk), out func(*gateway.Outbound), more ...func(*gateway.Config)) (w *world, carrier *siptest.Agent) {
	t.Helper()
	carrier = siptest.UDP(t)
	w, events := office(t, options{
		config: func(c *gateway.Config) {
			tr := gateway.Trunk{Name: "out", Target: "sip:" + carrier.Addr().String(), Format: gateway.FormatNational}
			if trunk != nil {
				trunk(&tr)
			}
			c.Trunks = append(c.Trunks, tr)
			for _, m := range more {
				m(c)
			}
		},
		line: func(l *gateway.Line) {
			l.Outbound = gateway.Outbound{Trunk: "out", Caller: lineNumber, Allow: []string{"+86", "95"}, PerMinute: 2000, PerDay: 5000}
			if out != nil {
				out(&l.Outbound)
			}
		},
	})
	carrier.Peer = w.stack.Addrs()[0].Addr
	w.registers(w.merchant, "shop", events)
	return w, carrier
}

func (w *world) callOut(number, from string) *softphone.Call {
	w.t.Helper()
	a := account(w, "shop")
	c, err := w.merchant.Call(softphone.Outgoing{To: a.At, Number: number, From: from, Account: &a})
	must(w.t, err)
	return c
}

// TestLineCallsOut: a registered phone proves who it is and calls through the
// trunk, as its line's number, written as the trunk wants it.
func TestLineCallsOut(t *testing.T) {
	w, carrier := callsOut(t, nil, nil)
	caller := w.callOut("013800001234", "shop")
	inv := carrier.ExpectRequest("INVITE")
	from, _ := inv.From()
	if inv.RequestURI != "sip:13800001234@"+carrier.Addr().String() || from.URI.User != "02155550100" || inv.Has("P-Asserted-Identity") || inv.Has("Authorization") || inv.Has(gateway.VerdictHeader) {
		t.Errorf("got %s from %s with headers %v", inv.RequestURI, from.URI.User, inv.Headers)
	}
	c := carrier.Accept(inv, "far")
	c.Reply(inv, 180)
	done(t, caller.Ringing(), "ringing")
	c.Reply(inv, 200, siptest.SDP("far"), func(m *sipmsg.Message) {
		m.Body = []byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n")
	})
	carrier.ExpectRequest("ACK")
	done(t, caller.Answered(), "the answer")
	caller.Hangup()
	c.Reply(carrier.ExpectRequest("BYE"), 200)
	r := w.record()
	if r.Outcome != gateway.OutcomeAnswered || r.Trunk != "out" || r.Line != "shop" || r.Caller != lineNumber || r.Called != "+8613800001234" {
		t.Errorf("got %+v", r)
	}
}

// TestHiddenLineCallsOut: RFC 3325 on a trunk that is trusted.
func TestHiddenLineCallsOut(t *testing.T) {
	w, carrier := callsOut(t, func(tr *gateway.Trunk) { tr.Trusted = true }, nil)
	caller := w.callOut("95588", "anonymous")
	inv := carrier.ExpectRequest("INVITE")
	from, _ := inv.From()
	if from.URI.User != "anonymous" || inv.Get("Privacy") != "id" || len(inv.Values("P-Asserted-Identity")) != 1 {
		t.Errorf("got From %v, Privacy %q, %d asserted; want hidden, and asserted to the trunk", from, inv.Get("Privacy"), len(inv.Values("P-Asserted-Identity")))
	}
	carrier.Accept(inv, "far").Reply(inv, 404)
	done(t, caller.Over(), "the refusal")
	if s := caller.Failure().Status; s != 404 {
		t.Errorf("got %d, want the carrier's 404", s)
	}
}

// TestTollFraud is security D7: a thousand calls to what is not permitted, none of
// which gets out; each is recorded, and the first is an alarm.
func TestTollFraud(t *testing.T) {
	w, carrier := callsOut(t, nil, func(o *gateway.Outbound) { o.Allow = []string{"+8621", "95"} })
	denied := []string{"00442071838750", "+13105550100", "0088212345678", "+8613800001234", "008613800001234", "00", "sos",
		"+8621%0d%0a5550100", "+++862155550100", "1259012345", "0037122012345"}
	for i := range 1000 {
		caller := w.callOut(denied[i%len(denied)], "shop")
		done(t, caller.Over(), "the refusal")
		if s := caller.Failure().Status; s != 403 && s != 400 {
			t.Fatalf("%s: got %d, want 403", denied[i%len(denied)], s)
		}
		if r := w.record(); r.Outcome != gateway.OutcomeBlocked {
			t.Fatalf("%s: recorded as %q, want blocked", denied[i%len(denied)], r.Outcome)
		}
	}
	if n := carrier.Count(siptest.Request("INVITE")); n != 0 {
		t.Errorf("%d calls reached the carrier, want none", n)
	}
	if n := w.gateway.Stats().Denied; n != 1000 {
		t.Errorf("%d counted, want 1000", n)
	}
}

// TestRightsOfALine: who calls out, as whom, how often.
func TestRightsOfALine(t *testing.T) {
	for _, c := range []struct {
		name, number, from string
		out                func(*gateway.Outbound)
		want               int
	}{
		{"another line's number", "95588", "+862155550199", nil, 403},
		{"its own number", "95588", "02155550100", nil, 486},
		{"no outbound", "95588", "shop", func(o *gateway.Outbound) { *o = gateway.Outbound{} }, 403},
		{"emergency", "110", "shop", func(o *gateway.Outbound) { o.Allow = nil }, 486},
		{"abroad without leave", "+442071838750", "shop", func(o *gateway.Outbound) { o.Allow = []string{"+44"} }, 403},
		{"abroad with leave", "+442071838750", "shop", func(o *gateway.Outbound) { o.Allow, o.International = []string{"+44"}, true }, 486},
		{"satellite with leave to call abroad", "+881612345678", "shop", func(o *gateway.Outbound) { o.Allow, o.International = []string{"+"}, true }, 403},
		{"the trunk is gone", "95588", "shop", func(o *gateway.Outbound) { o.Trunk = "nobody" }, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, carrier := callsOut(t, nil, c.out)
			caller := w.callOut(c.number, c.from)
			if c.want == 486 {
				inv := carrier.ExpectRequest("INVITE")
				carrier.Accept(inv, "far").Reply(inv, 486)
			}
			done(t, caller.Over(), "the refusal")
			if s := caller.Failure().Status; s != c.want {
				t.Errorf("got %d, want %d", s, c.want)
			}
		})
	}
}

// TestLimitsOfALine: one call at a time here; the next is told to wait, and may
// call when the first is over.
func TestLimitsOfALine(t *testing.T) {
	w, carrier := callsOut(t, nil, func(o *gateway.Outbound) { o.MaxCalls, o.PerMinute = 1, 3 })
	for i := range 3 {
		first := w.callOut("95588", "shop")
		inv := carrier.ExpectRequest("INVITE")
		if i == 0 {
			second := w.callOut("95588", "shop")
			done(t, second.Over(), "the limit")
			if s := second.Failure().Status; s != 503 {
				t.Errorf("second call: got %d, want 503", s)
			}
			w.record()
		}
		carrier.Accept(inv, fmt.Sprintf("far%d", i)).Reply(inv, 486)
		done(t, first.Over(), "the first call's end")
		w.record()
	}
	fourth := w.callOut("95588", "shop")
	done(t, fourth.Over(), "the limit a minute")
	if s := fourth.Failure().Status; s != 503 {
		t.Errorf("fourth call within the minute: got %d, want 503", s)
	}
}

// TestStrangersCallNobody: an INVITE from where nobody registered is refused
// before anything is kept, one from a registered address is challenged, and one
// with a wrong password gets the same answer as one of an unknown user.
func TestStrangersCallNobody(t *testing.T) {
	w, events := office(t, options{})
	stranger := siptest.UDP(t)
	stranger.Peer = w.stack.Addrs()[0].Addr
	stranger.NewCall().Send("INVITE", siptest.SDP("x"))
	stranger.ExpectStatus(403, "INVITE")
	w.registers(w.merchant, "shop", events) // now its address, 127.0.0.1, is a phone's
	stranger.NewCall().Send("INVITE", siptest.SDP("x"))
	asked := stranger.ExpectStatus(401, "INVITE")
	if got := asked.Values("WWW-Authenticate"); len(got) != 2 {
		t.Errorf("challenged with %q, want SHA-256 and MD5", got)
	}
	for _, user := range []string{"shop", "nobody"} {
		a := softphone.Account{User: user, Password: "wrong", Realm: realm, At: stranger.Peer}
		c, err := w.merchant.Call(softphone.Outgoing{To: a.At, Number: "95588", From: user, Account: &a})
		must(t, err)
		done(t, c.Over(), "the refusal")
		if s := c.Failure().Status; s != 401 {
			t.Errorf("%s: got %d, want 401", user, s)
		}
	}
	if n := w.stack.Stats().Legs; n != 0 {
		t.Errorf("%d legs are left", n)
	}
	if e := len(events); e != 0 {
		t.Errorf("%d registrar events, want none", e)
	}
}
