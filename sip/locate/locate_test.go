package locate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

func uri(t testing.TB, s string) sipmsg.URI {
	t.Helper()
	u, err := sipmsg.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// show writes targets for comparing: network address[/name].
func show(targets []transport.Target) string {
	var out []string
	for _, t := range targets {
		s := t.Network + " " + t.Addr.String()
		if t.ServerName != "" {
			s += "/" + t.ServerName
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// world is what the tests' name server knows.
func world(t testing.TB) *nameServer {
	s := newNameServer(t)
	// The example of RFC 3263 §4.1, and its hosts.
	s.naptr("example.com", 50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com")
	s.naptr("example.com", 90, 50, "S", "sip+d2t", "_sip._tcp.example.com")
	s.naptr("example.com", 100, 50, "s", "SIP+D2U", "_sip._udp.example.com")
	s.naptr("example.com", 10, 50, "s", "SIP+D2S", "_sip._sctp.example.com")
	s.naptr("example.com", 10, 50, "u", "E2U+sip", "x.example.com")
	s.srv("_sips._tcp.example.com", 0, 1, 5061, "server1.example.com")
	s.srv("_sip._tcp.example.com", 0, 1, 5060, "server1.example.com")
	s.srv("_sip._tcp.example.com", 1, 1, 5070, "server2.example.com")
	s.srv("_sip._udp.example.com", 0, 1, 5060, "server2.example.com")
	s.a("server1.example.com", "192.0.2.1")
	s.a("server2.example.com", "192.0.2.2")
	s.a("server2.example.com", "2001:db8::2")
	// SRV without NAPTR, a host without either, and oddities.
	s.srv("_sip._udp.srv.example", 10, 0, 5080, "server2.example.com")
	s.srv("_sip._tcp.srv.example", 10, 0, 5081, "server1.example.com")
	s.a("srv.example", "203.0.113.99")
	s.a("plain.example", "192.0.2.3")
	s.srv("_sip._udp.closed.example", 0, 0, 0, "")
	s.srv("_sip._udp.ghost.example", 0, 0, 5060, "nowhere.example")
	s.srv("_sip._udp.ghost.example", 5, 0, 5060, "server1.example.com")
	s.a("odd.example", "0.0.0.0")
	s.a("odd.example", "224.0.1.75")
	s.a("odd.example", "192.0.2.9")
	return s
}

// TestTargets goes through RFC 3263 §4.
func TestTargets(t *testing.T) {
	s := world(t)
	for _, c := range []struct {
		uri, networks string // networks: "" is udp tcp tls
		want          string // "" is an error
	}{
		{"sip:192.0.2.7", "", "udp 192.0.2.7:5060"},
		{"sip:192.0.2.7:5070;transport=tcp", "", "tcp 192.0.2.7:5070"},
		{"sips:192.0.2.7", "", "tls 192.0.2.7:5061"},
		{"sip:[2001:db8::7];transport=tls", "", "tls [2001:db8::7]:5061"},
		{"sip:example.com", "", "tls 192.0.2.1:5061/example.com, tcp 192.0.2.1:5060, tcp 192.0.2.2:5070, tcp [2001:db8::2]:5070, udp 192.0.2.2:5060, udp [2001:db8::2]:5060"},
		{"sip:example.com", "udp", "udp 192.0.2.2:5060, udp [2001:db8::2]:5060"},
		{"sips:example.com", "", "tls 192.0.2.1:5061/example.com"},
		{"sips:example.com", "udp tcp", ""},
		{"sip:example.com;transport=udp", "", "udp 192.0.2.2:5060, udp [2001:db8::2]:5060"},
		{"sip:EXAMPLE.com.;transport=TCP", "", "tcp 192.0.2.1:5060, tcp 192.0.2.2:5070, tcp [2001:db8::2]:5070"},
		{"sips:example.com;transport=tcp", "", "tls 192.0.2.1:5061/example.com"},
		{"sips:example.com;transport=udp", "", ""},
		{"sip:server2.example.com:5099", "", "udp 192.0.2.2:5099, udp [2001:db8::2]:5099"},
		{"sips:server1.example.com:5099", "", "tls 192.0.2.1:5099/server1.example.com"},
		{"sip:srv.example", "", "udp 192.0.2.2:5080, udp [2001:db8::2]:5080, tcp 192.0.2.1:5081"},
		{"sip:srv.example", "tcp udp", "tcp 192.0.2.1:5081, udp 192.0.2.2:5080, udp [2001:db8::2]:5080"},
		{"sip:plain.example", "", "udp 192.0.2.3:5060"},
		{"sip:plain.example;transport=tls", "", "tls 192.0.2.3:5061/plain.example"},
		{"sip:ghost.example", "udp", "udp 192.0.2.1:5060"},
		{"sip:odd.example", "", "udp 192.0.2.9:5060"},
		{"sip:closed.example", "", ""},
		{"sip:nowhere.example", "", ""},
		{"sip:plain.example;transport=sctp", "", ""},
		{"sip:192.0.2.7;transport=ws", "", ""},
		{"tel:+862100000000", "", ""},
	} {
		cfg := Config{Servers: []netip.AddrPort{s.addr}}
		if c.networks != "" {
			cfg.Networks = strings.Fields(c.networks)
		}
		got, err := New(cfg).Targets(context.Background(), uri(t, c.uri))
		if show(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s by %q: got %s, %v; want %s", c.uri, c.networks, show(got), err, c.want)
		}
	}
	six, err := New(Config{Servers: []netip.AddrPort{s.addr}, Prefer6: true}).Targets(context.Background(), uri(t, "sip:server2.example.com:5060"))
	if want := "udp [2001:db8::2]:5060, udp 192.0.2.2:5060"; show(six) != want || err != nil {
		t.Errorf("IPv6 first: got %s, %v; want %s", show(six), err, want)
	}
}

// TestHostsFile is read first.
func TestHostsFile(t *testing.T) {
	l := New(Config{Servers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}})
	got, err := l.Targets(context.Background(), uri(t, "sip:localhost:5060"))
	if err != nil || !got[0].Addr.Addr().IsLoopback() {
		t.Errorf("localhost is at %s, %v", show(got), err)
	}
}

// TestWeights: the lots of RFC 2782 fall by weight, and priority goes before.
func TestWeights(t *testing.T) {
	p := plan{places: []place{
		{network: "udp", priority: 2, weight: 60000, addrs: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.9:5060")}},
	}}
	for i, w := range []uint16{10, 30, 60, 0} {
		p.places = append(p.places, place{network: "udp", priority: 1, weight: w, addrs: []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 5060)}})
	}
	l := New(Config{Servers: []netip.AddrPort{}})
	first := map[string]int{}
	const n = 20_000
	for range n {
		got := l.order(p, key{host: "h"})
		first[got[0].Addr.Addr().String()]++
		if got[4].Addr.Addr() != netip.MustParseAddr("192.0.2.9") {
			t.Fatalf("got %s, want the second priority last", show(got))
		}
	}
	for addr, want := range map[string]float64{"192.0.2.0": 0.10, "192.0.2.1": 0.30, "192.0.2.2": 0.60, "192.0.2.3": 0.01} {
		if got := float64(first[addr]) / n; got < want-0.02 || got > want+0.02 {
			t.Errorf("%s first in %.3f of draws, want about %.2f", addr, got, want)
		}
	}
}

// clock is a time that the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// TestCache: answers, failures and names that do not exist are remembered, and
// old knowledge serves when DNS is gone (security A8).
func TestCache(t *testing.T) {
	s := world(t)
	c := &clock{time.Unix(1_790_000_000, 0)}
	l := New(Config{Servers: []netip.AddrPort{s.addr}, Now: c.now})
	ctx := context.Background()
	look := func(u string) (string, error) {
		got, err := l.Targets(ctx, uri(t, u))
		return show(got), err
	}
	const want = "udp 192.0.2.3:5060"
	if _, ok := l.Cached(uri(t, "sip:plain.example")); ok {
		t.Error("cached before it was looked up")
	}
	for range 3 {
		if got, err := look("sip:plain.example"); got != want || err != nil {
			t.Fatalf("got %s, %v", got, err)
		}
	}
	if n := len(s.questions()); n != 6 { // NAPTR, three SRV, A, AAAA
		t.Errorf("%d questions for three look-ups of one name, want 6", n)
	}
	if got, ok := l.Cached(uri(t, "sip:plain.example")); !ok || show(got) != want {
		t.Errorf("cached: %s, %v", show(got), ok)
	}
	for range 2 {
		if _, err := look("sip:nowhere.example"); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	}
	if n := len(s.questions()); n != 6 {
		t.Errorf("%d questions for two look-ups of no name, want 6", n)
	}
	s.set(func(_ string, m *dnsmessage.Message) *dnsmessage.Message {
		m.RCode = dnsmessage.RCodeServerFailure
		return m
	})
	c.at = c.at.Add(ttl * time.Second)
	for range 2 {
		if got, err := look("sip:plain.example"); got != want || err != nil {
			t.Errorf("DNS is gone: got %s, %v; want the old knowledge", got, err)
		}
	}
	asked := len(s.questions())
	c.at = c.at.Add(24 * time.Hour)
	if _, err := look("sip:plain.example"); !errors.Is(err, ErrNoServer) {
		t.Errorf("a day later: %v, want ErrNoServer", err)
	}
	if n := len(s.questions()); n > asked {
		t.Errorf("%d questions, then %d: the failure was not remembered", asked, n)
	}
	s.set(nil)
	c.at = c.at.Add(31 * time.Second)
	if got, err := look("sip:plain.example"); got != want || err != nil {
		t.Errorf("DNS is back: got %s, %v", got, err)
	}
	s.remove("plain.example. A")
	c.at = c.at.Add(ttl * time.Second)
	if _, err := look("sip:plain.example"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the host is no more: %v, want ErrNotFound, not the old knowledge", err)
	}
}

// TestDeadServer: a name server that says nothing costs the time-out, once, and
// those who ask meanwhile wait together.
func TestDeadServer(t *testing.T) {
	s := world(t)
	s.set(func(string, *dnsmessage.Message) *dnsmessage.Message { return nil })
	l := New(Config{Servers: []netip.AddrPort{s.addr}, Timeout: 100 * time.Millisecond})
	begin := time.Now()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := l.Targets(context.Background(), uri(t, "sip:plain.example")); !errors.Is(err, ErrNoServer) {
				t.Errorf("got %v, want ErrNoServer", err)
			}
		})
	}
	wg.Wait()
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("it took %v, want about 100 ms", d)
	}
	if n := len(s.questions()); n != 1 {
		t.Errorf("%d questions for 20 who asked together, want 1", n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Targets(ctx, uri(t, "sip:plain.example")); !errors.Is(err, ErrNoServer) {
		t.Errorf("from memory: %v, want ErrNoServer", err)
	}
}

// TestNamesBounded whoever asks.
func TestNamesBounded(t *testing.T) {
	l := New(Config{Servers: []netip.AddrPort{}, MaxNames: 20})
	for i := range 100 {
		_, _ = l.Targets(context.Background(), uri(t, fmt.Sprintf("sip:192.0.2.%d", i)))
		l.Failed(transport.Target{Network: "udp", Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 5060)})
	}
	if n, h := len(l.names), len(l.health.down); n != 20 || h != 20 {
		t.Errorf("%d names and %d targets kept, want 20", n, h)
	}
}

// TestHealth: what fails is tried last, for longer and longer, and comes back
// (RFC 3263 §4.3).
func TestHealth(t *testing.T) {
	c := &clock{time.Unix(1_790_000_000, 0)}
	s := world(t)
	l := New(Config{Servers: []netip.AddrPort{s.addr}, Networks: []string{"tcp"}, Now: c.now})
	look := func() string {
		t.Helper()
		got, err := l.Targets(context.Background(), uri(t, "sip:example.com"))
		if err != nil {
			t.Fatal(err)
		}
		return show(got)
	}
	one := transport.Target{Network: "tcp", Addr: netip.MustParseAddrPort("192.0.2.1:5060")}
	const up, down = "tcp 192.0.2.1:5060, tcp 192.0.2.2:5070, tcp [2001:db8::2]:5070", "tcp 192.0.2.2:5070, tcp [2001:db8::2]:5070, tcp 192.0.2.1:5060"
	if got := look(); got != up {
		t.Fatalf("got %s, want %s", got, up)
	}
	for _, rest := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
		l.Failed(one)
		l.Failed(one) // a call that was under way with the first
		if got := look(); got != down || l.Up(one) {
			t.Errorf("got %s, want it last", got)
		}
		c.at = c.at.Add(rest - time.Millisecond)
		if l.Up(one) {
			t.Errorf("up before %v", rest)
		}
		c.at = c.at.Add(time.Millisecond)
		if got := look(); got != up {
			t.Errorf("after %v: %s, want it first", rest, got)
		}
	}
	l.Failed(one)
	l.Answered(one, 486, 0)
	if got := look(); got != up {
		t.Errorf("it answered: %s, want it first", got)
	}
	l.Answered(one, 503, 10*time.Second)
	if got := look(); got != down {
		t.Errorf("503: %s, want it last", got)
	}
	c.at = c.at.Add(10 * time.Second)
	if got := look(); got != up {
		t.Errorf("after its Retry-After: %s, want it first", got)
	}
	l.Answered(one, 503, time.Hour)
	c.at = c.at.Add(longRest)
	if !l.Up(one) {
		t.Errorf("a Retry-After of an hour spares it for longer than %v", longRest)
	}
}
