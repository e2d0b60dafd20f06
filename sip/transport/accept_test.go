package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"

	"ringward/sip/sipmsg"
)

// flaky is a listener that fails a few times, as with no descriptor left, and
// then has one connection.
type flaky struct {
	fails int
	conn  net.Conn
	done  chan struct{}
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.fails > 0 {
		f.fails--
		return nil, errors.New("too many open files")
	}
	if c := f.conn; c != nil {
		f.conn = nil
		return c, nil
	}
	<-f.done
	return nil, net.ErrClosed
}

func (f *flaky) Close() error   { close(f.done); return nil }
func (f *flaky) Addr() net.Addr { return &net.TCPAddr{} }

type sinkFunc func(*sipmsg.Message, error)

func (f sinkFunc) Receive(m *sipmsg.Message, err error) { f(m, err) }

// TestAcceptGoesOn: an accept loop does not die of errors (security A6).
func TestAcceptGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(Config{})
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := net.Pipe()
		s.streams = []*streamPort{{listen: Listen{Network: "tcp"}, ln: &flaky{fails: 20, conn: ours, done: make(chan struct{})}}}
		got := make(chan *sipmsg.Message, 1)
		ended := make(chan error, 1)
		go func() {
			ended <- s.Run(context.Background(), sinkFunc(func(m *sipmsg.Message, _ error) { got <- m }))
		}()
		b, err := request("OPTIONS", "SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1").Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.Write(b); err != nil {
			t.Fatal(err)
		}
		if m := <-got; m.Method != "OPTIONS" {
			t.Errorf("got %s, want OPTIONS", m.Method)
		}
		s.Close()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestHolder: the limit per address counts what one customer has.
func TestHolder(t *testing.T) {
	for _, c := range []struct{ a, want string }{
		{"192.0.2.7", "192.0.2.7/32"}, {"2001:db8:1:2:3::4", "2001:db8:1:2::/64"}, {"fe80::1%eth0", "fe80::/64"},
	} {
		if got := holder(netip.MustParseAddr(c.a)).String(); got != c.want {
			t.Errorf("holder of %s is %s, want %s", c.a, got, c.want)
		}
	}
}

// TestRouteCache stays bounded whoever asks.
func TestRouteCache(t *testing.T) {
	var c routeCache
	a := netip.MustParseAddr("127.0.0.1")
	for range maxRoutes + 10 {
		if got := c.local(a); !got.IsLoopback() {
			t.Fatalf("route to %v leaves from %v", a, got)
		}
		a = a.Next()
	}
	if got := len(c.routes); got > maxRoutes {
		t.Errorf("%d routes kept, want at most %d", got, maxRoutes)
	}
}
