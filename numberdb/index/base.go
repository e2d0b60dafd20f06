package index

import (
	"math"

	"ringward/numbering"
)

// base is the large, immutable part: every listing at the time of the build,
// ordered by key, in about 17 bytes each.
//
//	key ── scope ──► tops[scope] ── 14 bits ──► bucket ── q = (key-lo)/unit ──► sub-bucket ── 8 or so rows
//	                                            lo, unit, shift               starts[sub+q>>shift]   rows[i]
//
// Numbers of one length in one range differ by multiples of a power of 11 (see
// numbering.Key); dividing by it (unit) leaves q below 2^38, so 32 bits a
// listing hold what the sub-bucket does not say.
type base struct {
	tops    [maxScope + 1]int32 // first entry of the scope's table in top, -1 if the scope is empty
	top     []uint32            // bucket number + 1, 0 if none
	buckets []bucket
	starts  []uint32 // first listing of each sub-bucket, and one past the last
	rows    []row    // ascending by rem in a sub-bucket
	attrs   []attr   // what many listings have in common: all but ID, ValidTo, Reports
	words   []string // of the attrs
}

// row is what a listing has of its own: one memory access brings all of it.
type row struct {
	rem     uint32 // q modulo 2^shift
	id      uint32
	attr    uint32
	validTo uint16 // days since 1970, good until 2149
	reports uint16 // saturates
}

// attr is the common part of listings; strings are positions in words.
type attr struct {
	institution, purpose, campaign, source, area uint32
	validFrom                                    int32
	kind                                         Kind
	direction                                    Direction
	match                                        Match
	verified                                     bool
	confidence                                   uint8
}

type bucket struct {
	lo    uint64
	unit  uint64
	sub   uint32 // first entry in starts
	subs  uint32 // number of sub-buckets
	shift uint8
}

const (
	scopeShift = 52 // numbering.Key: scope above, digits below
	maxScope   = 26 * 26
	topShift   = 38
	topSize    = 1 << (scopeShift - topShift)
	perSub     = 8 // listings aimed at in a sub-bucket
)

// find returns the range of listings with key k.
func (b *base) find(k uint64) (from, to uint32) {
	if len(b.buckets) == 0 {
		return 0, 0
	}
	scope := k >> scopeShift
	if scope > maxScope || b.tops[scope] < 0 {
		return 0, 0
	}
	n := b.top[uint64(b.tops[scope])+k>>topShift&(topSize-1)]
	if n == 0 {
		return 0, 0
	}
	bk := &b.buckets[n-1]
	if k < bk.lo {
		return 0, 0
	}
	q := (k - bk.lo) / bk.unit
	sub := q >> bk.shift
	if q*bk.unit != k-bk.lo || sub >= uint64(bk.subs) {
		return 0, 0
	}
	i, end := b.starts[bk.sub+uint32(sub)], b.starts[bk.sub+uint32(sub)+1]
	r := uint32(q & (1<<bk.shift - 1))
	for end-i > 4*perSub {
		mid := i + (end-i)/2
		if b.rows[mid].rem < r {
			i = mid + 1
		} else if mid == i || b.rows[mid-1].rem < r {
			i = mid
			break
		} else {
			end = mid
		}
	}
	return b.run(i, b.starts[bk.sub+uint32(sub)+1], r)
}

// run finds the listings with remainder r in the sub-bucket's [i, end).
func (b *base) run(i, end, r uint32) (from, to uint32) {
	for i < end && b.rows[i].rem < r {
		i++
	}
	to = i
	for to < end && b.rows[to].rem == r {
		to++
	}
	return i, to
}

// at puts listing i together.
func (b *base) at(i uint32) Listing {
	r := &b.rows[i]
	a := &b.attrs[r.attr]
	return Listing{
		ID: int64(r.id), Kind: a.kind, Institution: b.words[a.institution], Direction: a.direction,
		Match: a.match, Area: b.words[a.area], Purpose: b.words[a.purpose], Verified: a.verified,
		Confidence: a.confidence, ValidFrom: a.validFrom, ValidTo: int32(r.validTo),
		Reports: uint32(r.reports), Campaign: b.words[a.campaign], Source: b.words[a.source],
	}
}

// appendTo appends the listings of k.
func (b *base) appendTo(k numbering.Key, dst []Listing) []Listing {
	from, to := b.find(uint64(k))
	for i := from; i < to; i++ {
		dst = append(dst, b.at(i))
	}
	return dst
}

// bytes is the memory that the base holds.
func (b *base) bytes() int {
	n := 4*len(b.top) + 32*len(b.buckets) + 4*len(b.starts) + 16*len(b.rows) + 4*len(b.tops) + 32*len(b.attrs)
	for _, w := range b.words {
		n += 16 + len(w)
	}
	return n
}

func clamp16(v int64) uint16 {
	return uint16(min(max(v, 0), math.MaxUint16))
}
