package vad_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"ringward/speech/vad"
)

const second = 8000

func noise(r *rand.Rand, n int, dBFS float64) []int16 {
	g := 32768 * math.Pow(10, dBFS/20)
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(max(-32768, min(32767, g*r.NormFloat64())))
	}
	return out
}

func mix(a, b []int16) []int16 {
	out := slices.Clone(a)
	for i := range out {
		out[i] = int16(max(-32768, min(32767, int(a[i])+int(b[i]))))
	}
	return out
}

// flite speaks at 8 kHz with the voice kal.
func flite(t *testing.T) []int16 {
	t.Helper()
	if _, err := exec.LookPath("flite"); err != nil {
		t.Skip("needs flite in the PATH to speak")
	}
	file := filepath.Join(t.TempDir(), "a.wav")
	text := "Good afternoon. This is the service centre. Your terminal has been frozen, please have your card and your phone ready."
	if out, err := exec.Command("flite", "-voice", "kal", "-t", text, "-o", file).CombinedOutput(); err != nil {
		t.Fatalf("flite: %v: %s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, (len(data)-44)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(data[44+2*i:]))
	}
	return pcm
}

func share(active []bool) float64 {
	n := 0
	for _, a := range active {
		if a {
			n++
		}
	}
	return float64(n) / float64(max(1, len(active)))
}

func TestSilenceAndNoiseAreNoVoice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	hum := make([]int16, 5*second)
	for i := range hum {
		hum[i] = int16(3000*math.Sin(2*math.Pi*50*float64(i)/second) + 500)
	}
	tests := []struct {
		name string
		pcm  []int16
		most float64 // share of voice after the first two seconds
	}{
		{"digital silence", make([]int16, 5*second), 0},
		{"hum and offset", hum, 0},
		{"white noise -60 dBFS", noise(r, 5*second, -60), 0},
		{"white noise -45 dBFS", noise(r, 5*second, -45), 0.01},
		{"white noise -25 dBFS", noise(r, 5*second, -25), 0.01},
	}
	for _, tt := range tests {
		var d vad.Detector
		got := share(d.Feed(tt.pcm, nil)[100:])
		if got > tt.most {
			t.Errorf("%s: got %.2f voice, want at most %.2f", tt.name, got, tt.most)
		}
	}
}

func TestSpeechIsFound(t *testing.T) {
	said := flite(t)
	pcm := slices.Concat(make([]int16, 2*second), said, make([]int16, 2*second))
	r := rand.New(rand.NewPCG(2, 2))
	var clean vad.Detector
	ref := clean.Feed(pcm, nil)
	if got := share(ref[:95]); got != 0 {
		t.Errorf("before the speech: got %.2f voice, want none", got)
	}
	if got := share(ref[100 : 100+len(said)/160]); got < 0.85 {
		t.Errorf("speech: got %.2f voice, want most of it", got)
	}
	if got := share(ref[100+len(said)/160+20:]); got != 0 {
		t.Errorf("after the speech: got %.2f voice, want none", got)
	}
	for _, tt := range []struct {
		dBFS         float64
		least, wrong float64
	}{{-60, 0.95, 0.02}, {-45, 0.9, 0.05}, {-38, 0.8, 0.08}} {
		var d vad.Detector
		got := d.Feed(mix(pcm, noise(r, len(pcm), tt.dBFS)), nil)
		hit, voice, false_, quiet := 0, 0, 0, 0
		for i := range got {
			switch {
			case ref[i]:
				voice++
				if got[i] {
					hit++
				}
			case i > 100:
				quiet++
				if got[i] {
					false_++
				}
			}
		}
		if h, f := float64(hit)/float64(voice), float64(false_)/float64(quiet); h < tt.least || f > tt.wrong {
			t.Errorf("noise %v dBFS: got %.2f of the voice and %.2f of the rest, want %.2f and %.2f", tt.dBFS, h, f, tt.least, tt.wrong)
		}
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 255, 127, 0, 128}, uint16(3))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		pcm := make([]int16, 400+len(data)/2)
		for i := range len(data) / 2 {
			pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		var whole, parts vad.Detector
		want := whole.Feed(pcm, nil)
		var got []bool
		for piece := range slices.Chunk(pcm, int(size)+1) {
			got = parts.Feed(piece, got)
		}
		if !slices.Equal(want, got) || len(want) != len(pcm)/160 || whole.Active() != want[len(want)-1] {
			t.Errorf("pieces of %d: got %v, want %v", size+1, got, want)
		}
	})
}

func TestFeedDoesNotAllocate(t *testing.T) {
	var d vad.Detector
	pcm, out := make([]int16, 160), make([]bool, 0, 1)
	if n := testing.AllocsPerRun(100, func() { out = d.Feed(pcm, out[:0]) }); n != 0 {
		t.Errorf("got %v allocations a frame, want 0", n)
	}
}

// BenchmarkFeed is one second of sound.
func BenchmarkFeed(b *testing.B) {
	pcm := noise(rand.New(rand.NewPCG(1, 1)), second, -30)
	var d vad.Detector
	out := make([]bool, 0, 50)
	b.ReportAllocs()
	for b.Loop() {
		out = d.Feed(pcm, out[:0])
	}
}
