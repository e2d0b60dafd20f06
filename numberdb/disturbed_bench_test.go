package numberdb_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"ringward/numberdb"
	"ringward/numberdb/indextest"
	"ringward/numbering"
)

// benchRows is RINGWARD_BENCH_LISTINGS or 100,000.
func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("RINGWARD_BENCH_LISTINGS")); err == nil && n > 0 {
		return n
	}
	return 100_000
}

// filled is a store with so many listings.
func filled(b *testing.B, path string, n int) *numberdb.Store {
	s := open(b, path, numberdb.Options{})
	must[numberdb.ImportReport](b)(s.Import(b.Context(), alice, feed(1, n), numberdb.ImportOptions{Name: "first", Entity: numberdb.Scams, Format: "csv", Commit: max(n/10, 1)}))
	return s
}

// BenchmarkLookUpsDuringImport compares the times of single look-ups in a
// process that does nothing else with those while the same process imports as
// many rows again and builds the index of both.
func BenchmarkLookUpsDuringImport(b *testing.B) {
	n := benchRows()
	s := filled(b, filepath.Join(b.TempDir(), "numbers.db"), n)
	ctx, cancel := context.WithCancel(b.Context())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	for b.Loop() {
		p50, p99, p999 := lookUpTimes(s, nil)
		b.ReportMetric(p50, "ns-p50-idle")
		b.ReportMetric(p99, "ns-p99-idle")
		b.ReportMetric(p999, "ns-p99.9-idle")
		done := make(chan struct{})
		go func() {
			defer close(done)
			must[numberdb.ImportReport](b)(s.Import(ctx, alice, feed(2, n), numberdb.ImportOptions{Name: "again", Entity: numberdb.Scams, Format: "csv", Commit: max(n/10, 1)}))
		}()
		p50, p99, p999 = lookUpTimes(s, done)
		b.ReportMetric(p50, "ns-p50-import")
		b.ReportMetric(p99, "ns-p99-import")
		b.ReportMetric(p999, "ns-p99.9-import")
	}
	cancel()
	ok(b, <-ran)
}

// lookUpTimes takes the time of look-ups one by one, 200,000 of them or until
// done is closed; what reading the clock takes is in them.
func lookUpTimes(s *numberdb.Store, done <-chan struct{}) (p50, p99, p999 float64) {
	g := indextest.New(9)
	keys := make([]numbering.Key, 1<<16)
	for i := range keys {
		keys[i] = g.Number().Key()
	}
	var took []int32
	x := s.Index()
	for i := 0; ; i++ {
		if i%1024 == 0 {
			x = s.Index()
			if done == nil && i >= 200_000 || done != nil && closed(done) || i >= 1<<27 {
				break
			}
		}
		start := time.Now()
		x.Exact(keys[i&(1<<16-1)], nil)
		took = append(took, int32(time.Since(start)))
	}
	slices.Sort(took)
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))]) }
	return at(0.5), at(0.99), at(0.999)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// BenchmarkEditSeen is the time from the beginning of an edit until the index of
// this process has it, and until that of another one has it that watches the
// file.
func BenchmarkEditSeen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "numbers.db")
	s := filled(b, path, benchRows())
	other := open(b, path, numberdb.Options{})
	ctx, cancel := context.WithCancel(b.Context())
	ran := make(chan error, 1)
	go func() { ran <- other.Run(ctx) }()
	g := indextest.New(77)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var here, there time.Duration
	n := 0
	for b.Loop() {
		num := g.Mobile()
		start := time.Now()
		must[int64](b)(s.PutScam(ctx, alice, numberdb.Scam{Number: num.String(), Source: "bench-" + strconv.Itoa(n)}))
		here += time.Since(start)
		for len(other.Index().Exact(num.Key(), nil)) == 0 {
			<-tick.C
		}
		there += time.Since(start)
		n++
	}
	b.ReportMetric(here.Seconds()*1e3/float64(n), "ms-here")
	b.ReportMetric(there.Seconds()*1e3/float64(n), "ms-other-process")
	cancel()
	ok(b, <-ran)
}
