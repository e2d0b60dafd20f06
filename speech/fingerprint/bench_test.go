package fingerprint_test

import (
	"testing"

	fp "ringward/speech/fingerprint"
)

// BenchmarkCall is one second of one call, by the size of the index. With
// -measure N it is measured against N spoken recordings.
func BenchmarkCall(b *testing.B) {
	var ix *fp.Index
	var calls [][]int16
	if *measured > 0 {
		c := gather(b, *measured, 30)
		ix = c.index
		for i := range uint64(20) {
			calls = append(calls, say(b, 2_000_000+i, 30))
		}
	} else {
		ix, _ = index(b, 100, 10)
		calls = [][]int16{babbler(1000, 30), babbler(1001, 30)}
	}
	matchers := make([]*fp.Matcher, 500)
	for i := range matchers {
		matchers[i] = fp.NewMatcher(ix)
	}
	var hits []fp.Hit
	b.ReportAllocs()
	n, start := 0, spent()
	for b.Loop() {
		call := calls[n%len(calls)]
		at := n / len(calls) % 29 * 8000
		m := matchers[n%len(matchers)] // the 500 calls take turns, as they would
		for i := at; i < at+8000; i += 160 {
			hits = m.Feed(call[i:i+160], hits[:0])
		}
		n++
	}
	b.ReportMetric(float64((spent()-start).Microseconds())/float64(n)/1000, "cpu-ms/s")
	b.ReportMetric(float64(ix.Size())/1e6, "MB")
}

// BenchmarkSilence is one second of digital silence.
func BenchmarkSilence(b *testing.B) {
	ix, _ := index(b, 20, 10)
	m := fp.NewMatcher(ix)
	pcm := make([]int16, 8000)
	b.ReportAllocs()
	for b.Loop() {
		m.Feed(pcm, nil)
	}
}

// BenchmarkNewIndex builds an index of 200 recordings of 10 s.
func BenchmarkNewIndex(b *testing.B) {
	rec := fp.NewRecording(babbler(1, 10))
	entries := make([]fp.Entry, 200)
	for i := range entries {
		entries[i] = fp.Entry{ID: fp.ID(i), Recording: rec}
	}
	b.ReportAllocs()
	for b.Loop() {
		fp.NewIndex(entries)
	}
}

func TestFeedDoesNotAllocate(t *testing.T) {
	ix, sounds := index(t, 3, 8)
	m := fp.NewMatcher(ix)
	hits := make([]fp.Hit, 0, 64)
	at := 0
	got := testing.AllocsPerRun(300, func() {
		hits = m.Feed(sounds[0][at:at+160], hits[:0])
		at = (at + 160) % (len(sounds[0]) - 160)
	})
	if got != 0 {
		t.Errorf("got %v allocations for 20 ms, want 0", got)
	}
}
