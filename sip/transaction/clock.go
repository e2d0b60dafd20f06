package transaction

import "time"

// Clock is where time comes from. RealClock is the machine's, which inside a
// testing/synctest bubble is the bubble's.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f on its own goroutine once d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a running AfterFunc. Stop and Reset are as in *time.Timer.
type Timer interface {
	Stop() bool
	Reset(d time.Duration) bool
}

// RealClock is the machine's clock.
func RealClock() Clock { return realClock{} }

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// Timers are the base values of RFC 3261 table 4; zero fields take the RFC's.
type Timers struct {
	T1 time.Duration // round-trip estimate, 500 ms
	T2 time.Duration // longest repeat of non-INVITE requests and INVITE answers, 4 s
	T4 time.Duration // longest life of a message in the network, 5 s
}

// tryingDelay is how long the user of an INVITE server transaction may be
// silent before the transaction answers 100 (RFC 3261 §17.2.1).
const tryingDelay = 200 * time.Millisecond

// withDefaults fills zero fields.
func (t Timers) withDefaults() Timers {
	if t.T1 <= 0 {
		t.T1 = 500 * time.Millisecond
	}
	if t.T2 <= 0 {
		t.T2 = 4 * time.Second
	}
	if t.T4 <= 0 {
		t.T4 = 5 * time.Second
	}
	return t
}
