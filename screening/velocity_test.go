package screening_test

import (
	"fmt"
	"testing"
	"time"

	"ringward/numbering"
	"ringward/screening"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func keyOf(n int) numbering.Key {
	return numbering.Number{Country: "CN", Digits: fmt.Sprintf("86138%08d", n)}.Key()
}

func TestVelocityCountsLinesWithinTheWindow(t *testing.T) {
	calls := []struct {
		after  time.Duration
		caller int
		line   string
		want   int
	}{
		{0, 1, "a", 1},
		{time.Second, 1, "a", 1}, // the same line again
		{2 * time.Second, 1, "b", 2},
		{3 * time.Second, 2, "b", 1}, // another caller
		{4 * time.Second, 1, "c", 3},
		{9 * time.Minute, 1, "b", 3},                 // b is fresh again
		{10*time.Minute + 30*time.Second, 1, "d", 2}, // a and c are too old
		{10*time.Minute + 20*time.Second, 1, "e", 3}, // a clock that goes back
	}
	v := screening.NewVelocity(100, 10*time.Minute, 7)
	for i, c := range calls {
		if got := v.Observe(keyOf(c.caller), c.line, noon.Add(c.after)); got != c.want {
			t.Errorf("call %d, caller %d to %s: got %d lines, want %d", i, c.caller, c.line, got, c.want)
		}
	}
}

func TestVelocityDoesNotCountHiddenNumbers(t *testing.T) {
	v := screening.NewVelocity(100, time.Minute, 7)
	for i := range 50 {
		if got := v.Observe(0, fmt.Sprint(i), noon); got != 1 {
			t.Fatalf("call %d without a number: got %d, want 1", i, got)
		}
	}
}

func TestVelocityIsCappedPerCaller(t *testing.T) {
	v := screening.NewVelocity(100, time.Hour, 7)
	got := 0
	for i := range 1000 {
		got = v.Observe(keyOf(1), fmt.Sprint(i), noon.Add(time.Duration(i)*time.Second))
	}
	if got != 16 {
		t.Errorf("a thousand lines: got %d, want 16", got)
	}
}

// A flood of invented numbers between the calls of a real one does not make
// the counter forget it, once it rang two lines.
func TestVelocityOutlivesAFloodOfInventedNumbers(t *testing.T) {
	v := screening.NewVelocity(1024, 10*time.Minute, 42)
	got := 0
	for line := range 8 {
		at := noon.Add(time.Duration(line) * time.Second)
		got = v.Observe(keyOf(1), fmt.Sprint("line", line), at)
		if line == 0 {
			continue
		}
		for i := range 20000 {
			v.Observe(keyOf(1000+line*20000+i), "x", at)
		}
	}
	if got != 8 {
		t.Errorf("after 140,000 invented callers: got %d lines, want 8", got)
	}
}

func TestVelocityAllocatesNothing(t *testing.T) {
	v := screening.NewVelocity(1024, time.Minute, 1)
	n := 0
	if got := testing.AllocsPerRun(1000, func() { n++; v.Observe(numbering.Key(n), "+862155550000", noon) }); got != 0 {
		t.Errorf("%v allocations for a call, want 0", got)
	}
}

func BenchmarkVelocity(b *testing.B) {
	v := screening.NewVelocity(65536, 10*time.Minute, 1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v.Observe(numbering.Key(i%200000+1), "+862155550000", noon)
	}
}
