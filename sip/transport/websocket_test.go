package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// startWS runs a Set with one WebSocket listener.
func startWS(t *testing.T, o *transport.WebSocket, cfg transport.Config) *rig {
	t.Helper()
	cfg.Listen = []transport.Listen{{Network: "ws", Addr: loopback0, WS: o}}
	return start(t, cfg, "127.0.0.1")
}

func wsContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dialWS connects as a browser's script would.
func dialWS(t *testing.T, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	if o == nil {
		o = &websocket.DialOptions{}
	}
	o.Subprotocols = []string{"sip"}
	c, _, err := websocket.Dial(wsContext(t), url, o)
	if err != nil {
		t.Fatal(err)
	}
	if c.Subprotocol() != "sip" {
		t.Errorf("subprotocol %q, want sip", c.Subprotocol())
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func wsRequest(n string) *sipmsg.Message {
	m := options(n)
	m.Set("Via", "SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK"+n)
	return m
}

// answer sends 200 to what was received, as the layer above would.
func answer(t *testing.T, b *rig, req *sipmsg.Message) {
	t.Helper()
	top, err := req.TopVia()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Send(sipmsg.NewResponse(req, 200, ""), transport.ReplyTarget(req, top)); err != nil {
		t.Fatal(err)
	}
}

// TestWebSocket: requests as text, binary and in fragments; answers in one
// message each, over the same connection (RFC 7118 §5).
func TestWebSocket(t *testing.T) {
	b := startWS(t, nil, transport.Config{})
	exchangeWS(t, b, dialWS(t, "ws://"+b.tcp.String()+"/", nil), "ws")
}

// TestSecureWebSocket is the same over TLS.
func TestSecureWebSocket(t *testing.T) {
	ca := newAuthority(t)
	creds := ca.load(transport.TLSFiles{Pairs: []transport.KeyPair{ca.issue("gw.example")}})
	for _, host := range loopbacks(t) {
		b := startTLS(t, "wss", host, creds, transport.Config{})
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.pool()}}}
		c := dialWS(t, "wss://"+b.tcp.String()+"/sip", &websocket.DialOptions{HTTPClient: client})
		exchangeWS(t, b, c, "wss")
		_ = c.CloseNow()
		client.CloseIdleConnections()
	}
}

func exchangeWS(t *testing.T, b *rig, c *websocket.Conn, network string) {
	t.Helper()
	ctx := wsContext(t)
	for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		if err := c.Write(ctx, kind, encode(t, wsRequest("1"))); err != nil {
			t.Fatal(err)
		}
		req := wait(t, b.got, "request").m
		if req.Transport != network || string(req.Body) != "body 1" {
			t.Errorf("got %q by %q, want body 1 by %q", req.Body, req.Transport, network)
		}
		answer(t, b, req)
		answer(t, b, req)
		for range 2 {
			got, r, err := c.Read(ctx)
			if err != nil || got != websocket.MessageText || bytes.Count(r, []byte("SIP/2.0 200")) != 1 {
				t.Fatalf("got %v %q, %v; want one 200 as text", got, r, err)
			}
		}
	}
	w, err := c.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range bytes.SplitAfter(encode(t, wsRequest("2")), []byte("\n")) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req := wait(t, b.got, "request in fragments").m
	bin := sipmsg.NewResponse(req, 200, "")
	bin.Body = []byte{0xff, 0xfe}
	if err := b.Send(bin, transport.Target{Network: network, Addr: req.Source, ConnID: req.ConnID}); err != nil {
		t.Fatal(err)
	}
	if got, _, err := c.Read(ctx); err != nil || got != websocket.MessageBinary {
		t.Errorf("got %v, %v; want what is no UTF-8 as binary", got, err)
	}
}

// TestWebSocketKeepAlive: CRLF CRLF is answered by CRLF, ping frames by pongs,
// and neither is a message.
func TestWebSocketKeepAlive(t *testing.T) {
	b := startWS(t, nil, transport.Config{})
	c := dialWS(t, "ws://"+b.tcp.String(), nil)
	ctx := wsContext(t)
	for _, ping := range []string{"\r\n", "\r\n\r\n"} {
		if err := c.Write(ctx, websocket.MessageText, []byte(ping)); err != nil {
			t.Fatal(err)
		}
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "\r\n" {
		t.Errorf("got %q, %v; want CRLF", got, err)
	}
	closed := c.CloseRead(ctx)
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
	if err := c.Write(ctx, websocket.MessageText, encode(t, wsRequest("1"))); err != nil {
		t.Fatal(err)
	}
	wait(t, b.got, "request after pings")
	if closed.Err() != nil {
		t.Error("the connection was closed")
	}
}

// TestWebSocketIsKeptAlive: a browser that waits for calls sends nothing; our ping
// frames, and the pongs that it answers with, keep its connection, and without
// them it is closed as idle.
func TestWebSocketIsKeptAlive(t *testing.T) {
	b := startWS(t, nil, transport.Config{IdleTimeout: 400 * time.Millisecond})
	c := dialWS(t, "ws://"+b.tcp.String(), nil)
	ctx := wsContext(t)
	if err := c.Write(ctx, websocket.MessageText, encode(t, wsRequest("1"))); err != nil {
		t.Fatal(err)
	}
	m := wait(t, b.got, "request").m
	to := transport.Target{Network: "ws", Addr: m.Source, ConnID: m.ConnID, Flow: true}
	closed := c.CloseRead(ctx)
	pings, stop := time.NewTicker(50*time.Millisecond), time.After(1500*time.Millisecond)
	defer pings.Stop()
	for waiting := true; waiting; {
		select {
		case <-pings.C:
			if err := b.Ping(to); err != nil {
				t.Fatalf("ping: %v", err)
			}
		case <-closed.Done():
			t.Fatal("closed although it answers pings")
		case <-stop:
			waiting = false
		}
	}
	select {
	case <-closed.Done():
	case <-ctx.Done():
		t.Error("an idle connection was not closed")
	}
	if err := b.Ping(to); !errors.Is(err, transport.ErrFlow) {
		t.Errorf("ping of a connection that is gone: %v, want ErrFlow", err)
	}
}

// TestUpgradeRefused: other subprotocols, sites, paths, methods and versions
// (RFC 7118 §4, security E9).
func TestUpgradeRefused(t *testing.T) {
	o := &transport.WebSocket{Path: "/sip", Origins: []string{"https://phone.example"}}
	b := startWS(t, o, transport.Config{})
	head := "Host: gw.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	sub := "Sec-WebSocket-Protocol: chat, sip\r\n"
	for _, c := range []struct{ name, request, want string }{
		{"as it should be", "GET /sip HTTP/1.1\r\n" + head + sub, "101"},
		{"own site", "GET /sip HTTP/1.1\r\n" + head + sub + "Origin: https://gw.example\r\n", "101"},
		{"allowed site", "GET /sip HTTP/1.1\r\n" + head + sub + "Origin: https://phone.example\r\n", "101"},
		{"foreign site", "GET /sip HTTP/1.1\r\n" + head + sub + "Origin: https://evil.example\r\n", "403"},
		{"allowed host, other scheme", "GET /sip HTTP/1.1\r\n" + head + sub + "Origin: http://phone.example\r\n", "403"},
		{"other path", "GET /chat HTTP/1.1\r\n" + head + sub, "404"},
		{"no subprotocol", "GET /sip HTTP/1.1\r\n" + head, "400"},
		{"other subprotocol", "GET /sip HTTP/1.1\r\n" + head + "Sec-WebSocket-Protocol: sipx\r\n", "400"},
		{"plain HTTP", "GET /sip HTTP/1.1\r\nHost: gw.example\r\n" + sub, "426"},
		{"POST", "POST /sip HTTP/1.1\r\n" + head + sub, "405"},
		{"old version", "GET /sip HTTP/1.1\r\n" + strings.Replace(head, "13", "8", 1) + sub, "400"},
		{"no HTTP", "INVITE sip:x SIP/2.0\r\n", ""},
		{"endless head", "GET /sip HTTP/1.1\r\n" + head + "X: " + strings.Repeat("x", 64<<10) + "\r\n", ""},
	} {
		conn := dial(t, "tcp", b.tcp)
		write(t, conn, []byte(c.request+"\r\n"))
		if c.want == "101" {
			line := make([]byte, len("HTTP/1.1 101"))
			if _, err := io.ReadFull(conn, line); err != nil || string(line) != "HTTP/1.1 101" {
				t.Errorf("%s: got %q, %v; want 101", c.name, line, err)
			}
			continue
		}
		got, _ := io.ReadAll(conn) // the connection may be reset over what was not read
		if !strings.HasPrefix(string(got), "HTTP/1.1 "+c.want) && !(c.want == "" && len(got) == 0) {
			t.Errorf("%s: got %.60q, want %q", c.name, got, c.want)
		}
	}
}

// TestWebSocketLimits: messages too long, silence, and half an upgrade end the
// connection; two messages in one frame are one (security A6).
func TestWebSocketLimits(t *testing.T) {
	short := 50 * time.Millisecond
	big := wsRequest("1")
	big.Body = make([]byte, 70<<10)
	two := append(encode(t, wsRequest("1")), encode(t, wsRequest("2"))...)
	for _, c := range []struct {
		name  string
		cfg   transport.Config
		say   []byte
		taken int
	}{
		{"too long", transport.Config{}, encode(t, big), 0},
		{"nothing said", transport.Config{MessageTimeout: short}, nil, 0},
		{"idle after a message", transport.Config{IdleTimeout: short}, encode(t, wsRequest("1")), 1},
		{"two messages in one", transport.Config{IdleTimeout: short}, two, 1},
	} {
		b := startWS(t, nil, c.cfg)
		conn := dialWS(t, "ws://"+b.tcp.String(), nil)
		if c.say != nil {
			if err := conn.Write(wsContext(t), websocket.MessageText, c.say); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := conn.Read(wsContext(t)); errors.Is(err, context.DeadlineExceeded) || err == nil {
			t.Errorf("%s: the connection is still open", c.name)
		}
		if len(b.got) != c.taken {
			t.Errorf("%s: %d messages taken, want %d", c.name, len(b.got), c.taken)
		}
		_ = conn.CloseNow()
	}
	b := startWS(t, nil, transport.Config{HandshakeTimeout: short})
	half := dial(t, "tcp", b.tcp)
	write(t, half, []byte("GET / HTTP/1.1\r\nHost: x\r\n"))
	expectClosed(t, half, "half an upgrade")
}

// TestWebSocketFrames: broken frames end their connection and nothing else.
func TestWebSocketFrames(t *testing.T) {
	b := startWS(t, nil, transport.Config{})
	upgrade := "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
	for name, frame := range map[string]string{
		"without mask":         "\x81\x04\r\n\r\n",
		"reserved opcode":      "\x83\x84abcd1234",
		"reserved bit":         "\xf1\x84abcd1234",
		"length of 2^63":       "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xffabcd",
		"long ping":            "\x89\xfe\x01\x00abcd" + strings.Repeat("x", 256),
		"continues nothing":    "\x80\x84abcd1234",
		"ping in fragments":    "\x09\x84abcd1234",
		"close of one octet":   "\x88\x81abcd1",
		"message in a message": "\x01\x84abcd1234\x81\x84abcd1234",
	} {
		c := dial(t, "tcp", b.tcp)
		write(t, c, []byte(upgrade+frame))
		expectClosed(t, c, name)
	}
	c := dialWS(t, "ws://"+b.tcp.String(), nil)
	if err := c.Write(wsContext(t), websocket.MessageText, encode(t, wsRequest("1"))); err != nil {
		t.Fatal(err)
	}
	wait(t, b.got, "request after broken frames")
}

// TestWebSocketGone: nobody connects to a browser (RFC 7118 §5.1).
func TestWebSocketGone(t *testing.T) {
	b := startWS(t, nil, transport.Config{})
	to := transport.Target{Network: "ws", Addr: netip.MustParseAddrPort("127.0.0.1:9"), ConnID: 7}
	if err := b.Send(wsRequest("1"), to); !errors.Is(err, transport.ErrFlow) {
		t.Errorf("got %v, want ErrFlow", err)
	}
}

// TestHalfOpen: 300 connections that stop half way do not keep others from being
// served (security A6).
func TestHalfOpen(t *testing.T) {
	ca := newAuthority(t)
	creds := ca.load(transport.TLSFiles{Pairs: []transport.KeyPair{ca.issue("gw.example")}})
	b := start(t, transport.Config{MaxConnsPerAddr: 400, Listen: []transport.Listen{
		{Network: "tcp", Addr: loopback0}, {Network: "tls", Addr: loopback0, TLS: creds}, {Network: "ws", Addr: loopback0},
	}}, "127.0.0.1")
	halves := map[string]string{"tcp": "OPTIONS sip:x SIP/2.0\r\nVia", "tls": "\x16\x03\x01\x02", "ws": "GET / HTTP/1.1\r\nHost"}
	for _, l := range b.Addrs() {
		for range 100 {
			write(t, dial(t, "tcp", l.Addr), []byte(halves[l.Network]))
		}
	}
	var worst time.Duration
	for _, l := range b.Addrs() {
		begin := time.Now()
		switch l.Network {
		case "tcp":
			write(t, dial(t, "tcp", l.Addr), encode(t, options("1")))
		case "tls":
			c, err := tls.Dial("tcp", l.Addr.String(), &tls.Config{ServerName: "gw.example", RootCAs: ca.pool()})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			write(t, c, encode(t, sips("1")))
		default:
			c := dialWS(t, "ws://"+l.Addr.String(), nil)
			if err := c.Write(wsContext(t), websocket.MessageText, encode(t, wsRequest("1"))); err != nil {
				t.Fatal(err)
			}
		}
		if got := wait(t, b.got, "request by "+l.Network).m.Transport; got != l.Network {
			t.Errorf("request by %s, want %s", got, l.Network)
		}
		worst = max(worst, time.Since(begin))
	}
	t.Logf("slowest %v, with %d connections open", worst, b.Stats().Conns)
}

// TestOriginPattern: a pattern that cannot be read is refused at the start.
func TestOriginPattern(t *testing.T) {
	l := transport.Listen{Network: "ws", Addr: loopback0, WS: &transport.WebSocket{Origins: []string{"["}}}
	if s, err := transport.Open(transport.Config{Listen: []transport.Listen{l}}); err == nil {
		s.Close()
		t.Error("opened with the origin pattern [")
	}
}

// FuzzUpgrade: whatever comes instead of an upgrade request, the listener goes on.
func FuzzUpgrade(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n\x81\x84abcd1234"))
	f.Add([]byte("GET http:// HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"))
	set, err := transport.Open(transport.Config{Listen: []transport.Listen{{Network: "ws", Addr: loopback0}}})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	rec := newRecorder()
	ended := make(chan error, 1)
	go func() { ended <- set.Run(ctx, rec) }()
	f.Cleanup(func() { cancel(); <-ended })
	f.Fuzz(func(t *testing.T, b []byte) {
		c := dial(t, "tcp", set.Addrs()[0].Addr)
		write(t, c, b)
		_ = c.Close()
		for len(rec.got) > 0 {
			<-rec.got
		}
		if p := set.Stats().Panics; p != 0 {
			t.Errorf("%d panics contained", p)
		}
	})
}
