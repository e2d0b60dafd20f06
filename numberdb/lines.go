package numberdb

import (
	"cmp"
	"slices"

	"ringward/numbering"
)

// lineSet is all lines, for look-ups that never touch the file.
type lineSet struct {
	list   []Line // by number
	exact  map[numbering.Key]int
	prefix map[numbering.Key]int
}

func newLineSet(list []Line) *lineSet {
	s := &lineSet{list: list, exact: map[numbering.Key]int{}, prefix: map[numbering.Key]int{}}
	slices.SortFunc(list, func(a, b Line) int { return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID)) })
	for i := range list {
		n, err := numbering.ParseCanonical(list[i].Number)
		if err != nil {
			continue
		}
		if list[i].Prefix {
			s.prefix[n.Key()] = i
		} else {
			s.exact[n.Key()] = i
		}
	}
	return s
}

func (s *lineSet) find(n numbering.Number) (Line, bool) {
	if i, ok := s.exact[n.Key()]; ok {
		return s.list[i], true
	}
	for ; n.Digits != ""; n.Digits = n.Digits[:len(n.Digits)-1] {
		if i, ok := s.prefix[n.Key()]; ok {
			return s.list[i], true
		}
	}
	return Line{}, false
}

// Line finds the line that a called number belongs to: the line with that very
// number, else the one with the longest prefix. It never touches the file.
func (s *Store) Line(called numbering.Number) (Line, bool) { return s.lines.Load().find(called) }

// Lines returns all lines in the order of their numbers.
func (s *Store) Lines() []Line { return slices.Clone(s.lines.Load().list) }
