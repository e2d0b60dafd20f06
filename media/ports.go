package media

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// pool gives out port pairs: an even port for RTP and the next for RTCP, drawn
// at random (a stranger must not guess the next call's ports), and none again
// before its quarantine is over (late packets of the call before).
type pool struct {
	quarantine time.Duration

	mu      sync.Mutex
	free    []uint16
	resting []restingPort // by time
	total   int
}

type restingPort struct {
	port  uint16
	until time.Time
}

func newPool(lo, hi uint16, quarantine time.Duration) *pool {
	p := &pool{quarantine: quarantine}
	for port := (int(lo) + 1) &^ 1; port+1 <= int(hi); port += 2 {
		p.free = append(p.free, uint16(port))
	}
	p.total = len(p.free)
	return p
}

// take draws a pair; ok is false when none is free.
func (p *pool) take(now time.Time) (port uint16, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.resting) && !now.Before(p.resting[n].until) {
		p.free = append(p.free, p.resting[n].port)
		n++
	}
	p.resting = p.resting[:copy(p.resting, p.resting[n:])]
	if len(p.free) == 0 {
		return 0, false
	}
	i, last := draw(len(p.free)), len(p.free)-1
	port = p.free[i]
	p.free[i] = p.free[last]
	p.free = p.free[:last]
	return port, true
}

// rest puts a pair into quarantine.
func (p *pool) rest(port uint16, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resting = append(p.resting, restingPort{port, now.Add(p.quarantine)})
}

// count is how many pairs there are, are in use and are resting.
func (p *pool) count(now time.Time) (total, used, resting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.resting {
		if now.Before(r.until) {
			resting++
		}
	}
	return p.total, p.total - len(p.free) - len(p.resting), resting
}

// draw is a number below n from the system's source; the bias of the remainder
// is below 1 in 10^5 for any port range.
func draw(n int) int {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return int(binary.BigEndian.Uint32(b[:]) % uint32(n))
}
