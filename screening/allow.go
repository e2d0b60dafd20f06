package screening

import (
	"time"

	"ringward/numbering"
)

// AllowFor is how long the merchant's "not a scam" (key *1) holds for a caller
// number on his line.
const AllowFor = 24 * time.Hour

// Allowances remember which caller numbers merchants allowed by key, each for
// AllowFor. Their number is bounded: past it the oldest goes first. They are
// not safe for concurrent use.
type Allowances struct {
	max   int
	since map[allowance]time.Time
}

type allowance struct {
	line   string
	caller numbering.Key
}

// NewAllowances returns a memory for at most max allowances.
func NewAllowances(max int) *Allowances {
	return &Allowances{max: max, since: map[allowance]time.Time{}}
}

// Allow notes that the owner of line allows caller. A caller without a number
// (key 0) cannot be allowed: the next one is somebody else.
func (a *Allowances) Allow(line string, caller numbering.Key, now time.Time) {
	if caller == 0 || a.max <= 0 {
		return
	}
	key := allowance{line, caller}
	if _, known := a.since[key]; !known && len(a.since) >= a.max {
		a.makeRoom(now)
	}
	a.since[key] = now
}

// Has reports whether the owner of line allowed caller within AllowFor.
func (a *Allowances) Has(line string, caller numbering.Key, now time.Time) bool {
	since, ok := a.since[allowance{line, caller}]
	return ok && now.Sub(since) < AllowFor
}

// makeRoom drops what has run out, or else the oldest.
func (a *Allowances) makeRoom(now time.Time) {
	var oldest allowance
	var at time.Time
	for key, since := range a.since {
		if now.Sub(since) >= AllowFor {
			delete(a.since, key)
			continue
		}
		if at.IsZero() || since.Before(at) {
			oldest, at = key, since
		}
	}
	if len(a.since) >= a.max {
		delete(a.since, oldest)
	}
}
