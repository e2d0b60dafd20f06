package sip_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
)

// RFC 3665 §3.1 as the called side: INVITE 180 200 ACK BYE 200.
func TestIncomingCall(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		r.ok(l.Trying())
		if m := r.peer.ExpectStatus(100, "INVITE"); m.ToTag() != "" {
			t.Errorf("100 has To-tag %q, want none (RFC 3261 §8.2.6.2)", m.ToTag())
		}
		r.ok(l.Progress(180, "", sip.Body{}, sipmsg.Header{Name: "Alert-Info", Value: "<urn:alert:service:call-waiting>"}))
		ringing := r.peer.ExpectStatus(180, "INVITE")
		r.ok(l.Answer(sdp("answer"), sipmsg.Header{Name: "Server", Value: "x"}))
		ok := r.peer.ExpectStatus(200, "INVITE")
		for _, name := range []string{"Contact", "Allow", "Supported", "Content-Type", "Server"} {
			if !ok.Has(name) {
				t.Errorf("200 lacks %s (RFC 3261 §13.3.1.4)", name)
			}
		}
		if ringing.ToTag() == "" || ringing.ToTag() != ok.ToTag() || ok.ToTag() != l.LocalTag() {
			t.Errorf("To-tags %q and %q, leg has %q: want one (§12.1.1)", ringing.ToTag(), ok.ToTag(), l.LocalTag())
		}
		c.Learn(ok)
		c.Ack(ok)
		if e := want[sip.Confirmed](r, l); e.Ack == nil {
			t.Error("Confirmed without the ACK")
		}
		bye := c.Send("BYE", siptest.Header("Reason", "Q.850;cause=16"))
		r.peer.ExpectStatus(200, "BYE")
		e := ended(r, l)
		if e.By != sip.Remote || e.Cause != nil || e.Message.Get("Reason") != bye.Get("Reason") {
			t.Errorf("ended %+v, want by the remote BYE", e)
		}
	})
}

func TestIncomingCallEndedByUs(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed(siptest.SDP("offer"), siptest.Add("Record-Route", "<sip:192.0.2.9;lr>, <sip:p2.example;lr>"))
		r.ok(l.Bye(sipmsg.Header{Name: "Reason", Value: "SIP;cause=200"}))
		bye := r.peer.ExpectRequest("BYE")
		if got := strings.Join(bye.Values("Route"), ","); got != "<sip:192.0.2.9;lr>,<sip:p2.example;lr>" {
			t.Errorf("Route %q, want the Record-Route in order (RFC 3261 §12.1.1)", got)
		}
		if bye.RequestURI != "sip:agent@192.0.2.9:5060" || bye.FromTag() != l.LocalTag() || bye.ToTag() != c.LocalTag {
			t.Errorf("BYE %s from %s to %s does not fit the dialog", bye.RequestURI, bye.Get("From"), bye.Get("To"))
		}
		silent(r, l)
		c.Reply(bye, 200)
		if e := ended(r, l); e.By != sip.Local || e.Cause != nil {
			t.Errorf("ended %+v, want by us", e)
		}
		r.ok(l.Bye()) // idempotent
		r.peer.Forget()
		synctest.Wait()
		if n := len(r.peer.Unread()); n != 0 {
			t.Errorf("second Bye sent %v", lines(r.peer))
		}
	})
}

// RFC 3665 §3.9, §3.8: refused and cancelled calls.
func TestIncomingRefused(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		r.ok(l.Reject(486, "", sipmsg.Header{Name: "Retry-After", Value: "60"}))
		resp := r.peer.ExpectStatus(486, "INVITE")
		if resp.ToTag() != l.LocalTag() || resp.Get("Retry-After") != "60" || resp.Has("Contact") {
			t.Errorf("486 is\n%v", resp.Headers)
		}
		if e := ended(r, l); e.By != sip.Local || e.Cause != nil {
			t.Errorf("ended %+v", e)
		}
		c.Ack(resp)
		if err := l.Answer(sip.Body{}); !errors.Is(err, sip.ErrEnded) {
			t.Errorf("answer after reject: %v, want ErrEnded", err)
		}
	})
}

func TestIncomingCancelled(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		r.ok(l.Progress(180, "", sip.Body{}))
		c.Cancel(siptest.Header("Reason", `SIP;cause=200;text="Call completed elsewhere"`))
		r.peer.ExpectStatus(200, "CANCEL")
		resp := r.peer.ExpectStatus(487, "INVITE")
		c.Ack(resp)
		e := ended(r, l)
		if e.By != sip.Remote || e.Message == nil || !strings.Contains(e.Message.Get("Reason"), "elsewhere") {
			t.Errorf("ended %+v, want by the CANCEL with its Reason", e)
		}
	})
}

// A CANCEL that comes when the 200 is out does nothing (RFC 3261 §9.2).
func TestCancelAfterAnswer(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		r.ok(l.Answer(sdp("answer")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		c.Cancel()
		r.peer.ExpectStatus(200, "CANCEL")
		silent(r, l)
		c.Learn(resp)
		c.Ack(resp)
		want[sip.Confirmed](r, l)
		c.Send("BYE")
		ended(r, l)
	})
}

// RFC 3261 §13.3.1.4: the 200 is repeated at T1, doubling up to T2, until the
// ACK; without it BYE after 64*T1.
func TestAnswerWithoutAck(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		start := time.Now()
		r.ok(l.Answer(sdp("answer")))
		var at []time.Duration
		for range 11 {
			r.peer.ExpectStatus(200, "INVITE")
			at = append(at, time.Since(start).Round(time.Millisecond))
		}
		wantAt := []time.Duration{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}
		for i := range at {
			if at[i] != wantAt[i]*time.Millisecond {
				t.Errorf("200 number %d at %v, want %v ms", i, at[i], int(wantAt[i]))
			}
		}
		r.peer.Patience = time.Minute
		bye := r.peer.ExpectRequest("BYE")
		if got := time.Since(start); got != 32*time.Second {
			t.Errorf("BYE after %v, want 64*T1 = 32 s", got)
		}
		c.Reply(bye, 481)
		if e := ended(r, l); !errors.Is(e.Cause, sip.ErrNoAck) {
			t.Errorf("ended %+v, want ErrNoAck", e)
		}
	})
}

// RFC 3261 §15: a callee's BYE waits for the ACK.
func TestByeWaitsForAck(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		r.ok(l.Answer(sdp("answer")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		r.ok(l.Bye())
		synctest.Wait()
		if r.peer.Count(siptest.Request("BYE")) != 0 {
			t.Fatal("BYE before the ACK")
		}
		c.Learn(resp)
		c.Ack(resp)
		c.Reply(r.peer.ExpectRequest("BYE"), 200)
		ended(r, l)
	})
}

// The caller may hang up before its ACK arrives, and in an early dialog.
func TestByeBeforeAck(t *testing.T) {
	for _, answered := range []bool{false, true} {
		run(t, func(r *rig) {
			c, l := r.incoming()
			r.ok(l.Progress(180, "", sip.Body{}))
			resp := r.peer.ExpectStatus(180, "INVITE")
			if answered {
				r.ok(l.Answer(sdp("answer")))
				r.peer.ExpectStatus(200, "INVITE")
			}
			c.Learn(resp)
			c.Send("BYE")
			r.peer.ExpectStatus(200, "BYE")
			if !answered { // RFC 3261 §15.1.2: the INVITE is answered as well
				r.peer.ExpectStatus(487, "INVITE")
			}
			if e := ended(r, l); e.By != sip.Remote || e.Cause != nil {
				t.Errorf("ended %+v", e)
			}
		})
	}
}

func TestBothHangUpAtOnce(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		r.ok(l.Bye())
		bye := r.peer.ExpectRequest("BYE")
		c.Send("BYE")
		r.peer.ExpectStatus(200, "BYE")
		c.Reply(bye, 481)
		if e := ended(r, l); e.Cause != nil {
			t.Errorf("ended %+v, want no cause", e)
		}
	})
}

func TestAckRepeatedAndForeign(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		r.ok(l.Answer(sdp("answer")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		c.Learn(resp)
		c.Ack(resp, func(m *sipmsg.Message) { m.Set("CSeq", "77 ACK") })
		c.Ack(resp, func(m *sipmsg.Message) { m.Set("From", "<sip:x@y>;tag=other") })
		silent(r, l)
		c.Ack(resp)
		c.Ack(resp)
		want[sip.Confirmed](r, l)
		silent(r, l)
		l.Close()
		c.Reply(r.peer.ExpectRequest("BYE"), 200)
		ended(r, l)
	})
}

// RFC 3261 §13.3.1.1: the last provisional response is refreshed every minute.
func TestProvisionalRefreshed(t *testing.T) {
	run(t, func(r *rig) {
		_, l := r.incoming()
		r.ok(l.Progress(180, "", sip.Body{}))
		r.peer.ExpectStatus(180, "INVITE")
		r.peer.Patience = 2 * time.Minute
		for range 3 {
			start := time.Now()
			r.peer.ExpectStatus(180, "INVITE")
			if d := time.Since(start); d != time.Minute {
				t.Errorf("refreshed after %v, want a minute", d)
			}
		}
		l.Close()
		r.peer.ExpectStatus(500, "INVITE")
		ended(r, l)
	})
}

func TestHandlerMisbehaves(t *testing.T) {
	for name, h := range map[string]func(*sip.Leg){
		"panics":                 func(*sip.Leg) { panic("boom") },
		"panics after ringing":   func(l *sip.Leg) { _ = l.Progress(180, "", sip.Body{}); panic("boom") },
		"returns without answer": func(*sip.Leg) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				legs := make(chan *sip.Leg, 1)
				s2, stop := secondStack(r, handlerFunc(func(l *sip.Leg) { legs <- l; h(l) }))
				r.peer.Peer = s2
				c := r.peer.NewCall()
				c.Send("INVITE")
				c.Ack(r.peer.ExpectStatus(500, "INVITE"))
				l := <-legs
				if e := ended(r, l); e.Cause == nil {
					t.Error("ended without a cause")
				}
				// the stack goes on
				r.peer.NewCall().Send("INVITE")
				r.peer.ExpectStatus(500, "INVITE")
				time.Sleep(time.Minute)
				stop()
				r.stop()
			})
		})
	}
}

// An owner that answers nothing gets 32 requests at a time, the rest is refused;
// one that reads no events loses the leg, not the stack.
func TestEventFlood(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		infos := func(n int) {
			for range n {
				c.Send("INFO")
				synctest.Wait()
			}
		}
		infos(40)
		if n := r.peer.Count(siptest.Response(503, "INFO")); n != 8 {
			t.Errorf("%d of 40 INFO refused, want 8", n)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if n := r.peer.Count(siptest.Response(504, "INFO")); n != 32 {
			t.Errorf("%d INFO answered 504 after 60*T1, want 32", n)
		}
		infos(32)
		r.peer.ExpectRequest("BYE")
		var last sip.Event
		n := 0
		for e := range l.Events() {
			last = e
			n++
		}
		if e, ok := last.(sip.Ended); !ok || !errors.Is(e.Cause, sip.ErrFlood) || n != 64 {
			t.Errorf("%d events, the last %s, want 64 with ErrFlood", n, describe(last))
		}
	})
}
