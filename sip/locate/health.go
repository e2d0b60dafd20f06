package locate

import (
	"net/netip"
	"sync"
	"time"

	"ringward/sip/transport"
)

// How long a target that failed is tried after all others.
const (
	firstRest = 30 * time.Second // then twice as long each time
	longRest  = 5 * time.Minute
)

// health is what is known of targets that failed. Those that work are not in it.
type health struct {
	mu   sync.Mutex
	size int
	down map[where]illness // guarded by mu
}

type where struct {
	network string
	addr    netip.AddrPort
}

type illness struct {
	until time.Time
	rest  time.Duration
}

func (h *health) init(size int) {
	h.size = size
	h.down = make(map[where]illness)
}

// rest returns how long a target is still to be spared, 0 for one that works.
func (h *health) rest(t transport.Target, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(0, h.down[where{t.Network, t.Addr}].until.Sub(now))
}

// Failed marks a target that gave no answer: time-out, no connection, ICMP
// (RFC 3263 §4.3).
func (l *Locator) Failed(t transport.Target) { l.health.fail(t, 0, l.cfg.Now()) }

// Answered marks a target by its final response. 503 spares it for retryAfter if
// that is not 0 (RFC 3261 §21.5.4); any other shows that it works.
func (l *Locator) Answered(t transport.Target, status int, retryAfter time.Duration) {
	if status == 503 {
		l.health.fail(t, min(retryAfter, longRest), l.cfg.Now())
		return
	}
	l.health.mu.Lock()
	defer l.health.mu.Unlock()
	delete(l.health.down, where{t.Network, t.Addr})
}

// Up reports whether a target has not failed, or so long ago that it is to be
// tried in its turn again.
func (l *Locator) Up(t transport.Target) bool { return l.health.rest(t, l.cfg.Now()) == 0 }

func (h *health) fail(t transport.Target, asked time.Duration, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := where{t.Network, t.Addr}
	i, known := h.down[k]
	if !known && len(h.down) >= h.size {
		for old := range h.down { // any: it is tried in its turn again
			delete(h.down, old)
			break
		}
	}
	if now.Before(i.until) && asked == 0 {
		return // requests that were under way together fail together
	}
	i.rest = min(max(2*i.rest, firstRest), longRest)
	rest := i.rest
	if asked > 0 {
		rest = asked
	}
	i.until = now.Add(rest)
	h.down[k] = i
}
