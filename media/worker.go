package media

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
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
	// run receives, and ticks the worker when it is due, until ctx ends.
	run(ctx context.Context, w *worker) error
	// wake has run look at the worker again.
	wake()
}

// worker is one network with the bridges that are on it, and their clock.
type worker struct {
	net   network
	buf   []byte    // packets are made here, by tick alone
	start time.Time // of the grid

	called atomic.Bool // a bridge became active since the last tick

	mu     sync.Mutex
	active []*Bridge // to be ticked
	round  []*Bridge // of one tick
}

func newWorker(n network) *worker {
	return &worker{net: n, buf: make([]byte, bufferSize), start: time.Now()}
}

func (w *worker) activate(b *Bridge) {
	w.mu.Lock()
	w.active = append(w.active, b)
	w.mu.Unlock()
	w.called.Store(true)
	w.net.wake()
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

// isDue reports whether the worker wants to be ticked: next is what the last
// tick returned.
func (w *worker) isDue(next time.Time) bool {
	return w.called.Load() || !next.IsZero() && !time.Now().Before(next)
}

// tick makes what is due on every active bridge. It returns when it wants to be
// called again, by the system's clock; zero is never.
func (w *worker) tick(now time.Time) (next time.Time) {
	w.called.Store(false)
	w.mu.Lock()
	w.round = append(w.round[:0], w.active...)
	w.mu.Unlock()
	wait, any := time.Duration(0), false
	for _, b := range w.round {
		if due, more := b.tick(w.buf, now); more && (!any || due.Sub(now) < wait) {
			wait, any = due.Sub(now), true
		}
	}
	clear(w.round)
	if !any {
		return time.Time{}
	}
	return w.onGrid(time.Now().Add(wait))
}

// onGrid is the first point of the grid that is not before t, so that bridges
// share their ticks.
func (w *worker) onGrid(t time.Time) time.Time {
	return w.start.Add((max(t.Sub(w.start), 0) + tickEvery - 1) / tickEvery * tickEvery)
}
