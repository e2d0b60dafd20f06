package sip_test

import (
	"fmt"
	"testing"

	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// TestChallengedInvite: credentials go to their realm, once; a peer that asks
// for another, or again and again, sees nothing of them and two INVITEs at most
// (security D4).
func TestChallengedInvite(t *testing.T) {
	creds := digest.Credentials{Realm: "carrier.example", User: "acct", Password: "pw"}
	for realm, want := range map[string]int{"carrier.example": 2, "evil.example": 1} {
		s, addr := listening(t, "udp", handlerFunc(func(*sip.Leg) {}))
		a := siptest.UDP(t)
		a.Peer = addr
		o := sip.DialOptions{
			From: nameAddr("sip:acct@carrier.example"), To: nameAddr("sip:shop@carrier.example"), Body: sdp("offer"),
			Target: transport.Target{Network: "udp", Addr: a.Addr()},
		}
		invites, answers := 0, 0
		for again := true; again; {
			l, err := s.Dial(o)
			if err != nil {
				t.Fatal(err)
			}
			m := a.ExpectRequest("INVITE")
			if invites++; m.Has("Authorization") {
				answers++
			}
			challenge := fmt.Sprintf(`Digest realm="%s",qop="auth",algorithm=SHA-256,nonce="%d",stale=true`, realm, invites)
			c := a.Accept(m, "callee")
			c.Reply(c.Invite, 401, func(r *sipmsg.Message) { r.Add("WWW-Authenticate", challenge) })
			a.ExpectRequest("ACK")
			failed, ok := (<-l.Events()).(sip.Failed)
			if !ok {
				t.Fatal("the leg did not fail")
			}
			<-l.Events() // Ended
			h, err := creds.Answer(l.Invite(), failed.Message, o.Target.Addr.Addr())
			again = err == nil
			o.Again, o.Headers = l, []sipmsg.Header{h}
		}
		if invites != want || answers != want-1 {
			t.Errorf("%s saw %d INVITEs, %d with credentials; want %d, %d", realm, invites, answers, want, want-1)
		}
	}
}
