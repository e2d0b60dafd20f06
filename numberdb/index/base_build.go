package index

import (
	"cmp"
	"math/bits"
	"slices"
)

// entry is a listing on its way into the base.
type entry struct {
	key uint64
	row row
}

// buildBase makes the base of entries, which it sorts.
func buildBase(entries []entry, attrs []attr, words []string) *base {
	b := &base{attrs: slices.Clip(attrs), words: slices.Clip(words), rows: make([]row, len(entries))}
	for i := range b.tops {
		b.tops[i] = -1
	}
	order := func(a, c entry) int {
		if a.key != c.key {
			return cmp.Compare(a.key, c.key)
		}
		return cmp.Or(cmp.Compare(attrs[c.row.attr].weight(), attrs[a.row.attr].weight()), cmp.Compare(a.row.id, c.row.id))
	}
	if !slices.IsSortedFunc(entries, order) {
		slices.SortFunc(entries, order)
	}
	for from := 0; from < len(entries); {
		to := from + 1
		for to < len(entries) && entries[to].key>>topShift == entries[from].key>>topShift {
			to++
		}
		b.addBucket(entries[from:to], uint32(from))
		from = to
	}
	b.top, b.buckets, b.starts = slices.Clip(b.top), slices.Clip(b.buckets), slices.Clip(b.starts)
	return b
}

// weight orders the listings of one number: verified before unverified,
// registered before scam.
func weight(verified bool, kind Kind) int {
	w := 0
	if verified {
		w += 2
	}
	if kind == Registered {
		w++
	}
	return w
}

func (a *attr) weight() int { return weight(a.verified, a.kind) }

// addBucket lays out the entries of one bucket; first is the position of the
// first of them among all listings.
func (b *base) addBucket(entries []entry, first uint32) {
	lo := entries[0].key
	unit := uint64(0)
	for i := range entries {
		unit = gcd(entries[i].key-lo, unit)
	}
	unit = max(unit, 1)
	maxQ := (entries[len(entries)-1].key - lo) / unit
	shift := bits.Len64(maxQ) - bits.Len(uint(len(entries)/perSub))
	shift = min(max(shift, 0), 32)
	bk := bucket{lo: lo, unit: unit, sub: uint32(len(b.starts)), subs: uint32(maxQ>>shift) + 1, shift: uint8(shift)}
	next := uint64(0) // the sub-bucket whose start is still to be written
	for i := range entries {
		q := (entries[i].key - lo) / unit
		for ; next <= q>>shift; next++ {
			b.starts = append(b.starts, first+uint32(i))
		}
		r := entries[i].row
		r.rem = uint32(q & (1<<shift - 1))
		b.rows[int(first)+i] = r
	}
	b.starts = append(b.starts, first+uint32(len(entries)))
	b.buckets = append(b.buckets, bk)
	b.setTop(lo, uint32(len(b.buckets)))
}

func (b *base) setTop(key uint64, number uint32) {
	scope := key >> scopeShift
	if b.tops[scope] < 0 {
		b.tops[scope] = int32(len(b.top))
		b.top = append(b.top, make([]uint32, topSize)...)
	}
	b.top[uint64(b.tops[scope])+key>>topShift&(topSize-1)] = number
}

// gcd of a and b, b the likely divisor; gcd(0, x) is x.
func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
