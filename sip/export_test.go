package sip

import (
	"sync/atomic"
	"time"

	"ringward/sip/transaction"
)

// Remains counts what legs left in the stack: table entries, ghosts and timers
// of legs (those of transactions are not counted).
func Remains(s *Stack) (legs, ghosts, timers int) {
	s.ghosts.mu.Lock()
	defer s.ghosts.mu.Unlock()
	return s.legs.len(), len(s.ghosts.byTag), int(s.cfg.Clock.(*countingClock).active.Load())
}

// CountTimers makes Remains count; before Run.
func CountTimers(s *Stack) { s.cfg.Clock = &countingClock{Clock: s.cfg.Clock} }

// countingClock knows how many of its timers are running.
type countingClock struct {
	transaction.Clock
	active atomic.Int64
}

func (c *countingClock) AfterFunc(d time.Duration, f func()) transaction.Timer {
	t := &countedTimer{clock: c}
	c.active.Add(1)
	t.Timer = c.Clock.AfterFunc(d, func() {
		c.active.Add(-1)
		f()
	})
	return t
}

type countedTimer struct {
	transaction.Timer
	clock *countingClock
}

func (t *countedTimer) Stop() bool {
	was := t.Timer.Stop()
	if was {
		t.clock.active.Add(-1)
	}
	return was
}

func (t *countedTimer) Reset(d time.Duration) bool {
	was := t.Timer.Reset(d)
	if !was {
		t.clock.active.Add(1)
	}
	return was
}
