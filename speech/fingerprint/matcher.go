package fingerprint

import "time"

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
	maxTrial = 64  // trials at a time; the worst gives way
)

// query is a frame of the call: its bits, and those that are clear and very clear.
type query struct {
	bits, clear, veryClear uint32
}

// Matcher follows one call. It is not safe for concurrent use and allocates
// nothing after NewMatcher.
type Matcher struct {
	ix     *Index
	x      Extractor
	now    int64 // number of the last frame
	ring   [past]query
	level  float32 // running mean of frame.level over sound
	find   finder
	trials [maxTrial]trial
	live   int
}

// NewMatcher starts at the beginning of a call. The call keeps this index.
func NewMatcher(ix *Index) *Matcher {
	if ix == nil {
		ix = NewIndex(nil)
	}
	return &Matcher{ix: ix, now: -1}
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
