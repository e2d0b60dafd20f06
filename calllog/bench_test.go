package calllog_test

import (
	"testing"

	"ringward/calllog"
)

// BenchmarkKeepWhenFull is what a call's goroutine pays while the disk does not take anything.
func BenchmarkKeepWhenFull(b *testing.B) {
	l := open(b, calllog.Options{Buffer: 1})
	l.Keep(sample(0))
	r := sample(1)
	b.ReportAllocs()
	for b.Loop() {
		l.Keep(r)
	}
}

// BenchmarkWrite is what the writer pays for ten thousand calls.
func BenchmarkWrite(b *testing.B) {
	const calls = 10_000
	for b.Loop() {
		b.StopTimer()
		l := open(b, calllog.Options{Buffer: calls})
		for i := range calls {
			l.Keep(sample(i))
		}
		b.StartTimer()
		shut(b, l)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*calls), "ns/call")
}
