package sip_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
)

// RFC 3665 §3.7 (hold and resume) received: the owner answers, the ACK comes to
// it, the remote target follows the Contact (RFC 3261 §12.2.2).
func TestReinviteReceived(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		c.Send("INVITE", siptest.SDP("hold"), siptest.Header("Contact", "<sip:moved@192.0.2.9:5060>"))
		q := want[sip.Requested](r, l)
		if q.Req.Method() != "INVITE" {
			t.Fatalf("requested %s", q.Req.Method())
		}
		r.ok(q.Req.Respond(200, "", sdp("held")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		if !resp.Has("Contact") || !resp.Has("Allow") {
			t.Error("200 to re-INVITE lacks Contact or Allow")
		}
		again := r.peer.ExpectStatus(200, "INVITE") // repeated until the ACK
		c.Ack(again)
		if m := <-q.Req.Acked(); m == nil || m.Method != "ACK" {
			t.Errorf("acked with %v", m)
		}
		if err := q.Req.Respond(200, "", sip.Body{}); !errors.Is(err, sip.ErrState) {
			t.Errorf("second answer: %v, want ErrState", err)
		}
		r.ok(l.Bye())
		bye := r.peer.ExpectRequest("BYE")
		if bye.RequestURI != "sip:moved@192.0.2.9:5060" {
			t.Errorf("BYE to %s, want the new Contact", bye.RequestURI)
		}
		c.Reply(bye, 200)
		ended(r, l)
	})
}

func TestReinviteRefusedAndCancelled(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		c.Send("INVITE", siptest.SDP("video"))
		q := want[sip.Requested](r, l)
		r.ok(q.Req.Respond(488, "", sip.Body{}, sipmsg.Header{Name: "Warning", Value: `305 x "no"`}))
		c.Ack(r.peer.ExpectStatus(488, "INVITE"))
		if m, ok := <-q.Req.Acked(); ok {
			t.Errorf("acked with %v, want closed", m)
		}
		c.Send("INVITE", siptest.SDP("again"))
		q = want[sip.Requested](r, l)
		c.Cancel()
		r.peer.ExpectStatus(200, "CANCEL")
		c.Ack(r.peer.ExpectStatus(487, "INVITE"))
		synctest.Wait()
		if err := q.Req.Respond(200, "", sip.Body{}); !errors.Is(err, sip.ErrState) {
			t.Errorf("answer after CANCEL: %v, want ErrState", err)
		}
		c.Send("BYE")
		ended(r, l)
	})
}

// RFC 3261 §14.1: no ACK for the 2xx to a re-INVITE ends the call.
func TestReinviteWithoutAck(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		c.Send("INVITE", siptest.SDP("hold"))
		r.ok(want[sip.Requested](r, l).Req.Respond(200, "", sdp("held")))
		r.peer.Patience = time.Minute
		c.Reply(r.peer.ExpectRequest("BYE"), 200)
		if e := ended(r, l); !errors.Is(e.Cause, sip.ErrNoAck) {
			t.Errorf("ended %+v, want ErrNoAck", e)
		}
	})
}

// A re-INVITE of ours: ACK by the owner, repeated for a repeated 2xx.
func TestReinviteSent(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.answered()
		p, err := l.Send("INVITE", sdp("hold"), sipmsg.Header{Name: "Session-Expires", Value: "1800"})
		r.ok(err)
		inv := r.peer.ExpectRequest("INVITE")
		if inv.Get("CSeq") != "2 INVITE" || !inv.Has("Contact") || inv.Get("Session-Expires") != "1800" {
			t.Errorf("re-INVITE %v", inv.Headers)
		}
		if _, err := l.Send("INVITE", sdp("x")); !errors.Is(err, sip.ErrGlare) {
			t.Errorf("second re-INVITE: %v, want ErrGlare", err)
		}
		if _, err := l.Send("UPDATE", sdp("x")); !errors.Is(err, sip.ErrGlare) {
			t.Errorf("UPDATE with an offer meanwhile: %v, want ErrGlare", err)
		}
		if err := p.Ack(sip.Body{}); !errors.Is(err, sip.ErrState) {
			t.Errorf("ack before the answer: %v, want ErrState", err)
		}
		c.Reply(inv, 200, siptest.SDP("held"))
		<-p.Done()
		if p.Response().Status != 200 || p.Err() != nil {
			t.Errorf("outcome %v, %v", p.Response(), p.Err())
		}
		r.ok(p.Ack(sip.Body{}))
		r.peer.ExpectRequest("ACK")
		c.Reply(inv, 200, siptest.SDP("held"))
		if ack := r.peer.ExpectRequest("ACK"); ack.Get("CSeq") != "2 ACK" {
			t.Errorf("repeated ACK has CSeq %s", ack.Get("CSeq"))
		}
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		if ack := r.peer.ExpectRequest("ACK"); ack.Get("CSeq") != "1 ACK" {
			t.Errorf("ACK for the first INVITE has CSeq %s", ack.Get("CSeq"))
		}
		c.Send("BYE")
		ended(r, l)
	})
}

// The outcome of a request of ours that ends the call (RFC 3261 §12.2.1.2).
func TestPeerGone(t *testing.T) {
	for _, tc := range []struct {
		method string
		status int // 0: never answered
		gone   bool
	}{
		{"INVITE", 481, true},
		{"INVITE", 408, true},
		{"INVITE", 0, true},
		{"INVITE", 488, false},
		{"INVITE", 491, false},
		{"UPDATE", 481, true},
		{"UPDATE", 0, true},
		{"UPDATE", 500, false},
		{"INFO", 481, true},
		{"INFO", 0, false},
		{"INFO", 405, false},
	} {
		run(t, func(r *rig) {
			c, l := r.confirmed()
			p, err := l.Send(tc.method, sip.Body{})
			r.ok(err)
			m := r.peer.ExpectRequest(tc.method)
			if tc.status != 0 {
				c.Reply(m, tc.status)
			}
			<-p.Done()
			if tc.status == 0 && !errors.Is(p.Err(), sip.ErrTimeout) {
				t.Errorf("%s: %v, want ErrTimeout", tc.method, p.Err())
			}
			if !tc.gone {
				silent(r, l)
				l.Close()
			}
			c.Reply(r.peer.ExpectRequest("BYE"), 481)
			if e := ended(r, l); errors.Is(e.Cause, sip.ErrGone) != tc.gone {
				t.Errorf("%s answered %d: ended %v, want gone %v", tc.method, tc.status, e.Cause, tc.gone)
			}
		})
	}
}

// What the stack answers by itself when offers meet (RFC 3261 §14.2, RFC 3311
// §5.2, RFC 5407 §3).
func TestGlare(t *testing.T) {
	type scene struct {
		name   string
		before func(r *rig, c *siptest.Call, l *sip.Leg) // makes the conflict
		method string
		body   bool
		status int
	}
	answerable := func(method string, body sip.Body) func(*rig, *siptest.Call, *sip.Leg) {
		return func(r *rig, _ *siptest.Call, l *sip.Leg) {
			_, err := l.Send(method, body)
			r.ok(err)
		}
	}
	received := func(method string, edits ...siptest.Edit) func(*rig, *siptest.Call, *sip.Leg) {
		return func(r *rig, c *siptest.Call, l *sip.Leg) {
			c.Send(method, edits...)
			want[sip.Requested](r, l)
		}
	}
	for _, s := range []scene{
		{"INVITE while ours is pending", answerable("INVITE", sdp("x")), "INVITE", true, 491},
		{"INVITE without offer while ours is pending", answerable("INVITE", sip.Body{}), "INVITE", false, 491},
		{"INVITE while our UPDATE with offer is pending", answerable("UPDATE", sdp("x")), "INVITE", true, 491},
		{"UPDATE with offer while our INVITE is pending", answerable("INVITE", sdp("x")), "UPDATE", true, 491},
		{"UPDATE with offer while our UPDATE is pending", answerable("UPDATE", sdp("x")), "UPDATE", true, 491},
		{"INVITE while theirs is unanswered", received("INVITE", siptest.SDP("x")), "INVITE", true, 500},
		{"UPDATE with offer while their INVITE is unanswered", received("INVITE", siptest.SDP("x")), "UPDATE", true, 500},
		{"UPDATE while theirs is unanswered", received("UPDATE"), "UPDATE", false, 500},
		{"UPDATE without offer while our INVITE is pending", answerable("INVITE", sdp("x")), "UPDATE", false, 0},
		{"INFO while our INVITE is pending", answerable("INVITE", sdp("x")), "INFO", false, 0},
	} {
		t.Run(s.name, func(t *testing.T) {
			run(t, func(r *rig) {
				c, l := r.confirmed()
				s.before(r, c, l)
				edits := []siptest.Edit{}
				if s.body {
					edits = append(edits, siptest.SDP("theirs"))
				}
				c.Send(s.method, edits...)
				if s.status == 0 {
					r.ok(want[sip.Requested](r, l).Req.Respond(200, "", sip.Body{}))
					r.peer.ExpectStatus(200, s.method)
				} else if m := r.peer.ExpectStatus(s.status, s.method); s.status == 500 && !m.Has("Retry-After") {
					t.Error("500 without Retry-After")
				}
				c.Send("BYE")
				r.peer.ExpectStatus(200, "BYE")
				ended(r, l)
			})
		})
	}
}

func TestLocalGlareWithTheirs(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		c.Send("INVITE", siptest.SDP("x"))
		q := want[sip.Requested](r, l)
		if _, err := l.Send("INVITE", sdp("y")); !errors.Is(err, sip.ErrGlare) {
			t.Errorf("re-INVITE during theirs: %v, want ErrGlare", err)
		}
		r.ok(q.Req.Respond(200, "", sdp("a")))
		if _, err := l.Send("INVITE", sdp("y")); !errors.Is(err, sip.ErrGlare) {
			t.Errorf("re-INVITE before their ACK: %v, want ErrGlare", err)
		}
		resp := r.peer.ExpectStatus(200, "INVITE")
		c.Ack(resp)
		<-q.Req.Acked()
		p, err := l.Send("INVITE", sdp("y"))
		r.ok(err)
		c.Reply(r.peer.ExpectRequest("INVITE"), 491)
		<-p.Done()
		p, err = l.Send("UPDATE", sdp("y")) // the offer that failed is over
		r.ok(err)
		c.Reply(r.peer.ExpectRequest("UPDATE"), 200, siptest.SDP("z"))
		<-p.Done()
		c.Send("BYE")
		ended(r, l)
	})
}

// An initial INVITE without an offer: ours is in the 200, theirs in the ACK.
func TestOfferlessIncoming(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(func(m *sipmsg.Message) {})
		r.ok(l.Answer(sdp("our offer")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		c.Learn(resp)
		// A re-INVITE before the ACK that carries the answer (RFC 5407 §3.1).
		first := c.Invite
		c.Send("INVITE", siptest.SDP("early"))
		second := c.Invite
		m := r.peer.ExpectStatus(491, "INVITE")
		c.Ack(m)
		c.Invite = first
		c.Ack(resp, siptest.SDP("their answer"))
		if e := want[sip.Confirmed](r, l); len(e.Ack.Body) == 0 {
			t.Error("ACK without the answer")
		}
		c.Invite = second
		c.Send("INVITE", siptest.SDP("again"))
		r.ok(want[sip.Requested](r, l).Req.Respond(200, "", sdp("fine")))
		c.Ack(r.peer.ExpectStatus(200, "INVITE"))
		c.Send("BYE")
		ended(r, l)
	})
}

func TestOfferlessOutgoing(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing(func(o *sip.DialOptions) { o.Body = sip.Body{} })
		c.Reply(c.Invite, 200, siptest.SDP("their offer"))
		want[sip.Answered](r, l)
		r.ok(l.Ack(sdp("our answer")))
		if ack := r.peer.ExpectRequest("ACK"); len(ack.Body) == 0 {
			t.Error("ACK without the answer")
		}
		c.Send("BYE")
		ended(r, l)
	})
}
