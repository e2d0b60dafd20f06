package media

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// tickEvery is the grid on which packets are made. It divides every packet
// length in use, so that made packets keep their pace.
const tickEvery = 5 * time.Millisecond

// conn is one bound UDP port. send never waits; both are called under the
// bridge's mutex.
type conn interface {
	send(b []byte, to *target) bool
	close()
}

// network is how datagrams come and go: one epoll loop of our own on Linux, a
// goroutine a port elsewhere.
type network interface {
	// listen binds a port, before or during run.
	listen(at netip.AddrPort, in *inlet) (conn, error)
	// run receives, and ticks the worker while it has work, until ctx ends.
	run(ctx context.Context, w *worker) error
	// wake has run look at the worker again.
	wake()
}

// worker is one network with the bridges that are on it, and their clock.
type worker struct {
	net network
	buf []byte // packets are made here, by tick alone

	mu     sync.Mutex
	active []*Bridge // to be ticked
	round  []*Bridge // of one tick
}

func newWorker(n network) *worker { return &worker{net: n, buf: make([]byte, bufferSize)} }

func (w *worker) activate(b *Bridge) {
	w.mu.Lock()
	w.active = append(w.active, b)
	first := len(w.active) == 1
	w.mu.Unlock()
	if first {
		w.net.wake()
	}
}

func (w *worker) deactivate(b *Bridge) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.active, b); i >= 0 {
		w.active = slices.Delete(w.active, i, i+1)
	}
}

// playing is how many bridges are being ticked.
func (w *worker) playing() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.active)
}

// later is the next tick after now, on the grid of the last one; a grid that
// was left a while ago begins anew.
func later(last, now time.Time) time.Time {
	gone := now.Sub(last)
	if gone > time.Second || gone < 0 {
		return now.Add(tickEvery)
	}
	return last.Add((gone/tickEvery + 1) * tickEvery)
}

// tick makes what is due on every active bridge and reports whether any is left
// active.
func (w *worker) tick(now time.Time) bool {
	w.mu.Lock()
	w.round = append(w.round[:0], w.active...)
	w.mu.Unlock()
	for _, b := range w.round {
		b.tick(w.buf, now)
	}
	clear(w.round)
	return w.playing() > 0
}
