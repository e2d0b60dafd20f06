package index_test

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"ringward/numberdb/index"
	"ringward/numberdb/indextest"
	"ringward/numbering"
)

// benchSize is the number of listings of the benchmarks: RINGWARD_BENCH_LISTINGS
// or one million.
func benchSize() int {
	if n, err := strconv.Atoi(os.Getenv("RINGWARD_BENCH_LISTINGS")); err == nil && n > 0 {
		return n
	}
	return 1_000_000
}

type benchIndex struct {
	x      *index.Index
	listed []numbering.Key
	took   time.Duration
	heap   uint64
}

var big = sync.OnceValue(func() benchIndex {
	n := benchSize()
	g := indextest.New(1)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	out := benchIndex{listed: make([]numbering.Key, 0, 1<<16)}
	b := index.NewBuilder(n)
	for i := range n {
		k := g.Number().Key()
		if i%(n/(1<<16)+1) == 0 {
			out.listed = append(out.listed, k)
		}
		b.Add(k, g.Listing(int64(i+1)))
	}
	for i := range 2000 {
		b.Add(g.Hotline(i).Key(), index.Listing{ID: int64(n + i), Kind: index.Registered, Institution: "bank", Purpose: "hotline"})
	}
	start := time.Now()
	out.x = b.Build("bench")
	out.took = time.Since(start)
	b = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	out.heap = after.HeapAlloc - before.HeapAlloc
	return out
})

func BenchmarkBuild(b *testing.B) {
	out := big()
	for b.Loop() {
		runtime.KeepAlive(out.x)
	}
	b.ReportMetric(out.took.Seconds(), "s/build")
	b.ReportMetric(float64(out.heap)/1e6, "MB-heap")
	b.ReportMetric(float64(out.x.Size().BaseBytes)/1e6, "MB-base")
}

func BenchmarkExactHit(b *testing.B) {
	out := big()
	dst := make([]index.Listing, 0, 8)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		dst = out.x.Exact(out.listed[i&0x7fff*2%len(out.listed)], dst[:0])
		i += 7919
	}
}

func BenchmarkExactMiss(b *testing.B) {
	out := big()
	g := indextest.New(2)
	keys := make([]numbering.Key, 1<<15)
	for i := range keys {
		keys[i] = g.Number().Key()
	}
	dst := make([]index.Listing, 0, 8)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		dst = out.x.Exact(keys[i&0x7fff], dst[:0])
		i += 7919
	}
}

func BenchmarkPatterns(b *testing.B) {
	bu := index.NewBuilder(0)
	g := indextest.New(3)
	seen := map[string]bool{}
	for i := range 5000 {
		n := g.Number()
		if n.Digits = n.Digits[:5+i%4]; seen[n.Digits] {
			continue
		}
		seen[n.Digits] = true
		first, last := n.Range()
		bu.AddPattern(index.Pattern{ID: int64(i), First: first, Last: last})
	}
	x := bu.Build("bench")
	numbers := make([]numbering.Number, 1<<12)
	for i := range numbers {
		numbers[i] = g.Number()
	}
	dst := make([]index.Pattern, 0, 32)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		dst = x.Patterns(numbers[i&0xfff], dst[:0])
		i++
	}
}

func BenchmarkImitation(b *testing.B) {
	out := big()
	g := indextest.New(4)
	parsed := make([]numbering.Parsed, 1<<12)
	for i := range parsed {
		parsed[i] = numbering.Parsed{Number: g.Number(), Class: numbering.Mobile}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		out.x.Imitation(parsed[i&0xfff])
		i++
	}
}

func BenchmarkEdit(b *testing.B) {
	out := big()
	g := indextest.New(5)
	for b.Loop() {
		e := out.x.Edit()
		e.SetListings(g.Mobile().Key(), []index.Listing{g.Listing(1)})
		e.Done("bench")
	}
}

func TestLookUpsDoNotAllocate(t *testing.T) {
	x := register(t, "CN:95588", "+861066108888")
	dst := make([]index.Listing, 0, 8)
	pats := make([]index.Pattern, 0, 8)
	n := number(t, "CN:95588")
	far := numbering.Parsed{Number: number(t, "+8613800138000"), Class: numbering.Mobile}
	for name, f := range map[string]func(){
		"Exact":     func() { dst = x.Exact(n.Key(), dst[:0]) },
		"Number":    func() { dst = x.Number(n, dst[:0]) },
		"Patterns":  func() { pats = x.Patterns(n, pats[:0]) },
		"Saved":     func() { x.Saved("+8610", n.Key()) },
		"Imitation": func() { x.Imitation(far) },
	} {
		if got := testing.AllocsPerRun(100, f); got != 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}
