package gateway_test

import (
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/locate"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/softphone"
)

// challengeBy asks for credentials as a carrier's proxy does.
func challengeBy(realm, nonce string) siptest.Edit {
	return siptest.Add("Proxy-Authenticate", `Digest realm="`+realm+`",qop="auth",algorithm=SHA-256,nonce="`+nonce+`"`)
}

// TestTrunkAsksForCredentials: a carrier's 407 is answered, in its realm, and the
// call goes on with the same Call-ID.
func TestTrunkAsksForCredentials(t *testing.T) {
	w, carrier := callsOut(t, func(tr *gateway.Trunk) {
		tr.Credentials = digest.Credentials{User: "account", Password: "hush", Realm: "carrier.example"}
	}, nil)
	caller := w.callOut("95588", "shop")
	first := carrier.ExpectRequest("INVITE")
	carrier.Accept(first, "asks").Reply(first, 407, challengeBy("carrier.example", "n1"))
	second := carrier.Expect("INVITE with credentials", func(m *sipmsg.Message) bool { return m.Method == "INVITE" && m.Has("Proxy-Authorization") })
	if second.CallID() != first.CallID() || second.FromTag() != first.FromTag() || !strings.Contains(second.Get("Proxy-Authorization"), `username="account"`) {
		t.Errorf("got %s with %q", second.CallID(), second.Get("Proxy-Authorization"))
	}
	carrier.Accept(second, "far").Reply(second, 486)
	done(t, caller.Over(), "the end")
	if s := caller.Failure().Status; s != 486 {
		t.Errorf("got %d, want 486", s)
	}
}

// TestCredentialsAreNotProvedTwice is security D4: another realm, or nonce after
// nonce, gets no credentials and at most one more INVITE, and no challenge reaches
// the phone.
func TestCredentialsAreNotProvedTwice(t *testing.T) {
	for _, realm := range []string{"evil.example", "carrier.example"} {
		t.Run(realm, func(t *testing.T) {
			w, carrier := callsOut(t, func(tr *gateway.Trunk) {
				tr.Credentials = digest.Credentials{User: "account", Password: "hush", Realm: "carrier.example"}
			}, nil)
			caller := w.callOut("95588", "shop")
			var sent, proved int
			for over := false; !over; {
				select {
				case <-caller.Over():
					over = true
				default:
				}
				for _, m := range carrier.Unread() {
					if m.Method != "INVITE" {
						continue
					}
					sent++
					if m.Has("Proxy-Authorization") {
						proved++
					}
					carrier.Accept(m, "t"+strconv.Itoa(sent)).Reply(m, 407, challengeBy(realm, "n"+strconv.Itoa(sent)))
				}
				carrier.Forget()
			}
			want := map[string]int{"evil.example": 0, "carrier.example": 1}[realm]
			if proved != want || sent > 2 {
				t.Errorf("%d INVITEs, %d with credentials; want at most 2, %d", sent, proved, want)
			}
			if s := caller.Failure().Status; s != 500 {
				t.Errorf("the phone got %d, want 500", s)
			}
		})
	}
}

// deadEnd is an address where nobody is: the kernel answers by ICMP.
func deadEnd(t *testing.T) netip.AddrPort {
	t.Helper()
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(freeUDP(t)))
}

// TestFailover is RFC 3263 §4.3: a carrier of several places is called at the next
// one after 503 and after ICMP, and the places that failed come last afterwards.
func TestFailover(t *testing.T) {
	busy := siptest.UDP(t)
	dead := deadEnd(t)
	names := serveDNS(t)
	w, good := callsOut(t, func(tr *gateway.Trunk) { tr.Target = "sip:carrier.test" }, nil, func(c *gateway.Config) {
		c.Locator = locate.New(locate.Config{Servers: []netip.AddrPort{names.addr}})
	})
	busy.Peer = good.Peer
	names.srv("_sip._udp.carrier.test.", srvRecord{1, busy.Addr().Port()}, srvRecord{2, dead.Port()}, srvRecord{3, good.Addr().Port()})
	caller := w.callOut("95588", "shop")
	inv := busy.ExpectRequest("INVITE")
	busy.Accept(inv, "busy").Reply(inv, 503, siptest.Header("Retry-After", "60"))
	inv = good.ExpectRequest("INVITE")
	good.Accept(inv, "good").Reply(inv, 486)
	done(t, caller.Over(), "the end")
	w.record()
	busy.Forget()
	caller = w.callOut("95588", "shop")
	inv = good.ExpectRequest("INVITE")
	good.Accept(inv, "good2").Reply(inv, 486)
	done(t, caller.Over(), "the end")
	if n := busy.Count(siptest.Request("INVITE")); n != 0 {
		t.Errorf("the place that said 503 got %d INVITEs, want to be spared", n)
	}
}

// TestPingsFindTheDeadPlace: a place that answers OPTIONS by 503 is not called
// first any more, before any call failed there.
func TestPingsFindTheDeadPlace(t *testing.T) {
	down := siptest.UDP(t)
	names := serveDNS(t)
	w, good := callsOut(t, func(tr *gateway.Trunk) { tr.Target, tr.Ping = "sip:carrier.test", 100*time.Millisecond }, nil, func(c *gateway.Config) {
		c.Locator = locate.New(locate.Config{Servers: []netip.AddrPort{names.addr}, Failed: 10 * time.Millisecond})
	})
	down.Peer = good.Peer
	names.srv("_sip._udp.carrier.test.", srvRecord{1, down.Addr().Port()}, srvRecord{2, good.Addr().Port()})
	until(t, "OPTIONS at both places", func() bool {
		for _, a := range []*siptest.Agent{down, good} {
			for _, m := range a.Unread() {
				if m.Method == "OPTIONS" {
					a.Accept(m, "o").Reply(m, map[*siptest.Agent]int{down: 503, good: 200}[a])
				}
			}
		}
		seen := good.Count(siptest.Request("OPTIONS")) > 0 && down.Count(siptest.Request("OPTIONS")) > 2
		return seen
	})
	caller := w.callOut("95588", "shop")
	inv := good.ExpectRequest("INVITE")
	good.Accept(inv, "good").Reply(inv, 486)
	done(t, caller.Over(), "the end")
	if n := down.Count(siptest.Request("INVITE")); n != 0 {
		t.Errorf("%d INVITEs at the place that is down", n)
	}
}

// TestTrunkLimitHoldsOut: a trunk's own limit counts calls that go out through it.
func TestTrunkLimitHoldsOut(t *testing.T) {
	w, carrier := callsOut(t, func(tr *gateway.Trunk) { tr.MaxCalls = 1 }, nil)
	first := w.callOut("95588", "shop")
	inv := carrier.ExpectRequest("INVITE")
	second := w.callOut("95588", "shop")
	done(t, second.Over(), "the limit")
	if s := second.Failure().Status; s != 503 {
		t.Errorf("got %d, want 503", s)
	}
	carrier.Accept(inv, "far").Reply(inv, 486)
	done(t, first.Over(), "the end")
}

// TestSilentPlace: a place that answers nothing at all is left for the next,
// and no call stays there.
func TestSilentPlace(t *testing.T) {
	silent := siptest.UDP(t)
	names := serveDNS(t)
	w, good := callsOut(t, func(tr *gateway.Trunk) { tr.Target = "sip:carrier.test" }, nil, func(c *gateway.Config) {
		c.Locator, c.SilentPlace = locate.New(locate.Config{Servers: []netip.AddrPort{names.addr}}), 100*time.Millisecond
	})
	silent.Peer = good.Peer
	names.srv("_sip._udp.carrier.test.", srvRecord{1, silent.Addr().Port()}, srvRecord{2, good.Addr().Port()})
	caller := w.callOut("95588", "shop")
	late := silent.ExpectRequest("INVITE")
	inv := good.ExpectRequest("INVITE")
	good.Accept(inv, "good").Reply(inv, 486)
	done(t, caller.Over(), "the end")
	if s := caller.Failure().Status; s != 486 {
		t.Errorf("got %d, want the other place's 486", s)
	}
	c := silent.Accept(late, "late") // it wakes up: the call that nobody wants is cancelled
	c.Reply(late, 180)
	c.Reply(silent.ExpectRequest("CANCEL"), 200)
	c.Reply(late, 487)
}

// TestRegistersAtCarrier: REGISTER with credentials, calls for the account that
// come back on it, and the registration taken back at the end.
func TestRegistersAtCarrier(t *testing.T) {
	carrier := siptest.UDP(t)
	w := newWorld(t, options{
		trunk: func(tr *gateway.Trunk) {
			tr.Target = "sip:" + carrier.Addr().String()
			tr.Register = "sip:account@carrier.example"
			tr.Credentials = digest.Credentials{User: "account", Password: "hush", Realm: "carrier.example"}
		},
	})
	carrier.Peer = w.stack.Addrs()[0].Addr
	w.alsoRun(w.gateway.Run)
	first := carrier.ExpectRequest("REGISTER")
	carrier.Accept(first, "r").Reply(first, 401, siptest.Add("WWW-Authenticate", `Digest realm="carrier.example",qop="auth",algorithm=SHA-256,nonce="n"`))
	second := carrier.Expect("REGISTER with credentials", func(m *sipmsg.Message) bool { return m.Method == "REGISTER" && m.Has("Authorization") })
	contact := second.Get("Contact")
	carrier.Accept(second, "r").Reply(second, 200, siptest.Header("Contact", contact+";expires=3600"))
	until(t, "to be registered", func() bool {
		p := w.gateway.Peers()
		return len(p) == 1 && p[0].Registered && time.Until(p[0].Until) > 50*time.Minute
	})
	call := carrier.NewCall()
	call.Target = strings.Trim(contact, "<>")
	call.RemoteURI = "sip:" + lineNumber + "@carrier.example"
	call.Send("INVITE", offer)
	merchant := w.rings()
	must(t, merchant.Reject(486))
	call.Ack(carrier.ExpectStatus(486, "INVITE"))
	if r := w.record(); r.Called != lineNumber {
		t.Errorf("called %q, want the number in To", r.Called)
	}
	left := make(chan struct{})
	go func() { defer close(left); w.leave() }()
	bye := carrier.Expect("REGISTER that ends it", func(m *sipmsg.Message) bool { return m.Method == "REGISTER" && m.Get("Expires") == "0" })
	carrier.Accept(bye, "r").Reply(bye, 200)
	done(t, left, "the gateway to leave the carrier")
}

// offer is what a scripted caller offers.
func offer(m *sipmsg.Message) {
	siptest.Body("application/sdp", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 31000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n")(m)
}

// TestTrunkHasToProveItself: a trunk with a password is asked for it, and one
// without the right one gets no call through.
func TestTrunkHasToProveItself(t *testing.T) {
	auth := digest.NewServer(digest.Config{Realm: realm, Lookup: func(user string) (digest.Secret, bool) {
		return digest.NewSecret(user, realm, password), user == "carrier"
	}})
	w := newWorld(t, options{trunk: func(tr *gateway.Trunk) { tr.Challenge = auth }})
	for _, c := range []struct {
		password string
		want     int
	}{{"wrong", 401}, {password, 486}} {
		a := softphone.Account{User: "carrier", Password: c.password, Realm: realm, At: w.stack.Addrs()[0].Addr}
		call, err := w.caller.Call(softphone.Outgoing{To: a.At, Number: lineNumber, From: "+8613800001234", Account: &a})
		must(t, err)
		if c.want == 486 {
			must(t, w.rings().Reject(486))
		}
		done(t, call.Over(), "the end")
		if s := call.Failure().Status; s != c.want {
			t.Errorf("with password %q: got %d, want %d", c.password, s, c.want)
		}
	}
	if r := w.record(); r.Status != 486 {
		t.Errorf("recorded %+v, want the call alone: a guess is none", r)
	}
}

// TestTrunkSeesItsAddressAndCodecs: what a trunk is offered names the address that
// it reaches us at, and its codecs first; so does our Contact.
func TestTrunkSeesItsAddressAndCodecs(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.10")
	carrier := siptest.UDP(t)
	var gw atomic.Pointer[world]
	w := newWorld(t, options{
		trunk: func(tr *gateway.Trunk) {
			tr.Target, tr.Advertise, tr.Codecs, tr.Format = "sip:"+carrier.Addr().String(), public, []string{"pcma"}, gateway.FormatE164
		},
		line: func(l *gateway.Line) { l.Targets = []string{"trunk:carrier/2155550177"} },
		sip: func(c *sip.Config) {
			c.ExternalAddr = func(n string, a netip.Addr) netip.AddrPort { return gw.Load().gateway.External(n, a) }
		},
		config: func(c *gateway.Config) {
			c.Trunks[0].Area = "21"
		},
	})
	gw.Store(w)
	carrier.Peer = w.stack.Addrs()[0].Addr
	call := carrier.NewCall()
	call.RemoteURI, call.Target = "sip:"+lineNumber+"@gw", "sip:"+lineNumber+"@gw"
	call.Send("INVITE", offer)
	inv := carrier.Expect("the INVITE to the trunk", func(m *sipmsg.Message) bool { return m.Method == "INVITE" })
	body := string(inv.Body)
	if !strings.Contains(body, "IN IP4 203.0.113.10") || strings.Contains(body, "127.0.0.1") || !strings.Contains(body, "RTP/AVP 8 0 101") {
		t.Errorf("offered:\n%s\nwant 203.0.113.10 alone, and PCMA first", body)
	}
	if !strings.Contains(inv.Get("Contact"), "@203.0.113.10:") || !strings.HasPrefix(inv.RequestURI, "sip:+862155550177@") {
		t.Errorf("Contact %q, Request-URI %q", inv.Get("Contact"), inv.RequestURI)
	}
	carrier.Accept(inv, "far").Reply(inv, 486)
	call.Ack(carrier.ExpectStatus(486, "INVITE"))
	w.record()
}
