package fingerprint

import (
	"math"
	"math/bits"
	"time"
)

const (
	segmentRows = 5   // 240 ms are judged as one
	segmentCap  = 8.0 // no segment counts for more standard deviations
	spread      = 1.4 // standard deviation of sum/sqrt(weight) between strangers

	clearAt     = 0.6 // of the running level
	veryClearAt = 1.4
)

// What a trial must reach, see docs/recordings.md. What followed the search
// decides alone, or together with the sound before it, which the search picked
// and which must therefore show much more. Three ways lead to Strict: a sound
// that is plainly the same, one that is alike for long enough on a noisy line,
// and one that was alike for long before the search came upon it.
const (
	weakScore, weakRows, weakError    = 8.0, 15, 0.32
	plainScore, plainRows, plainError = 11.0, 45, 0.08
	noisyScore, noisyRows, noisyError = 14.0, 35, 0.27

	// With the sound before: the score of all, that of what followed, its rows, all rows.
	weakLeast                                         = 10.0 // of all, with weakScore
	weakAll, weakAllScore, weakAllRows                = 11.5, 3.0, 10
	strictAll, strictAllScore, strictAllRows, allRows = 16.0, 5.0, 15, 50
)

// strength is what a trial is worth so far; 0 for nothing.
func (t *trial) strength() Strength {
	now, errors := t.sum(), t.errors()
	all := now.plus(t.back)
	z, zAll, rows := now.z(), all.z(), now.rows
	switch {
	case z >= plainScore && rows >= plainRows && errors <= plainError,
		z >= noisyScore && rows >= noisyRows && errors <= noisyError,
		zAll >= strictAll && z >= strictAllScore && rows >= strictAllRows && all.rows >= allRows && errors <= weakError:
		return Strict
	case z >= weakScore && zAll >= weakLeast && rows >= weakRows && errors <= weakError,
		zAll >= weakAll && z >= weakAllScore && rows >= weakAllRows && errors <= weakError:
		return Weak
	}
	return 0
}

// trial compares the call with one recording along one alignment, from the
// moment at which the search proposed it.
type trial struct {
	p     *part
	place int   // next row
	at    int64 // frame of the call that belongs to it
	back  sum   // of the candidate

	segment     [3]sum // alignments one frame early, on time, late
	segmentN    int
	whole       sum // of whole segments
	bits, wrong int
	told        Strength
}

// sum is a weighted count of agreeing minus differing bits over some rows, and
// its variance if bits were independent.
type sum struct {
	score, weight float64
	rows          int
}

// z is the score in standard deviations of strangers.
func (s sum) z() float64 {
	if s.weight == 0 {
		return 0
	}
	return s.score / math.Sqrt(s.weight) / spread
}

// plus is both together.
func (s sum) plus(o sum) sum {
	return sum{s.score + o.score, s.weight + o.weight, s.rows + o.rows}
}

// sum is that of the sound after the beginning.
func (t *trial) sum() sum {
	s := t.segment[1]
	return sum{
		score:  t.whole.score + min(s.score, segmentCap*spread*math.Sqrt(s.weight)),
		weight: t.whole.weight + s.weight,
		rows:   t.whole.rows + t.segmentN,
	}
}

// errors is the share of the clear bits that differ.
func (t *trial) errors() float64 { return float64(t.wrong) / float64(max(1, t.bits)) }

func (t *trial) diagonal() int64 { return rowFrames*int64(t.place) - t.at }

// begin starts a trial, if need be in place of the worst one.
func (m *Matcher) begin(p *part, place int, back sum) {
	n := m.live
	if n == maxTrial {
		n = m.worst()
		if m.trials[n].told == Strict || m.trials[n].whole.rows == 0 && m.trials[n].back.z() >= back.z() {
			return
		}
	} else {
		m.live++
	}
	m.trials[n] = trial{p: p, place: place + 1, at: m.now + rowFrames, back: back}
}

func (m *Matcher) worst() (n int) {
	for i := range m.trials[:m.live] {
		if m.trials[i].rank() < m.trials[n].rank() {
			n = i
		}
	}
	return n
}

// rank orders trials by how promising they are.
func (t *trial) rank() float64 {
	if t.whole.rows == 0 {
		return t.back.z() / 2
	}
	return t.whole.z() + float64(t.told)*1000
}

// follow judges the rows whose frames have arrived and drops lost trials.
func (m *Matcher) follow(hits []Hit) []Hit {
	for i := 0; i < m.live; {
		t := &m.trials[i]
		alive := true
		for alive && t.at < m.now {
			alive = m.judge(t)
			hits = m.tell(t, hits)
		}
		if alive {
			i++
			continue
		}
		m.live--
		m.trials[i] = m.trials[m.live]
	}
	return hits
}

// judge compares one row and closes a segment when it is full. It is false when
// the recording is over or the trial hopeless.
func (m *Matcher) judge(t *trial) bool {
	r := t.p.rows[t.place]
	if r == fence {
		return false
	}
	for i := range t.segment {
		q := &m.ring[(t.at+int64(i)-1)&(past-1)]
		t.segment[i].add(r, q)
	}
	q := &m.ring[t.at&(past-1)]
	t.bits += bits.OnesCount32(r.mask & q.clear)
	t.wrong += bits.OnesCount32((r.bits ^ q.bits) & r.mask & q.clear)
	t.place++
	t.at += rowFrames
	if t.segmentN++; t.segmentN < segmentRows {
		return true
	}
	t.close()
	z := t.whole.z()
	return t.whole.rows < 3*segmentRows && z > -1 || z > 2 || t.told == Strict
}

// add counts clear bits once and very clear ones twice.
func (s *sum) add(r row, q *query) {
	diff := r.bits ^ q.bits
	clear, very := r.mask&q.clear, r.mask&q.veryClear
	n, v := bits.OnesCount32(clear), bits.OnesCount32(very)
	wrong := bits.OnesCount32(diff&clear) + bits.OnesCount32(diff&very)
	s.score += float64(n + v - 2*wrong)
	s.weight += float64(n + 3*v)
}

// close adds the segment to the whole and moves the alignment by a frame if
// another fits better: only the segments to come gain from it, so that a
// stranger has no advantage of the choice.
func (t *trial) close() {
	s := t.segment
	t.whole = t.sum()
	switch {
	case s[0].score > s[1].score && s[0].score > s[2].score:
		t.at--
	case s[2].score > s[1].score:
		t.at++
	}
	t.segment, t.segmentN = [3]sum{}, 0
}

// tell reports a trial once for each strength that it reaches.
func (m *Matcher) tell(t *trial, hits []Hit) []Hit {
	now := t.strength()
	if now <= t.told {
		return hits
	}
	t.told = now
	n := t.p.owner(t.place - 1)
	if m.ix.gone[t.p.ids[n]] && t.p == m.ix.main || now == Weak && m.certain(t.p, n) {
		return hits
	}
	return append(hits, Hit{
		ID: t.p.ids[n], Strength: now, Score: t.sum().z(),
		BitError: t.errors(),
		At:       time.Duration(m.x.seen) * time.Second / SampleRate,
		Offset:   time.Duration(t.place-int(t.p.start[n])) * rowTime,
		Matched:  time.Duration(t.sum().rows) * rowTime,
	})
}

// certain says whether a running trial is Strict about recording n of p: another
// alignment of the same recording adds nothing.
func (m *Matcher) certain(p *part, n int) bool {
	for i := range m.trials[:m.live] {
		t := &m.trials[i]
		if t.told == Strict && t.p == p && uint32(t.place) >= p.start[n] && uint32(t.place) < p.start[n+1] {
			return true
		}
	}
	return false
}
