package index

import "ringward/numbering"

// savedSet holds the merchants' saved numbers. Lines are few and long, so they
// are numbered once.
type savedSet struct {
	lines map[string]uint32
	by    map[savedKey]Saved
}

type savedKey struct {
	key  numbering.Key
	line uint32
}

func (s *savedSet) add(line string, k numbering.Key, v Saved) {
	if s.by == nil {
		s.lines, s.by = map[string]uint32{}, map[savedKey]Saved{}
	}
	n, ok := s.lines[line]
	if !ok {
		n = uint32(len(s.lines))
		s.lines[line] = n
	}
	s.by[savedKey{k, n}] = v
}

func (s *savedSet) get(line string, k numbering.Key) (Saved, bool) {
	n, ok := s.lines[line]
	if !ok {
		return Saved{}, false
	}
	v, ok := s.by[savedKey{k, n}]
	return v, ok
}
