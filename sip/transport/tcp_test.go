package transport_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

func options(n string) *sipmsg.Message {
	m := request("OPTIONS", "SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK"+n)
	m.Set("Call-ID", n)
	m.Add("Content-Type", "text/plain")
	m.Body = []byte("body " + n)
	return m
}

// TestTCPFraming: messages are told apart however the octets arrive (RFC 3261
// §18.3).
func TestTCPFraming(t *testing.T) {
	b := start(t, transport.Config{}, "127.0.0.1")
	two := append(encode(t, options("1")), encode(t, options("2"))...)
	for _, c := range []struct {
		name   string
		pieces [][]byte
	}{
		{"two in one segment", [][]byte{two}},
		{"one octet a write", bytes.SplitAfter(two, nil)},
		{"empty lines before and between", [][]byte{[]byte("\r\n"), two[:100], two[100:], []byte("\r\n")}},
	} {
		conn := dial(t, "tcp", b.tcp)
		for _, p := range c.pieces {
			write(t, conn, p)
		}
		for _, want := range []string{"1", "2"} {
			got := wait(t, b.got, c.name)
			if got.err != nil || got.m.CallID() != want || string(got.m.Body) != "body "+want {
				t.Errorf("%s: got %v, Call-ID %q, body %q; want %s", c.name, got.err, got.m.CallID(), got.m.Body, want)
			}
		}
	}
}

// TestTCPKeepAlive: two empty lines are answered by one (RFC 5626 §3.5.1).
func TestTCPKeepAlive(t *testing.T) {
	b := start(t, transport.Config{}, "127.0.0.1")
	c := dial(t, "tcp", b.tcp)
	for range 3 {
		write(t, c, []byte("\r\n\r\n"))
		pong := make([]byte, 2)
		if _, err := io.ReadFull(c, pong); err != nil || string(pong) != "\r\n" {
			t.Fatalf("got %q, %v; want CRLF", pong, err)
		}
	}
	write(t, c, encode(t, options("1")))
	if got := wait(t, b.got, "request after pings"); got.err != nil {
		t.Error(got.err)
	}
}

// TestTCPReuse: the response goes over the request's connection, further
// requests over the one there is, and a new one is made when it is gone (RFC
// 3261 §18.2.2).
func TestTCPReuse(t *testing.T) {
	for _, host := range loopbacks(t) {
		a, b := start(t, transport.Config{}, host), start(t, transport.Config{}, host)
		m := options("1")
		m.Set("Via", "SIP/2.0/TCP "+a.tcp.String()+";branch=z9hG4bK1")
		var conn uint64
		for range 2 {
			if err := a.Send(m, transport.Target{Network: "tcp", Addr: b.tcp}); err != nil {
				t.Fatal(err)
			}
			req := wait(t, b.got, "request").m
			if req.ConnID == 0 || (conn != 0 && req.ConnID != conn) {
				t.Errorf("connection %d after %d, want the same", req.ConnID, conn)
			}
			conn = req.ConnID
			top, err := req.TopVia()
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Send(sipmsg.NewResponse(req, 200, ""), transport.ReplyTarget(req, top)); err != nil {
				t.Fatal(err)
			}
			wait(t, a.got, "response")
		}
		if got := b.Stats().Conns; got != 1 {
			t.Errorf("%d connections, want 1", got)
		}
		to := transport.Target{Network: "tcp", Addr: a.tcp, ConnID: 999}
		if err := b.Send(sipmsg.NewResponse(m, 200, ""), to); err != nil {
			t.Fatal(err)
		}
		if r := wait(t, a.got, "response over a new connection").m; r.Status != 200 {
			t.Errorf("got %d, want 200", r.Status)
		}
	}
}

// TestTCPUnreachable: the request that waited for the connection is reported.
func TestTCPUnreachable(t *testing.T) {
	a := start(t, transport.Config{}, "127.0.0.1")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := netip.MustParseAddrPort(ln.Addr().String())
	_ = ln.Close()
	if err := a.Send(options("gone"), transport.Target{Network: "tcp", Addr: to}); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, a.failed, "report"); got.branch != "z9hG4bKgone" || got.to != to {
		t.Errorf("told of %+v, want z9hG4bKgone to %v", got, to)
	}
}

// TestTCPTimeouts: a connection that says nothing, one that stops in a message
// and one that is idle after a message are closed (security A6).
func TestTCPTimeouts(t *testing.T) {
	short := 50 * time.Millisecond
	whole := encode(t, options("1"))
	for _, c := range []struct {
		name string
		cfg  transport.Config
		say  []byte
	}{
		{"nothing said", transport.Config{MessageTimeout: short}, nil},
		{"half a head", transport.Config{MessageTimeout: short}, whole[:40]},
		{"half a body", transport.Config{MessageTimeout: short}, whole[:len(whole)-2]},
		{"idle after a message", transport.Config{IdleTimeout: short}, whole},
	} {
		b := start(t, c.cfg, "127.0.0.1")
		conn := dial(t, "tcp", b.tcp)
		write(t, conn, c.say)
		expectClosed(t, conn, c.name)
	}
}

// TestTCPBrokenFraming: what cannot be delimited is answered and the connection
// closed, with nothing after it read (security A6).
func TestTCPBrokenFraming(t *testing.T) {
	b := start(t, transport.Config{}, "127.0.0.1")
	b.do.Store(func(m *sipmsg.Message, err error) {
		var e *sipmsg.Error
		if !errors.As(err, &e) {
			t.Errorf("got %v, want a refusal", err)
			return
		}
		top, err := m.TopVia()
		if err != nil {
			t.Error(err)
		}
		if err := b.Send(sipmsg.NewResponse(m, e.Status, e.Reason), transport.ReplyTarget(m, top)); err != nil {
			t.Error(err)
		}
	})
	c := dial(t, "tcp", b.tcp)
	wire := bytes.Replace(encode(t, options("1")), []byte("Content-Length: 6"), []byte("Content-Length: 6\r\nContent-Length: 600"), 1)
	write(t, c, append(wire, encode(t, options("2"))...))
	frame, err := sipmsg.ReadFrame(bufio.NewReader(c), sipmsg.Limits{})
	if err != nil || !bytes.HasPrefix(frame, []byte("SIP/2.0 400")) {
		t.Errorf("got %q, %v; want a 400", frame, err)
	}
	expectClosed(t, c, "two Content-Length")
	if got := len(b.got); got != 1 {
		t.Errorf("%d messages read, want 1", got)
	}
}

// TestTCPManyBroken: a connection that sends nothing but rubbish is closed.
func TestTCPManyBroken(t *testing.T) {
	b := start(t, transport.Config{}, "127.0.0.1")
	c := dial(t, "tcp", b.tcp)
	m := options("1")
	m.Del("Call-ID")
	for range 16 {
		write(t, c, encode(t, m))
	}
	expectClosed(t, c, "16 broken messages")
}

// TestTCPLimits in all and per address; a place that gets free is given again.
func TestTCPLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  transport.Config
	}{{"in all", transport.Config{MaxConns: 2}}, {"per address", transport.Config{MaxConnsPerAddr: 2}}} {
		b := start(t, c.cfg, "127.0.0.1")
		var held []net.Conn
		for range 2 {
			conn := dial(t, "tcp", b.tcp)
			write(t, conn, encode(t, options("1")))
			wait(t, b.got, "request")
			held = append(held, conn)
		}
		expectClosed(t, dial(t, "tcp", b.tcp), c.name)
		if s := b.Stats(); s.Refused != 1 || s.Conns != 2 {
			t.Errorf("%s: %d refused, %d open; want 1, 2", c.name, s.Refused, s.Conns)
		}
		_ = held[0].Close()
		waitFor(t, func() bool { return b.Stats().Conns == 1 })
		write(t, dial(t, "tcp", b.tcp), encode(t, options("1")))
		wait(t, b.got, "request after a place got free")
	}
}

// waitFor polls for what has no event of its own.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatal("it did not come about")
		}
		runtime.Gosched()
	}
}

// TestSlowReader: a peer that does not read is dropped, by the bound of its
// queue or by time, and what it missed is reported.
func TestSlowReader(t *testing.T) {
	for _, cfg := range []transport.Config{ // 250 messages are more than the kernel takes
		{MaxQueue: 128 << 10},
		{MaxQueue: 1 << 30, WriteTimeout: 20 * time.Millisecond},
	} {
		dropSlowReader(t, cfg)
	}
}

func dropSlowReader(t *testing.T, cfg transport.Config) {
	b := start(t, cfg, "127.0.0.1")
	c := dial(t, "tcp", b.tcp)
	write(t, c, encode(t, options("1")))
	req := wait(t, b.got, "request").m
	m := options("big")
	m.Body = bytes.Repeat([]byte("x"), 60<<10)
	to := transport.Target{Network: "tcp", Addr: req.Source, ConnID: req.ConnID}
	for i := 0; i < 250 && len(b.failed) == 0; i++ {
		if err := b.Send(m, to); errors.Is(err, transport.ErrSlowPeer) {
			break
		}
	}
	if got := wait(t, b.failed, "report"); got.branch != "z9hG4bKbig" || !errors.Is(got.err, transport.ErrSlowPeer) {
		t.Errorf("told of %+v, want ErrSlowPeer for z9hG4bKbig", got)
	}
	if s := b.Stats(); s.SlowPeers != 1 {
		t.Errorf("%d slow peers, want 1", s.SlowPeers)
	}
	expectClosed(t, c, "slow reader")
}
