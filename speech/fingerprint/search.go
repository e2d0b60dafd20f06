package fingerprint

import "math/bits"

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
const lead = 9

// sift compares five rows shortly before each place, and all of them where
// these are alike. It changes places.
func (m *Matcher) sift(p *part, places []uint32) {
	g := &m.find
	for _, at := range places { // see batch
		g.touched ^= p.rows[at-3].bits
	}
	n := 0
	q := (*[5]query)(g.line[2:])
	for _, at := range places {
		r := (*[5]row)(p.rows[at-6:])
		all, wrong := 0, 0
		for i := range q {
			both := r[4-i].mask & q[i].clear
			all += bits.OnesCount32(both)
			wrong += bits.OnesCount32(both & (r[4-i].bits ^ q[i].bits))
		}
		places[n] = at
		n += int(uint(8*wrong-3*all-1) >> 63) // no branch: it could not be foretold
	}
	for _, at := range places[:n] {
		g.touched ^= p.rows[at].bits ^ p.rows[at-8].bits
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
	score, weight := 0, 1 // of the best so far
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
		if have := n - 2*wrong; have*have*weight > score*score*(n+2*n2) {
			score, weight = have, n+2*n2
			best = sum{float64(score), float64(weight), i + 1}
		}
	}
	return best
}
