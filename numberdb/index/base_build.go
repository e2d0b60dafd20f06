package index

import (
	"cmp"
	"math/bits"
	"slices"
	"unsafe"
)

// entry is a listing on its way into the base; row.rem is not set yet.
type entry struct {
	key uint64
	row row
}

// How the rows are laid out.
const (
	fill     = 0.86    // share of the rows in a bucket that are used
	crowded  = 8       // listings of one number that stand in the rows themselves
	minSpan  = 16      // listings that are worth a bucket
	maxSpill = 2048    // rows that a listing may stand behind its block
	remRange = 1 << 31 // mixed numbers within a search that 32 bits tell apart
)

// span is what the keys with the same upper bits have in common.
type span struct {
	first, lo, hi uint64
	unit          uint64 // greatest common divisor of the differences
	count         uint64
}

// layout builds a base.
type layout struct {
	*base
	entries []entry
	few     []entry // for sparse
	group   []placed
}

// placed is an entry with its mixed number.
type placed struct {
	mixed uint64
	row   row
}

// buildBase makes the base of entries. advise, if not nil, is told of the
// largest block of memory before it is written.
func buildBase(entries []entry, attrs []attr, words []string, advise func([]byte)) *base {
	l := &layout{base: &base{attrs: slices.Clip(attrs), words: slices.Clip(words), count: len(entries)}, entries: entries}
	for i := range l.tops {
		l.tops[i] = -1
	}
	rows := l.addBuckets()
	l.rows = make([]row, 0, rows)
	if rows > 0 && advise != nil {
		advise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(l.rows))), rows*int(unsafe.Sizeof(row{}))))
	}
	order, starts := l.sort()
	block := 0
	for i := range l.buckets {
		blocks := int(l.buckets[i].blocks)
		l.place(&l.buckets[i], order, starts[block:block+blocks+1])
		block += blocks
	}
	l.placeFew()
	l.top, l.buckets, l.crowds = slices.Clip(l.top), slices.Clip(l.buckets), slices.Clip(l.crowds)
	return l.base
}

// addBuckets makes a bucket for every range that has enough listings to fill
// one, and returns how many rows they need.
func (l *layout) addBuckets() int {
	rows := 0
	for _, s := range spansOf(l.entries) {
		if s.count < minSpan {
			continue
		}
		maxQ := (s.hi - s.lo) / s.unit
		bk := bucket{lo: s.lo, maxQ: maxQ, shift: uint8(bits.TrailingZeros64(s.unit)), width: uint8(max(bits.Len64(maxQ), 1))}
		bk.odd = inverse(s.unit >> bk.shift)
		bk.blocks = uint64(float64(s.count)/(perBlock*fill)) + 1
		least := uint64(1) << bk.width / (remRange / 32) // a spill of 30 blocks can still be told apart
		if least > bk.blocks {
			if least*perBlock > 4*s.count {
				continue
			}
			bk.blocks = least
		}
		l.buckets = append(l.buckets, bk)
		l.setTop(s.lo, uint32(len(l.buckets)))
		rows += int(bk.blocks)*perBlock + minSpan
	}
	return rows
}

// spansOf describes the ranges of keys, in ascending order.
func spansOf(entries []entry) []*span {
	spans := map[uint64]*span{}
	var s *span
	for i := range entries {
		k := entries[i].key
		if s == nil || k>>topShift != s.first>>topShift {
			if s = spans[k>>topShift]; s == nil {
				s = &span{first: k, lo: k, hi: k}
				spans[k>>topShift] = s
			}
		}
		s.lo, s.hi, s.count = min(s.lo, k), max(s.hi, k), s.count+1
		s.unit = gcd(max(k, s.first)-min(k, s.first), s.unit)
	}
	out := make([]*span, 0, len(spans))
	for _, s := range spans {
		s.unit = max(s.unit, 1)
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *span) int { return cmp.Compare(a.lo, b.lo) })
	return out
}

// gcd of a and b, b the likely divisor; gcd(0, x) is x.
func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// inverse of an odd number modulo 2^64, by Newton's method: each step doubles
// the bits that are right.
func inverse(odd uint64) uint64 {
	x := odd // right in 3 bits
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}

func (b *base) setTop(key uint64, number uint32) {
	scope := key >> scopeShift
	if b.tops[scope] < 0 {
		b.tops[scope] = int32(len(b.top))
		b.top = append(b.top, make([]uint32, topSize)...)
	}
	b.top[uint64(b.tops[scope])+key>>topShift&(topSize-1)] = number
}

// sort orders the entries by block, counted over all buckets: those of block n
// are order[starts[n]:starts[n+1]]. Entries without bucket go to few.
func (l *layout) sort() (order, starts []uint32) {
	firsts := make([]uint32, len(l.buckets)+1) // first block of each bucket
	for i := range l.buckets {
		firsts[i+1] = firsts[i] + uint32(l.buckets[i].blocks)
	}
	blockOf := func(k uint64) (uint32, bool) {
		bk := l.bucketOf(k)
		if bk == nil {
			return 0, false
		}
		q, _ := bk.quotient(k)
		n := l.top[uint64(l.tops[k>>scopeShift])+k>>topShift&(topSize-1)]
		return firsts[n-1] + bk.block(bk.mix(q)), true
	}
	starts = make([]uint32, firsts[len(l.buckets)]+2)
	for i := range l.entries {
		if b, ok := blockOf(l.entries[i].key); ok {
			starts[b+2]++
		} else {
			l.few = append(l.few, l.entries[i])
		}
	}
	for i := 2; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	order = make([]uint32, len(l.entries)-len(l.few))
	for i := range l.entries {
		if b, ok := blockOf(l.entries[i].key); ok {
			order[starts[b+1]] = uint32(i)
			starts[b+1]++
		}
	}
	return order, starts[:len(starts)-1]
}

// place writes the rows of one bucket. One whose rows come to stand too far from
// their blocks, which only numbers made for it do, is given up for sparse.
func (l *layout) place(bk *bucket, order, starts []uint32) {
	for len(l.rows)%perBlock != 0 {
		l.rows = append(l.rows, row{attr: noRow})
	}
	bk.first = uint32(len(l.rows))
	crowds, spill := len(l.crowds), 0
	for block := range starts[1:] {
		home := int(bk.first) + perBlock*block
		for len(l.rows) < home {
			l.rows = append(l.rows, row{attr: noRow})
		}
		l.gather(bk, order[starts[block]:starts[block+1]])
		l.emit()
		spill = max(spill, len(l.rows)-home)
	}
	perBlockRange := uint64(1)<<bk.width/bk.blocks + 1
	if spill > maxSpill || (uint64(spill/perBlock)+2)*perBlockRange >= remRange {
		l.rows, l.crowds = l.rows[:bk.first], l.crowds[:crowds]
		l.setTop(bk.lo, 0)
		for _, i := range order[starts[0]:starts[len(starts)-1]] {
			l.few = append(l.few, l.entries[i])
		}
		return
	}
	for end := int(bk.first) + perBlock*int(bk.blocks); len(l.rows) < end; {
		l.rows = append(l.rows, row{attr: noRow})
	}
	l.rows = append(l.rows, row{attr: noRow}) // ends the last search
}

// gather takes the entries of one block in the order of their rows.
func (l *layout) gather(bk *bucket, entries []uint32) {
	l.group = l.group[:0]
	for _, i := range entries {
		q, _ := bk.quotient(l.entries[i].key)
		l.group = append(l.group, placed{bk.mix(q), l.entries[i].row})
	}
	slices.SortFunc(l.group, func(a, b placed) int {
		if a.mixed != b.mixed {
			return cmp.Compare(a.mixed, b.mixed)
		}
		return l.heavier(&a.row, &b.row)
	})
}

// emit writes the rows of the group.
func (l *layout) emit() {
	for from := 0; from < len(l.group); {
		to := from + 1
		for to < len(l.group) && l.group[to].mixed == l.group[from].mixed {
			to++
		}
		rem, n := uint32(l.group[from].mixed), to-from
		into := &l.rows
		if n > crowded {
			l.rows = append(l.rows, row{rem: rem, id: uint32(len(l.crowds)), attr: crowdRef, validTo: uint16(n >> 16), reports: uint16(n)})
			into = &l.crowds
		}
		for _, p := range l.group[from:to] {
			p.row.rem = rem
			*into = append(*into, p.row)
		}
		from = to
	}
}

func (l *layout) placeFew() {
	slices.SortFunc(l.few, func(a, b entry) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return l.heavier(&a.row, &b.row)
	})
	l.sparse = sparse{keys: make([]uint64, len(l.few)), rows: make([]row, len(l.few))}
	for i := range l.few {
		l.sparse.keys[i], l.sparse.rows[i] = l.few[i].key, l.few[i].row
	}
}

// heavier orders the listings of one number: the heaviest first, then by ID.
func (l *layout) heavier(a, b *row) int {
	x, y := &l.attrs[a.attr&attrMask], &l.attrs[b.attr&attrMask]
	return cmp.Or(cmp.Compare(weight(y.verified, y.kind), weight(x.verified, x.kind)), cmp.Compare(a.id, b.id))
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
