package fingerprint

import (
	"math"
	"math/bits"
	"time"
)

// Strength is how much a Hit is worth.
type Strength uint8

const (
	// Weak is evidence to be weighed with other evidence, never alone.
	Weak Strength = iota + 1
	// Strict may lead to a spoken warning on its own.
	Strict
)

// String is "weak" or "strict".
func (s Strength) String() string {
	switch s {
	case Weak:
		return "weak"
	case Strict:
		return "strict"
	}
	return "none"
}

// Hit says that the call plays a known recording.
type Hit struct {
	ID       ID
	Strength Strength
	Score    float64       // in standard deviations of sounds that do not match
	BitError float64       // share of the strong bits that differ, 0 to 0.5
	At       time.Duration // of the call, when it was decided
	Offset   time.Duration // in the recording, of the sound at that moment
	Matched  time.Duration // length of the sound that was compared
}

const (
	past     = 256 // frames kept: 4 s
	flips    = 8   // weakest bits of a sub-key that probes turn
	maxTrial = 24  // trials at a time; the worst gives way
)

// query is a frame of the call: its bits, and those that are clear and very clear.
type query struct {
	bits, clear, veryClear uint32
}

// Matcher follows one call. It is not safe for concurrent use and allocates
// nothing after NewMatcher.
type Matcher struct {
	ix      *Index
	x       Extractor
	now     int64 // number of the last frame
	ring    [past]query
	level   float32 // running mean of frame.level over sound
	lastKey [tables]uint32
	probes  []uint8
	trials  [maxTrial]trial
	live    int
}

// NewMatcher starts at the beginning of a call. The call keeps this index.
func NewMatcher(ix *Index) *Matcher {
	if ix == nil {
		ix = NewIndex(nil)
	}
	m := &Matcher{ix: ix, now: -1, probes: probes[:]}
	if len(ix.main.rows)+len(ix.tail.rows) > largeRows {
		m.probes = probes[:fewProbes]
	}
	return m
}

// Feed takes the next samples of the call, in pieces of any size, and appends
// what was found in them to hits. The result does not depend on the pieces.
func (m *Matcher) Feed(pcm []int16, hits []Hit) []Hit {
	for f, rest, ok := m.x.next(pcm); ok; f, rest, ok = m.x.next(rest) {
		m.now++
		m.remember(f)
		hits = m.follow(hits)
		if f.level > 0 {
			m.search(f)
		}
	}
	return hits
}

// remember stores the frame, with its bits graded by a running level.
func (m *Matcher) remember(f *frame) {
	q := &m.ring[m.now&(past-1)]
	*q = query{bits: f.bits}
	if f.level == 0 {
		return
	}
	if m.level == 0 {
		m.level = f.level
	}
	m.level += (f.level - m.level) / 64
	for i, c := range f.change {
		switch c = abs(c); {
		case c > veryClearAt*m.level:
			q.veryClear |= 1 << i
			q.clear |= 1 << i
		case c > clearAt*m.level:
			q.clear |= 1 << i
		}
	}
}

// probes are the sets of weakest bits (bit 0 the weakest) that are turned before
// a sub-key is looked up, the likeliest first. A large index is asked for the
// first of them only: what the others would find sooner costs too much there.
var probes = [...]uint8{
	0, 1, 2, 1 << 2, 1 << 3, 1 | 2, 1 << 4, 1 | 1<<2, 1 << 5, 2 | 1<<2, 1 | 1<<3, 1 << 6,
	1 << 7, 2 | 1<<3, 1 | 1<<4, 1 | 2 | 1<<2, 1<<2 | 1<<3, 2 | 1<<4, 1 | 1<<5, 1 | 2 | 1<<3, 1<<2 | 1<<4,
	2 | 1<<5, 1 | 1<<2 | 1<<3, 1 | 1<<6,
}

const (
	fewProbes = 12
	largeRows = 1 << 20 // of an index: about 1,700 recordings of 30 s
)

// search looks the newest frame up and starts trials.
func (m *Matcher) search(f *frame) {
	if bits.OnesCount32(m.ring[m.now&(past-1)].clear) < strongBits {
		return
	}
	for t, first := range keyShift {
		weak := weakest(f, first)
		key := subKey(f.bits, first)
		if key == m.lastKey[t] {
			continue // recordings are found at the first of equal keys
		}
		m.lastKey[t] = key
		for _, probe := range m.probes {
			k := key
			for set := probe; set != 0; set &= set - 1 {
				k ^= 1 << weak[bits.TrailingZeros8(set)]
			}
			m.lookUp(m.ix.main, t, k)
			m.lookUp(m.ix.tail, t, k)
		}
	}
}

// weakest finds the bits of a sub-key with the least change.
func weakest(f *frame, first uint) (at [flips]uint) {
	var least [flips]float32
	for i := range least {
		least[i] = math.MaxFloat32
	}
	for b := range uint(keyBits) {
		c := abs(f.change[first+b])
		if c >= least[flips-1] {
			continue
		}
		i := flips - 1
		for ; i > 0 && c < least[i-1]; i-- {
			least[i], at[i] = least[i-1], at[i-1]
		}
		least[i], at[i] = c, b
	}
	return at
}

// mostPlaces bounds the work for one key. A key that more rows share tells so
// little that leaving it out costs no match.
const mostPlaces = 256

// lookUp follows the places that have the key.
func (m *Matcher) lookUp(p *part, t int, key uint32) {
	places := p.table[t].at(key)
	if len(places) > mostPlaces {
		return
	}
	for _, place := range places {
		if m.tried(p, int(place)) {
			continue
		}
		if z := m.backwards(p, int(place)); z >= candidateScore {
			m.begin(p, int(place), z)
		}
	}
}

// tried says whether a trial already runs along this alignment.
func (m *Matcher) tried(p *part, place int) bool {
	d := rowFrames*int64(place) - m.now
	for i := range m.trials[:m.live] {
		t := &m.trials[i]
		if off := d - t.diagonal(); t.p == p && off > -2*rowFrames && off < 2*rowFrames {
			return true
		}
	}
	return false
}

const (
	candidateRows  = 12 // 0.58 s must be alike
	candidateMost  = 45
	candidateEarly = 5 // rows after which what is hopeless is left
	candidateBad   = 0.34
	candidateLeast = 25 // weighted bits compared by then
	candidateScore = 5.0
)

// backwards compares the call with the rows before place and gives the best
// score in standard deviations, 0 for none.
func (m *Matcher) backwards(p *part, place int) (best float64) {
	n, wrong, n2 := 0, 0, 0
	for i := range candidateMost {
		r := p.rows[place-i]
		if r == fence {
			break
		}
		q := &m.ring[(m.now-int64(rowFrames*i))&(past-1)]
		diff := r.bits ^ q.bits
		clear, very := r.mask&q.clear, r.mask&q.veryClear
		v := bits.OnesCount32(very)
		n += bits.OnesCount32(clear) + v
		n2 += v
		wrong += bits.OnesCount32(diff&clear) + bits.OnesCount32(diff&very)
		if i < candidateEarly-1 {
			continue
		}
		if n < candidateLeast || float64(wrong) > candidateBad*float64(n) {
			return best
		}
		if i >= candidateRows-1 && n > 0 {
			z := float64(n-2*wrong) / math.Sqrt(float64(n+2*n2)) / spread
			best = max(best, z)
		}
	}
	return best
}
