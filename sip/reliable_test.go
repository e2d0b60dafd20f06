package sip_test

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
)

var (
	requires = siptest.Add("Require", "100rel")
	supports = siptest.Add("Supported", "100rel, timer")
)

// prack acknowledges a reliable provisional response.
func prack(c *siptest.Call, resp *sipmsg.Message, edits ...siptest.Edit) {
	seq, _, _ := resp.CSeq()
	edits = append([]siptest.Edit{siptest.Add("RAck", resp.Get("RSeq")+" "+strconv.Itoa(int(seq))+" INVITE")}, edits...)
	c.RemoteTag = resp.ToTag()
	c.Send("PRACK", edits...)
}

// RFC 3262 §3: what goes reliably.
func TestWhatIsReliable(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit siptest.Edit
		body sip.Body
		want bool
	}{
		{"no support", siptest.Without("Supported"), sdp("x"), false},
		{"supported, no body", supports, sip.Body{}, false},
		{"supported, body", supports, sdp("x"), true},
		{"required, no body", requires, sip.Body{}, true},
		{"required, body", requires, sdp("x"), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run(t, func(r *rig) {
				c, l := r.incoming(siptest.SDP("offer"), tc.edit)
				r.ok(l.Progress(183, "", tc.body))
				resp := r.peer.ExpectStatus(183, "INVITE")
				if got := resp.Has("RSeq") && resp.Get("Require") == "100rel"; got != tc.want {
					t.Errorf("reliable %v, want %v", got, tc.want)
				}
				if tc.want {
					prack(c, resp)
					r.peer.ExpectStatus(200, "PRACK")
				}
				r.ok(l.Reject(480, ""))
				c.Ack(r.peer.ExpectStatus(480, "INVITE"))
				ended(r, l)
			})
		})
	}
}

// RFC 3262 §3: one outstanding at a time, RSeq one by one, repeats at T1
// doubling.
func TestReliableOrder(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(siptest.SDP("offer"), requires)
		start := time.Now()
		r.ok(l.Progress(180, "", sip.Body{}))
		r.ok(l.Progress(183, "", sdp("answer")))
		first := r.peer.ExpectStatus(180, "INVITE")
		for _, at := range []time.Duration{500, 1500, 3500} {
			again := r.peer.ExpectStatus(180, "INVITE")
			if d := time.Since(start); d != at*time.Millisecond || again.Get("RSeq") != first.Get("RSeq") {
				t.Errorf("repeat at %v with RSeq %s, want at %d ms with %s", d, again.Get("RSeq"), at, first.Get("RSeq"))
			}
		}
		if r.peer.Count(siptest.Response(183, "INVITE")) != 0 {
			t.Error("183 before the PRACK for the 180")
		}
		bad := *first
		bad.Headers = append([]sipmsg.Header(nil), first.Headers...)
		bad.Set("RSeq", "1")
		prack(c, &bad)
		r.peer.ExpectStatus(481, "PRACK")
		prack(c, first)
		r.peer.ExpectStatus(200, "PRACK")
		second := r.peer.ExpectStatus(183, "INVITE")
		if a, b := rseq(t, first), rseq(t, second); b != a+1 || a == 0 || a >= 1<<31 {
			t.Errorf("RSeq %d then %d, want one more, from 1 to 2^31-1", a, b)
		}
		// RFC 3262 §3: no 2xx while a session description is unacknowledged.
		r.ok(l.Answer(sip.Body{}))
		synctest.Wait()
		if r.peer.Count(siptest.Response(200, "INVITE")) != 0 {
			t.Fatal("200 before the PRACK for the 183 with SDP")
		}
		if err := l.Reject(486, ""); !errors.Is(err, sip.ErrState) {
			t.Errorf("reject after answer: %v, want ErrState", err)
		}
		prack(c, second)
		r.peer.ExpectStatus(200, "PRACK")
		resp := r.peer.ExpectStatus(200, "INVITE")
		prack(c, second)
		r.peer.ExpectStatus(481, "PRACK")
		c.Learn(resp)
		c.Ack(resp, siptest.Header("CSeq", "1 ACK"))
		want[sip.Confirmed](r, l)
		c.Send("BYE")
		ended(r, l)
	})
}

func rseq(t *testing.T, m *sipmsg.Message) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(m.Get("RSeq"), 10, 32)
	if err != nil {
		t.Fatalf("RSeq: %v", err)
	}
	return n
}

// RFC 3262 §3: given up after 64*T1.
func TestNoPrack(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(siptest.SDP("offer"), requires)
		start := time.Now()
		r.ok(l.Progress(180, "", sip.Body{}))
		r.peer.Patience = time.Minute
		resp := r.peer.ExpectStatus(504, "INVITE")
		if d := time.Since(start); d != 32*time.Second {
			t.Errorf("given up after %v, want 64*T1", d)
		}
		c.Ack(resp)
		if e := ended(r, l); !errors.Is(e.Cause, sip.ErrNoPrack) {
			t.Errorf("ended %+v, want ErrNoPrack", e)
		}
	})
}

// A 200 while a reliable response without a body is unacknowledged goes at
// once, ends its repeats, and the late PRACK is still in order.
func TestAnswerBeforePrack(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(siptest.SDP("offer"), requires)
		r.ok(l.Progress(180, "", sip.Body{}))
		ringing := r.peer.ExpectStatus(180, "INVITE")
		r.ok(l.Answer(sdp("answer")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		prack(c, ringing)
		r.peer.ExpectStatus(200, "PRACK")
		c.Learn(resp)
		c.Ack(resp, siptest.Header("CSeq", "1 ACK"))
		want[sip.Confirmed](r, l)
		if n := r.peer.Count(siptest.Response(180, "INVITE")); n != 0 {
			t.Errorf("%d repeats of the 180 after the 200", n)
		}
		c.Send("BYE")
		ended(r, l)
	})
}

// An INVITE without an offer: ours goes in the reliable 183, the answer comes
// with the PRACK (RFC 3262 §5), the 200 carries none.
func TestOfferInReliableProvisional(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming(supports)
		r.ok(l.Progress(183, "", sdp("our offer")))
		resp := r.peer.ExpectStatus(183, "INVITE")
		prack(c, resp, siptest.SDP("their answer"))
		q := want[sip.Requested](r, l)
		if q.Req.Method() != "PRACK" || len(q.Req.Message().Body) == 0 {
			t.Fatalf("requested %s", q.Req.Method())
		}
		r.ok(l.Answer(sip.Body{}))
		r.ok(q.Req.Respond(200, "", sip.Body{}))
		r.peer.ExpectStatus(200, "PRACK")
		resp = r.peer.ExpectStatus(200, "INVITE")
		c.Learn(resp)
		c.Ack(resp, siptest.Header("CSeq", "1 ACK"))
		want[sip.Confirmed](r, l)
		// Offer and answer are done: an UPDATE with a new offer is in order.
		p, err := l.Send("UPDATE", sdp("next"))
		r.ok(err)
		c.Reply(r.peer.ExpectRequest("UPDATE"), 200, siptest.SDP("yes"))
		<-p.Done()
		c.Send("BYE")
		ended(r, l)
	})
}

// The calling side of RFC 3262 §4.
func TestPrackSent(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing(func(o *sip.DialOptions) { o.Reliable = true })
		if c.Invite.Get("Require") != "100rel" {
			t.Errorf("Require %q, want 100rel", c.Invite.Get("Require"))
		}
		reliably := func(status, rseq int) {
			c.Reply(c.Invite, status, siptest.Add("Require", "100rel"), siptest.Add("RSeq", strconv.Itoa(rseq)))
		}
		reliably(180, 7)
		p := r.peer.ExpectRequest("PRACK")
		if p.Get("RAck") != "7 1 INVITE" || p.Get("CSeq") != "2 PRACK" || p.ToTag() != "callee" {
			t.Errorf("PRACK with RAck %q, CSeq %q", p.Get("RAck"), p.Get("CSeq"))
		}
		if e := want[sip.Progressed](r, l); !e.Reliable || e.NeedsAnswer {
			t.Errorf("progressed %+v", e)
		}
		c.Reply(p, 200)
		reliably(180, 7) // a repeat
		reliably(183, 9) // before its turn
		synctest.Wait()
		if n := r.peer.Count(siptest.Request("PRACK")); n != 0 {
			t.Errorf("%d PRACKs for a repeat and a gap, want none", n)
		}
		reliably(183, 8)
		p = r.peer.ExpectRequest("PRACK")
		if p.Get("RAck") != "8 1 INVITE" || p.Get("CSeq") != "3 PRACK" {
			t.Errorf("second PRACK with RAck %q, CSeq %q", p.Get("RAck"), p.Get("CSeq"))
		}
		c.Reply(p, 200)
		want[sip.Progressed](r, l)
		silent(r, l)
		c.Reply(c.Invite, 200, siptest.SDP("answer"))
		want[sip.Answered](r, l)
		r.ok(l.Ack(sip.Body{}))
		c.Send("BYE")
		ended(r, l)
	})
}

// Each fork counts its RSeq for itself (RFC 3262 §4).
func TestPrackPerFork(t *testing.T) {
	run(t, func(r *rig) {
		a, l := r.outgoing()
		b := r.peer.Accept(a.Invite, "fork-b")
		for _, c := range []*siptest.Call{a, b} {
			c.Reply(a.Invite, 183, siptest.Add("Require", "100rel"), siptest.Add("RSeq", "5"))
			if p := r.peer.ExpectRequest("PRACK"); p.ToTag() != c.LocalTag || p.Get("CSeq") != "2 PRACK" {
				t.Errorf("PRACK to %q with CSeq %q", p.ToTag(), p.Get("CSeq"))
			}
			want[sip.Progressed](r, l)
		}
		b.Reply(a.Invite, 486)
		want[sip.Failed](r, l)
		ended(r, l)
	})
}

// An INVITE of ours without an offer: the owner answers in the PRACK.
func TestPrackWithAnswer(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing(func(o *sip.DialOptions) { o.Body = sip.Body{} })
		c.Reply(c.Invite, 183, siptest.SDP("their offer"), siptest.Add("Require", "100rel"), siptest.Add("RSeq", "1"))
		p := want[sip.Progressed](r, l)
		if !p.NeedsAnswer {
			t.Fatalf("progressed %+v, want NeedsAnswer", p)
		}
		r.ok(l.Prack(p, sdp("our answer")))
		m := r.peer.ExpectRequest("PRACK")
		if len(m.Body) == 0 {
			t.Error("PRACK without the answer")
		}
		c.Reply(m, 200)
		c.Reply(c.Invite, 200)
		want[sip.Answered](r, l)
		r.ok(l.Ack(sip.Body{}))
		c.Send("BYE")
		ended(r, l)
	})
}
