package transaction_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// endpoint is a layer on real sockets on loopback.
type endpoint struct {
	*host
	set *transport.Set
}

func newEndpoint(t *testing.T, handle func(*transaction.Server), networks ...string) *endpoint {
	t.Helper()
	var cfg transport.Config
	for _, n := range networks {
		cfg.Listen = append(cfg.Listen, transport.Listen{Network: n, Addr: netip.MustParseAddrPort("127.0.0.1:0"), Sockets: 2})
	}
	set, err := transport.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, set, handle)
}

// run runs a layer on the sockets until the test ends.
func run(t *testing.T, set *transport.Set, handle func(*transaction.Server)) *endpoint {
	e := &endpoint{host: &host{handle: handle}, set: set}
	e.layer = transaction.New(transaction.Config{Transport: set}, e.host)
	ended := make(chan error, 1)
	go func() { ended <- set.Run(context.Background(), e.layer) }()
	t.Cleanup(func() {
		e.layer.Close()
		set.Close()
		if err := <-ended; err != nil && !errors.Is(err, transport.ErrClosed) {
			t.Errorf("Run: %v", err)
		}
	})
	return e
}

func (e *endpoint) target(network string) transport.Target {
	for _, l := range e.set.Addrs() {
		if l.Network == network {
			return transport.Target{Network: network, Addr: l.Addr}
		}
	}
	return transport.Target{}
}

// TestSockets plays a cancelled and a refused call and a request within a
// second over real UDP and TCP.
func TestSockets(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		a, b := newEndpoint(t, nil, "udp", "tcp"), newEndpoint(t, func(tx *transaction.Server) {
			if tx.Request().Method != "INVITE" {
				respond(t, tx, 200)
				return
			}
			respond(t, tx, 180)
			<-tx.Cancelled()
			respond(t, tx, 487)
		}, "udp", "tcp")
		c, err := a.layer.Send(request("INVITE", 1), b.target(network))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Cancel(); err != nil {
			t.Fatal(err)
		}
		if got := answers(c); !slices.Equal(got, []int{180, 487}) {
			t.Errorf("%s: answers %v, want 180, 487", network, got)
		}
		c, err = a.layer.Send(request("MESSAGE", 2), b.target(network))
		if err != nil {
			t.Fatal(err)
		}
		if got := answers(c); !slices.Equal(got, []int{200}) {
			t.Errorf("%s: answers %v, want 200", network, got)
		}
	}
}

// TestSocketsLong: a long request changes to TCP, and back to UDP if the peer
// listens on UDP only (RFC 3261 §18.1.1).
func TestSocketsLong(t *testing.T) {
	for _, networks := range [][]string{{"udp", "tcp"}, {"udp"}} {
		over := make(chan string, 1)
		a, b := newEndpoint(t, nil, "udp", "tcp"), samePorts(t, func(tx *transaction.Server) {
			v, _ := tx.Request().TopVia()
			over <- tx.Request().Transport + "/" + v.Transport
			respond(t, tx, 200)
		}, networks...)
		m := request("MESSAGE", 1)
		m.Add("Content-Type", "text/plain")
		m.Body = []byte(strings.Repeat("x", 2000))
		to := b.target("udp")
		to.AllowTCP = true
		c, err := a.layer.Send(m, to)
		if err != nil {
			t.Fatal(err)
		}
		if got := answers(c); !slices.Equal(got, []int{200}) {
			t.Errorf("%v: answers %v, want 200: %v", networks, got, c.Err())
		}
		want := "udp/UDP"
		if len(networks) == 2 {
			want = "tcp/TCP"
		}
		if got := <-over; got != want {
			t.Errorf("%v: arrived over %s, want %s", networks, got, want)
		}
	}
}

// samePorts is an endpoint with one port number on each network.
func samePorts(t *testing.T, handle func(*transaction.Server), networks ...string) *endpoint {
	t.Helper()
	if len(networks) == 1 {
		return newEndpoint(t, handle, networks...)
	}
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := netip.MustParseAddrPort(ln.Addr().String())
		_ = ln.Close()
		set, err := transport.Open(transport.Config{Listen: []transport.Listen{{Network: "udp", Addr: addr}, {Network: "tcp", Addr: addr}}})
		if err != nil {
			continue // somebody took it meanwhile
		}
		return run(t, set, handle)
	}
	t.Fatal("no port free on both networks")
	return nil
}

// TestSocketsRefused: a closed port ends the transaction at once, over TCP by
// the connection, over UDP by ICMP (Linux).
func TestSocketsRefused(t *testing.T) {
	a := newEndpoint(t, nil, "udp", "tcp")
	gone := newEndpoint(t, nil, "udp", "tcp")
	gone.set.Close()
	for _, network := range []string{"udp", "tcp"} {
		if network == "udp" && runtime.GOOS != "linux" {
			continue // left to timer F
		}
		begin := time.Now()
		c, err := a.layer.Send(request("MESSAGE", 1), gone.target(network))
		if err == nil {
			<-c.Done()
			err = c.Err()
		}
		if !errors.Is(err, transaction.ErrTransport) || time.Since(begin) > 10*time.Second {
			t.Errorf("%s: %v after %v, want ErrTransport at once", network, err, time.Since(begin))
		}
	}
}

// TestSocketsUndecodable: a request that cannot be decoded gets one answer no
// longer than 1.5 times itself, and an ACK none (security A1, C5).
func TestSocketsUndecodable(t *testing.T) {
	b := newEndpoint(t, nil, "udp")
	c, err := net.Dial("udp", b.target("udp").Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for _, method := range []string{"ACK", "INVITE"} {
		wire := raw(method, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport", "Call-ID: raw-1\r\n", "")
		if _, err := c.Write([]byte(wire)); err != nil {
			t.Fatal(err)
		}
		if method == "ACK" {
			continue
		}
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := sipmsg.Decode(buf[:n], true)
		if !strings.HasPrefix(string(buf[:n]), "SIP/2.0 400 ") || strings.Contains(string(buf[:n]), "ACK") || 2*n > 3*len(wire) {
			t.Errorf("got %d octets for %d (%v):\n%s", n, len(wire), m != nil, buf[:n])
		}
	}
}
