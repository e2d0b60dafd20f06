package people

import (
	"net/netip"
	"sync"
	"time"
)

// throttle bounds failed logins by their source. It never locks a user: a
// stranger who guesses cannot keep the owner out.
type throttle struct {
	max int

	mu       sync.Mutex
	failures map[netip.Prefix][]time.Time // guarded by mu; at most maxSources
}

const (
	throttleWindow = time.Minute
	maxSources     = 10_000
)

func newThrottle(max int) throttle {
	return throttle{max: max, failures: map[netip.Prefix][]time.Time{}}
}

// sourceOf is what failures are counted by: an IPv4 address, or an IPv6
// network of the size that one customer gets.
func sourceOf(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// begin takes a place for one attempt before its password is looked at, so
// that attempts side by side count as well; false when there is none left.
func (t *throttle) begin(a netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	src := sourceOf(a)
	recent := t.recent(src, now)
	if len(recent) >= t.max {
		return false
	}
	if len(t.failures) >= maxSources {
		t.sweep(now)
	}
	t.failures[src] = append(recent, now)
	return true
}

// succeeded gives the place back: only failures count.
func (t *throttle) succeeded(a netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	src := sourceOf(a)
	if f := t.failures[src]; len(f) > 1 {
		t.failures[src] = f[:len(f)-1]
	} else {
		delete(t.failures, src)
	}
}

// recent returns the failures of src within the window.
func (t *throttle) recent(src netip.Prefix, now time.Time) []time.Time {
	f := t.failures[src]
	for len(f) > 0 && now.Sub(f[0]) >= throttleWindow {
		f = f[1:]
	}
	return f
}

// sweep makes room: sources without recent failures go, and if that is not
// enough, whichever comes first.
func (t *throttle) sweep(now time.Time) {
	for src := range t.failures {
		if len(t.recent(src, now)) == 0 {
			delete(t.failures, src)
		}
	}
	for src := range t.failures {
		if len(t.failures) < maxSources {
			return
		}
		delete(t.failures, src)
	}
}
