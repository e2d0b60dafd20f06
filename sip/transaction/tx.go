package transaction

import (
	"sync"
	"time"
)

// tx is what client and server transactions have in common: the machine, its
// two timers on one clock timer, and the end.
type tx struct {
	l  *Layer
	mu sync.Mutex // guards all below

	machine         machine
	timer           Timer         // nil until the first deadline
	resendAt, endAt time.Duration // since the layer's epoch; 0 is off
	done            chan struct{} // made when asked for
	err             error
	finished        bool
}

// arm sets the deadlines that a step asked for and the clock timer to the
// earlier one. Each scheduled run of fire is counted in the layer's wait group.
func (t *tx) arm(e effect, fire func()) {
	if e.resend == keep && e.end == keep {
		return
	}
	now := t.l.now()
	if e.resend != keep {
		t.resendAt = deadline(now, e.resend)
	}
	if e.end != keep {
		t.endAt = deadline(now, e.end)
	}
	t.schedule(now, fire)
}

func deadline(now, d time.Duration) time.Duration {
	if d == 0 {
		return 0
	}
	return now + d
}

func (t *tx) schedule(now time.Duration, fire func()) {
	next := t.endAt
	if t.resendAt != 0 && (next == 0 || t.resendAt < next) {
		next = t.resendAt
	}
	switch {
	case next == 0:
		t.stop()
	case t.timer == nil:
		t.l.wg.Add(1)
		t.timer = t.l.cfg.Clock.AfterFunc(next-now, fire)
	case !t.timer.Reset(next - now):
		t.l.wg.Add(1)
	}
}

func (t *tx) stop() {
	if t.timer != nil && t.timer.Stop() {
		t.l.wg.Done()
	}
}

// due returns the input that a firing timer stands for; ok is false when it
// was set anew meanwhile.
func (t *tx) due(fire func()) (in input, ok bool) {
	now := t.l.now()
	switch {
	case t.finished:
		return 0, false
	case t.endAt != 0 && now >= t.endAt:
		t.endAt = 0
		return inEnd, true
	case t.resendAt != 0 && now >= t.resendAt:
		t.resendAt = 0
		return inResend, true
	}
	t.schedule(now, fire)
	return 0, false
}

// finish marks the end; the caller takes the transaction out of its shard.
func (t *tx) finish(err error) {
	if t.finished {
		return
	}
	t.finished, t.err = true, err
	t.machine.state = Terminated
	t.resendAt, t.endAt = 0, 0
	t.stop()
	if t.done != nil {
		close(t.done)
	}
}

var closedChan = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (t *tx) doneChan() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.finished:
		return closedChan
	case t.done == nil:
		t.done = make(chan struct{})
	}
	return t.done
}

func (t *tx) why() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}
