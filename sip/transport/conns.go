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
	byAddr map[netip.AddrPort]*conn // the newest to that address
	perKey map[netip.Prefix]int
}

func (t *connTable) init() {
	t.byID = make(map[uint64]*conn)
	t.byAddr = make(map[netip.AddrPort]*conn)
	t.perKey = make(map[netip.Prefix]int)
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
	if len(t.byID) >= cfg.MaxConns || t.perKey[key] >= cfg.MaxConnsPerAddr {
		return ErrTooMany
	}
	t.lastID++
	c.id = t.lastID
	t.byID[c.id] = c
	t.byAddr[c.remote] = c
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
	if t.byAddr[c.remote] == c {
		delete(t.byAddr, c.remote)
	}
	if t.perKey[key]--; t.perKey[key] == 0 {
		delete(t.perKey, key)
	}
}

// find returns the connection that a target names, else one to its address,
// else nil.
func (t *connTable) find(to Target) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.byID[to.ConnID]; c != nil && c.network == to.Network {
		return c
	}
	if c := t.byAddr[to.Addr]; c != nil && c.network == to.Network {
		return c
	}
	return nil
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
