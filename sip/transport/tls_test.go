package transport_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// TestTLS: requests and answers between two endpoints over one connection, both
// families.
func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	creds := ca.load(transport.TLSFiles{Pairs: []transport.KeyPair{ca.issue("gw.example")}})
	trust := ca.load(transport.TLSFiles{Authorities: ca.file})
	for _, host := range loopbacks(t) {
		b := startTLS(t, "tls", host, creds, transport.Config{})
		a := startTLS(t, "tls", host, creds, transport.Config{DialTLS: trust})
		var conn uint64
		for _, name := range []string{"", ""} { // the certificate has the addresses as well
			if err := a.Send(sips("1"), transport.Target{Network: "tls", Addr: b.tcp, ServerName: name}); err != nil {
				t.Fatal(err)
			}
			req := wait(t, b.got, "request").m
			if req.Transport != "tls" || req.ConnID == 0 || conn != 0 && req.ConnID != conn {
				t.Errorf("request by %q over connection %d after %d", req.Transport, req.ConnID, conn)
			}
			conn = req.ConnID
			top, err := req.TopVia()
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Send(sipmsg.NewResponse(req, 200, ""), transport.ReplyTarget(req, top)); err != nil {
				t.Fatal(err)
			}
			if r := wait(t, a.got, "response").m; r.Status != 200 || r.Transport != "tls" {
				t.Errorf("got %d by %q, want 200 by tls", r.Status, r.Transport)
			}
		}
		if got := b.Local("tls", netip.MustParseAddr(host)); got != b.tcp {
			t.Errorf("local address %v, want %v", got, b.tcp)
		}
	}
}

// TestTLSName: a connection made for one name is not used for another, and a
// peer that does not prove the name gets nothing (RFC 5922 §4, §7.4).
func TestTLSName(t *testing.T) {
	ca := newAuthority(t)
	b := startTLS(t, "tls", "127.0.0.1", ca.load(transport.TLSFiles{
		Pairs: []transport.KeyPair{ca.issue("one.example"), ca.issue("two.example")},
	}), transport.Config{})
	a := start(t, transport.Config{DialTLS: ca.load(transport.TLSFiles{Authorities: ca.file})}, "127.0.0.1")
	seen := map[uint64]bool{}
	for _, name := range []string{"one.example", "two.example"} {
		if err := a.Send(sips(name), transport.Target{Network: "tls", Addr: b.tcp, ServerName: name}); err != nil {
			t.Fatal(err)
		}
		seen[wait(t, b.got, "request").m.ConnID] = true
	}
	if len(seen) != 2 {
		t.Errorf("%d connections for two names, want 2", len(seen))
	}
	if err := a.Send(sips("three"), transport.Target{Network: "tls", Addr: b.tcp, ServerName: "three.example"}); err != nil {
		t.Fatal(err)
	}
	if f := wait(t, a.failed, "report"); f.branch != "z9hG4bKthree" || !strings.Contains(f.err.Error(), "three.example") {
		t.Errorf("told of %+v, want z9hG4bKthree failed for its name", f)
	}
	if len(b.got) != 0 {
		t.Error("a request went to a peer that is not three.example")
	}
}

// TestSNI: the client's name chooses the certificate; TLS 1.1 is refused.
func TestSNI(t *testing.T) {
	ca := newAuthority(t)
	b := startTLS(t, "tls", "127.0.0.1", ca.load(transport.TLSFiles{
		Pairs: []transport.KeyPair{ca.issue("one.example"), ca.issue("two.example")},
	}), transport.Config{})
	for name, want := range map[string]string{"one.example": "one.example", "two.example": "two.example", "other.example": "one.example", "": "one.example"} {
		c, err := tls.Dial("tcp", b.tcp.String(), &tls.Config{ServerName: name, InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.ConnectionState().PeerCertificates[0].DNSNames[0]; got != want {
			t.Errorf("SNI %q got the certificate of %s, want %s", name, got, want)
		}
		_ = c.Close()
	}
	_, err := tls.Dial("tcp", b.tcp.String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

// TestMutualTLS: a listener with authorities lets in who has a certificate of
// theirs, nobody else, and says who it is.
func TestMutualTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	b := startTLS(t, "tls", "127.0.0.1", ca.load(transport.TLSFiles{
		Pairs: []transport.KeyPair{ca.issue("gw.example")}, Authorities: ca.file,
	}), transport.Config{})
	trunk := ca.load(transport.TLSFiles{
		Pairs: []transport.KeyPair{ca.issue("sbc.carrier.example", "sip:carrier.example")}, Authorities: ca.file,
	})
	a := start(t, transport.Config{}, "127.0.0.1")
	if err := a.Send(sips("1"), transport.Target{Network: "tls", Addr: b.tcp, ServerName: "gw.example", TLS: trunk}); err != nil {
		t.Fatal(err)
	}
	cert, err := b.PeerCertificate(wait(t, b.got, "request").m.ConnID)
	if err != nil {
		t.Fatal(err)
	}
	if got := transport.CertificateNames(cert); !slices.Equal(got, []string{"carrier.example"}) {
		t.Errorf("peer is %q, want carrier.example", got)
	}
	for name, creds := range map[string]*transport.TLS{
		"no certificate":    ca.load(transport.TLSFiles{Authorities: ca.file}),
		"another authority": ca.load(transport.TLSFiles{Authorities: ca.file, Pairs: []transport.KeyPair{other.issue("sbc.carrier.example")}}),
	} {
		if err := a.Send(sips("2"), transport.Target{Network: "tls", Addr: b.tcp, ServerName: "gw.example", TLS: creds}); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return b.Stats().Handshakes > 0 })
		if len(b.got) != 0 {
			t.Errorf("%s: the request was taken", name)
		}
	}
	if _, err := b.PeerCertificate(12345); err == nil {
		t.Error("a connection that is not there has a certificate")
	}
}

// TestOptionalCertificates: phones without a certificate are let in where the
// listener says so, and nobody is taken for having one; one of another authority
// is still refused.
func TestOptionalCertificates(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	b := startTLS(t, "tls", "127.0.0.1", ca.load(transport.TLSFiles{
		Pairs: []transport.KeyPair{ca.issue("gw.example")}, Authorities: ca.file, Optional: true,
	}), transport.Config{})
	a := start(t, transport.Config{}, "127.0.0.1")
	send := func(creds *transport.TLS) {
		t.Helper()
		if err := a.Send(sips("1"), transport.Target{Network: "tls", Addr: b.tcp, ServerName: "gw.example", TLS: creds}); err != nil {
			t.Fatal(err)
		}
	}
	send(ca.load(transport.TLSFiles{Authorities: ca.file, Pairs: []transport.KeyPair{other.issue("sbc.carrier.example")}}))
	waitFor(t, func() bool { return b.Stats().Handshakes > 0 })
	send(ca.load(transport.TLSFiles{Authorities: ca.file}))
	if _, err := b.PeerCertificate(wait(t, b.got, "request of who shows none").m.ConnID); err == nil {
		t.Error("a peer without a certificate has one")
	}
}

// TestTLSReload: new certificates count from the next handshake on, and a broken
// file changes nothing.
func TestTLSReload(t *testing.T) {
	ca := newAuthority(t)
	pair := ca.issue("gw.example")
	creds := ca.load(transport.TLSFiles{Pairs: []transport.KeyPair{pair}})
	b := startTLS(t, "tls", "127.0.0.1", creds, transport.Config{})
	serial := func() string {
		c, err := tls.Dial("tcp", b.tcp.String(), &tls.Config{ServerName: "gw.example", RootCAs: ca.pool()})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	before := serial()
	held, err := tls.Dial("tcp", b.tcp.String(), &tls.Config{ServerName: "gw.example", RootCAs: ca.pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	ca.issue("gw.example")
	if got := serial(); got != before {
		t.Error("the certificate changed without Reload")
	}
	if err := creds.Reload(); err != nil {
		t.Fatal(err)
	}
	after := serial()
	if after == before {
		t.Error("the certificate is the old one after Reload")
	}
	if err := os.WriteFile(pair.Cert, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := creds.Reload(); err == nil {
		t.Error("a broken file was taken")
	}
	if got := serial(); got != after {
		t.Error("a broken file changed the certificate")
	}
	write(t, held, encode(t, sips("1")))
	wait(t, b.got, "request over a connection older than the reload")
	if left := time.Until(creds.NotAfter()); left <= 0 || left > time.Hour {
		t.Errorf("certificates end in %v, want within the hour", left)
	}
}

// TestLoadTLSErrors: each fault is told by file.
func TestLoadTLSErrors(t *testing.T) {
	ca := newAuthority(t)
	one, two := ca.issue("one.example"), ca.issue("two.example")
	for name, f := range map[string]transport.TLSFiles{
		"no file":            {Pairs: []transport.KeyPair{{Cert: filepath.Join(ca.dir, "none"), Key: one.Key}}},
		"key of another":     {Pairs: []transport.KeyPair{{Cert: one.Cert, Key: two.Key}}},
		"no authority in it": {Authorities: one.Key},
		"no authority file":  {Authorities: filepath.Join(ca.dir, "none")},
	} {
		if _, err := transport.LoadTLS(f); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, network := range []string{"tls", "wss"} {
		l := transport.Listen{Network: network, Addr: loopback0}
		if s, err := transport.Open(transport.Config{Listen: []transport.Listen{l}}); err == nil {
			s.Close()
			t.Errorf("%s without certificate: opened", network)
		}
	}
}

// TestTLSHandshake: who does not finish one is let go, in time; plain text on
// the port is refused (security A6).
func TestTLSHandshake(t *testing.T) {
	ca := newAuthority(t)
	creds := ca.load(transport.TLSFiles{Pairs: []transport.KeyPair{ca.issue("gw.example")}})
	b := startTLS(t, "tls", "127.0.0.1", creds, transport.Config{HandshakeTimeout: 50 * time.Millisecond})
	silent := dial(t, "tcp", b.tcp)
	plain := dial(t, "tcp", b.tcp)
	write(t, plain, encode(t, sips("1")))
	expectClosed(t, plain, "plain text")
	expectClosed(t, silent, "no handshake")
	waitFor(t, func() bool { return b.Stats().Handshakes == 2 })
	if len(b.got) != 0 {
		t.Error("plain text was taken for a message")
	}
}

// TestTLSSlowReader is dropped at once: nobody waits for its close_notify.
func TestTLSSlowReader(t *testing.T) {
	ca := newAuthority(t)
	creds := ca.load(transport.TLSFiles{Pairs: []transport.KeyPair{ca.issue("gw.example")}})
	b := startTLS(t, "tls", "127.0.0.1", creds, transport.Config{MaxQueue: 128 << 10})
	c, err := tls.Dial("tcp", b.tcp.String(), &tls.Config{ServerName: "gw.example", RootCAs: ca.pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	write(t, c, encode(t, sips("1")))
	req := wait(t, b.got, "request").m
	m := sips("big")
	m.Body = make([]byte, 60<<10)
	to := transport.Target{Network: "tls", Addr: req.Source, ConnID: req.ConnID, Flow: true}
	waitFor(t, func() bool { err = b.Send(m, to); return err != nil })
	if !errors.Is(err, transport.ErrSlowPeer) {
		t.Errorf("got %v, want ErrSlowPeer", err)
	}
	waitFor(t, func() bool { return b.Stats().Conns == 0 })
	if err := b.Send(m, to); !errors.Is(err, transport.ErrFlow) {
		t.Errorf("got %v, want ErrFlow: no connection is made to a peer behind a NAT", err)
	}
}

// TestPing goes over the connection there is and makes none.
func TestPing(t *testing.T) {
	b := start(t, transport.Config{}, "127.0.0.1")
	c := dial(t, "tcp", b.tcp)
	write(t, c, encode(t, options("1")))
	req := wait(t, b.got, "request").m
	if err := b.Ping(transport.Target{Network: "tcp", Addr: req.Source, ConnID: req.ConnID}); err != nil {
		t.Fatal(err)
	}
	if got, err := bufio.NewReader(c).Peek(4); err != nil || string(got) != "\r\n\r\n" {
		t.Errorf("got %q, %v; want two line ends", got, err)
	}
	if err := b.Ping(transport.Target{Network: "tcp", Addr: loopback0, ConnID: 99}); !errors.Is(err, transport.ErrFlow) {
		t.Errorf("got %v, want ErrFlow", err)
	}
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	_ = u.SetReadDeadline(time.Now().Add(patience)) // a loopback socket has deadlines
	if err := b.Ping(transport.Target{Network: "udp", Addr: netip.MustParseAddrPort(u.LocalAddr().String())}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	if n, _, err := u.ReadFrom(buf); err != nil || string(buf[:n]) != "\r\n\r\n" {
		t.Errorf("got %q, %v; want two line ends", buf[:n], err)
	}
}
