package index

import (
	"math"
	"math/bits"

	"ringward/numbering"
)

// base is the large, immutable part: every listing at the time of the build, in
// about 18 bytes each. A look-up touches one line of memory that is not in the
// processor's cache, seldom the one behind it:
//
//	key ── scope ──► tops[scope] ── 14 bits ──► bucket ── q = (key-lo)/unit, mixed ──► block ── 4 rows of 16 bytes
//	                                └► none: sparse, by binary search
//
// Numbers of one length in one range differ by multiples of a power of 11 (see
// numbering.Key); dividing by it (unit) leaves q below 2^38, so 32 bits a
// listing tell what the block does not. Mixed, the numbers of a bucket spread
// evenly over its blocks; the rows stand in the order of the mixed numbers, and
// what finds no room in its block stands in the next ones, so that a row that is
// larger, or empty, ends every search.
type base struct {
	tops    [maxScope + 1]int32 // first entry of the scope's table in top, -1 if the scope has no bucket
	top     []uint32            // bucket number + 1, 0 if none
	buckets []bucket
	rows    []row
	sparse  sparse
	crowds  []row  // listings of numbers that have many; see crowdRef
	attrs   []attr // what many listings have in common: all but ID, ValidTo, Reports, Confidence
	words   []string
	count   int // listings
}

// row is what a listing has of its own.
type row struct {
	rem     uint32 // the mixed number, modulo 2^32
	id      uint32
	attr    uint32 // confidence in the upper 8 bits
	validTo uint16 // days since 1970, good until 2149
	reports uint16 // saturates
}

const (
	attrMask = 1<<24 - 1
	noRow    = attrMask     // attr of a row that is empty
	crowdRef = attrMask - 1 // attr of a row that stands for id.. of crowds, as many as validTo<<16|reports
	maxAttrs = attrMask - 1
)

// attr is the common part of listings; strings are positions in words.
type attr struct {
	institution, purpose, campaign, source, area uint32
	validFrom                                    int32
	kind                                         Kind
	direction                                    Direction
	match                                        Match
	verified                                     bool
}

// bucket holds the numbers with the same upper bits of their keys.
type bucket struct {
	lo     uint64
	odd    uint64 // inverse of the odd part of unit, modulo 2^64
	maxQ   uint64
	blocks uint64
	first  uint32 // row of the first block
	shift  uint8  // the even part of unit is 2^shift
	width  uint8  // bits of maxQ, at least 1
}

const (
	scopeShift = 52 // numbering.Key: scope above, digits below
	maxScope   = 26 * 26
	topShift   = 38
	topSize    = 1 << (scopeShift - topShift)
	perBlock   = 4 // rows in a block: 64 bytes
)

// quotient is (k-lo)/unit; false if the division leaves a rest or k is not in
// the bucket's range. Multiplying by the inverse gives the quotient where there
// is no rest, and more than maxQ where there is one.
func (bk *bucket) quotient(k uint64) (uint64, bool) {
	q := bits.RotateLeft64((k-bk.lo)*bk.odd, -int(bk.shift))
	return q, q <= bk.maxQ
}

// mix maps the numbers of width bits one to one onto themselves, without order.
func (bk *bucket) mix(q uint64) uint64 {
	mask, half := uint64(1)<<bk.width-1, bk.width/2+1
	q ^= q >> half
	q = q * 0x9e3779b97f4a7c15 & mask
	q ^= q >> half
	return q * 0xbf58476d1ce4e5b9 & mask
}

// block is the block that a mixed number belongs to; it grows with the number.
func (bk *bucket) block(mixed uint64) uint32 {
	b, _ := bits.Mul64(mixed<<(64-bk.width), bk.blocks)
	return uint32(b)
}

// find returns the listings with key k.
func (b *base) find(k uint64) []row {
	bk := b.bucketOf(k)
	if bk == nil {
		return b.sparse.find(k)
	}
	q, ok := bk.quotient(k)
	if !ok {
		return nil
	}
	mixed := bk.mix(q)
	return b.run(bk.first+perBlock*bk.block(mixed), uint32(mixed))
}

// bucketOf finds the bucket that has all listings with keys like k, nil if none.
func (b *base) bucketOf(k uint64) *bucket {
	scope := k >> scopeShift
	if scope > maxScope || b.tops[scope] < 0 {
		return nil
	}
	n := b.top[uint64(b.tops[scope])+k>>topShift&(topSize-1)]
	if n == 0 {
		return nil
	}
	return &b.buckets[n-1]
}

// run finds the rows with remainder rem at or behind row i.
func (b *base) run(i, rem uint32) []row {
	rows := b.rows[i:]
	from := 0
	for int32(rows[from].rem-rem) < 0 && rows[from].attr != noRow {
		from++
	}
	to := from
	for rows[to].rem == rem && rows[to].attr != noRow {
		to++
	}
	if to > from && rows[from].attr&attrMask == crowdRef {
		r := &rows[from]
		return b.crowds[r.id : r.id+(uint32(r.validTo)<<16|uint32(r.reports))]
	}
	return rows[from:to:to]
}

// sparse holds the listings of ranges with so few that a bucket is not worth it.
type sparse struct {
	keys []uint64 // ascending
	rows []row
}

func (s *sparse) find(k uint64) []row {
	from, end := 0, len(s.keys)
	for from < end {
		if mid := int(uint(from+end) >> 1); s.keys[mid] < k {
			from = mid + 1
		} else {
			end = mid
		}
	}
	to := from
	for to < len(s.keys) && s.keys[to] == k {
		to++
	}
	return s.rows[from:to:to]
}

// listing puts a listing together.
func (b *base) listing(r *row) Listing {
	a := &b.attrs[r.attr&attrMask]
	return Listing{
		ID: int64(r.id), Kind: a.kind, Institution: b.words[a.institution], Direction: a.direction,
		Match: a.match, Area: b.words[a.area], Purpose: b.words[a.purpose], Verified: a.verified,
		Confidence: uint8(r.attr >> 24), ValidFrom: a.validFrom, ValidTo: int32(r.validTo),
		Reports: uint32(r.reports), Campaign: b.words[a.campaign], Source: b.words[a.source],
	}
}

// appendTo appends the listings of k.
func (b *base) appendTo(k numbering.Key, dst []Listing) []Listing {
	found := b.find(uint64(k))
	for i := range found {
		dst = append(dst, b.listing(&found[i]))
	}
	return dst
}

// bytes is the memory that the base holds.
func (b *base) bytes() int {
	n := 4*len(b.top) + 48*len(b.buckets) + 16*(cap(b.rows)+cap(b.crowds)+cap(b.sparse.rows)) + 8*cap(b.sparse.keys) + 4*len(b.tops) + 28*len(b.attrs)
	for _, w := range b.words {
		n += 16 + len(w)
	}
	return n
}

func clamp16(v int64) uint16 {
	return uint16(min(max(v, 0), math.MaxUint16))
}
