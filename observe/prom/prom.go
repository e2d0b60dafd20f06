// Package prom writes metrics in Prometheus' text format, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats), and holds the two kinds
// that need a memory: counters that grow labels as they go, and histograms with
// fixed buckets. All else is read where it is counted, when it is asked for.
//
// It refuses to be a registry: who asks for the page writes it.
package prom

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Series writes name{key="value",...} from pairs of key and value. Values may be
// any text; line ends, quotes and backslashes are escaped.
func Series(name string, pairs ...string) string {
	if len(pairs) < 2 {
		return name
	}
	var b strings.Builder
	b.WriteString(name)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(pairs[i])
		b.WriteString(`="`)
		_, _ = escaper.WriteString(&b, strings.ToValidUTF8(pairs[i+1], ""))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// Type writes the head of a metric; kind is "counter", "gauge" or "histogram".
func Type(w io.Writer, name, kind string) {
	_, _ = fmt.Fprintf(w, "# TYPE %s %s\n", name, kind)
}

// Counter writes a metric of one series.
func Counter(w io.Writer, name string, n uint64) {
	Type(w, name, "counter")
	_, _ = fmt.Fprintf(w, "%s %d\n", name, n)
}

// Labelled writes a metric with a series for each value of one label.
func Labelled(w io.Writer, name, kind, key string, values map[string]float64) {
	Type(w, name, kind)
	for _, v := range slices.Sorted(maps.Keys(values)) {
		_, _ = fmt.Fprintf(w, "%s %s\n", Series(name, key, v), number(values[v]))
	}
}

// Gauge writes a metric of one series.
func Gauge(w io.Writer, name string, v float64) {
	Type(w, name, "gauge")
	_, _ = fmt.Fprintf(w, "%s %s\n", name, number(v))
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// maxSeries bounds the series of one Counters: labels come from configuration and
// rules, and a mistake there must not fill the memory.
const maxSeries = 1000

// Counters is one metric whose series appear as they are counted. The zero value
// is not usable; its methods are safe for concurrent use.
type Counters struct {
	name string
	keys []string

	mu     sync.Mutex
	values map[string]uint64 // by series
}

// NewCounters makes one with these label names.
func NewCounters(name string, keys ...string) *Counters {
	return &Counters{name: name, keys: keys, values: map[string]uint64{}}
}

// Inc counts one with these label values, in the order of the names.
func (c *Counters) Inc(values ...string) {
	pairs := make([]string, 0, 2*len(c.keys))
	for i, k := range c.keys {
		pairs = append(pairs, k, values[i])
	}
	s := Series(c.name, pairs...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.values[s]; known || len(c.values) < maxSeries {
		c.values[s]++
	}
}

// Write writes all series, in order.
func (c *Counters) Write(w io.Writer) {
	c.mu.Lock()
	values := maps.Clone(c.values)
	c.mu.Unlock()
	Type(w, c.name, "counter")
	for _, s := range slices.Sorted(maps.Keys(values)) {
		_, _ = fmt.Fprintf(w, "%s %d\n", s, values[s])
	}
}

// Histogram counts values into buckets with upper bounds, for one series each of
// one label. Its methods are safe for concurrent use.
type Histogram struct {
	name, key string
	bounds    []float64

	mu     sync.Mutex
	series map[string]*buckets
}

type buckets struct {
	counts []uint64 // not cumulative; one more than bounds
	sum    float64
}

// NewHistogram makes one; bounds ascend, +Inf is added. key is the label, "" for
// none.
func NewHistogram(name, key string, bounds ...float64) *Histogram {
	return &Histogram{name: name, key: key, bounds: bounds, series: map[string]*buckets{}}
}

// Observe counts v in the series of a label value; "" where there is no label.
func (h *Histogram) Observe(value string, v float64) {
	i, _ := slices.BinarySearch(h.bounds, v) // a bound belongs to its bucket (le)
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.series[value]
	if b == nil {
		if len(h.series) >= maxSeries {
			return
		}
		b = &buckets{counts: make([]uint64, len(h.bounds)+1)}
		h.series[value] = b
	}
	b.counts[i]++
	b.sum += v
}

// Write writes all series.
func (h *Histogram) Write(w io.Writer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	Type(w, h.name, "histogram")
	for _, value := range slices.Sorted(maps.Keys(h.series)) {
		var labels []string
		if h.key != "" {
			labels = []string{h.key, value}
		}
		b, total := h.series[value], uint64(0)
		for i, n := range b.counts {
			total += n
			le := "+Inf"
			if i < len(h.bounds) {
				le = number(h.bounds[i])
			}
			_, _ = fmt.Fprintf(w, "%s %d\n", Series(h.name+"_bucket", append(slices.Clone(labels), "le", le)...), total)
		}
		_, _ = fmt.Fprintf(w, "%s %s\n%s %d\n", Series(h.name+"_sum", labels...), number(b.sum), Series(h.name+"_count", labels...), total)
	}
}
