package g711_test

import (
	"math"
	"testing"

	"ringward/media/g711"
)

// decisionA and decisionMu list the upper ends of the intervals of one half, in
// 16-bit samples, from G.711 Tables 1 and 2: sixteen equal steps in each of
// eight segments, each segment's steps twice as wide as the last one's (A-law's
// first two are equal; µ-law's first interval is half a step).
func decisionA() (ends []int) {
	at := 0
	for seg := range 8 {
		step := 16 << max(seg-1, 0)
		for range 16 {
			at += step
			ends = append(ends, at)
		}
	}
	return ends
}

func decisionMu() (ends []int) {
	at := -4
	for seg := range 8 {
		step := 8 << seg
		for range 16 {
			at += step
			ends = append(ends, at)
		}
	}
	return ends
}

// interval is the index of a magnitude among the ends; what lies above the last
// is limited to it.
func interval(m int, ends []int) int {
	for i, end := range ends {
		if m < end {
			return i
		}
	}
	return len(ends) - 1
}

func TestCodeOfEverySample(t *testing.T) {
	endsA, endsMu := decisionA(), decisionMu()
	for s := math.MinInt16; s <= math.MaxInt16; s++ {
		m, signA, signMu := s, 0x80, 0x80
		if s < 0 {
			m, signA, signMu = ^s, 0, 0
		}
		wantA := byte(signA|interval(m, endsA)) ^ 0x55
		if got := g711.A.Code(int16(s)); got != wantA {
			t.Fatalf("A-law code of %d: got %#x, want %#x", s, got, wantA)
		}
		wantMu := byte(signMu | 0x7f - interval(m, endsMu))
		if got := g711.Mu.Code(int16(s)); got != wantMu {
			t.Fatalf("µ-law code of %d: got %#x, want %#x", s, got, wantMu)
		}
	}
}

func TestSampleOfEveryCode(t *testing.T) {
	endsA, endsMu := decisionA(), decisionMu()
	for c := range 256 {
		a := byte(c) ^ 0x55
		i := int(a & 0x7f)
		want := endsA[i] // middle of the interval
		if i > 0 {
			want += endsA[i-1]
		}
		want /= 2
		if a&0x80 == 0 {
			want = -want
		}
		if got := g711.A.Sample(byte(c)); int(got) != want {
			t.Errorf("A-law sample of %#x: got %d, want %d", c, got, want)
		}
		i = int(0x7f - c&0x7f)
		want = 0
		if i > 0 {
			want = (endsMu[i] + endsMu[i-1]) / 2
		}
		if c&0x80 == 0 {
			want = -want
		}
		if got := g711.Mu.Sample(byte(c)); int(got) != want {
			t.Errorf("µ-law sample of %#x: got %d, want %d", c, got, want)
		}
	}
}

// Decoding and encoding again must not change a payload; µ-law's negative zero
// alone becomes the positive one.
func TestRoundTrip(t *testing.T) {
	for _, law := range []g711.Law{g711.A, g711.Mu} {
		for c := range 256 {
			want := byte(c)
			if law == g711.Mu && c == 0x7f {
				want = 0xff
			}
			if got := law.Code(law.Sample(byte(c))); got != want {
				t.Errorf("%s %#x: got %#x, want %#x", law, c, got, want)
			}
		}
	}
}

func TestBlocks(t *testing.T) {
	pcm := []int16{0, 1000, -1000, math.MaxInt16, math.MinInt16}
	for _, law := range []g711.Law{g711.A, g711.Mu} {
		payload := make([]byte, 4)
		if n := law.Encode(payload, pcm); n != 4 {
			t.Fatalf("%s: encoded %d, want 4", law, n)
		}
		back := make([]int16, 3)
		if n := law.Decode(back, payload); n != 3 {
			t.Fatalf("%s: decoded %d, want 3", law, n)
		}
		for i := range back {
			if payload[i] != law.Code(pcm[i]) || back[i] != law.Sample(payload[i]) {
				t.Errorf("%s sample %d: block and single forms differ", law, i)
			}
		}
	}
}

func TestConvert(t *testing.T) {
	for _, c := range []struct{ from, to g711.Law }{{g711.A, g711.Mu}, {g711.Mu, g711.A}, {g711.A, g711.A}} {
		for code := range 256 {
			got := []byte{byte(code)}
			c.from.Convert(got, c.to)
			want := byte(code)
			if c.from != c.to {
				want = c.to.Code(c.from.Sample(byte(code)))
			}
			if got[0] != want {
				t.Errorf("%s %#x in %s: got %#x, want %#x", c.from, code, c.to, got[0], want)
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	payload, pcm := make([]byte, 160), make([]int16, 160)
	b.ReportAllocs()
	for b.Loop() {
		g711.A.Decode(pcm, payload)
	}
}

func BenchmarkEncode(b *testing.B) {
	payload, pcm := make([]byte, 160), make([]int16, 160)
	b.ReportAllocs()
	for b.Loop() {
		g711.A.Encode(payload, pcm)
	}
}
