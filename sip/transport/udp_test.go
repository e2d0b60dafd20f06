package transport_test

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

func loopbacks(t *testing.T) []string {
	c, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Logf("IPv6 is not tested: %v", err)
		return []string{"127.0.0.1"}
	}
	_ = c.Close()
	return []string{"127.0.0.1", "::1"}
}

// TestUDP: a request arrives stamped, and its response where it came from.
func TestUDP(t *testing.T) {
	for _, host := range loopbacks(t) {
		a, b := start(t, transport.Config{}, host), start(t, transport.Config{}, host)
		local := a.Local("udp", b.udp.Addr())
		if local != a.udp {
			t.Errorf("Local is %v, want %v", local, a.udp)
		}
		m := request("OPTIONS", "SIP/2.0/UDP "+local.String()+";branch=z9hG4bK1;rport")
		if err := a.Send(m, transport.Target{Network: "udp", Addr: b.udp}); err != nil {
			t.Fatal(err)
		}
		got := wait(t, b.got, "request").m
		if got.Source != a.udp || got.Local != b.udp || got.Transport != "udp" || got.ConnID != 0 {
			t.Errorf("from %v to %v over %s, connection %d; want %v, %v, udp, 0", got.Source, got.Local, got.Transport, got.ConnID, a.udp, b.udp)
		}
		top, err := got.TopVia()
		if err != nil {
			t.Fatal(err)
		}
		if port, _ := top.RPort(); port != a.udp.Port() || top.Received() != host {
			t.Errorf("Via %q not stamped with %v", got.Get("Via"), a.udp)
		}
		if err := b.Send(sipmsg.NewResponse(got, 200, ""), transport.ReplyTarget(got, top)); err != nil {
			t.Fatal(err)
		}
		if r := wait(t, a.got, "response").m; r.Status != 200 || r.Source != b.udp {
			t.Errorf("got %d from %v, want 200 from %v", r.Status, r.Source, b.udp)
		}
	}
}

// TestUDPNoise: keep-alives and octets that are no message reach nobody, and the
// reader goes on.
func TestUDPNoise(t *testing.T) {
	b := start(t, transport.Config{}, "127.0.0.1")
	c := dial(t, "udp", b.udp)
	for _, s := range []string{"\r\n\r\n", "\x00\x00\x00\x00", "", "\x00\x01\x00\x08!\x12\xa4B", "GET / HTTP/1.1\r\n\r\n"} {
		write(t, c, []byte(s))
	}
	write(t, c, encode(t, request("OPTIONS", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1")))
	if got := wait(t, b.got, "request"); got.err != nil || got.m.Method != "OPTIONS" {
		t.Errorf("got %+v, want the OPTIONS", got)
	}
	if s := b.Stats(); s.Received != 1 || s.Undecodable != 2 {
		t.Errorf("stats %+v, want 1 received, 2 undecodable", s)
	}
}

// TestUndecodableIsHandedUp with the codec's verdict and where to answer to.
func TestUndecodableIsHandedUp(t *testing.T) {
	b := start(t, transport.Config{}, "127.0.0.1")
	c := dial(t, "udp", b.udp)
	m := request("OPTIONS", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1;rport")
	m.Del("Call-ID")
	write(t, c, encode(t, m))
	got := wait(t, b.got, "request")
	var e *sipmsg.Error
	if !errors.As(got.err, &e) || e.Status != 400 || got.m.Source.String() != c.LocalAddr().String() {
		t.Errorf("got error %v from %v, want a 400 from %v", got.err, got.m.Source, c.LocalAddr())
	}
}

// TestAdmit turns messages and connections away before they cost anything.
func TestAdmit(t *testing.T) {
	var banned atomic.Bool
	b := start(t, transport.Config{Admit: func(src netip.AddrPort, n int) bool {
		return src.IsValid() && !banned.Load() && (n == 0 || n > 20)
	}}, "127.0.0.1")
	for _, network := range []string{"udp", "tcp"} {
		to := b.udp
		if network == "tcp" {
			to = b.tcp
		}
		c := dial(t, network, to)
		if network == "udp" {
			write(t, c, []byte("X sip:x SIP/2.0\r\n\r\n"))
		}
		write(t, c, encode(t, request("OPTIONS", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1")))
		if got := wait(t, b.got, "request"); got.err != nil {
			t.Errorf("got %v, want the second message only", got.err)
		}
	}
	banned.Store(true)
	expectClosed(t, dial(t, "tcp", b.tcp), "banned")
	if s := b.Stats(); s.Turned != 2 || s.Received != 2 {
		t.Errorf("stats %+v, want 2 turned away, 2 received", s)
	}
}

// TestPanicIsContained: the next message on the socket or connection is read.
func TestPanicIsContained(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		b := start(t, transport.Config{}, "127.0.0.1")
		b.do.Store(func(m *sipmsg.Message, _ error) {
			if m.Method == "INFO" {
				panic("boom")
			}
		})
		to := b.udp
		if network == "tcp" {
			to = b.tcp
		}
		c := dial(t, network, to)
		for _, method := range []string{"INFO", "OPTIONS"} {
			write(t, c, encode(t, request(method, "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1")))
		}
		if got := wait(t, b.got, "request after the panic"); got.m.Method != "OPTIONS" {
			t.Errorf("got %s, want OPTIONS", got.m.Method)
		}
		if s := b.Stats(); s.Panics != 1 {
			t.Errorf("%s: Panics is %d, want 1", network, s.Panics)
		}
	}
}

// TestICMP: a closed port is reported with the branch of the request (RFC 3261
// §18.4); a response is not, and other peers are served meanwhile.
func TestICMP(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("ICMP errors of unconnected sockets are read on Linux only")
	}
	for _, host := range loopbacks(t) {
		a, b := start(t, transport.Config{}, host), start(t, transport.Config{}, host)
		closed, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		to := transport.Target{Network: "udp", Addr: netip.MustParseAddrPort(closed.LocalAddr().String())}
		if err := closed.Close(); err != nil {
			t.Fatal(err)
		}
		m := request("OPTIONS", "SIP/2.0/UDP "+a.udp.String()+";branch=z9hG4bKlost;rport")
		for range 2 {
			if err := a.Send(sipmsg.NewResponse(m, 200, ""), to); err != nil {
				t.Errorf("send response: %v", err)
			}
			if err := a.Send(m, to); err != nil {
				t.Errorf("send request: %v", err)
			}
			got := wait(t, a.failed, "report of the lost request")
			if got.branch != "z9hG4bKlost" || got.to != to.Addr || got.err == nil {
				t.Errorf("%s: told of %+v, want z9hG4bKlost to %v", host, got, to.Addr)
			}
			if err := a.Send(m, transport.Target{Network: "udp", Addr: b.udp}); err != nil {
				t.Errorf("send to a sound peer: %v", err)
			}
			wait(t, b.got, "request at the sound peer")
		}
	}
}

// TestPortInUse: a second gateway on the same port is told, although our own
// sockets share it.
func TestPortInUse(t *testing.T) {
	a := start(t, transport.Config{}, "127.0.0.1")
	for _, l := range a.Addrs() {
		if _, err := transport.Open(transport.Config{Listen: []transport.Listen{l}}); err == nil {
			t.Errorf("%s %v was bound twice", l.Network, l.Addr)
		}
	}
	if _, err := transport.Open(transport.Config{Listen: []transport.Listen{{Network: "sctp", Addr: a.udp}}}); err == nil {
		t.Error("network sctp was taken")
	}
}

// TestSendErrors say what cannot be sent.
func TestSendErrors(t *testing.T) {
	a := start(t, transport.Config{}, "127.0.0.1")
	m := request("OPTIONS", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1")
	long := request("OPTIONS", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1")
	long.Body = make([]byte, 65500)
	bad := request("OPTIONS", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nX: y")
	to := netip.MustParseAddrPort("127.0.0.1:9")
	for _, c := range []struct {
		name   string
		m      *sipmsg.Message
		target transport.Target
		want   error
	}{
		{"no socket of the family", m, transport.Target{Network: "udp", Addr: netip.MustParseAddrPort("[::1]:9")}, transport.ErrNoRoute},
		{"unknown network", m, transport.Target{Network: "sctp", Addr: to}, transport.ErrNoRoute},
		{"too long", long, transport.Target{Network: "udp", Addr: to}, transport.ErrTooLong},
		{"CR LF in a value", bad, transport.Target{Network: "udp", Addr: to}, nil},
	} {
		err := a.Send(c.m, c.target)
		if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	a.stop()
	for _, network := range []string{"udp", "tcp"} {
		if err := a.Send(m, transport.Target{Network: network, Addr: to}); !errors.Is(err, transport.ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", network, err)
		}
	}
}

// TestWildcard: on an unspecified address Local is the route's.
func TestWildcard(t *testing.T) {
	a := start(t, transport.Config{}, "0.0.0.0")
	got := a.Local("udp", netip.MustParseAddr("127.0.0.1"))
	if want := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), a.udp.Port()); got != want {
		t.Errorf("Local is %v, want %v", got, want)
	}
	if got := a.Local("udp", netip.MustParseAddr("::1")); got.IsValid() {
		t.Errorf("Local for IPv6 is %v, want none", got)
	}
	c := dial(t, "udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), a.udp.Port()))
	write(t, c, encode(t, request("OPTIONS", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1")))
	if m := wait(t, a.got, "request").m; m.Local != got {
		t.Errorf("the request arrived at %v, want %v", m.Local, got)
	}
}
