package transport

import (
	"net/netip"
	"sync"
)

// connTable finds the open connections and counts them against the limits.
type connTable struct {
	mu     sync.Mutex
	lastID uint64
	byID   map[uint64]*conn
	byKey  map[connKey]*conn // the newest of that key
	perKey map[netip.Prefix]int
}

func (t *connTable) init() {
	t.byID = make(map[uint64]*conn)
	t.byKey = make(map[connKey]*conn)
	t.perKey = make(map[netip.Prefix]int)
}

// connKey is what makes one connection as good as another: the same peer, who
// proved to be it in the same way.
type connKey struct {
	network string
	addr    netip.AddrPort
	name    string // for TLS
	tls     *TLS   // likewise
}

func (s *Set) keyOf(to Target) connKey {
	k := connKey{network: to.Network, addr: to.Addr}
	if isTLS(to.Network) {
		k.name, k.tls = to.ServerName, s.credentials(to)
	}
	return k
}

// holder is what the limit per address counts: an IPv4 address or an IPv6 /64,
// which is what one customer has.
func holder(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.WithZone("").Prefix(bits) // bits fit the family
	return p
}

// add gives c its number and enters it, or refuses.
func (t *connTable) add(c *conn, cfg Config) error {
	key := holder(c.remote.Addr())
	t.mu.Lock()
	defer t.mu.Unlock()
	limit := cfg.MaxConns
	if c.dialed { // strangers that fill the table do not keep us from calling
		limit += (limit + 7) / 8
	}
	if len(t.byID) >= limit || t.perKey[key] >= cfg.MaxConnsPerAddr {
		return ErrTooMany
	}
	t.lastID++
	c.id = t.lastID
	t.byID[c.id] = c
	if c.dialed || c.network == "tcp" {
		// Over TLS a peer that came to us has not shown the name that a target
		// asks for: such a connection is found by its number alone.
		t.byKey[c.key] = c
	}
	t.perKey[key]++
	return nil
}

func (t *connTable) remove(c *conn) {
	key := holder(c.remote.Addr())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[c.id] != c {
		return
	}
	delete(t.byID, c.id)
	if t.byKey[c.key] == c {
		delete(t.byKey, c.key)
	}
	if t.perKey[key]--; t.perKey[key] == 0 {
		delete(t.perKey, key)
	}
}

// find returns the connection that a target names, else one as good, else nil.
func (s *Set) find(to Target) *conn {
	if c := s.conns.byNumber(to.ConnID); c != nil && c.network == to.Network {
		return c
	}
	if to.Flow {
		return nil
	}
	return s.conns.byPeer(s.keyOf(to))
}

func (t *connTable) byNumber(id uint64) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}

func (t *connTable) byPeer(k connKey) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byKey[k]
}

func (t *connTable) all() []*conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*conn, 0, len(t.byID))
	for _, c := range t.byID {
		out = append(out, c)
	}
	return out
}

func (t *connTable) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}
