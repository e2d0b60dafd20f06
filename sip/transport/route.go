package transport

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	routeLife = 30 * time.Second // how soon a changed route is seen
	maxRoutes = 4096             // peers remembered; beyond it the cache starts anew
)

// routeCache remembers which address of ours a peer is reached from.
type routeCache struct {
	mu     sync.Mutex
	routes map[netip.Addr]route // guarded by mu
}

type route struct {
	local netip.Addr
	until time.Time
}

// local asks the kernel's routing table; the unspecified address when there is
// no route. No packet is sent.
func (c *routeCache) local(to netip.Addr) netip.Addr {
	to = to.Unmap()
	now := time.Now()
	c.mu.Lock()
	r, ok := c.routes[to]
	c.mu.Unlock()
	if ok && now.Before(r.until) {
		return r.local
	}
	r = route{lookup(to), now.Add(routeLife)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.routes == nil || len(c.routes) >= maxRoutes {
		c.routes = make(map[netip.Addr]route)
	}
	c.routes[to] = r
	return r.local
}

func lookup(to netip.Addr) netip.Addr {
	c, err := net.DialUDP(family("udp", to), nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 5060)))
	if err != nil {
		if to.Is4() {
			return netip.IPv4Unspecified()
		}
		return netip.IPv6Unspecified()
	}
	defer c.Close()
	return addrPort(c.LocalAddr()).Addr()
}

// Local returns the address that a peer should answer to: the port listened on
// with the address that the route to the peer leaves from. It is the zero value
// if nothing listens on that network in the peer's family.
func (s *Set) Local(network string, to netip.Addr) netip.AddrPort {
	to = to.Unmap()
	var best netip.AddrPort
	for _, l := range s.addrs[network] {
		a := l.Addr()
		if a.Is4() != to.Is4() {
			continue
		}
		if a.IsUnspecified() {
			return netip.AddrPortFrom(s.routes.local(to), l.Port())
		}
		if !best.IsValid() || a == s.routes.local(to) {
			best = l
		}
	}
	return best
}

// family returns n with 4 or 6 appended, so that a socket serves one family.
func family(n string, a netip.Addr) string {
	if a.Is4() {
		return n + "4"
	}
	return n + "6"
}

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
