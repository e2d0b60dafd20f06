package claims

import "sort"

// matcher holds the hits of one chunk, by concept. Its buffers are used again.
type matcher struct {
	rules *Rules
	toks  []token
	hits  []hit
	at    [maxConcepts][]hit
	here  conceptSet // concepts with a hit
}

// span is where a rule matched: tokens [start, end).
type span struct {
	start, end int16
	sounds     bool
}

// load finds the terms in toks.
func (m *matcher) load(toks []token) {
	for _, h := range m.hits {
		m.at[h.concept] = m.at[h.concept][:0]
	}
	m.toks, m.here = toks, conceptSet{}
	m.hits = m.rules.lexicon.find(toks, m.hits[:0])
	n := 0
	for _, h := range m.hits {
		if h.concept != m.rules.mask && m.masked(h) {
			continue
		}
		m.hits[n] = h
		n++
	}
	m.hits = m.hits[:n]
	for _, h := range m.hits {
		if len(m.at[h.concept]) < maxPerConcept {
			m.at[h.concept] = append(m.at[h.concept], h)
			m.here.add(h.concept)
		}
	}
}

// maxPerConcept bounds the hits of one concept that rules look at.
const maxPerConcept = 48

// masked reports whether h lies within a hit of the mask concept. Hits come in
// order of their start, so a mask that covers h is near in the list.
func (m *matcher) masked(h hit) bool {
	i := sort.Search(len(m.hits), func(i int) bool { return m.hits[i].start > h.start-12 })
	for ; i < len(m.hits) && m.hits[i].start <= h.start; i++ {
		if k := m.hits[i]; k.concept == m.rules.mask && k.end >= h.end {
			return true
		}
	}
	return false
}

// match looks for r in the chunk, given what was heard in the call so far.
func (m *matcher) match(r *rule, heard *conceptSet, l labels) (span, bool) {
	for i := range r.all {
		if !r.all[i].heard(&m.here, 0) {
			return span{}, false
		}
	}
	for i := range r.heard {
		if !r.heard[i].heard(heard, l) {
			return span{}, false
		}
	}
	if r.notTurn.heard(&m.here, 0) || r.unless.heard(heard, l) {
		return span{}, false
	}
	for _, c := range r.all[0].list {
		for _, h := range m.at[c] {
			if s, last, ok := m.rest(r, h); ok && !m.cancelled(r, s, last) {
				return s, true
			}
		}
	}
	return span{}, false
}

// maxParts bounds the concepts that one rule asks for.
const maxParts = 6

// rest looks for the other concepts of r around first.
func (m *matcher) rest(r *rule, first hit) (span, hit, bool) {
	var chosen [maxParts]hit
	chosen[0] = first
	s := span{first.start, first.end, first.sounds}
	for i := 1; i < len(r.all); i++ {
		h, ok := m.nearest(&r.all[i], chosen[:i], s, r)
		if !ok {
			return s, h, false
		}
		s = span{min(s.start, h.start), max(s.end, h.end), s.sounds || h.sounds}
		chosen[i] = h
	}
	return s, chosen[len(r.all)-1], true
}

// nearest returns the hit of e that keeps the span smallest.
func (m *matcher) nearest(e *either, chosen []hit, s span, r *rule) (best hit, ok bool) {
	width := r.within + 1
	for _, c := range e.list {
		for _, h := range m.at[c] {
			if r.order && !m.follows(h, chosen[len(chosen)-1]) || overlaps(h, chosen) {
				continue
			}
			if w := max(s.end, h.end) - min(s.start, h.start); w < width {
				best, ok, width = h, true, w
			}
		}
	}
	return best, ok
}

// follows reports whether h comes after prev in the same sentence.
func (m *matcher) follows(h, prev hit) bool {
	return h.start >= prev.end && m.toks[h.start].sentence == m.toks[prev.start].sentence
}

func overlaps(h hit, chosen []hit) bool {
	for _, c := range chosen {
		if h.start < c.end && c.start < h.end {
			return true
		}
	}
	return false
}

// cancelled applies what takes a match back: negation, condition, question,
// reported speech, somebody else's account.
func (m *matcher) cancelled(r *rule, s span, last hit) bool {
	for _, c := range r.notNear.list {
		for _, h := range m.at[c] {
			if h.end > last.start-4 && h.start < last.end {
				return true
			}
		}
	}
	from, to := m.toks[s.start].sentence, m.toks[s.end-1].sentence
	for _, c := range r.not.list {
		for _, h := range m.at[c] {
			n := m.toks[h.start].sentence
			if n >= from && n <= to && h.end > s.start-10 && h.start < s.end+10 {
				return true
			}
		}
	}
	return false
}
