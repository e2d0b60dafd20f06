package sip_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// TestCallOverWebSocket: a browser calls, is called back over its own
// connection, and every request to it says WS (RFC 7118 §5).
func TestCallOverWebSocket(t *testing.T) {
	legs := make(chan *sip.Leg, 1)
	s, addr := listening(t, "ws", handlerFunc(func(l *sip.Leg) {
		legs <- l
		for range l.Events() {
		}
	}), func(c *sip.Config) {
		c.Listen = []transport.Listen{{Network: "ws", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}
	})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+addr.String(), &websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	say := func(text string) {
		t.Helper()
		if err := c.Write(ctx, websocket.MessageText, []byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
			t.Fatal(err)
		}
	}
	hear := func() *sipmsg.Message {
		t.Helper()
		_, b, err := c.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m, err := sipmsg.Decode(b, true)
		if err != nil {
			t.Fatalf("%v in %q", err, b)
		}
		return m
	}
	say(`INVITE sip:shop@gw.example SIP/2.0
Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKa
Max-Forwards: 70
From: <sip:web@gw.example>;tag=w
To: <sip:shop@gw.example>
Call-ID: web-1
CSeq: 1 INVITE
Contact: <sip:web@df7jal23ls0d.invalid;transport=ws>
Content-Type: application/sdp
Content-Length: 5

offer`)
	l := <-legs
	if err := l.Answer(sdp("answer")); err != nil {
		t.Fatal(err)
	}
	ok := hear()
	if ok.Status == 100 {
		ok = hear()
	}
	if got := ok.Get("Contact"); ok.Status != 200 || !strings.Contains(got, addr.String()+";transport=ws>") {
		t.Fatalf("got %d with Contact %s, want 200 with ours by ws", ok.Status, got)
	}
	say("ACK sip:x@" + addr.String() + ` SIP/2.0
Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKb
Max-Forwards: 70
From: <sip:web@gw.example>;tag=w
To: ` + ok.Get("To") + `
Call-ID: web-1
CSeq: 1 ACK
Content-Length: 0

`)
	l.Close()
	bye := hear()
	if top, err := bye.TopVia(); err != nil || bye.Method != "BYE" || top.Transport != "WS" {
		t.Fatalf("got %s by %v, %v; want BYE by WS", bye.Method, top.Transport, err)
	}
	r := sipmsg.NewResponse(bye, 200, "")
	b, err := r.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	say(strings.ReplaceAll(string(b), "\r\n", "\n"))
	if _, err := s.PeerCertificate(1); err == nil {
		t.Error("a WebSocket without TLS has a certificate")
	}
}

// TestCallOverTLS: two stacks, mutual TLS; what goes back uses the connection
// that is there, and Via and Contact say TLS.
func TestCallOverTLS(t *testing.T) {
	_, both := siptest.TLS(t, "gw.example")
	onTLS := func(c *sip.Config) {
		c.Listen = []transport.Listen{{Network: "tls", Addr: netip.MustParseAddrPort("127.0.0.1:0"), TLS: both}}
		c.DialTLS = both
	}
	legs := make(chan *sip.Leg, 1)
	callee, addr := listening(t, "tls", handlerFunc(func(l *sip.Leg) {
		legs <- l
		_ = l.Answer(sdp("answer"))
		for range l.Events() {
		}
	}), onTLS)
	caller, _ := listening(t, "tls", handlerFunc(func(*sip.Leg) {}), onTLS)
	out, err := caller.Dial(sip.DialOptions{
		From: nameAddr("sip:us@gw.example"), To: nameAddr("sip:them@gw.example"), Body: sdp("offer"),
		Target: transport.Target{Network: "tls", Addr: addr, ServerName: "gw.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := <-legs
	invite := in.Invite()
	top, err := invite.TopVia()
	if err != nil || top.Transport != "TLS" || !strings.Contains(invite.Get("Contact"), ";transport=tls") {
		t.Errorf("Via %v, Contact %s; want TLS in both", top, invite.Get("Contact"))
	}
	if cert, err := callee.PeerCertificate(invite.ConnID); err != nil || cert.DNSNames[0] != "gw.example" {
		t.Errorf("certificate of the caller: %v", err)
	}
	if e, ok := (<-out.Events()).(sip.Answered); !ok {
		t.Fatalf("event %s, want Answered", describe(e))
	}
	if err := out.Ack(sip.Body{}); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if e, ok := (<-out.Events()).(sip.Ended); !ok || e.Cause != nil {
		t.Errorf("event %s, want Ended", describe(e))
	}
}

// TestSendOutside: OPTIONS to a peer of ours, its answer, and what is refused.
func TestSendOutside(t *testing.T) {
	_, peer := listening(t, "udp", handlerFunc(func(*sip.Leg) {}))
	s, _ := listening(t, "udp", handlerFunc(func(*sip.Leg) {}))
	to := transport.Target{Network: "udp", Addr: peer}
	m := sipmsg.NewRequest("OPTIONS", "sip:"+peer.String())
	m.Add("Max-Forwards", "70")
	m.Add("From", "<sip:us@127.0.0.1>;tag=1")
	m.Add("To", "<sip:them@127.0.0.1>")
	m.Add("Call-ID", "outside-1")
	m.Add("CSeq", "1 OPTIONS")
	m.Add("Contact", s.Contact(to, "us"))
	tx, err := s.Send(m, to)
	if err != nil {
		t.Fatal(err)
	}
	if r := <-tx.Responses(); r == nil || r.Status != 200 {
		t.Errorf("got %v, want 200", r)
	}
	if err := s.Ping(to); err != nil {
		t.Error(err)
	}
	m.Method = "INVITE"
	if _, err := s.Send(m, to); !errors.Is(err, sip.ErrState) {
		t.Errorf("INVITE outside Dial: %v, want ErrState", err)
	}
}
