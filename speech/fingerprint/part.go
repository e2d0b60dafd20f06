package fingerprint

import (
	"math/bits"
	"slices"
	"sort"
)

// Two sub-keys of 20 bits each are looked up; they share eight bands.
const (
	tables  = 2
	keyBits = 20
	// A row is found by a sub-key of which so many bits are strong, if it has so
	// many in all; weaker ones would seldom survive a line, and make the tables
	// longer and slower.
	keyStrong, findStrong = 12, 16
	// signRow is the row before a place whose bits stand beside it.
	signRow = 3
)

// keyShift is the first bit of each sub-key.
var keyShift = [tables]uint{0, rowBits - keyBits}

// part is one block of rows with its tables.
//
//	rows:  fences | rows of ids[0] | fence | rows of ids[1] | fence ...
//	table: slot[k>>shift] ... slot[k>>shift + 1] bound the places in rows whose
//	       sub-key begins with those bits
type part struct {
	ids   []ID
	start []uint32 // first row of each recording; one more for the end
	rows  []row
	table [tables]table
}

type table struct {
	shift uint
	slot  []uint32
	place []place
}

// place is a row, and the bits of the row signRow before it: most strangers are
// told by them without a look at the rows.
type place struct{ at, sign uint32 }

func newPart(entries []Entry) *part {
	p := &part{rows: slices.Repeat([]row{fence}, lead), start: []uint32{lead}}
	n := lead
	for _, e := range entries {
		n += len(e.Recording.rows) + 1
	}
	p.rows = slices.Grow(p.rows, n)
	for _, e := range entries {
		p.ids = append(p.ids, e.ID)
		p.rows = append(p.rows, e.Recording.rows...)
		p.rows = append(p.rows, fence)
		p.start = append(p.start, uint32(len(p.rows)))
	}
	for i := range p.table {
		p.table[i] = newTable(p.rows, keyShift[i])
	}
	return p
}

// newTable sorts the places of the rows by sub-key, counting first. The number
// of slots follows the number of rows, so that a small part is small.
func newTable(rows []row, first uint) table {
	width := min(keyBits, max(6, bits.Len(uint(len(rows)))))
	t := table{shift: uint(keyBits - width), slot: make([]uint32, 1<<width+1)}
	each := func(f func(place int, slot uint32)) {
		for i, r := range rows {
			if findable(r, rows[max(0, i-1)], first) {
				f(i, subKey(r.bits, first)>>t.shift)
			}
		}
	}
	n := 0
	each(func(_ int, s uint32) { t.slot[s+1]++; n++ })
	for i := 1; i < len(t.slot); i++ {
		t.slot[i] += t.slot[i-1]
	}
	next := slices.Clone(t.slot)
	t.place = make([]place, n)
	each(func(i int, s uint32) { t.place[next[s]] = place{uint32(i), rows[max(0, i-signRow)].bits}; next[s]++ })
	return t
}

// findable leaves out rows too weak to be found under a sub-key and those that
// only repeat the row before.
func findable(r, before row, first uint) bool {
	return bits.OnesCount32(r.mask) >= findStrong &&
		bits.OnesCount32(subKey(r.mask, first)) >= keyStrong &&
		subKey(r.bits, first) != subKey(before.bits, first)
}

func subKey(b uint32, first uint) uint32 { return b >> first & (1<<keyBits - 1) }

// owner finds the recording that a place belongs to.
func (p *part) owner(place int) int {
	return sort.Search(len(p.ids), func(i int) bool { return p.start[i+1] > uint32(place) })
}

// entries are the recordings of p, sharing its rows.
func (p *part) entries() []Entry {
	out := make([]Entry, len(p.ids))
	for i, id := range p.ids {
		a, b := p.start[i], p.start[i+1]-1
		out[i] = Entry{ID: id, Recording: Recording{rows: p.rows[a:b:b]}}
	}
	return out
}

// size is the memory of rows and tables, in bytes.
func (p *part) size() int {
	n := 8*len(p.rows) + 12*len(p.ids)
	for _, t := range p.table {
		n += 4*len(t.slot) + 8*len(t.place)
	}
	return n
}
