package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/media/wav"
)

// TestWhatHonestCallsPlayIsNotAdded adds what callers of all kinds play.
func TestWhatHonestCallsPlayIsNotAdded(t *testing.T) {
	data := t.TempDir()
	const greeting = "sounds/freeze-call-en.wav"
	rec(t, 0, data, "add", greeting, "--title", "please hold the line", "--kind", "common", "--as", "ann", "--reason", "our own announcement")
	tests := []struct {
		name, file, want string
	}{
		{"a listed greeting", greeting, "common announcement"},
		{"ringing", sounding(t, 20, func(at float64) float64 {
			if math.Mod(at, 5) > 1 {
				return 0
			}
			return math.Sin(2 * math.Pi * 450 * at)
		}), "recording of tones"},
		{"hold music", sounding(t, 20, func(at float64) (s float64) {
			root := []float64{262, 330, 392, 523}[int(at/0.6)%4]
			for h := 1.0; h < 5; h++ {
				s += (math.Sin(2*math.Pi*root*h*at) + math.Sin(2*math.Pi*1.5*root*h*at)) / h
			}
			return s * math.Exp(-1.5*math.Mod(at, 0.6)) / 4
		}), "recording of music"},
		{"silence", sounding(t, 8, func(float64) float64 { return 0 }), "too short"},
	}
	for _, tt := range tests {
		if _, errs := rec(t, 1, data, "add", tt.file, "--title", tt.name, "--as", "ann", "--reason", "r"); !strings.Contains(errs, tt.want) {
			t.Errorf("%s: got %s, want %q", tt.name, errs, tt.want)
		}
	}
	rec(t, 0, data, "add", greeting, "--title", "all the same", "--force", "--as", "ann", "--reason", "r")
}

// sounding writes a WAV file of f, which is 1 at full scale.
func sounding(t *testing.T, seconds int, f func(at float64) float64) string {
	t.Helper()
	pcm := make([]int16, seconds*wav.Rate)
	for i := range pcm {
		pcm[i] = int16(12000 * f(float64(i)/wav.Rate))
	}
	name := filepath.Join(t.TempDir(), "sound.wav")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := wav.Write(out, pcm); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}
