package fingerprint

import (
	"math"
	"math/bits"
)

// search looks the newest frame up and starts trials.
func (m *Matcher) search(f *frame) {
	if bits.OnesCount32(m.ring[m.now&(past-1)].clear) < strongBits {
		return
	}
	m.find.prepare(m, f)
	for t, first := range keyShift {
		k := subKey(f.bits, first)
		if k == m.find.lastKey[t] {
			continue // recordings are found at the first of equal keys
		}
		m.find.lastKey[t] = k
		for _, p := range [...]*part{m.ix.main, m.ix.tail} {
			if len(p.ids) > 0 {
				m.lookUp(p, &p.table[t], m.find.list(k, first, p.table[t].shift))
			}
		}
	}
}

// batch is how many places are compared together. Nearly every place is a read
// from memory that is in no cache: read one after the other they would take
// longer than all the rest, read together they overlap.
const batch = 256

// lookUp follows the places that have the keys.
func (m *Matcher) lookUp(p *part, t *table, keys []key) {
	g := &m.find
	for i, k := range keys {
		s := k.bits >> t.shift
		g.span[i] = [2]uint32{t.slot[s], t.slot[s+1]}
	}
	then := &g.line[signRow]
	held := 0
	for i, s := range g.span[:len(keys)] {
		size := int(s[1] - s[0])
		if size == 0 || size > mostPlaces || keys[i].cost+effort[size] > worth {
			continue
		}
		if held+size >= batch {
			m.sift(p, g.places[:held])
			held = 0
		}
		for _, e := range t.place[s[0]:s[1]] {
			g.places[held] = e.at
			held += alike(e.sign, then)
		}
	}
	m.sift(p, g.places[:held])
}

// lead is how many fences come before the first row, so that sift need not ask.
const lead = 5

// sift compares three rows shortly before each place, and all of them where
// these are alike. It changes places.
func (m *Matcher) sift(p *part, places []uint32) {
	g := &m.find
	for _, at := range places { // see batch
		g.touched ^= p.rows[at-3].bits
	}
	n := 0
	q := g.line[2:5]
	for _, at := range places {
		r := p.rows[at-4 : at-1]
		a, b, c := r[2].mask&q[0].clear, r[1].mask&q[1].clear, r[0].mask&q[2].clear
		all := bits.OnesCount32(a) + bits.OnesCount32(b) + bits.OnesCount32(c)
		wrong := bits.OnesCount32(a&(r[2].bits^q[0].bits)) + bits.OnesCount32(b&(r[1].bits^q[1].bits)) + bits.OnesCount32(c&(r[0].bits^q[2].bits))
		places[n] = at
		n += int(uint(5*wrong-2*all-1) >> 63) // no branch: it could not be foretold
	}
	for _, at := range places[:n] {
		if back := m.backwards(p, int(at)); back.z() >= candidateScore && !m.tried(p, int(at)) {
			m.begin(p, int(at), back)
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
	candidateMost  = 80 // 3.8 s are looked at
	candidateEarly = 5  // rows after which what is hopeless is left
	candidateBad   = 0.34
	candidateLeast = 25 // weighted bits compared by then
	candidateScore = 5.0
)

// backwards compares the call with the rows before place and gives the sum over
// as many of them as score best, nothing for none.
func (m *Matcher) backwards(p *part, place int) (best sum) {
	n, wrong, n2 := 0, 0, 0
	most := 0.0
	for i := range m.find.line {
		r := p.rows[place-i]
		if r == fence {
			break
		}
		q := &m.find.line[i]
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
		if i < candidateRows-1 {
			continue
		}
		if z := float64(n-2*wrong) / math.Sqrt(float64(n+2*n2)); z > most {
			most, best = z, sum{float64(n - 2*wrong), float64(n + 2*n2), i + 1}
		}
	}
	return best
}
