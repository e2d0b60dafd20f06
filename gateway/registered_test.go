package gateway_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"ringward/gateway"
	"ringward/numbering"
	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/siptest"
	"ringward/sip/transport"
	"ringward/softphone"
)

const (
	realm    = "gw.example"
	password = "correct-horse"
	trunkAt  = "127.0.0.10" // the trunk's address, where phones are elsewhere
)

// office is a world whose line has registered phones of the users shop and till,
// and whose trunk is at trunkAt.
func office(t *testing.T, o options) (w *world, events chan registrar.Event) {
	t.Helper()
	events = make(chan registrar.Event, 100)
	trunk, config, sc := o.trunk, o.config, o.sip
	var phones *gateway.Phones
	o.trunk = func(tr *gateway.Trunk) {
		tr.Sources = []netip.Prefix{netip.MustParsePrefix(trunkAt + "/32")}
		if trunk != nil {
			trunk(tr)
		}
	}
	o.config = func(c *gateway.Config) {
		auth := digest.NewServer(digest.Config{Realm: realm, OnlyMD5: siptest.OneChallenge, Lookup: func(user string) (digest.Secret, bool) {
			return digest.NewSecret(user, realm, password), user == "shop" || user == "till"
		}})
		n := numbering.Parse(lineNumber, numbering.Options{Country: "CN"}).Number
		c.Phones = &gateway.Phones{
			Auth: auth,
			Line: func(string) (gateway.Line, bool) { l, ok := c.Lines.Line(lineNumber, n); return l, ok },
			Registrar: registrar.New(registrar.Config{Auth: auth, Event: func(e registrar.Event) { events <- e },
				Line: func(user, record string) (string, bool) { return "shop", user == record }}),
		}
		phones = c.Phones
		if config != nil {
			config(c)
		}
	}
	o.sip = func(c *sip.Config) {
		c.Registrar = true
		if sc != nil {
			sc(c)
		}
	}
	w = newWorld(t, o)
	w.phones = phones
	w.alsoRun(w.gateway.Run)
	old := w.caller
	_ = old.Close()
	var err error
	if w.caller, err = softphone.New(softphone.Options{Addr: netip.MustParseAddr(trunkAt)}); err != nil {
		t.Fatal(err)
	}
	return w, events
}

// alsoRun runs what ends before the world's stack does.
func (w *world) alsoRun(run func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = run(ctx) })
	w.leave = func() { stop(); wg.Wait() }
	w.t.Cleanup(w.leave)
}

func account(w *world, user string) softphone.Account {
	return softphone.Account{User: user, Password: password, Realm: realm, At: w.stack.Addrs()[0].Addr}
}

// registers keeps a phone registered and waits until it is.
func (w *world) registers(p *softphone.Phone, user string, events chan registrar.Event) {
	w.t.Helper()
	r, err := p.Registration(account(w, user), nil)
	must(w.t, err)
	w.alsoRun(r.Run)
	if e := recv(w.t, events, "a registration"); e.Kind != registrar.Added {
		w.t.Fatalf("got %v (%v), want a contact added", e.Kind, e.Outcome)
	}
}

// TestRegisteredPhonesRingTogether registers two phones for a line that has a
// fixed one as well: all three ring, the first that answers wins, and the others
// hear that the call was answered elsewhere.
func TestRegisteredPhonesRingTogether(t *testing.T) {
	w, events := office(t, options{})
	second, err := softphone.New(softphone.Options{})
	must(t, err)
	till, err := softphone.New(softphone.Options{})
	must(t, err)
	t.Cleanup(func() { _ = second.Close(); _ = till.Close() })
	w.registers(second, "shop", events)
	w.registers(till, "till", events)
	if got := w.gateway.Registrations(); len(got) != 2 || got[0].Line != "shop" || got[0].Network != "udp" || got[0].NAT {
		t.Errorf("registrations: %+v, want two of the line over UDP, without NAT", got)
	}
	caller := w.dial("+8613800001234")
	atFixed, atShop, atTill := w.rings(), recv(t, second.Incoming(), "the first registered phone"), recv(t, till.Incoming(), "the second registered phone")
	must(t, atFixed.Ring())
	must(t, atTill.Answer())
	done(t, caller.Answered(), "the answer")
	for _, c := range []*softphone.Call{atFixed, atShop} {
		done(t, c.Over(), "the others to stop ringing")
		if m := c.Ended().Message; m == nil || m.Get("Reason") != `SIP;cause=200;text="Call completed elsewhere"` {
			t.Errorf("a phone that lost the fork: got %v, want the reason that it was answered elsewhere", m)
		}
	}
	caller.Hangup()
	done(t, atTill.Over(), "the end")
	if r := w.record(); r.Outcome != gateway.OutcomeAnswered {
		t.Errorf("got %q, want answered", r.Outcome)
	}
}

// TestNobodyRegistered: a line that is reached by registered phones only.
func TestNobodyRegistered(t *testing.T) {
	w, _ := office(t, options{line: func(l *gateway.Line) { l.Targets = nil }})
	caller := w.dial("+8613800001234")
	done(t, caller.Over(), "the refusal")
	if s := caller.Failure().Status; s != 480 {
		t.Errorf("got %d, want 480", s)
	}
}

// TestPhoneBehindNAT: a phone whose Contact names an address that it does not send
// from is called where it sends from, in the dialog too, and its sound is learnt
// from there.
func TestPhoneBehindNAT(t *testing.T) {
	w, events := office(t, options{line: func(l *gateway.Line) { l.Targets = nil }})
	phone := siptest.UDP(t)
	phone.Peer = w.stack.Addrs()[0].Addr
	registerAgent(t, phone, "<sip:shop@192.168.1.20:5060>", nil)
	if e := recv(t, events, "the registration"); e.Kind != registrar.Added {
		t.Fatalf("got %v, want added", e.Kind)
	}
	if r := w.gateway.Registrations(); len(r) != 1 || !r[0].NAT || r[0].Address != phone.Addr() {
		t.Errorf("got %+v, want NAT and %s", r, phone.Addr())
	}
	caller := w.dial("+8613800001234")
	inv := phone.ExpectRequest("INVITE")
	if inv.RequestURI != "sip:shop@192.168.1.20:5060" {
		t.Errorf("Request-URI %q, want the phone's own contact", inv.RequestURI)
	}
	c := phone.Accept(inv, "natted")
	ok := c.Reply(inv, 200, siptest.Header("Contact", "<sip:shop@192.168.1.20:5060>"),
		siptest.Body("application/sdp", "v=0\r\no=- 1 1 IN IP4 192.168.1.20\r\ns=-\r\nc=IN IP4 192.168.1.20\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n"))
	_ = ok
	phone.ExpectRequest("ACK")
	done(t, caller.Answered(), "the answer")
	caller.Hangup()
	c.Reply(phone.ExpectRequest("BYE"), 200)
	w.record()
}

// registerAgent answers the challenge for a scripted phone of user shop.
func registerAgent(t *testing.T, a *siptest.Agent, contact string, edit siptest.Edit) {
	t.Helper()
	c := a.NewCall()
	c.LocalURI, c.RemoteURI, c.Target = "sip:shop@gw.example", "sip:shop@gw.example", "sip:gw.example"
	edits := []siptest.Edit{siptest.Header("Contact", contact)}
	if edit != nil {
		edits = append(edits, edit)
	}
	req := c.Send("REGISTER", edits...)
	challenge := a.ExpectStatus(401, "REGISTER")
	h, err := digest.Credentials{Realm: realm, User: "shop", Password: password}.Answer(req, challenge, a.Peer.Addr())
	must(t, err)
	c.Send("REGISTER", append(edits, siptest.Header(h.Name, h.Value))...)
	a.ExpectStatus(200, "REGISTER")
}

// TestPathIsTheRoute: a phone behind a proxy that adds Path (RFC 3327) is called
// through it, and only there.
func TestPathIsTheRoute(t *testing.T) {
	w, events := office(t, options{line: func(l *gateway.Line) { l.Targets = nil }})
	proxy := siptest.UDP(t)
	proxy.Peer = w.stack.Addrs()[0].Addr
	registerAgent(t, proxy, "<sip:shop@192.168.1.20:5060>", siptest.Header("Path", "<sip:127.0.0.99;lr;ob>"))
	recv(t, events, "the registration")
	caller := w.dial("+8613800001234")
	inv := proxy.ExpectRequest("INVITE")
	if got := inv.List("Route"); len(got) != 1 || got[0] != "<sip:127.0.0.99;lr;ob>" {
		t.Errorf("Route %q, want the Path", got)
	}
	c := proxy.Accept(inv, "far")
	c.Reply(inv, 486)
	done(t, caller.Over(), "the refusal")
	w.record()
}

// TestGoneFlowIsForgotten: a phone on a connection that closed is not waited for.
func TestGoneFlowIsForgotten(t *testing.T) {
	w, events := office(t, options{line: func(l *gateway.Line) { l.Targets = nil }, sip: func(c *sip.Config) {
		c.Listen = append(c.Listen, transport.Listen{Network: "tcp", Addr: netip.MustParseAddrPort("127.0.0.1:0")})
	}})
	phone := siptest.TCP(t)
	phone.Peer = w.stack.Addrs()[1].Addr
	registerAgent(t, phone, "<sip:shop@192.168.1.20:5060;transport=tcp>", nil)
	recv(t, events, "the registration")
	caller := w.dial("+8613800001234")
	inv := phone.ExpectRequest("INVITE")
	phone.Accept(inv, "x").Reply(inv, 486)
	done(t, caller.Over(), "the first call's end")
	w.record()
	phone.Close()
	until(t, "the flow to be found gone", func() bool {
		caller := w.dial("+8613800001234")
		done(t, caller.Over(), "the call's end")
		w.record()
		return caller.Failure().Status == 480 && len(w.gateway.Registrations()) == 0
	})
	if e := recv(t, events, "the loss"); e.Kind != registrar.Lost {
		t.Errorf("got %v, want lost", e.Kind)
	}
}

// TestOtherFlow: a phone that keeps two connections (RFC 5626) rings once, by the
// newer, and by the other when that is gone.
func TestOtherFlow(t *testing.T) {
	w, events := office(t, options{line: func(l *gateway.Line) { l.Targets = nil }, sip: func(c *sip.Config) {
		c.Listen = append(c.Listen, transport.Listen{Network: "tcp", Addr: netip.MustParseAddrPort("127.0.0.1:0")})
	}})
	var flows []*siptest.Agent
	for i := range 2 {
		a := siptest.TCP(t)
		a.Peer = w.stack.Addrs()[1].Addr
		registerAgent(t, a, fmt.Sprintf(`<sip:shop@192.168.1.20:5060;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=%d`, i+1), siptest.Header("Supported", "outbound, path"))
		recv(t, events, "the flow's registration")
		flows = append(flows, a)
	}
	target := w.phones.Registrar.Contacts("shop")[0].Target
	if r := w.gateway.Registrations(); len(r) != 1 {
		t.Errorf("registrations %+v, want one phone of two flows", r)
	}
	ring := func(a *siptest.Agent) {
		t.Helper()
		caller := w.dial("+8613800001234")
		inv := a.ExpectRequest("INVITE")
		a.Accept(inv, "x").Reply(inv, 486)
		done(t, caller.Over(), "the call's end")
		w.record()
	}
	ring(flows[1])
	if n := flows[0].Count(siptest.Request("INVITE")); n != 0 {
		t.Errorf("%d INVITEs by the other flow too", n)
	}
	flows[1].Close()
	until(t, "the gateway to see the connection gone", func() bool { return w.stack.Ping(target) != nil })
	ring(flows[0])
	if e := recv(t, events, "the loss"); e.Kind != registrar.Lost {
		t.Errorf("got %v, want the flow lost", e.Kind)
	}
}
