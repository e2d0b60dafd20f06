package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"time"
)

const (
	maxDatagram = 65535
	maxPayload  = 65507   // what UDP over IPv4 can carry
	socketQueue = 1 << 20 // octets asked of the kernel for bursts; it may give less
)

// udpPort is one address, read by one or more sockets.
type udpPort struct {
	local netip.AddrPort
	socks []*udpSocket
}

// udpSocket has one reader. Any goroutine may write.
type udpSocket struct {
	conn *net.UDPConn
	raw  syscall.RawConn
	is4  bool // bound to an IPv4 address
}

// datagram is one as it was received; the octets are valid until the next read.
type datagram struct {
	octets []byte
	source netip.AddrPort // IPv4 as IPv4
}

// listenUDP binds l.Sockets sockets to one address where the system shares a
// port fairly among them, else one.
func listenUDP(l Listen) (*udpPort, error) {
	n := l.Sockets
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if !sharesPorts {
		n = 1
	}
	if n > 1 && l.Addr.Port() != 0 {
		// Shared sockets would bind beside another process of ours unseen.
		if err := probe(l); err != nil {
			return nil, err
		}
	}
	p := &udpPort{local: l.Addr}
	for range n {
		u, err := openUDP(family("udp", l.Addr.Addr()), p.local, n > 1)
		if err != nil {
			p.close()
			return nil, err
		}
		p.socks = append(p.socks, u)
		p.local = addrPort(u.conn.LocalAddr())
	}
	return p, nil
}

func probe(l Listen) error {
	c, err := net.ListenUDP(family("udp", l.Addr.Addr()), net.UDPAddrFromAddrPort(l.Addr))
	if err != nil {
		return err
	}
	return c.Close()
}

func openUDP(network string, addr netip.AddrPort, shared bool) (*udpSocket, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return setSocketOptions(c, network == "udp6", shared)
	}}
	pc, err := lc.ListenPacket(context.Background(), network, addr.String())
	if err != nil {
		return nil, err
	}
	u := &udpSocket{conn: pc.(*net.UDPConn), is4: addr.Addr().Is4()}
	_ = u.conn.SetReadBuffer(socketQueue)  // best effort: the default works, with shorter bursts
	_ = u.conn.SetWriteBuffer(socketQueue) // likewise
	if u.raw, err = u.conn.SyscallConn(); err != nil {
		_ = u.conn.Close()
		return nil, err
	}
	return u, nil
}

func (p *udpPort) close() {
	for _, u := range p.socks {
		_ = u.conn.Close() // its reader sees it
	}
}

// readUDP is the reader of one socket. It ends with the Set only.
func (s *Set) readUDP(u *udpSocket) {
	from := origin{network: "udp"}
	bound := addrPort(u.conn.LocalAddr())
	failed := 0
	for in := u.reader(); ; {
		got, err := in.read()
		if err != nil {
			if s.isClosed() {
				return
			}
			u.drainErrors(s.undelivered)
			if failed++; failed > 100 && !s.pause(10*time.Millisecond) {
				return
			}
			continue
		}
		failed = 0
		for _, d := range got {
			if isKeepAlive(d.octets) {
				continue
			}
			from.source, from.local = d.source, bound
			if bound.Addr().IsUnspecified() {
				from.local = netip.AddrPortFrom(s.routes.local(d.source.Addr()), bound.Port())
			}
			s.handle(d.octets, from)
		}
	}
}

func (s *Set) sendUDP(b []byte, to Target) error {
	if len(b) > maxPayload {
		return ErrTooLong
	}
	p := s.udpPort(to)
	if p == nil {
		return ErrNoRoute
	}
	u := p.socks[int(to.Addr.Port())%len(p.socks)]
	err := u.write(b, to.Addr)
	if isForeign(err) {
		// The kernel handed us the ICMP error of an earlier datagram, to
		// whomever; ours was not sent yet.
		err = u.write(b, to.Addr)
	}
	if errors.Is(err, net.ErrClosed) {
		return ErrClosed
	}
	return err
}

// udpPort chooses the address to send from: the one asked for, else the one of
// the route, else any of the family.
func (s *Set) udpPort(to Target) *udpPort {
	var best *udpPort
	for _, p := range s.udp {
		a := p.local.Addr()
		if a.Is4() != to.Addr.Addr().Is4() {
			continue
		}
		if p.local.Port() == to.Local.Port() && (a == to.Local.Addr() || a.IsUnspecified()) {
			return p
		}
		if best == nil || (len(s.udp) > 1 && a == s.routes.local(to.Addr.Addr())) {
			best = p
		}
	}
	return best
}
