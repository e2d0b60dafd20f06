package index

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"ringward/numbering"
)

// maxNameText bounds what InstitutionsNamed reads of a display name.
const maxNameText = 1024

// institutions finds institutions by ID and by the names in a text.
type institutions struct {
	list  []Institution // by ID
	names automaton
}

func newInstitutions(list []Institution) *institutions {
	s := &institutions{list: slices.Clone(list)}
	slices.SortStableFunc(s.list, func(a, b Institution) int { return cmp.Compare(a.ID, b.ID) })
	for i := range s.list {
		in := &s.list[i]
		for _, name := range append([]string{in.NameZH, in.NameEN}, in.Names...) {
			if name = joinWords(numbering.FoldName(name)); usableName(name) {
				s.names.add(name, int32(i))
			}
		}
	}
	s.names.link()
	return s
}

// usableName leaves out names that would be found everywhere: fewer than three
// Latin letters or fewer than two other characters.
func usableName(folded string) bool {
	n := utf8.RuneCountInString(folded)
	if n == len(folded) { // ASCII
		return n >= 3
	}
	return n >= 2
}

func (s *institutions) all() []Institution { return slices.Clone(s.list) }

func (s *institutions) byID(id string) (Institution, bool) {
	i, ok := slices.BinarySearchFunc(s.list, id, func(in Institution, id string) int { return cmp.Compare(in.ID, id) })
	if !ok {
		return Institution{}, false
	}
	return s.list[i], true
}

func (s *institutions) named(folded string) []Institution {
	if len(folded) > maxNameText {
		folded = folded[:maxNameText]
	}
	matches := s.names.matches(joinWords(folded))
	var out []Institution
	var seen []int32
	for _, m := range matches {
		if inside(m, matches) || slices.Contains(seen, m.value) {
			continue
		}
		seen = append(seen, m.value)
		out = append(out, s.list[m.value])
	}
	return out
}

// inside reports whether m lies within a longer match.
func inside(m match, all []match) bool {
	for _, o := range all {
		if o.from <= m.from && m.to <= o.to && o.to-o.from > m.to-m.from {
			return true
		}
	}
	return false
}

// joinWords takes out the spaces beside characters that are written without
// them: "中 国 银 联" is 中国银联, "bank of china" stays.
func joinWords(s string) string {
	if !strings.Contains(s, " ") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' && (i > 0 && s[i-1] >= utf8.RuneSelf || i+1 < len(s) && s[i+1] >= utf8.RuneSelf) {
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
