package index

import (
	"slices"

	"ringward/numbering"
)

// target is a listed number whose imitations are recognised.
type target struct {
	number      numbering.Number
	institution string
	verified    bool
}

// targetSet gathers the targets from the registered listings.
type targetSet struct {
	list []target
}

// maxTargets bounds the near misses that are kept: about 30 a target.
const maxTargets = 50_000

// add takes a listing of k as a target if it is a number that institutions
// publish: a hotline or a short code, not an agent's mobile. Codes of fewer
// than five digits (110) are left to their class: too much looks like them.
func (s *targetSet) add(k numbering.Key, match Match, purpose string, t target) {
	if len(s.list) >= maxTargets || match == MatchPrefix {
		return
	}
	if short := uint64(k)>>scopeShift != 0; !short && purpose != "hotline" && purpose != "" {
		return
	}
	if t.number = k.Number(); len(t.number.Digits) >= 5 {
		s.list = append(s.list, t)
	}
}

func (s *targetSet) remove(k numbering.Key) {
	s.list = slices.DeleteFunc(s.list, func(t target) bool { return t.number.Key() == k })
}

func (s *targetSet) clone() targetSet { return targetSet{list: slices.Clone(s.list)} }

// imitations finds the target that a number imitates. Maps are by packDigits.
type imitations struct {
	targets   []target
	exact     map[uint64]int32   // the targets themselves, by country and digits
	near      map[uint64]variant // one digit left out or two exchanged
	tails     map[uint64]int32   // ends of numbers, no country
	lengths   uint32             // bit n: there is a tail of n digits
	countries []string           // of the targets, for numbers without country
}

type variant struct {
	target int32
	kind   ImitationKind
}

// maxCountries bounds the tries for text that is no number of any country.
const maxCountries = 8

// nationalTail is how long a number has to be to be recognised behind the code
// of a valid foreign number: nine digits come by chance once in 10^9.
const nationalTail = 9

func newImitations(set targetSet, in *institutions) *imitations {
	m := &imitations{exact: map[uint64]int32{}, near: map[uint64]variant{}, tails: map[uint64]int32{}}
	for _, t := range set.list {
		m.add(t)
	}
	for i := range in.list {
		h := in.list[i].Hotline
		if h.Key() != 0 && len(h.Digits) >= 5 && len(m.targets) < 2*maxTargets {
			m.add(target{number: h, institution: in.list[i].ID, verified: in.list[i].HotlineVerified})
		}
	}
	return m
}

func (m *imitations) add(t target) {
	n := t.number
	id := packDigits(n.Country, n.Digits)
	if old, ok := m.exact[id]; ok {
		if t.verified && !m.targets[old].verified {
			m.targets[old] = t
		}
		return
	}
	i := int32(len(m.targets))
	m.targets = append(m.targets, t)
	m.exact[id] = i
	if !slices.Contains(m.countries, n.Country) && len(m.countries) < maxCountries {
		m.countries = append(m.countries, n.Country)
	}
	m.addNear(n, i)
	tail := nationalDigits(n)
	if !n.Short && len(tail) < nationalTail {
		return
	}
	m.tails[packDigits("", tail)] = i
	m.lengths |= 1 << len(tail)
}

// addNear adds what n becomes when a digit is left out or two are exchanged.
// The country code of an E.164 number stays as it is.
func (m *imitations) addNear(n numbering.Number, i int32) {
	first := len(n.Digits) - len(nationalDigits(n))
	buf := make([]byte, len(n.Digits))
	for at := first; at < len(n.Digits); at++ {
		short := append(append(buf[:0], n.Digits[:at]...), n.Digits[at+1:]...)
		m.addVariant(packDigits(n.Country, string(short)), variant{i, MissingDigit})
		if at+1 < len(n.Digits) && n.Digits[at] != n.Digits[at+1] {
			swapped := append(buf[:0], n.Digits...)
			swapped[at], swapped[at+1] = swapped[at+1], swapped[at]
			m.addVariant(packDigits(n.Country, string(swapped)), variant{i, SwappedDigits})
		}
	}
}

func (m *imitations) addVariant(id uint64, v variant) {
	if _, taken := m.near[id]; !taken {
		m.near[id] = v
	}
}

// nearMiss finds the target that p's digits miss by one slip.
func (m *imitations) nearMiss(p numbering.Parsed) (numbering.Number, ImitationKind) {
	n := p.Number
	if !n.IsZero() {
		return m.nearDigits(n.Country, n.Digits, p.Class)
	}
	digits := plainDigits(p.Raw)
	for _, country := range m.countries {
		if digits == "" {
			break
		}
		if t, kind := m.nearDigits(country, digits, p.Class); kind != ImitationNone {
			return t, kind
		}
	}
	return numbering.Number{}, ImitationNone
}

func (m *imitations) nearDigits(country, digits string, class numbering.Class) (numbering.Number, ImitationKind) {
	if len(digits) < 4 || len(digits) > numbering.MaxDigits {
		return numbering.Number{}, ImitationNone
	}
	if v, ok := m.near[packDigits(country, digits)]; ok {
		t := m.targets[v.target].number
		// A service code in use may well be another's with two digits exchanged.
		if !(len(t.Digits) < 9 && assigned(class)) {
			return t, v.kind
		}
	}
	for at := 0; at < len(digits); at++ {
		if at > 0 && digits[at] == digits[at-1] {
			continue // gives the same as leaving out the one before
		}
		i, ok := m.exact[packWithout(country, digits, at)]
		if ok && m.extraCounts(m.targets[i].number, digits, at) {
			return m.targets[i].number, ExtraDigit
		}
	}
	return numbering.Number{}, ImitationNone
}

// extraCounts reports whether digits, being t and one more at position at,
// imitates t. Short codes are dense (952568 is no slip for 95568): there the
// extra digit has to be doubled or at an end.
func (m *imitations) extraCounts(t numbering.Number, digits string, at int) bool {
	if len(t.Digits) >= 9 {
		return true
	}
	doubled := at+1 < len(digits) && digits[at] == digits[at+1]
	return doubled || at == len(digits)-1 || at == 0
}

// tail finds the longest target that a number of another country ends with.
func (m *imitations) tail(p numbering.Parsed) (numbering.Number, ImitationKind) {
	d := p.Number.Digits
	if p.Number.Short {
		return numbering.Number{}, ImitationNone
	}
	if d == "" {
		d = plainDigits(p.Raw)
	}
	for n := min(len(d)-1, numbering.MaxDigits); n >= 5; n-- {
		if m.lengths&(1<<n) == 0 {
			continue
		}
		i, ok := m.tails[packDigits("", d[len(d)-n:])]
		if !ok {
			continue
		}
		t := m.targets[i].number
		switch {
		case t.Country == p.Number.Country:
		case n >= nationalTail:
			return t, NationalTail
		case areaBefore(d[:len(d)-n]):
			return t, AreaTail
		default:
			return t, HotlineTail
		}
	}
	return numbering.Number{}, ImitationNone
}
