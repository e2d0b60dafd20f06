package sip_test

import (
	"errors"
	"testing"

	"ringward/sip"
	"ringward/sip/siptest"
)

// Requests within the dialog: order of CSeq, foreign tags, methods.
func TestInDialogRules(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		for _, tc := range []struct {
			name   string
			method string
			edits  []siptest.Edit
			status int
		}{
			{"CSeq too low (RFC 3261 §12.2.2)", "INFO", []siptest.Edit{siptest.Header("CSeq", "1 INFO")}, 500},
			{"unknown From-tag", "INFO", []siptest.Edit{siptest.Header("From", "<sip:a@b>;tag=no")}, 481},
			{"unknown To-tag", "INFO", []siptest.Edit{siptest.Header("To", "<sip:a@b>;tag=no")}, 481},
			{"other Call-ID", "INFO", []siptest.Edit{siptest.Header("Call-ID", "other")}, 481},
			{"OPTIONS", "OPTIONS", nil, 200},
			{"PRACK for nothing (RFC 3262 §3)", "PRACK", []siptest.Edit{siptest.Add("RAck", "1 1 INVITE")}, 481},
			{"method not allowed", "REFER", nil, 405},
			{"unknown method", "DANCE", nil, 501},
			{"unknown extension", "INFO", []siptest.Edit{siptest.Add("Require", "nonsense")}, 420},
			{"body of a strange type", "UPDATE", []siptest.Edit{siptest.Body("text/html", "x")}, 415},
		} {
			c.Send(tc.method, tc.edits...)
			r.peer.Expect(tc.name, siptest.Response(tc.status, tc.method))
		}
		silent(r, l)
		c.Send("INFO", siptest.Body("application/dtmf-relay", "Signal=1"))
		r.ok(want[sip.Requested](r, l).Req.Respond(200, "", sip.Body{}))
		r.peer.ExpectStatus(200, "INFO")
		c.Send("BYE")
		ended(r, l)
		c.Send("INFO")
		r.peer.ExpectStatus(481, "INFO")
	})
}

// Requests that wait for the owner when the call ends get 487 (RFC 3261
// §15.1.2), ours resolve with ErrEnded.
func TestPendingAtEnd(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.confirmed()
		c.Send("INFO")
		info := want[sip.Requested](r, l)
		c.Send("INVITE", siptest.SDP("x"))
		re := want[sip.Requested](r, l)
		p, err := l.Send("INFO", sip.Body{})
		r.ok(err)
		c.Send("BYE")
		r.peer.ExpectStatus(487, "INFO")
		r.peer.ExpectStatus(487, "INVITE")
		ended(r, l)
		<-p.Done()
		if !errors.Is(p.Err(), sip.ErrEnded) || p.Response() != nil {
			t.Errorf("outcome %v, %v, want ErrEnded", p.Response(), p.Err())
		}
		if _, ok := <-re.Req.Acked(); ok {
			t.Error("Acked delivered something")
		}
		if err := info.Req.Respond(200, "", sip.Body{}); !errors.Is(err, sip.ErrEnded) {
			t.Errorf("answer after the end: %v", err)
		}
		if _, err := l.Send("INFO", sip.Body{}); !errors.Is(err, sip.ErrEnded) {
			t.Errorf("send after the end: %v", err)
		}
	})
}

// UPDATE in an early dialog (RFC 3311 §5.1): both ways.
func TestUpdateInEarlyDialog(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing()
		if _, err := l.Send("UPDATE", sip.Body{}); !errors.Is(err, sip.ErrState) {
			t.Errorf("UPDATE without a dialog: %v, want ErrState", err)
		}
		c.Reply(c.Invite, 183, siptest.SDP("early answer"), siptest.Add("Require", "100rel"), siptest.Add("RSeq", "1"))
		c.Reply(r.peer.ExpectRequest("PRACK"), 200)
		want[sip.Progressed](r, l)
		p, err := l.Send("UPDATE", sdp("new offer"))
		r.ok(err)
		c.Reply(r.peer.ExpectRequest("UPDATE"), 200, siptest.SDP("new answer"))
		<-p.Done()
		c.Send("UPDATE", siptest.SDP("theirs"))
		r.ok(want[sip.Requested](r, l).Req.Respond(200, "", sdp("ours")))
		r.peer.ExpectStatus(200, "UPDATE")
		if _, err := l.Send("INVITE", sdp("x")); !errors.Is(err, sip.ErrState) {
			t.Errorf("re-INVITE in an early dialog: %v, want ErrState", err)
		}
		c.Reply(c.Invite, 200)
		want[sip.Answered](r, l)
		r.ok(l.Ack(sip.Body{}))
		c.Send("BYE")
		ended(r, l)
	})
}

// A pinned leg sends to where signalling comes from, and moves with it.
func TestPin(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(siptest.SDP("o"), siptest.Header("Contact", "<sip:inside@10.0.0.7:5062>"))
		l.Pin()
		r.ok(l.Answer(sdp("a")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		c.Learn(resp)
		c.Ack(resp)
		want[sip.Confirmed](r, l)
		// The NAT gives the peer another port.
		moved := r.net.Agent(t, "192.0.2.9:40000")
		moved.Peer = r.peer.Peer
		c.Agent = moved
		c.Send("OPTIONS")
		moved.ExpectStatus(200, "OPTIONS")
		if got := l.Remote(); got != moved.Addr() {
			t.Errorf("remote %s, want %s", got, moved.Addr())
		}
		r.ok(l.Bye())
		bye := moved.ExpectRequest("BYE") // comes here, whatever Contact says
		if bye.RequestURI != "sip:inside@10.0.0.7:5062" {
			t.Errorf("Request-URI %s, want the Contact", bye.RequestURI)
		}
		c.Reply(bye, 200)
		ended(r, l)
	})
}

// No UPDATE of ours before a response has given the peer our tag.
func TestUpdateWithoutDialog(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		if _, err := l.Send("UPDATE", sip.Body{}); !errors.Is(err, sip.ErrState) {
			t.Errorf("UPDATE before any response: %v, want ErrState", err)
		}
		r.ok(l.Progress(180, "", sip.Body{}))
		c.Learn(r.peer.ExpectStatus(180, "INVITE"))
		p, err := l.Send("UPDATE", sip.Body{})
		r.ok(err)
		c.Reply(r.peer.ExpectRequest("UPDATE"), 200)
		<-p.Done()
		r.ok(l.Reject(480, ""))
		c.Ack(r.peer.ExpectStatus(480, "INVITE"))
		ended(r, l)
	})
}
