package prom

import (
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

var started = time.Now()

// Process writes what every Go program is asked for, by the names that boards
// expect: goroutines, heap, processor time, and on Linux resident memory and
// descriptors.
func Process(w io.Writer) {
	Gauge(w, "go_goroutines", float64(runtime.NumGoroutine()))
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}, {Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(samples)
	Gauge(w, "go_memstats_heap_inuse_bytes", float64(samples[0].Value.Uint64()))
	Counter(w, "go_gc_cycles_total", samples[1].Value.Uint64())
	Gauge(w, "go_gc_cpu_seconds", samples[2].Value.Float64())
	Gauge(w, "process_start_time_seconds", float64(started.UnixMilli())/1000)
	if cpu, ok := cpuSeconds(); ok {
		Type(w, "process_cpu_seconds_total", "counter")
		_, _ = io.WriteString(w, "process_cpu_seconds_total "+number(cpu)+"\n")
	}
	if rss, ok := residentBytes(); ok {
		Gauge(w, "process_resident_memory_bytes", rss)
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		Gauge(w, "process_open_fds", float64(len(open)))
	}
}

// residentBytes reads the second field of /proc/self/statm, in pages.
func residentBytes() (float64, bool) {
	b, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(b))
	if err != nil || len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()), err == nil
}
