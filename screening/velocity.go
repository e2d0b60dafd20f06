package screening

import (
	"time"

	"ringward/numbering"
)

const (
	velocityWays  = 8  // places where one caller may be kept
	velocityLines = 16 // lines remembered of one caller; more are counted as so many
)

// Velocity counts how many different lines each caller number rang within a
// window. Its memory is fixed: 144 bytes for each caller it has room for. A
// flood of new callers pushes out callers of one line first, and cannot choose
// whom, as it does not know the seed.
//
//	caller ─ hash with seed ─► set of 8 places: {caller, up to 16 × (line, second)}
//
// It is not safe for concurrent use.
type Velocity struct {
	window uint32 // seconds
	seed   uint64
	places []velocityPlace // len is velocityWays << n
}

type velocityPlace struct {
	caller numbering.Key
	n      int32
	last   uint32 // second of the last call
	lines  [velocityLines]velocityLine
}

type velocityLine struct {
	hash, at uint32
}

// NewVelocity returns a counter with room for at least callers numbers. The
// seed has to come from a random source. A window below a second is a second.
func NewVelocity(callers int, window time.Duration, seed uint64) *Velocity {
	size := velocityWays
	for size < callers && size < 1<<24 {
		size *= 2
	}
	return &Velocity{window: uint32(max(window/time.Second, 1)), seed: seed, places: make([]velocityPlace, size)}
}

// Observe notes a call from caller to line and returns how many different
// lines that caller rang within the window, this one included (at most 16).
// Calls without a number are not counted and return 1.
func (v *Velocity) Observe(caller numbering.Key, line string, now time.Time) int {
	if caller == 0 {
		return 1
	}
	second := uint32(now.Unix())
	p := v.place(caller, second)
	p.last = second
	p.note(v.hashLine(line), second)
	return p.live(second, v.window)
}

// place finds the caller's place, or clears the least useful one for him.
func (v *Velocity) place(caller numbering.Key, now uint32) *velocityPlace {
	sets := uint64(len(v.places) / velocityWays)
	at := mix(v.seed^uint64(caller)) % sets * velocityWays
	set := v.places[at : at+velocityWays]
	victim, worth := 0, uint64(1<<63)
	for i := range set {
		p := &set[i]
		if p.caller == caller {
			return p
		}
		// Fewest lines first, then the longest silence.
		if w := uint64(p.live(now, v.window))<<32 | uint64(p.last); w < worth {
			victim, worth = i, w
		}
	}
	set[victim] = velocityPlace{caller: caller}
	return &set[victim]
}

// note records a call to a line in place of the oldest one when all are taken.
func (p *velocityPlace) note(hash, now uint32) {
	oldest := 0
	for i := range p.lines[:p.n] {
		if p.lines[i].hash == hash {
			p.lines[i].at = now
			return
		}
		if p.lines[i].at < p.lines[oldest].at {
			oldest = i
		}
	}
	if int(p.n) < len(p.lines) {
		oldest = int(p.n)
		p.n++
	}
	p.lines[oldest] = velocityLine{hash, now}
}

// live counts the lines within the window. A clock that went back does not
// make them old.
func (p *velocityPlace) live(now, window uint32) int {
	count := 0
	for _, l := range p.lines[:p.n] {
		if l.at > now || now-l.at <= window {
			count++
		}
	}
	return count
}

func (v *Velocity) hashLine(line string) uint32 {
	h := v.seed
	for i := 0; i < len(line); i++ {
		h = (h ^ uint64(line[i])) * 0x100000001b3 // FNV-1a, started from the seed
	}
	return uint32(mix(h))
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
