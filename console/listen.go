package console

import (
	"net"
	"net/netip"
	"sync"
)

// maxConns is how many connections one address may hold open.
const maxConns = 64

// limitListener closes connections of an address that has too many.
type limitListener struct {
	net.Listener

	mu   sync.Mutex
	open map[netip.Addr]int // guarded by mu
}

func newLimitListener(ln net.Listener) *limitListener {
	return &limitListener{Listener: ln, open: map[netip.Addr]int{}}
}

// Accept returns the next connection that is within its address's limit.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := addrOf(c.RemoteAddr().String())
		if l.take(addr) {
			return &limitedConn{Conn: c, free: func() { l.free(addr) }}, nil
		}
		_ = c.Close() // without a word: one that floods gets no work out of us
	}
}

func (l *limitListener) take(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a] >= maxConns {
		return false
	}
	l.open[a]++
	return true
}

func (l *limitListener) free(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a]--; l.open[a] <= 0 {
		delete(l.open, a)
	}
}

type limitedConn struct {
	net.Conn
	once sync.Once
	free func()
}

// Close closes the connection and gives its place back.
func (c *limitedConn) Close() error {
	c.once.Do(c.free)
	return c.Conn.Close()
}

// addrOf is the address of a peer, the zero Addr if it has none.
func addrOf(hostport string) netip.Addr {
	ap, err := netip.ParseAddrPort(hostport)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}
