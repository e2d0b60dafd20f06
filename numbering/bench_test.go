package numbering_test

import (
	"testing"

	"ringward/numbering"
)

func BenchmarkParse(b *testing.B) {
	for _, bb := range []struct{ name, raw string }{
		{"mobile", "13800138000"},
		{"mobile-e164", "+8613800138000"},
		{"fixed", "01082345678"},
		{"area-service-code", "01095588"},
		{"sip-uri", "sip:%2B8613800138000@192.0.2.1;user=phone"},
		{"foreign", "+12025550123"},
		{"imitation", "+4008208820"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				numbering.Parse(bb.raw, numbering.Options{})
			}
		})
	}
}

func BenchmarkKey(b *testing.B) {
	n := numbering.Parse("13800138000", numbering.Options{}).Number
	b.ReportAllocs()
	for b.Loop() {
		n.Key()
	}
}

func BenchmarkFoldName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		numbering.FoldName("中國銀聯 P0S 风控中心")
	}
}

func TestKeyDoesNotAllocate(t *testing.T) {
	n := numbering.Parse("13800138000", numbering.Options{}).Number
	if got := testing.AllocsPerRun(100, func() { n.Key(); n.Range() }); got != 0 {
		t.Errorf("Key allocates %v times, want 0", got)
	}
}
