package index_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"

	"ringward/numberdb/index"
	"ringward/numberdb/indextest"
	"ringward/numberdb/pages"
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
	listed []numbering.Key // all of them, shuffled
	took   time.Duration
	heap   uint64
}

var big = sync.OnceValue(func() benchIndex {
	n := benchSize()
	g := indextest.New(1)
	out := benchIndex{listed: make([]numbering.Key, 0, n)}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := index.NewBuilder(n)
	b.Advise = pages.Large
	for i := range n {
		k := g.Number().Key()
		out.listed = append(out.listed, k)
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
	rand.New(rand.NewPCG(1, 1)).Shuffle(n, func(i, j int) { out.listed[i], out.listed[j] = out.listed[j], out.listed[i] })
	return out
})

// perOp reports the processor time of the loop: on a busy machine the wall
// clock counts other programs too.
func perOp(b *testing.B, f func(i int)) {
	b.ReportAllocs()
	i := 0
	start := indextest.ProcessorTime()
	for b.Loop() {
		f(i)
		i++
	}
	b.ReportMetric(float64(indextest.ProcessorTime()-start)/float64(b.N), "cpu-ns/op")
}

func BenchmarkBuild(b *testing.B) {
	out := big()
	for b.Loop() {
		runtime.KeepAlive(out.x)
	}
	b.ReportMetric(out.took.Seconds(), "s/build")
	b.ReportMetric(float64(out.heap)/1e6, "MB-heap")
	b.ReportMetric(float64(out.x.Size().BaseBytes)/1e6, "MB-base")
}

// BenchmarkExactHit looks all listed numbers up in random order.
func BenchmarkExactHit(b *testing.B) {
	out := big()
	dst := make([]index.Listing, 0, 8)
	perOp(b, func(i int) { dst = out.x.Exact(out.listed[i%len(out.listed)], dst[:0]) })
}

// BenchmarkExactHitInTurn is BenchmarkExactHit with each look-up waiting for the
// one before, as in a program that does other things between: nothing hides the
// time that memory takes.
func BenchmarkExactHitInTurn(b *testing.B) {
	out := big()
	dst := make([]index.Listing, 0, 8)
	zero := 0
	perOp(b, func(i int) {
		dst = out.x.Exact(out.listed[(i+zero)%len(out.listed)], dst[:0])
		zero = int(dst[0].Kind) >> 7 // always 0, which the processor does not know
	})
}

// BenchmarkExactMiss looks numbers up that nobody listed.
func BenchmarkExactMiss(b *testing.B) {
	out := big()
	g := indextest.New(2)
	keys := make([]numbering.Key, 0, 1<<20)
	for len(keys) < cap(keys) {
		if k := g.Number().Key(); len(out.x.Exact(k, nil)) == 0 {
			keys = append(keys, k)
		}
	}
	dst := make([]index.Listing, 0, 8)
	perOp(b, func(i int) { dst = out.x.Exact(keys[i&(1<<20-1)], dst[:0]) })
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
	perOp(b, func(i int) { dst = x.Patterns(numbers[i&0xfff], dst[:0]) })
}

func BenchmarkImitation(b *testing.B) {
	out := big()
	g := indextest.New(4)
	parsed := make([]numbering.Parsed, 1<<16)
	for i := range parsed {
		parsed[i] = numbering.Parsed{Number: g.Number(), Class: numbering.Mobile}
	}
	perOp(b, func(i int) { out.x.Imitation(parsed[i&(1<<16-1)]) })
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

// BenchmarkMemoryInTurn is what one access to memory takes that no cache holds,
// for comparison: as much memory as the index, large pages, random lines, each
// access waiting for the one before.
func BenchmarkMemoryInTurn(b *testing.B) {
	const line = 8 // words
	words := make([]uint64, benchSize()*16/8/line*line)
	pages.Large(unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words)))
	for i := range words {
		words[i] = uint64(i) >> 63 // always 0, which the processor does not know
	}
	r := rand.New(rand.NewPCG(1, 1))
	at := make([]uint32, 1<<22)
	for i := range at {
		at[i] = uint32(r.IntN(len(words)/line) * line)
	}
	last := uint64(0)
	perOp(b, func(i int) { last = words[uint64(at[i&(1<<22-1)])+last] })
}
