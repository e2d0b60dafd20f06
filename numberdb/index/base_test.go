package index_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"ringward/numberdb/index"
	"ringward/numberdb/indextest"
	"ringward/numbering"
)

// TestExactAgainstAMap builds registers of unlike shapes and looks every number
// of them up, and neighbours that nobody listed.
func TestExactAgainstAMap(t *testing.T) {
	g := indextest.New(7)
	r := rand.New(rand.NewPCG(7, 7))
	row := func(from, n int) (out []numbering.Number) { // neighbours, as a block of lines has them
		for i := range n {
			out = append(out, numbering.Number{Country: "CN", Digits: fmt.Sprintf("861705555%04d", from+i)})
		}
		return out
	}
	for _, tc := range []struct {
		name string
		make func(i int) []numbering.Number
		n    int
	}{
		{"nothing", func(int) []numbering.Number { return nil }, 1},
		{"one", func(int) []numbering.Number { return []numbering.Number{g.Mobile()} }, 1},
		{"a country", func(int) []numbering.Number { return []numbering.Number{g.Number()} }, 60_000},
		{"few of many ranges", func(i int) []numbering.Number {
			return []numbering.Number{{Digits: fmt.Sprint(1+r.IntN(9)) + fmt.Sprint(r.Int64N(1e14))[:1+r.IntN(13)]}}
		}, 5_000},
		{"lengths mixed", func(i int) []numbering.Number {
			return []numbering.Number{{Digits: ("49301" + fmt.Sprintf("%010d", r.Int64N(1e10)))[:6+r.IntN(10)]}}
		}, 20_000},
		{"blocks of lines", func(i int) []numbering.Number { return row(i*100%10_000, 100) }, 120},
		{"one number many times", func(i int) []numbering.Number { return append(row(5000, 1), row(i, 1)...) }, 3000},
		{"short codes", func(i int) []numbering.Number { return []numbering.Number{g.Hotline(i)} }, 9000},
	} {
		t.Run(tc.name, func(t *testing.T) { checkAgainstMap(t, tc.make, tc.n) })
	}
}

func checkAgainstMap(t *testing.T, make func(int) []numbering.Number, n int) {
	b := index.NewBuilder(0)
	want := map[numbering.Key]map[int64]bool{}
	id := int64(0)
	for i := range n {
		for _, num := range make(i) {
			id++
			l := index.Listing{ID: id, Kind: index.Scam, Campaign: fmt.Sprint(id % 300), Confidence: uint8(id % 101), Verified: id%5 == 0, Reports: uint32(id % 1000)}
			if !b.Add(num.Key(), l) {
				t.Fatalf("%v is not taken", num)
			}
			if want[num.Key()] == nil {
				want[num.Key()] = map[int64]bool{}
			}
			want[num.Key()][id] = true
		}
	}
	x := b.Build("test")
	for k, ids := range want {
		got := x.Exact(k, nil)
		if len(got) != len(ids) {
			t.Fatalf("%v: %d listings, want %d", k.Number(), len(got), len(ids))
		}
		for i, l := range got {
			if !ids[l.ID] || l.Campaign != fmt.Sprint(l.ID%300) || l.Confidence != uint8(l.ID%101) || l.Reports != uint32(l.ID%1000) {
				t.Fatalf("%v: listing %+v is not its own", k.Number(), l)
			}
			if i > 0 && (l.Verified && !got[i-1].Verified || l.Verified == got[i-1].Verified && l.ID < got[i-1].ID) {
				t.Fatalf("%v: %+v stands behind %+v", k.Number(), l, got[i-1])
			}
		}
		for _, near := range []numbering.Key{k - 1, k + 1, k + 121, k ^ 1<<20, k + 1<<31} {
			if got := x.Exact(near, nil); len(got) != len(want[near]) {
				t.Fatalf("key %x, beside %v: %d listings, want %d", near, k.Number(), len(got), len(want[near]))
			}
		}
	}
	if s := x.Size(); s.Listings != int(id) || s.BaseBytes > 60*int(id)+200_000 {
		t.Errorf("size %+v of %d listings", s, id)
	}
}
