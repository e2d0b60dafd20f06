package index_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringward/numberdb/index"
	"ringward/numberdb/indextest"
	"ringward/numbering"
)

// content is a plain picture of what an index should answer.
type content map[numbering.Key][]index.Listing

func (c content) build() *index.Index {
	b := index.NewBuilder(0)
	for k, ls := range c {
		for _, l := range ls {
			b.Add(k, l)
		}
	}
	return b.Build("test")
}

func randomContent(seed uint64, n int) (content, []numbering.Key) {
	g, c := indextest.New(seed), content{}
	var keys []numbering.Key
	for i := range n {
		k := g.Number().Key()
		switch i % 50 {
		case 0:
			k = g.Hotline(i / 50).Key()
		case 1: // odd lengths and full 15 digits
			k = numbering.Number{Digits: "442" + g.Mobile().Digits[2:13] + "1"}.Key()
		case 2:
			k = numbering.Number{Digits: "4420" + g.Mobile().Digits[5:9]}.Key()
		case 3:
			if len(keys) > 0 {
				k = keys[len(keys)/2] // several listings of one number
			}
		}
		l := g.Listing(int64(i + 1))
		if i%50 == 0 {
			l = index.Listing{ID: int64(i + 1), Kind: index.Registered, Direction: index.MayCallOut, Institution: "bank", Purpose: "hotline", Verified: i%100 == 0, ValidFrom: 19000}
		}
		c[k], keys = append(c[k], l), append(keys, k)
	}
	return c, keys
}

func sameListings(t *testing.T, x *index.Index, k numbering.Key, want []index.Listing) {
	t.Helper()
	got := x.Exact(k, nil)
	byID := map[int64]index.Listing{}
	for i, l := range got {
		byID[l.ID] = l
		if i > 0 && !got[i-1].Verified && l.Verified {
			t.Errorf("%v: unverified listing %d before verified %d", k.Number(), got[i-1].ID, l.ID)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%v: got %d listings, want %d", k.Number(), len(got), len(want))
	}
	for _, l := range want {
		if diff := cmp.Diff(byID[l.ID], l); diff != "" {
			t.Fatalf("%v (got, want): %s", k.Number(), diff)
		}
	}
}

func TestExactFindsEveryListingAndNothingElse(t *testing.T) {
	for _, n := range []int{0, 1, 7, 500, 60_000} {
		c, keys := randomContent(uint64(n), n)
		x := c.build()
		for _, k := range keys {
			sameListings(t, x, k, c[k])
			for _, off := range []numbering.Key{1, 11, 121, 1 << 38, 1 << 52} {
				sameListings(t, x, k+off, c[k+off])
				sameListings(t, x, k-off, c[k-off])
			}
		}
		r := rand.New(rand.NewPCG(1, uint64(n)))
		for range 10_000 {
			k := numbering.Key(r.Uint64())
			sameListings(t, x, k, c[k])
		}
		if got := x.Exact(0, nil); len(got) != 0 {
			t.Errorf("key 0 has %d listings", len(got))
		}
	}
}

func TestOverlayEqualsRebuild(t *testing.T) {
	c, keys := randomContent(3, 20_000)
	x := c.build()
	before := x
	r := rand.New(rand.NewPCG(9, 9))
	g := indextest.New(77)
	for round := range 20 {
		e := x.Edit()
		for i := range 50 {
			k := keys[r.IntN(len(keys))]
			if i%3 == 0 {
				k = g.Number().Key()
				keys = append(keys, k)
			}
			var ls []index.Listing
			for j := range r.IntN(3) {
				l := g.Listing(int64(1_000_000 + round*1000 + i*10 + j))
				if j == 1 {
					l = index.Listing{ID: l.ID, Kind: index.Registered, Institution: "bank", Purpose: "hotline", Verified: true}
				}
				ls = append(ls, l)
			}
			e.SetListings(k, ls)
			c[k] = ls
		}
		x = e.Done("next")
	}
	rebuilt := c.build()
	for _, k := range keys {
		sameListings(t, x, k, c[k])
		sameListings(t, rebuilt, k, c[k])
		n := k.Number()
		p := numbering.Parsed{Number: n, Class: numbering.Mobile}
		p.Number.Digits = "9" + n.Digits // one digit too many
		_, got := x.Imitation(p)
		if _, want := rebuilt.Imitation(p); got != want {
			t.Fatalf("imitation of %v: overlay %v, rebuilt %v", n, got, want)
		}
	}
	old, oldKeys := randomContent(3, 20_000)
	for _, k := range oldKeys {
		sameListings(t, before, k, old[k]) // the index that calls began with has not changed
	}
}

func TestNumberLeavesOutOtherAreas(t *testing.T) {
	code := numbering.Number{Country: "CN", Digits: "96518", Short: true}
	b := index.NewBuilder(2)
	b.Add(code.Key(), index.Listing{ID: 1, Kind: index.Registered, Match: index.MatchAreaShort, Area: "571", Institution: "hz"})
	b.Add(code.Key(), index.Listing{ID: 2, Kind: index.Registered, Match: index.MatchAreaShort, Area: "25", Institution: "nj"})
	x := b.Build("test")
	for area, want := range map[string]int{"": 2, "571": 1, "10": 0} {
		code.Area = area
		if got := x.Number(code, nil); len(got) != want {
			t.Errorf("area %q: %d listings, want %d", area, len(got), want)
		}
	}
}

func TestPatterns(t *testing.T) {
	prefix := func(id int64, n numbering.Number, digits uint8) index.Pattern {
		first, last := n.Range()
		return index.Pattern{ID: id, First: first, Last: last, Digits: digits}
	}
	mobile := numbering.Number{Country: "CN", Digits: "86170"}
	b := index.NewBuilder(0)
	b.AddPattern(prefix(1, mobile, 0))
	b.AddPattern(prefix(2, numbering.Number{Country: "CN", Digits: "861705"}, 13))
	b.AddPattern(prefix(3, numbering.Number{Country: "CN", Digits: "950", Short: true}, 0))
	first := numbering.Number{Country: "CN", Digits: "8617050000000"}
	last := numbering.Number{Country: "CN", Digits: "8617050000999"}
	b.AddPattern(index.Pattern{ID: 4, First: first.Key(), Last: last.Key(), Shadow: true})
	b.AddPattern(index.Pattern{ID: 5, First: last.Key(), Last: first.Key()}) // never met
	x := b.Build("test")
	for _, tc := range []struct {
		number string
		want   []int64
	}{
		{"+8617050000000", []int64{4, 2, 1}},
		{"+8617050000999", []int64{4, 2, 1}},
		{"+8617050001000", []int64{2, 1}},
		{"+861705000100", []int64{1}}, // 12 digits
		{"+8617099999999", []int64{1}},
		{"+86170", []int64{1}},
		{"+8617100000000", nil},
		{"+8616999999999", nil},
		{"CN:95012", []int64{3}},
		{"US:95012", nil},
		{"CN:95112", nil},
	} {
		n, err := numbering.ParseCanonical(tc.number)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, p := range x.Patterns(n, nil) {
			got = append(got, p.ID)
		}
		if diff := cmp.Diff(got, tc.want); diff != "" {
			t.Errorf("%s (got, want): %s", tc.number, diff)
		}
	}
}

func TestSavedIsPerLine(t *testing.T) {
	k := numbering.Number{Country: "CN", Digits: "8613800138000"}.Key()
	b := index.NewBuilder(0)
	b.AddSaved("+862161190000", k, index.Saved{ID: 1, Relation: index.Agent, Label: "张姐"})
	x := b.Build("test")
	if s, ok := x.Saved("+862161190000", k); !ok || s.Relation != index.Agent || s.Label != "张姐" {
		t.Errorf("saved number not found: %+v %v", s, ok)
	}
	if _, ok := x.Saved("+862161190001", k); ok {
		t.Error("a number saved for one line is saved for another")
	}
	e := x.Edit()
	e.AddSaved("+862161190001", k, index.Saved{ID: 2, Relation: index.Refused})
	y := e.Done("next")
	if _, ok := y.Saved("+862161190000", k); ok {
		t.Error("AddSaved kept the old set")
	}
	if _, ok := x.Saved("+862161190000", k); !ok {
		t.Error("the edit changed the index that it began with")
	}
}

func TestInstitutionsNamed(t *testing.T) {
	b := index.NewBuilder(0)
	b.AddInstitution(index.Institution{ID: "unionpay", NameZH: "中国银联", NameEN: "UnionPay", Names: []string{"银联"}})
	b.AddInstitution(index.Institution{ID: "ums", NameZH: "银联商务", NameEN: "China UMS", Names: []string{"UMS"}})
	b.AddInstitution(index.Institution{ID: "abc", NameZH: "中国农业银行", NameEN: "Agricultural Bank of China", Names: []string{"农行", "ABC"}})
	b.AddInstitution(index.Institution{ID: "short", Names: []string{"行", "a1"}}) // too short to mean anything
	x := b.Build("test")
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"银联风控中心", []string{"unionpay"}},
		{"银联商务客服", []string{"ums"}}, // the longer name holds
		{"农行和银联", []string{"abc", "unionpay"}},
		{"银联 中国银联", []string{"unionpay"}},
		{"中 国 银 联", []string{"unionpay"}},
		{"ABC bank", []string{"abc"}},
		{"fabco ums2 abcd", nil},
		{"张三 行", nil},
		{"", nil},
	} {
		var got []string
		for _, in := range x.InstitutionsNamed(numbering.FoldName(tc.text)) {
			got = append(got, in.ID)
		}
		if diff := cmp.Diff(got, tc.want); diff != "" {
			t.Errorf("%q (got, want): %s", tc.text, diff)
		}
	}
	if in, ok := x.InstitutionByID("ums"); !ok || in.NameEN != "China UMS" {
		t.Errorf("InstitutionByID: %+v, %v", in, ok)
	}
	if _, ok := x.InstitutionByID("none"); ok {
		t.Error("found an institution that is not there")
	}
}

func TestNilAndEmptyIndexAnswer(t *testing.T) {
	for _, x := range []*index.Index{nil, index.Empty()} {
		n := numbering.Number{Country: "CN", Digits: "8613800138000"}
		if got := x.Number(n, nil); len(got) != 0 {
			t.Error("empty index has listings")
		}
		_, saved := x.Saved("+86", n.Key())
		_, imitates := x.Imitation(numbering.Parsed{Number: n})
		_, resembles := x.Resembles(numbering.Parsed{Number: n})
		_, found := x.InstitutionByID("a")
		if saved || imitates || resembles || found || len(x.Patterns(n, nil)) != 0 || len(x.InstitutionsNamed("银联")) != 0 {
			t.Error("empty index found something")
		}
		x.Edit().Done("next").Exact(n.Key(), nil)
	}
}
