package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"time"
)

// streamPort is one address that connections are accepted on.
type streamPort struct {
	listen Listen // with the real port
	ln     net.Listener
	local  netip.AddrPort
}

func listenStream(l Listen) (*streamPort, error) {
	if l.WS == nil {
		l.WS = &WebSocket{}
	}
	for _, pattern := range l.WS.Origins {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("origin %q: %w", pattern, err)
		}
	}
	if isTLS(l.Network) && l.TLS == nil {
		return nil, errors.New("a certificate is needed: set TLS")
	}
	ln, err := net.Listen(family("tcp", l.Addr.Addr()), l.Addr.String())
	if err != nil {
		return nil, err
	}
	l.Addr = addrPort(ln.Addr())
	return &streamPort{listen: l, ln: ln, local: l.Addr}, nil
}

// accept takes connections until the Set closes. Errors, such as having no file
// descriptor left, make it wait longer and longer, up to a second.
func (s *Set) accept(p *streamPort) {
	wait := 5 * time.Millisecond
	for {
		nc, err := p.ln.Accept()
		if err != nil {
			if s.isClosed() || !s.pause(wait) {
				return
			}
			wait = min(2*wait, time.Second)
			continue
		}
		wait = 5 * time.Millisecond
		s.adopt(nc, &p.listen)
	}
}

// adopt starts the reader of an accepted connection.
func (s *Set) adopt(nc net.Conn, l *Listen) {
	remote := addrPort(nc.RemoteAddr())
	if s.cfg.Admit != nil && !s.cfg.Admit(remote, 0) {
		s.stats.turned.Add(1)
		_ = nc.Close() // turned away
		return
	}
	c := s.newConn(Target{Network: l.Network, Addr: remote}, false)
	c.local = addrPort(nc.LocalAddr())
	c.nc = nc
	if isTLS(l.Network) {
		c.nc = l.TLS.serve(nc)
	}
	if err := s.conns.add(c, s.cfg); err != nil {
		s.stats.refused.Add(1)
		_ = nc.Close() // refused
		return
	}
	if !s.goDo(func() { c.serve(l.WS) }) {
		c.fail(ErrClosed)
	}
}

// serve is the reader goroutine of an accepted connection: handshakes first,
// within their time, and then messages.
func (c *conn) serve(o *WebSocket) {
	in, err := c.shakeHands(o)
	if err != nil {
		c.set.stats.handshakes.Add(1)
		c.fail(fmt.Errorf("handshake: %w", err))
		return
	}
	if !c.set.goDo(c.write) {
		c.fail(ErrClosed)
		return
	}
	c.read(in)
}

func (c *conn) shakeHands(o *WebSocket) (reader, error) {
	if c.network == "tcp" {
		return c.streamReader(), nil
	}
	_ = c.nc.SetDeadline(time.Now().Add(c.set.cfg.HandshakeTimeout)) // a closed conn fails in Read
	if t, ok := c.nc.(tlsConn); ok {
		if err := t.Handshake(); err != nil {
			return nil, err
		}
	}
	var in reader
	if isFramed(c.network) {
		ws, err := c.upgrade(o)
		if err != nil {
			return nil, err
		}
		in = ws
	} else {
		in = c.streamReader()
	}
	_ = c.nc.SetDeadline(time.Time{}) // likewise
	return in, nil
}

// sendConn queues b on the connection named, on one to the address, or on a new
// one. branch is the request's, to name it should it not get through.
func (s *Set) sendConn(b []byte, branch string, to Target) error {
	switch to.Network {
	case "tcp", "tls", "ws", "wss":
	default:
		return fmt.Errorf("%w: network %q", ErrNoRoute, to.Network)
	}
	for range 2 { // once more if the connection found closes meanwhile
		c := s.find(to)
		if c == nil {
			if to.Flow || isFramed(to.Network) {
				return ErrFlow
			}
			var err error
			if c, err = s.dial(to); err != nil {
				return err
			}
		}
		if err := c.queue(b, branch); err != errGone {
			return err
		}
	}
	return errGone
}

// dial enters a connection in the table and connects it in the background;
// what is sent meanwhile waits in its queue.
func (s *Set) dial(to Target) (*conn, error) {
	c := s.newConn(to, true)
	if err := s.conns.add(c, s.cfg); err != nil {
		s.stats.refused.Add(1)
		return nil, err
	}
	if !s.goDo(func() { c.connect(to) }) {
		c.fail(ErrClosed)
		return nil, ErrClosed
	}
	return c, nil
}

// connect dials and then writes, on the same goroutine.
func (c *conn) connect(to Target) {
	s := c.set
	nc, err := s.open(to)
	if err != nil {
		c.fail(err)
		return
	}
	if !c.connected(nc) || !s.goDo(func() { c.read(c.streamReader()) }) {
		_ = nc.Close() // closed while it was made
		c.fail(ErrClosed)
		return
	}
	c.write()
}

// open makes a network connection to the target.
func (s *Set) open(to Target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.DialTimeout)
	defer cancel()
	d := net.Dialer{}
	if l := to.Local.Addr(); l.IsValid() && !l.IsUnspecified() {
		d.LocalAddr = &net.TCPAddr{IP: l.AsSlice(), Zone: l.Zone()}
	}
	nc, err := d.DialContext(ctx, family("tcp", to.Addr.Addr()), to.Addr.String())
	if err != nil || to.Network != "tls" {
		return nc, err
	}
	ctx, cancelShake := context.WithTimeout(s.ctx, s.cfg.HandshakeTimeout)
	defer cancelShake()
	t := s.credentials(to).dial(nc, to)
	if err := t.HandshakeContext(ctx); err != nil {
		s.stats.handshakes.Add(1)
		_ = nc.Close() // given up
		return nil, fmt.Errorf("tls handshake: %w", err)
	}
	return t, nil
}

// credentials is what a connection to the target is made with; may be nil.
func (s *Set) credentials(to Target) *TLS {
	if to.TLS != nil {
		return to.TLS
	}
	return s.cfg.DialTLS
}
