package transport_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

var loopback0 = netip.MustParseAddrPort("127.0.0.1:0")

const patience = 10 * time.Second // for events that come at once on a sound machine

// received is one call of a sink.
type received struct {
	m   *sipmsg.Message
	err error
}

type failure struct {
	branch string
	to     netip.AddrPort
	err    error
}

// recorder is a sink that keeps what it gets. do, if set, runs first.
type recorder struct {
	do     atomic.Value // func(m *sipmsg.Message, err error)
	got    chan received
	failed chan failure
}

func newRecorder() *recorder {
	return &recorder{got: make(chan received, 256), failed: make(chan failure, 256)}
}

func (r *recorder) Receive(m *sipmsg.Message, err error) {
	if do, ok := r.do.Load().(func(*sipmsg.Message, error)); ok {
		do(m, err)
	}
	r.got <- received{m, err}
}

func (r *recorder) Undelivered(branch string, to netip.AddrPort, err error) {
	r.failed <- failure{branch, to, err}
}

// wait returns the next value of a channel.
func wait[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
		panic("unreachable")
	}
}

// rig is a running Set with its sink.
type rig struct {
	*transport.Set
	*recorder
	udp, tcp netip.AddrPort
	stop     func()
}

// start runs a Set on loopback until the test ends, and then holds it to having
// left no goroutine.
func start(t *testing.T, cfg transport.Config, host string) *rig {
	t.Helper()
	addr := netip.AddrPortFrom(netip.MustParseAddr(host), 0)
	if cfg.Listen == nil {
		cfg.Listen = []transport.Listen{{Network: "udp", Addr: addr, Sockets: 2}, {Network: "tcp", Addr: addr}}
	}
	set, err := transport.Open(cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	r := &rig{Set: set, recorder: newRecorder()}
	for _, l := range set.Addrs() {
		if l.Network == "udp" {
			r.udp = l.Addr
		} else {
			r.tcp = l.Addr
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- set.Run(ctx, r) }()
	r.stop = func() {
		cancel()
		if err := wait(t, ended, "end of Run"); err != nil {
			t.Errorf("Run: %v", err)
		}
		ended <- nil
	}
	t.Cleanup(func() {
		r.stop()
		if r.Stats().Conns != 0 {
			t.Errorf("%d connections left", r.Stats().Conns)
		}
	})
	return r
}

// TestMain holds the whole run to leaving no goroutine of the package.
func TestMain(m *testing.M) {
	code := m.Run()
	buf := make([]byte, 1<<20)
	if stacks := string(buf[:runtime.Stack(buf, true)]); strings.Contains(stacks, "transport.(*") {
		println("goroutines left:\n" + stacks)
		code = 1
	}
	os.Exit(code)
}

func request(method, via string) *sipmsg.Message {
	m := sipmsg.NewRequest(method, "sip:bob@127.0.0.1")
	m.Add("Via", via)
	m.Add("Max-Forwards", "70")
	m.Add("From", "<sip:alice@127.0.0.1>;tag=1")
	m.Add("To", "<sip:bob@127.0.0.1>")
	m.Add("Call-ID", "call-1")
	m.Add("CSeq", "1 "+method)
	m.Add("Contact", "<sip:alice@127.0.0.1>")
	return m
}

func encode(t testing.TB, m *sipmsg.Message) []byte {
	t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dial connects to a Set as a foreign peer.
func dial(t *testing.T, network string, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial(network, to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

// expectClosed waits until the Set has closed the connection.
func expectClosed(t *testing.T, c net.Conn, why string) {
	t.Helper()
	buf := make([]byte, 4096)
	for {
		if _, err := c.Read(buf); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				t.Errorf("%s: the connection is still open", why)
			}
			return
		}
	}
}
