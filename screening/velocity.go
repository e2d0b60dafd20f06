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
// window. Its memory is fixed: 152 bytes for each caller it has room for. A
// flood of new callers pushes out callers of one line first, and cannot choose
// whom, as it does not know the seed.
//
//	caller ─ hash with seed ─► set of 8: callers, their worths; then one place of
//	                           up to 16 × (line, second)
//
// The callers and worths of a set are a cache line each: a caller costs three
// misses of the processor's cache, not one for each place of the set.
//
// It is not safe for concurrent use.
type Velocity struct {
	window uint32 // seconds
	seed   uint64
	sets   []velocitySet
	places []velocityPlace // velocityWays for each set
}

type velocitySet struct {
	callers [velocityWays]numbering.Key
	worths  [velocityWays]uint64 // lines << 32 | second of the last call, as of that call
}

type velocityPlace struct {
	n     int32
	lines [velocityLines]velocityLine
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
	return &Velocity{window: uint32(max(window/time.Second, 1)), seed: seed,
		sets: make([]velocitySet, size/velocityWays), places: make([]velocityPlace, size)}
}

// Observe notes a call from caller to line and returns how many different
// lines that caller rang within the window, this one included (at most 16).
// Calls without a number are not counted and return 1.
func (v *Velocity) Observe(caller numbering.Key, line string, now time.Time) int {
	if caller == 0 {
		return 1
	}
	second := uint32(now.Unix())
	set := mix(v.seed^uint64(caller)) % uint64(len(v.sets))
	way := v.way(&v.sets[set], caller, second)
	p := &v.places[set*velocityWays+uint64(way)]
	if v.sets[set].callers[way] != caller {
		v.sets[set].callers[way], *p = caller, velocityPlace{}
	}
	p.note(v.hashLine(line), second)
	lines := p.live(second, v.window)
	v.sets[set].worths[way] = uint64(lines)<<32 | uint64(second)
	return lines
}

// way finds the caller's place in its set, or the least useful one for him:
// that of the fewest lines first, then of the longest silence. What was heard
// from longer ago than the window counts as no line.
func (v *Velocity) way(set *velocitySet, caller numbering.Key, now uint32) int {
	victim, least := 0, uint64(1<<63)
	for i, c := range set.callers {
		if c == caller {
			return i
		}
		worth := set.worths[i]
		if last := uint32(worth); last < now && now-last > v.window {
			worth = uint64(last)
		}
		if worth < least {
			victim, least = i, worth
		}
	}
	return victim
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
