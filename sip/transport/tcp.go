package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// tcpPort is one address that connections are accepted on.
type tcpPort struct {
	ln    net.Listener
	local netip.AddrPort
}

func listenTCP(l Listen) (*tcpPort, error) {
	ln, err := net.Listen(family("tcp", l.Addr.Addr()), l.Addr.String())
	if err != nil {
		return nil, err
	}
	return &tcpPort{ln: ln, local: addrPort(ln.Addr())}, nil
}

// accept takes connections until the Set closes. Errors, such as having no file
// descriptor left, make it wait longer and longer, up to a second.
func (s *Set) accept(p *tcpPort) {
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
		s.adopt(nc)
	}
}

// adopt starts the goroutines of an accepted connection.
func (s *Set) adopt(nc net.Conn) {
	remote := addrPort(nc.RemoteAddr())
	if s.cfg.Admit != nil && !s.cfg.Admit(remote, 0) {
		s.stats.turned.Add(1)
		_ = nc.Close() // turned away
		return
	}
	c := s.newConn("tcp", remote)
	c.nc, c.local = nc, addrPort(nc.LocalAddr())
	if err := s.conns.add(c, s.cfg); err != nil {
		s.stats.refused.Add(1)
		_ = nc.Close() // refused
		return
	}
	if !s.goDo(c.write) || !s.goDo(c.read) {
		c.fail(ErrClosed)
	}
}

// sendStream queues b on the connection named, on one to the address, or on a
// new one. branch is the request's, to name it should it not get through.
func (s *Set) sendStream(b []byte, branch string, to Target) error {
	if to.Network != "tcp" {
		return fmt.Errorf("%w: network %q", ErrNoRoute, to.Network)
	}
	for range 2 { // once more if the connection found closes meanwhile
		c := s.conns.find(to)
		if c == nil {
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
	c := s.newConn(to.Network, to.Addr)
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
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.DialTimeout)
	defer cancel()
	d := net.Dialer{}
	if l := to.Local.Addr(); l.IsValid() && !l.IsUnspecified() {
		d.LocalAddr = &net.TCPAddr{IP: l.AsSlice(), Zone: l.Zone()}
	}
	nc, err := d.DialContext(ctx, family("tcp", to.Addr.Addr()), to.Addr.String())
	if err != nil {
		c.fail(err)
		return
	}
	if !c.connected(nc) || !s.goDo(c.read) {
		_ = nc.Close() // closed while it was made
		c.fail(ErrClosed)
		return
	}
	c.write()
}
