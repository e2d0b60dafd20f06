// Package ws is the WebSocket connection (RFC 6455) that the server clients
// share: dialling with bounded time, certificates of servers that sign their
// own, bounded messages, and a ping now and then, because a recogniser that has
// nothing to say is otherwise not to be told from one that is dead.
//
// It refuses messages above 256 KiB and any scheme but ws and wss, and it
// follows no proxy of the environment: call audio goes where it was told to.
package ws

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"ringward/speech/engine"
)

const (
	maxMessage = 256 << 10
	pingEvery  = 10 * time.Second
)

// Server is how to reach a server.
type Server struct {
	URL          string        // ws://host:port/path or wss://
	Timeout      time.Duration // of dialling, TLS included; 0 is 5 s
	Subprotocol  string        // asked for; "" for none
	SelfSigned   bool          // take any certificate: encrypts, but does not prove who answers
	Pin          string        // SHA-256 of the server's certificate in hex: takes that one alone, whoever signed it
	PingInterval time.Duration // 0 is 10 s; a pong may take half as long
}

// Check reports what is wrong with the settings.
func (s Server) Check() error {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil:
		return fmt.Errorf("recogniser address: %w", err)
	case u.Scheme != "ws" && u.Scheme != "wss":
		return fmt.Errorf("recogniser address %q: expected ws://HOST:PORT or wss://HOST:PORT", s.URL)
	case u.Host == "":
		return fmt.Errorf("recogniser address %q has no host", s.URL)
	}
	if s.Pin == "" {
		return nil
	}
	if raw, err := hex.DecodeString(s.pin()); err != nil || len(raw) != sha256.Size {
		return fmt.Errorf("certificate pin %q is not a SHA-256 in hex", s.Pin)
	}
	return nil
}

func (s Server) pin() string {
	return strings.ToLower(strings.ReplaceAll(s.Pin, ":", ""))
}

// Conn is one connection. One goroutine writes, one reads; a read must be under
// way for pongs to be seen.
type Conn struct {
	c         *websocket.Conn
	pingEvery time.Duration
	lastPing  time.Time
}

// Dial connects.
func (s Server) Dial(ctx context.Context) (*Conn, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = 5 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	transport := &http.Transport{TLSClientConfig: s.tls(), TLSHandshakeTimeout: timeout, DisableKeepAlives: true}
	o := &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport, CheckRedirect: refuseRedirect}}
	if s.Subprotocol != "" {
		o.Subprotocols = []string{s.Subprotocol}
	}
	c, resp, err := websocket.Dial(ctx, s.URL, o)
	if err != nil {
		if resp != nil && resp.StatusCode == http.StatusServiceUnavailable {
			return nil, fmt.Errorf("dial recogniser: %w: %w", engine.ErrBusy, err)
		}
		return nil, fmt.Errorf("dial recogniser: %w", err)
	}
	c.SetReadLimit(maxMessage)
	every := s.PingInterval
	if every <= 0 {
		every = pingEvery
	}
	return &Conn{c: c, pingEvery: every, lastPing: time.Now()}, nil
}

func refuseRedirect(*http.Request, []*http.Request) error {
	return errors.New("recogniser redirects: give the address it redirects to")
}

// tls is the configuration for wss: the system's authorities, or the one pinned
// certificate, or any.
func (s Server) tls() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.Pin == "" {
		c.InsecureSkipVerify = s.SelfSigned
		return c
	}
	c.InsecureSkipVerify = true // VerifyPeerCertificate below is stricter
	want := s.pin()
	c.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		if len(raw) == 0 {
			return errors.New("server sent no certificate")
		}
		sum := sha256.Sum256(raw[0])
		if got := hex.EncodeToString(sum[:]); got != want {
			return fmt.Errorf("server's certificate has SHA-256 %s, the configured pin is %s", got, want)
		}
		return nil
	}
	return c
}

// Text writes a text message.
func (c *Conn) Text(ctx context.Context, data []byte) error {
	return c.write(ctx, websocket.MessageText, data)
}

// Binary writes a binary message and pings when it is time to.
func (c *Conn) Binary(ctx context.Context, data []byte) error {
	if now := time.Now(); now.Sub(c.lastPing) >= c.pingEvery {
		c.lastPing = now
		if err := c.ping(ctx); err != nil {
			return err
		}
	}
	return c.write(ctx, websocket.MessageBinary, data)
}

func (c *Conn) write(ctx context.Context, kind websocket.MessageType, data []byte) error {
	if err := c.c.Write(ctx, kind, data); err != nil {
		return gone("write", err)
	}
	return nil
}

func (c *Conn) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.pingEvery/2)
	defer cancel()
	if err := c.c.Ping(ctx); err != nil {
		return fmt.Errorf("%w: no pong in %v: %w", engine.ErrSilent, c.pingEvery/2, gone("ping", err))
	}
	return nil
}

// Read returns the next message.
func (c *Conn) Read(ctx context.Context) (data []byte, text bool, err error) {
	kind, data, err := c.c.Read(ctx)
	if err != nil {
		return nil, false, gone("read", err)
	}
	return data, kind == websocket.MessageText, nil
}

func gone(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", engine.ErrGone, what, err)
}

// Close drops the connection without ceremony: waiting for the other side's
// close frame would hold up the end of a call.
func (c *Conn) Close() { _ = c.c.CloseNow() }
