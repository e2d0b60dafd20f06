package sip_test

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"ringward/sip"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// listening starts a stack on loopback sockets and returns its address on the
// network.
func listening(t testing.TB, network string, h sip.Handler, edits ...func(*sip.Config)) (*sip.Stack, netip.AddrPort) {
	t.Helper()
	loopback := netip.MustParseAddrPort("127.0.0.1:0")
	cfg := sip.Config{
		Listen: []transport.Listen{{Network: "udp", Addr: loopback, Sockets: 1}, {Network: "tcp", Addr: loopback}},
		Log:    slog.New(slog.DiscardHandler),
	}
	for _, e := range edits {
		e(&cfg)
	}
	s, err := sip.New(cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("stack did not stop")
		}
	})
	for _, l := range s.Addrs() {
		if l.Network == network {
			return s, l.Addr
		}
	}
	t.Fatalf("not listening on %s", network)
	return nil, netip.AddrPort{}
}

// Calls both ways over real UDP and TCP.
func TestSockets(t *testing.T) {
	for network, agent := range map[string]func(testing.TB) *siptest.Agent{"udp": siptest.UDP, "tcp": siptest.TCP} {
		t.Run(network, func(t *testing.T) {
			legs := make(chan sip.Event, 64)
			s, addr := listening(t, network, handlerFunc(func(l *sip.Leg) {
				_ = l.Progress(180, "", sip.Body{})
				_ = l.Answer(sdp("answer"))
				for e := range l.Events() {
					legs <- e
				}
			}))
			a := agent(t)
			a.Peer = addr
			c := a.NewCall()
			c.Send("INVITE", siptest.SDP("offer"))
			a.ExpectStatus(180, "INVITE")
			resp := a.ExpectStatus(200, "INVITE")
			c.Learn(resp)
			c.Ack(resp)
			if e, ok := (<-legs).(sip.Confirmed); !ok {
				t.Fatalf("event %s, want Confirmed", describe(e))
			}
			c.Send("BYE")
			a.ExpectStatus(200, "BYE")
			if e, ok := (<-legs).(sip.Ended); !ok {
				t.Fatalf("event %s, want Ended", describe(e))
			}

			l, err := s.Dial(sip.DialOptions{
				From: nameAddr("sip:us@127.0.0.1"), To: nameAddr("sip:phone@127.0.0.1"), Body: sdp("offer"),
				Target: transport.Target{Network: network, Addr: a.Addr()},
			})
			if err != nil {
				t.Fatal(err)
			}
			c = a.Accept(a.ExpectRequest("INVITE"), "callee")
			c.Reply(c.Invite, 200, siptest.SDP("answer"))
			if e, ok := (<-l.Events()).(sip.Answered); !ok {
				t.Fatalf("event %s, want Answered", describe(e))
			}
			if err := l.Ack(sip.Body{}); err != nil {
				t.Fatal(err)
			}
			a.ExpectRequest("ACK")
			l.Close()
			c.Reply(a.ExpectRequest("BYE"), 200)
			if e, ok := (<-l.Events()).(sip.Ended); !ok || e.Cause != nil {
				t.Fatalf("event %s, want Ended", describe(e))
			}
			if n := s.Stats().Legs; n != 0 {
				t.Errorf("%d legs left", n)
			}
		})
	}
}
