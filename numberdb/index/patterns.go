package index

import (
	"cmp"
	"slices"

	"ringward/numbering"
)

// patterns finds the ranges that a key lies in. The ends of all ranges cut the
// keys into segments; each segment lists the patterns that cover it.
type patterns struct {
	list   []Pattern
	cuts   []numbering.Key // first key of each segment, ascending
	covers [][]int32       // patterns of the segment, narrowest first
}

func newPatterns(list []Pattern) *patterns {
	p := &patterns{list: slices.DeleteFunc(slices.Clone(list), func(p Pattern) bool { return p.First == 0 || p.Last < p.First })}
	slices.SortStableFunc(p.list, func(a, b Pattern) int { return cmp.Compare(a.Last-a.First, b.Last-b.First) })
	for i := range p.list {
		p.cuts = append(p.cuts, p.list[i].First, p.list[i].Last+1)
	}
	slices.Sort(p.cuts)
	p.cuts = slices.Compact(p.cuts)
	p.covers = make([][]int32, len(p.cuts))
	for i := range p.list {
		from, _ := slices.BinarySearch(p.cuts, p.list[i].First)
		to, _ := slices.BinarySearch(p.cuts, p.list[i].Last+1)
		for s := from; s < to; s++ {
			p.covers[s] = append(p.covers[s], int32(i))
		}
	}
	return p
}

func (p *patterns) appendTo(n numbering.Number, dst []Pattern) []Pattern {
	k := n.Key()
	if k == 0 {
		return dst
	}
	s, found := slices.BinarySearch(p.cuts, k)
	if !found {
		s--
	}
	if s < 0 {
		return dst
	}
	for _, i := range p.covers[s] {
		if d := p.list[i].Digits; d == 0 || int(d) == len(n.Digits) {
			dst = append(dst, p.list[i])
		}
	}
	return dst
}
