package sip_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
)

// The answers of RFC 3261 §8.2 outside dialogs, with the header fields that the
// RFC asks for.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name   string
		method string
		edits  []siptest.Edit
		status int    // 0: reaches the owner
		header string // must be there
		value  string // must be in it
	}{
		{"plain", "INVITE", nil, 0, "", ""},
		{"method known, not allowed: §8.2.1", "REGISTER", nil, 405, "Allow", "INVITE"},
		{"method unknown: §21.5.2", "invite", nil, 501, "Allow", "INVITE"},
		{"extension: §8.2.2.3", "INVITE", []siptest.Edit{siptest.Add("Require", "100rel, a, b")}, 420, "Unsupported", "a, b"},
		{"extension of OPTIONS", "OPTIONS", []siptest.Edit{siptest.Add("Require", "x")}, 420, "Unsupported", "x"},
		{"no hop left: §16.3", "INVITE", []siptest.Edit{siptest.Header("Max-Forwards", "0")}, 483, "", ""},
		{"no hop left, but for us", "OPTIONS", []siptest.Edit{siptest.Header("Max-Forwards", "0")}, 200, "Allow", "BYE"},
		{"no Contact: §8.1.1.8", "INVITE", []siptest.Edit{siptest.Without("Contact")}, 400, "", ""},
		{"two Contacts", "INVITE", []siptest.Edit{siptest.Add("Contact", "<sip:b@c>")}, 400, "", ""},
		{"Contact that cannot be reached", "INVITE", []siptest.Edit{siptest.Header("Contact", "<mailto:a@b>")}, 400, "", ""},
		{"media type: §8.2.3", "INVITE", []siptest.Edit{siptest.Body("application/x", "?")}, 415, "Accept", "application/sdp"},
		{"media type in another case", "INVITE", []siptest.Edit{siptest.Body("Application/SDP;charset=utf-8", "v=0")}, 0, "", ""},
		{"body that may be ignored: §20.11", "INVITE", []siptest.Edit{siptest.Body("application/x", "?"), siptest.Add("Content-Disposition", "x; handling=optional")}, 0, "", ""},
		{"content coding", "INVITE", []siptest.Edit{siptest.SDP("x"), siptest.Add("Content-Encoding", "gzip")}, 415, "Accept-Encoding", "identity"},
		{"multipart with SDP", "INVITE", []siptest.Edit{siptest.Body("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n")}, 0, "", ""},
		{"multipart without", "INVITE", []siptest.Edit{siptest.Body("multipart/mixed;boundary=b", "--b\r\nContent-Type: text/x\r\n\r\nv=0\r\n--b--\r\n")}, 415, "Accept", "multipart/mixed"},
		{"long body: §21.4.11", "INVITE", []siptest.Edit{siptest.Body("application/sdp", strings.Repeat("a", 33<<10))}, 413, "", ""},
		{"BYE without dialog: §12.2.2", "BYE", nil, 481, "", ""},
		{"PRACK without dialog", "PRACK", nil, 481, "", ""},
		{"UPDATE without dialog", "UPDATE", nil, 481, "", ""},
		{"INFO without dialog", "INFO", nil, 481, "", ""},
		{"INVITE for a dialog that is not", "INVITE", []siptest.Edit{siptest.Header("To", "<sip:a@b>;tag=x")}, 481, "", ""},
		{"OPTIONS: §11.2", "OPTIONS", nil, 200, "Accept", "application/sdp"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run(t, func(r *rig) {
				c := r.peer.NewCall()
				c.Send(tc.method, tc.edits...)
				if tc.status == 0 {
					l := r.leg()
					r.ok(l.Reject(480, ""))
					c.Ack(r.peer.ExpectStatus(480, tc.method))
					ended(r, l)
					return
				}
				m := r.peer.ExpectStatus(tc.status, tc.method)
				if !strings.Contains(m.Get(tc.header), tc.value) {
					t.Errorf("%s: %q, want %q in it", tc.header, m.Get(tc.header), tc.value)
				}
				if m.ToTag() == "" {
					t.Error("answer without To-tag (§8.2.6.2)")
				}
				if tc.method == "INVITE" {
					c.Ack(m)
				}
				synctest.Wait()
				if len(r.legs) != 0 {
					t.Error("the owner was asked all the same")
				}
			})
		})
	}
}

// 421 with Require when a caller lacks what we insist on (RFC 3261 §21.4.15).
func TestExtensionRequired(t *testing.T) {
	run(t, func(r *rig) {
		c := r.peer.NewCall()
		c.Send("INVITE")
		m := r.peer.ExpectStatus(421, "INVITE")
		if m.Get("Require") != "timer" {
			t.Errorf("Require %q, want timer", m.Get("Require"))
		}
		c.Ack(m)
		c, l := r.incoming(siptest.SDP("x"), siptest.Add("Supported", "timer"))
		l.Close()
		c.Ack(r.peer.ExpectStatus(500, "INVITE"))
		ended(r, l)
	}, func(c *sip.Config) { c.Require = []string{"timer"}; c.Supported = []string{"timer"} })
}

// 489 with Allow-Events (RFC 6665 §8.3.1); known packages reach the handler.
func TestEvents(t *testing.T) {
	run(t, func(r *rig) {
		c := r.peer.NewCall()
		c.Send("SUBSCRIBE", siptest.Add("Event", "presence"))
		if m := r.peer.ExpectStatus(489, "SUBSCRIBE"); m.Get("Allow-Events") != "dialog" {
			t.Errorf("Allow-Events %q, want dialog", m.Get("Allow-Events"))
		}
		c.Send("SUBSCRIBE", siptest.Add("Event", "dialog;id=4"))
		tx := <-r.others
		r.ok(tx.Respond(sipmsg.NewResponse(tx.Request(), 202, "")))
		r.peer.ExpectStatus(202, "SUBSCRIBE")
	}, func(c *sip.Config) {
		c.Events = []string{"dialog"}
		c.Allow = []string{"INVITE", "ACK", "CANCEL", "BYE", "SUBSCRIBE"}
	})
}

// Our own INVITE that comes back is a loop (RFC 3261 §8.2.2.2), and so is one
// that comes twice by different ways.
func TestLoopsAndMerges(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.outgoing()
		back := c.Invite.Clone()
		back.Prepend("Via", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-proxy")
		r.peer.Send(back)
		r.peer.ExpectStatus(482, "INVITE")
		c.Reply(c.Invite, 482)
		want[sip.Failed](r, l)
		ended(r, l)

		c, l = r.incoming()
		twin := c.Invite.Clone()
		twin.Set("Via", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-other")
		r.peer.Send(twin)
		r.peer.ExpectStatus(482, "INVITE")
		r.ok(l.Reject(480, ""))
		c.Ack(r.peer.ExpectStatus(480, "INVITE"))
		ended(r, l)
	})
}

// Strangers' responses and ACKs are counted and never answered.
func TestStrays(t *testing.T) {
	run(t, func(r *rig) {
		inv := r.peer.NewCall().Request("INVITE")
		ok := sipmsg.NewResponse(inv, 200, "")
		ok.Set("To", inv.Get("To")+";tag=x")
		ok.Set("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnone")
		r.peer.Send(ok)
		c := r.peer.NewCall()
		c.Seq, c.RemoteTag = 1, "nobody"
		c.Send("ACK")
		synctest.Wait()
		if n := len(r.peer.Unread()); n != 0 {
			t.Errorf("got %v, want silence", lines(r.peer))
		}
		if s := r.stack.Stats(); s.Strays != 2 {
			t.Errorf("%d strays counted, want 2", s.Strays)
		}
	})
}
