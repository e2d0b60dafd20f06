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
	"ringward/sip/transport"
)

// RFC 3665 §3.1 as the calling side.
func TestOutgoingCall(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing(func(o *sip.DialOptions) {
			o.MaxForwards = 12
			o.Headers = []sipmsg.Header{{Name: "Alert-Info", Value: "<urn:alert:priority:high>"}}
			o.Route = []string{"<sip:edge.example;lr>"}
		})
		inv := c.Invite
		for name, v := range map[string]string{
			"Max-Forwards": "12", "Alert-Info": "<urn:alert:priority:high>", "Route": "<sip:edge.example;lr>",
			"Supported": "100rel, timer", "Contact": "<sip:us@192.0.2.1:5060>", "CSeq": "1 INVITE",
		} {
			if got := inv.Get(name); got != v {
				t.Errorf("%s: %q, want %q", name, got, v)
			}
		}
		c.Reply(inv, 100)
		c.Reply(inv, 180)
		if p := want[sip.Progressed](r, l); p.Status != 180 || p.RemoteTag != "callee" || p.Reliable {
			t.Errorf("progressed %+v", p)
		}
		c.Reply(inv, 200, siptest.SDP("answer"), siptest.Add("Record-Route", "<sip:a.example;lr>, <sip:b.example;lr>"))
		a := want[sip.Answered](r, l)
		if string(a.Message.Body) == "" || l.RemoteTag() != "callee" {
			t.Errorf("answered %q, remote tag %q", a.Message.Body, l.RemoteTag())
		}
		r.ok(l.Ack(sip.Body{}))
		ack := r.peer.ExpectRequest("ACK")
		if got := strings.Join(ack.Values("Route"), ","); got != "<sip:b.example;lr>,<sip:a.example;lr>" {
			t.Errorf("ACK's Route %q, want the Record-Route reversed (RFC 3261 §12.1.2)", got)
		}
		if ack.RequestURI != "sip:agent@192.0.2.9:5060" || ack.Get("CSeq") != "1 ACK" || ack.ToTag() != "callee" {
			t.Errorf("ACK %s %s %s", ack.RequestURI, ack.Get("CSeq"), ack.Get("To"))
		}
		if err := l.Ack(sip.Body{}); !errors.Is(err, sip.ErrState) {
			t.Errorf("second Ack: %v, want ErrState", err)
		}
		r.ok(l.Bye())
		bye := r.peer.ExpectRequest("BYE")
		if bye.Get("CSeq") != "2 BYE" {
			t.Errorf("CSeq %s, want 2 BYE", bye.Get("CSeq"))
		}
		c.Reply(bye, 200)
		ended(r, l)
	})
}

// RFC 3261 §13.2.2.4: the UAC core acknowledges every repeat of the 2xx, while
// the call lasts and, for 64*T1, after it.
func TestAckRepeated(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing()
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		want[sip.Answered](r, l)
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		synctest.Wait()
		if n := r.peer.Count(siptest.Request("ACK")); n != 0 {
			t.Errorf("%d ACKs before the owner's", n)
		}
		r.ok(l.Ack(sdp("late answer")))
		first := r.peer.ExpectRequest("ACK")
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		again := r.peer.ExpectRequest("ACK")
		if string(again.Body) != string(first.Body) || again.Get("CSeq") != first.Get("CSeq") {
			t.Error("the repeated ACK differs")
		}
		c.Send("BYE")
		r.peer.ExpectStatus(200, "BYE")
		ended(r, l)
		r.peer.Forget()
		time.Sleep(20 * time.Second)
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		r.peer.ExpectRequest("ACK")
		time.Sleep(40 * time.Second)
		r.peer.Forget()
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		synctest.Wait()
		if n := len(r.peer.Unread()); n != 0 {
			t.Errorf("a 2xx 60 s after the end got %v, want nothing", lines(r.peer))
		}
	})
}

func TestOutgoingRefused(t *testing.T) {
	for _, status := range []int{302, 404, 486, 500, 503, 603, 699} {
		run(t, func(r *rig) {
			c, l := r.outgoing()
			c.Reply(c.Invite, status, siptest.Header("Reason", "Q.850;cause=17"))
			r.peer.ExpectRequest("ACK")
			f := want[sip.Failed](r, l)
			if f.Status != status || f.Err != nil || f.Message.Get("Reason") == "" {
				t.Errorf("failed %+v, want %d with the message", f, status)
			}
			if e := ended(r, l); e.By != sip.Remote || e.Cause != nil {
				t.Errorf("ended %+v", e)
			}
		})
	}
}

func TestOutgoingUnanswered(t *testing.T) {
	run(t, func(r *rig) {
		_, l := r.outgoing()
		f := want[sip.Failed](r, l)
		if f.Status != 408 || !errors.Is(f.Err, sip.ErrTimeout) {
			t.Errorf("failed %+v, want 408 (timer B)", f)
		}
		ended(r, l)
	})
}

func TestCancel(t *testing.T) {
	t.Run("answered 487", func(t *testing.T) {
		run(t, func(r *rig) {
			c, l := r.outgoing()
			r.ok(l.Cancel(sipmsg.Header{Name: "Reason", Value: "SIP;cause=200"}))
			synctest.Wait()
			if r.peer.Count(siptest.Request("CANCEL")) != 0 {
				t.Fatal("CANCEL before a provisional response (RFC 3261 §9.1)")
			}
			c.Reply(c.Invite, 180)
			cancel := r.peer.ExpectRequest("CANCEL")
			if cancel.Get("Reason") != "SIP;cause=200" || cancel.Get("Via") != c.Invite.Get("Via") {
				t.Errorf("CANCEL %v", cancel.Headers)
			}
			c.Reply(cancel, 200)
			c.Reply(c.Invite, 487)
			r.peer.ExpectRequest("ACK")
			if e := ended(r, l); e.By != sip.Local || e.Cause != nil {
				t.Errorf("ended %+v", e)
			}
			if err := l.Cancel(); !errors.Is(err, sip.ErrEnded) {
				t.Errorf("cancel again: %v", err)
			}
		})
	})
	t.Run("crossed by 200", func(t *testing.T) {
		run(t, func(r *rig) {
			c, l := r.outgoing()
			c.Reply(c.Invite, 180)
			want[sip.Progressed](r, l)
			r.ok(l.Cancel())
			r.ok(l.Cancel())
			c.Reply(r.peer.ExpectRequest("CANCEL"), 200)
			c.Reply(c.Invite, 200, siptest.SDP("answer"))
			r.peer.ExpectRequest("ACK")
			c.Reply(r.peer.ExpectRequest("BYE"), 200)
			if e := ended(r, l); e.By != sip.Local || e.Cause != nil {
				t.Errorf("ended %+v", e)
			}
		})
	})
	t.Run("never answered", func(t *testing.T) {
		run(t, func(r *rig) {
			c, l := r.outgoing()
			c.Reply(c.Invite, 180)
			want[sip.Progressed](r, l)
			start := time.Now()
			r.ok(l.Cancel())
			if e := ended(r, l); !errors.Is(e.Cause, sip.ErrTimeout) || time.Since(start) != 32*time.Second {
				t.Errorf("ended %+v after %v, want ErrTimeout after 64*T1", e, time.Since(start))
			}
		})
	})
}

// Forked early dialogs (RFC 3261 §13.2.2.4): the first 2xx wins, the others are
// acknowledged and ended.
func TestForks(t *testing.T) {
	run(t, func(r *rig) {
		a, l := r.outgoing()
		b := r.peer.Accept(a.Invite, "fork-b")
		for _, c := range []*siptest.Call{a, b} {
			c.Reply(a.Invite, 180)
			if p := want[sip.Progressed](r, l); p.RemoteTag != c.LocalTag {
				t.Errorf("progress of %q, want %q", p.RemoteTag, c.LocalTag)
			}
		}
		b.Reply(a.Invite, 200, siptest.SDP("answer b"))
		want[sip.Answered](r, l)
		r.ok(l.Ack(sip.Body{}))
		if ack := r.peer.ExpectRequest("ACK"); ack.ToTag() != "fork-b" || l.RemoteTag() != "fork-b" {
			t.Errorf("ACK to %q, leg with %q, want fork-b", ack.ToTag(), l.RemoteTag())
		}
		// The loser answers too, and repeats its 200 as it must.
		a.Reply(a.Invite, 200, siptest.SDP("answer a"))
		time.Sleep(500 * time.Millisecond)
		a.Reply(a.Invite, 200, siptest.SDP("answer a"))
		if ack := r.peer.ExpectRequest("ACK"); ack.ToTag() != "callee" {
			t.Errorf("ACK to %q, want callee", ack.ToTag())
		}
		bye := r.peer.ExpectRequest("BYE")
		if bye.ToTag() != "callee" {
			t.Errorf("BYE to %q, want the losing fork", bye.ToTag())
		}
		a.Reply(bye, 200)
		silent(r, l)
		b.Send("BYE")
		r.peer.ExpectStatus(200, "BYE")
		ended(r, l)
	})
}

// A hostile peer cannot make us follow any number of forks.
func TestForksBounded(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing()
		for i := range 40 {
			c.LocalTag = "t" + string(rune('A'+i))
			c.Reply(c.Invite, 180)
			synctest.Wait()
		}
		n := 0
		for len(l.Events()) > 0 {
			<-l.Events()
			n++
		}
		if n != 16 {
			t.Errorf("%d early dialogs followed, want 16", n)
		}
		c.Reply(c.Invite, 404)
		want[sip.Failed](r, l)
		ended(r, l)
	})
}

// A BYE of a callee that thinks it answered: the 200 never reached us.
func TestByeInEarlyDialog(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing()
		c.Reply(c.Invite, 180)
		want[sip.Progressed](r, l)
		c.Send("BYE")
		r.peer.ExpectStatus(200, "BYE")
		if f := want[sip.Failed](r, l); f.Status != 480 || !errors.Is(f.Err, sip.ErrGone) {
			t.Errorf("failed %+v", f)
		}
		ended(r, l)
	})
}

func TestCloseInEveryClientState(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing()
		c.Reply(c.Invite, 180)
		want[sip.Progressed](r, l)
		l.Close()
		c.Reply(r.peer.ExpectRequest("CANCEL"), 200)
		c.Reply(c.Invite, 487)
		ended(r, l)
	})
	run(t, func(r *rig) { // 2xx not yet acknowledged: ACK, then BYE
		c, l := r.outgoing()
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		want[sip.Answered](r, l)
		l.Close()
		r.peer.ExpectRequest("ACK")
		c.Reply(r.peer.ExpectRequest("BYE"), 200)
		ended(r, l)
		l.Close()
	})
	run(t, func(r *rig) { // BYE never answered
		_, l := r.answered()
		l.Close()
		start := time.Now()
		ended(r, l)
		if d := time.Since(start); d > 33*time.Second {
			t.Errorf("ended after %v, want at most timer F", d)
		}
	})
}

func TestDialErrors(t *testing.T) {
	run(t, func(r *rig) {
		if _, err := r.stack.Dial(sip.DialOptions{}); err == nil {
			t.Error("dial without target: no error")
		}
		o := sip.DialOptions{
			From: sipmsg.NameAddr{URI: mustURI("sip:a@b")}, To: sipmsg.NameAddr{URI: mustURI("sip:c@d")},
			Target: transport.Target{Network: "udp", Addr: r.peer.Addr()},
		}
		l1, err := r.stack.Dial(o)
		r.ok(err)
		if _, err := r.stack.Dial(o); !errors.Is(err, sip.ErrBusy) {
			t.Errorf("dial beyond MaxLegs: %v, want ErrBusy", err)
		}
		r.peer.NewCall().Send("INVITE")
		if m := r.peer.ExpectStatus(503, "INVITE"); m.Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
		for range l1.Events() {
		}
	}, func(c *sip.Config) { c.MaxLegs = 1 })
}

// Stopping the stack ends every leg and tells the peers.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		_, confirmed := r.confirmed()
		_, ringing := r.incoming()
		out, dialled := r.outgoing()
		out.Reply(out.Invite, 180)
		want[sip.Progressed](r, dialled)
		r.stop()
		r.peer.ExpectRequest("BYE")
		r.peer.ExpectStatus(503, "INVITE")
		r.peer.ExpectRequest("CANCEL")
		for _, l := range []*sip.Leg{confirmed, ringing, dialled} {
			if e := ended(r, l); !errors.Is(e.Cause, sip.ErrStopped) {
				t.Errorf("ended %+v, want ErrStopped", e)
			}
		}
		if _, err := r.stack.Dial(sip.DialOptions{}); !errors.Is(err, sip.ErrStopped) {
			t.Errorf("dial after the end: %v", err)
		}
	})
}

// An INVITE that is tried again keeps Call-ID and From-tag (RFC 3261 §8.1.3.5).
func TestDialAgain(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing()
		c.Reply(c.Invite, 401, siptest.Add("WWW-Authenticate", `Digest realm="x", nonce="n"`))
		r.peer.ExpectRequest("ACK")
		want[sip.Failed](r, l)
		ended(r, l)
		c2, l2 := r.outgoing(func(o *sip.DialOptions) {
			o.Again = l
			o.Headers = []sipmsg.Header{{Name: "Authorization", Value: `Digest username="u"`}}
		})
		if c2.CallID != c.CallID || c2.RemoteTag != c.RemoteTag || c2.Invite.Get("CSeq") != "2 INVITE" {
			t.Errorf("again with Call-ID %q, tag %q, CSeq %q", c2.CallID, c2.RemoteTag, c2.Invite.Get("CSeq"))
		}
		c2.Reply(c2.Invite, 200, siptest.SDP("answer"))
		want[sip.Answered](r, l2)
		r.ok(l2.Ack(sip.Body{}))
		if ack := r.peer.ExpectRequest("ACK"); ack.Get("CSeq") != "2 ACK" {
			t.Errorf("ACK has CSeq %q", ack.Get("CSeq"))
		}
		if _, err := r.stack.Dial(sip.DialOptions{Target: transport.Target{Network: "udp", Addr: r.peer.Addr()}, Again: l2}); !errors.Is(err, sip.ErrState) {
			t.Errorf("again after success: %v, want ErrState", err)
		}
		c2.Send("BYE")
		ended(r, l2)
	})
}
