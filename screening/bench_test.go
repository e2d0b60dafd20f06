package screening_test

import (
	"os"
	"strconv"
	"sync"
	"testing"

	"ringward/numberdb/index"
	"ringward/numberdb/indextest"
	"ringward/numbering"
	"ringward/screening"
)

// benchSize is the number of listings of the benchmarks: RINGWARD_BENCH_LISTINGS
// or one million.
func benchSize() int {
	if n, err := strconv.Atoi(os.Getenv("RINGWARD_BENCH_LISTINGS")); err == nil && n > 0 {
		return n
	}
	return 1_000_000
}

type bigIndex struct {
	x      *index.Index
	listed []numbering.Parsed
}

var big = sync.OnceValue(func() bigIndex {
	n := benchSize()
	g := indextest.New(1)
	b := index.NewBuilder(n)
	var out bigIndex
	for i := range n {
		num := g.Number()
		if i%(n/4096+1) == 0 {
			out.listed = append(out.listed, numbering.Parse(num.String(), numbering.Options{}))
		}
		b.Add(num.Key(), g.Listing(int64(i+1)))
	}
	b.AddInstitution(index.Institution{ID: "bank", Names: []string{"工商银行", "ICBC"}, NameZH: "工商银行", NameEN: "ICBC"})
	for i := range 2000 {
		b.Add(g.Hotline(i).Key(), index.Listing{ID: int64(n + i), Kind: index.Registered, Institution: "bank", Verified: true, Direction: index.MayCallOut})
	}
	out.x = b.Build("bench")
	return out
})

// BenchmarkVerdict is the work for an INVITE once the number is in normal
// form: evidence of the caller, judgement and decision.
func BenchmarkVerdict(b *testing.B) {
	policy := screening.Policy{Mode: screening.ModeBlock}
	named := screening.Caller{Parsed: parsed("13800138000", trusted), Trunk: trusted, Line: "+862155550000", Now: scriptDay, Display: "工商银行风控"}
	for _, bm := range []struct {
		name   string
		caller func(i int) screening.Caller
	}{
		{"listed", func(i int) screening.Caller {
			l := big().listed
			return screening.Caller{Parsed: l[i%len(l)], Trunk: trusted, Line: "+862155550000", Now: scriptDay}
		}},
		{"unknown", func(int) screening.Caller { c := named; c.Display = ""; return c }},
		{"named", func(int) screening.Caller { return named }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			x := big().x
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				screening.Decide(screening.Judge(screening.CallerEvidence(bm.caller(i), x)), policy)
			}
		})
	}
}

// BenchmarkAdd is the work for one more thing heard in a call.
func BenchmarkAdd(b *testing.B) {
	start := []screening.Evidence{ordinary, said(1, screening.InstitutionNamed), said(2, screening.AccountFrozen), said(3, screening.Deadline)}
	b.ReportAllocs()
	for b.Loop() {
		c := newCase(start...)
		c.Add(said(4, screening.CodeRequest))
		c.Due(5)
	}
}
