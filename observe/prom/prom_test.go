package prom_test

import (
	"strings"
	"testing"

	"ringward/observe/prom"
)

func TestText(t *testing.T) {
	c := prom.NewCounters("calls_total", "trunk", "outcome")
	c.Inc("b", "answered")
	c.Inc("a", "x\"y\\z\n")
	c.Inc("b", "answered")
	h := prom.NewHistogram("delay_seconds", "side", 0.5, 1)
	for _, v := range []float64{0.1, 0.5, 0.7, 3} {
		h.Observe("caller", v)
	}
	plain := prom.NewHistogram("plain_seconds", "", 1)
	plain.Observe("", 2)
	var b strings.Builder
	c.Write(&b)
	h.Write(&b)
	plain.Write(&b)
	prom.Counter(&b, "n_total", 7)
	prom.Gauge(&b, "g", 0.25)
	const want = `# TYPE calls_total counter
calls_total{trunk="a",outcome="x\"y\\z\n"} 1
calls_total{trunk="b",outcome="answered"} 2
# TYPE delay_seconds histogram
delay_seconds_bucket{side="caller",le="0.5"} 2
delay_seconds_bucket{side="caller",le="1"} 3
delay_seconds_bucket{side="caller",le="+Inf"} 4
delay_seconds_sum{side="caller"} 4.3
delay_seconds_count{side="caller"} 4
# TYPE plain_seconds histogram
plain_seconds_bucket{le="1"} 0
plain_seconds_bucket{le="+Inf"} 1
plain_seconds_sum 2
plain_seconds_count 1
# TYPE n_total counter
n_total 7
# TYPE g gauge
g 0.25
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestSeriesAreBounded: labels that never repeat fill nothing.
func TestSeriesAreBounded(t *testing.T) {
	c := prom.NewCounters("n_total", "k")
	for i := range 5000 {
		c.Inc(strings.Repeat("x", i))
	}
	var b strings.Builder
	c.Write(&b)
	if n := strings.Count(b.String(), "\n"); n != 1001 {
		t.Errorf("%d lines, want 1000 series and a head", n)
	}
}

func TestProcess(t *testing.T) {
	var b strings.Builder
	prom.Process(&b)
	if !strings.Contains(b.String(), "\ngo_memstats_heap_inuse_bytes ") {
		t.Errorf("got %s", b.String())
	}
}
