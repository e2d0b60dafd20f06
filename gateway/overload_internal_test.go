package gateway

import (
	"testing"
	"time"
)

// queue is a gateway that does so many calls a second, one after the other.
type queue struct {
	perSecond float64
	free      time.Time // when it has done what it has
}

// take gives how long a call that comes now waits for its turn.
func (q *queue) take(now time.Time) time.Duration {
	if q.free.Before(now) {
		q.free = now
	}
	wait := q.free.Sub(now)
	q.free = q.free.Add(time.Duration(float64(time.Second) / q.perSecond))
	return wait
}

// waiting is how many calls wait for their turn.
func (q *queue) waiting(now time.Time) int {
	return int(max(0, q.free.Sub(now).Seconds()) * q.perSecond)
}

// flood offers calls for a while and gives the calls taken a second and the
// longest wait, both after the first second.
func flood(g *governor, capacity, offered float64, d time.Duration) (taken float64, longest time.Duration) {
	start := time.Unix(1_800_000_000, 0)
	q := &queue{perSecond: capacity}
	n := 0
	for i := range int(offered * d.Seconds()) {
		now := start.Add(time.Duration(float64(i) * float64(time.Second) / offered))
		if !g.admit(now, q.waiting(now)) {
			continue
		}
		wait := q.take(now)
		g.waited(now, wait)
		if now.Sub(start) > time.Second {
			n++
			longest = max(longest, wait)
		}
	}
	return float64(n) / (d.Seconds() - 1), longest
}

// Under a load that is too high by any factor, what is let in waits a bounded
// time, and most of what could be done is done.
func TestGovernorBoundsTheWait(t *testing.T) {
	for _, c := range []struct {
		capacity, offered float64
	}{{300, 600}, {1000, 1500}, {1000, 20000}, {2300, 10000}} {
		g := &governor{target: 25 * time.Millisecond}
		taken, longest := flood(g, c.capacity, c.offered, 30*time.Second)
		t.Logf("%.0f of %.0f calls a second, capacity %.0f: longest wait %s", taken, c.offered, c.capacity, longest)
		if longest > 400*time.Millisecond {
			t.Errorf("offered %.0f of %.0f: waited %s", c.offered, c.capacity, longest)
		}
		if taken < 0.6*c.capacity || taken > 1.1*c.capacity {
			t.Errorf("offered %.0f of %.0f: %.0f taken", c.offered, c.capacity, taken)
		}
	}
}

// What can be done is done, to the last call, also with a late one now and then.
func TestGovernorLetsLoadThrough(t *testing.T) {
	g := &governor{target: 25 * time.Millisecond}
	now := time.Unix(1_800_000_000, 0)
	for i := range 100_000 {
		now = now.Add(time.Millisecond)
		if !g.admit(now, 0) {
			t.Fatalf("call %d refused", i)
		}
		wait := time.Duration(0)
		if i%3 == 0 {
			wait = time.Second
		}
		g.waited(now, wait)
	}
}

// A gateway that was overloaded takes everything again when the load goes.
func TestGovernorRecovers(t *testing.T) {
	g := &governor{target: 25 * time.Millisecond}
	flood(g, 500, 5000, 5*time.Second)
	if !g.limited {
		t.Fatal("not limited under ten times the load")
	}
	now := time.Unix(1_800_000_000, 0).Add(5 * time.Second)
	for range 100 { // ten seconds of ten calls each
		now = now.Add(100 * time.Millisecond)
		if !g.admit(now, 0) {
			continue
		}
		g.waited(now, 0)
	}
	if g.limited {
		t.Errorf("still limited to %.0f", g.rate)
	}
}
