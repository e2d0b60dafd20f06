package screening_test

import (
	"testing"
	"time"

	"ringward/screening"
)

func TestAllowancesHoldForADayAndALine(t *testing.T) {
	a := screening.NewAllowances(10)
	a.Allow("+862155550000", keyOf(1), noon)
	a.Allow("+862155550000", 0, noon)
	tests := []struct {
		name   string
		line   string
		caller int
		after  time.Duration
		want   bool
	}{
		{"at once", "+862155550000", 1, 0, true},
		{"the next morning", "+862155550000", 1, 23 * time.Hour, true},
		{"a day later", "+862155550000", 1, 24 * time.Hour, false},
		{"another line", "+862155550001", 1, 0, false},
		{"another caller", "+862155550000", 2, 0, false},
	}
	for _, tt := range tests {
		if got := a.Has(tt.line, keyOf(tt.caller), noon.Add(tt.after)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if a.Has("+862155550000", 0, noon) {
		t.Error("a caller without a number is allowed")
	}
}

func TestAllowancesAreBounded(t *testing.T) {
	a := screening.NewAllowances(100)
	for i := range 1000 {
		a.Allow("line", keyOf(i), noon.Add(time.Duration(i)*time.Second))
	}
	kept := 0
	for i := range 1000 {
		kept += b2i(a.Has("line", keyOf(i), noon.Add(1000*time.Second)))
	}
	if kept != 100 || !a.Has("line", keyOf(999), noon.Add(1000*time.Second)) || a.Has("line", keyOf(0), noon.Add(1000*time.Second)) {
		t.Errorf("%d kept of 1000, want the latest 100", kept)
	}
}
