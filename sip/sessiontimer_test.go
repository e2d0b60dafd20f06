package sip_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/siptest"
)

func asksTimer(d time.Duration) func(*sip.DialOptions) {
	return func(o *sip.DialOptions) { o.Session.Expires = d }
}

func setTimer(t sip.SessionTimer) func(*sip.Leg) { return func(l *sip.Leg) { l.Time(t) } }

// RFC 4028 §9, table 2: who refreshes, and how often, when we are called.
func TestSessionTimerAsUAS(t *testing.T) {
	with := func(edits ...siptest.Edit) []siptest.Edit {
		return append([]siptest.Edit{siptest.SDP("offer")}, edits...)
	}
	knows := siptest.Header("Supported", "timer")
	for _, tc := range []struct {
		name    string
		edits   []siptest.Edit
		ours    sip.SessionTimer
		want    string // Session-Expires of the 200
		require bool
	}{
		{"nobody asks", with(knows), sip.SessionTimer{}, "", false},
		{"caller asks", with(knows, siptest.Header("Session-Expires", "1800")), sip.SessionTimer{}, "1800;refresher=uac", true},
		{"compact name", with(knows, siptest.Header("x", "1800")), sip.SessionTimer{}, "1800;refresher=uac", true},
		{"caller names us", with(knows, siptest.Header("Session-Expires", "600; Refresher=UAS")), sip.SessionTimer{}, "600;refresher=uas", false},
		{"caller names himself", with(knows, siptest.Header("Session-Expires", "600;refresher=uac")), sip.SessionTimer{}, "600;refresher=uac", true},
		{"a proxy asks for a caller that does not know timers", with(siptest.Header("Session-Expires", "600")), sip.SessionTimer{}, "600;refresher=uas", false},
		{"too little of a caller that cannot be told", with(siptest.Header("Session-Expires", "5")), sip.SessionTimer{}, "90;refresher=uas", false},
		{"we ask", with(knows), sip.SessionTimer{Expires: 20 * time.Minute}, "1200;refresher=uas", false},
		{"we ask one that does not know", with(), sip.SessionTimer{Expires: 20 * time.Minute}, "1200;refresher=uas", false},
		{"we want less", with(knows, siptest.Header("Session-Expires", "3600")), sip.SessionTimer{Expires: 20 * time.Minute}, "1200;refresher=uac", true},
		{"we want more", with(knows, siptest.Header("Session-Expires", "600")), sip.SessionTimer{Expires: 20 * time.Minute}, "600;refresher=uac", true},
		{"less than the caller's least", with(knows, siptest.Header("Session-Expires", "3600"), siptest.Header("Min-SE", "1800")), sip.SessionTimer{Expires: 20 * time.Minute}, "1800;refresher=uac", true},
		{"nonsense", with(knows, siptest.Header("Session-Expires", "soon")), sip.SessionTimer{}, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run(t, func(r *rig) {
				c, l := r.incoming(tc.edits...)
				setTimer(tc.ours)(l)
				r.ok(l.Answer(sdp("answer")))
				resp := r.peer.ExpectStatus(200, "INVITE")
				c.Learn(resp)
				c.Ack(resp)
				want[sip.Confirmed](r, l)
				if got := resp.Get("Session-Expires"); got != tc.want {
					t.Errorf("Session-Expires %q, want %q", got, tc.want)
				}
				if got := resp.Get("Require") == "timer"; got != tc.require {
					t.Errorf("Require %q, want timer in it: %v", resp.Get("Require"), tc.require)
				}
				c.Send("BYE")
				ended(r, l)
			})
		})
	}
}

// An interval that is too short is refused before anybody sees the call, and
// within the dialog (RFC 4028 §9).
func TestSessionTimerTooBrief(t *testing.T) {
	run(t, func(r *rig) {
		c := r.peer.NewCall()
		c.Send("INVITE", siptest.SDP("offer"), siptest.Header("Supported", "timer"), siptest.Header("Session-Expires", "100"))
		resp := r.peer.ExpectStatus(422, "INVITE")
		if resp.Get("Min-SE") != "120" {
			t.Errorf("Min-SE %q, want 120", resp.Get("Min-SE"))
		}
		c.Ack(resp)
		c, l := r.confirmed(siptest.SDP("offer"), siptest.Header("Supported", "timer"), siptest.Header("Session-Expires", "120"))
		c.Send("UPDATE", siptest.Header("Supported", "timer"), siptest.Header("Session-Expires", "119"))
		r.peer.ExpectStatus(422, "UPDATE")
		c.Send("INVITE", siptest.SDP("offer"), siptest.Header("Supported", "timer"), siptest.Header("Session-Expires", "119"))
		c.Ack(r.peer.ExpectStatus(422, "INVITE"))
		silent(r, l)
		c.Send("BYE")
		ended(r, l)
	}, func(c *sip.Config) { c.MinSession = 2 * time.Minute })
}

// The peer refreshes; when it stops, the call ends a little before the interval
// does (RFC 4028 §10).
func TestSessionExpires(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed(siptest.SDP("offer"), siptest.Header("Supported", "timer"), siptest.Header("Session-Expires", "300"))
		for range 3 {
			time.Sleep(200 * time.Second)
			c.Send("UPDATE", siptest.Header("Supported", "timer"), siptest.Header("Session-Expires", "300;refresher=uac"))
			q := want[sip.Requested](r, l)
			r.ok(q.Req.Respond(200, "", sip.Body{}))
			if got := r.peer.ExpectStatus(200, "UPDATE").Get("Session-Expires"); got != "300;refresher=uac" {
				t.Errorf("Session-Expires %q in the 200 to a refresh", got)
			}
		}
		start := time.Now()
		r.peer.Patience = 10 * time.Minute
		bye := r.peer.ExpectRequest("BYE")
		if d := time.Since(start); d != 268*time.Second {
			t.Errorf("BYE %s after the last refresh, want 268 s", d)
		}
		if !strings.Contains(bye.Get("Reason"), "cause=408") {
			t.Errorf("Reason %q", bye.Get("Reason"))
		}
		c.Reply(bye, 200)
		if e := ended(r, l); !errors.Is(e.Cause, sip.ErrExpired) {
			t.Errorf("ended by %v, want ErrExpired", e.Cause)
		}
	})
}

// We refresh by UPDATE where the peer takes it, at half of the interval, and
// keep the call as long as it is answered (RFC 4028 §7.4).
func TestSessionRefreshedByUpdate(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing(asksTimer(200 * time.Second))
		if got := c.Invite.Get("Session-Expires"); got != "200" {
			t.Errorf("Session-Expires %q in the INVITE", got)
		}
		c.Reply(c.Invite, 200, siptest.SDP("answer"), siptest.Header("Allow", "INVITE, ACK, BYE, UPDATE"), siptest.Header("Require", "timer"), siptest.Header("Session-Expires", "200;refresher=uac"))
		want[sip.Answered](r, l)
		r.ok(l.Ack(sip.Body{}))
		r.peer.ExpectRequest("ACK")
		r.peer.Patience = 5 * time.Minute
		for range 3 {
			start := time.Now()
			up := r.peer.ExpectRequest("UPDATE")
			if d := time.Since(start); d != 100*time.Second {
				t.Errorf("refreshed after %s, want 100 s", d)
			}
			if up.Get("Session-Expires") != "200;refresher=uac" || len(up.Body) != 0 {
				t.Errorf("refresh with Session-Expires %q and %d octets", up.Get("Session-Expires"), len(up.Body))
			}
			c.Reply(up, 200, siptest.Header("Session-Expires", "200;refresher=uac"))
		}
		start := time.Now()
		r.peer.ExpectRequest("UPDATE") // and no answer
		bye := r.peer.Expect("BYE", siptest.Request("BYE"))
		if d := time.Since(start); d > 200*time.Second {
			t.Errorf("the call went on for %s without an answer", d)
		}
		c.Reply(bye, 200)
		ended(r, l)
	})
}

// A peer without UPDATE is refreshed by its owner's re-INVITE; one that knows no
// timers as well.
func TestSessionRefreshedByReinvite(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.answered(asksTimer(3 * time.Minute))
		for range 2 {
			want[sip.RefreshDue](r, l)
			p, err := l.Send("INVITE", sdp("offer"))
			r.ok(err)
			inv := r.peer.ExpectRequest("INVITE")
			if got := inv.Get("Session-Expires"); got != "180;refresher=uac" {
				t.Errorf("Session-Expires %q in the re-INVITE", got)
			}
			c.Reply(inv, 200, siptest.SDP("answer"))
			<-p.Done()
			r.ok(p.Ack(sip.Body{}))
			r.peer.ExpectRequest("ACK")
			time.Sleep(time.Second)
		}
		c.Send("BYE")
		ended(r, l)
	})
}

// An owner that does not refresh loses the call, for the peer would end it too.
func TestSessionNotRefreshed(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.answered(asksTimer(90 * time.Second))
		r.peer.Patience = 3 * time.Minute
		start := time.Now()
		bye := r.peer.ExpectRequest("BYE")
		if d := time.Since(start); d != 60*time.Second {
			t.Errorf("BYE after %s, want 60 s", d)
		}
		c.Reply(bye, 200)
		for range l.Events() {
		}
	})
}

// 422 to our INVITE: once more with the interval that the callee wants (RFC 4028
// §7.3), in the same call; a second 422 is the end.
func TestSessionIntervalTooSmall(t *testing.T) {
	for _, again := range []bool{false, true} {
		run(t, func(r *rig) {
			c, l := r.outgoing(asksTimer(2 * time.Minute))
			c.Reply(c.Invite, 422, siptest.Header("Min-SE", "600"))
			r.peer.ExpectRequest("ACK")
			inv := r.peer.ExpectRequest("INVITE")
			if inv.Get("Session-Expires") != "600" || inv.Get("Min-SE") != "600" || inv.CallID() != c.CallID || inv.FromTag() != c.Invite.FromTag() || inv.Get("CSeq") != "2 INVITE" {
				t.Errorf("second INVITE:\n%s", siptest.Line(inv))
			}
			if again {
				c.Reply(inv, 422, siptest.Header("Min-SE", "1200"))
				if f := want[sip.Failed](r, l); f.Status != 422 {
					t.Errorf("failed with %d", f.Status)
				}
				ended(r, l)
				return
			}
			c.Invite = inv
			c.Reply(inv, 200, siptest.SDP("answer"), siptest.Header("Session-Expires", "600;refresher=uas"))
			want[sip.Answered](r, l)
			r.ok(l.Ack(sip.Body{}))
			if ack := r.peer.ExpectRequest("ACK"); ack.Get("CSeq") != "2 ACK" {
				t.Errorf("ACK with CSeq %q", ack.Get("CSeq"))
			}
			c.Send("BYE")
			ended(r, l)
		})
	}
}

// 422 to a refresh raises the interval; 405 to UPDATE turns to re-INVITE.
func TestSessionRefreshRefused(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing(asksTimer(100 * time.Second))
		c.Reply(c.Invite, 200, siptest.SDP("answer"), siptest.Header("Allow", "INVITE, UPDATE"), siptest.Header("Session-Expires", "100;refresher=uac"))
		want[sip.Answered](r, l)
		r.ok(l.Ack(sip.Body{}))
		r.peer.Patience = 2 * time.Minute
		c.Reply(r.peer.ExpectRequest("UPDATE"), 422, siptest.Header("Min-SE", "300"))
		up := r.peer.ExpectRequest("UPDATE")
		if up.Get("Session-Expires") != "300;refresher=uac" {
			t.Errorf("Session-Expires %q after 422", up.Get("Session-Expires"))
		}
		c.Reply(up, 405)
		want[sip.RefreshDue](r, l)
		synctest.Wait()
		c.Send("BYE")
		ended(r, l)
	})
}

// A stack without the option behaves as if there were no such header.
func TestSessionTimerNotSupported(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(siptest.SDP("offer"), siptest.Header("Supported", "timer"), siptest.Header("Session-Expires", "10"))
		r.ok(l.Answer(sdp("answer")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		if resp.Has("Session-Expires") {
			t.Errorf("Session-Expires %q", resp.Get("Session-Expires"))
		}
		c.Learn(resp)
		c.Ack(resp)
		want[sip.Confirmed](r, l)
		c.Send("BYE")
		ended(r, l)
	}, func(c *sip.Config) { c.Supported = []string{"100rel"} })
}
