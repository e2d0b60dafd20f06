package enginetest

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"ringward/media/g711"
	"ringward/media/wav"
)

// SmallModel is the folder of the small Mandarin model with its recordings of
// people; the test is skipped where it is not.
func SmallModel(t testing.TB, root string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(root, "..", "shared", "models", "sherpa-onnx-kws-zipformer-wenetspeech-3.3M-2024-01-01-mobile"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no speech model at %s", dir)
	}
	return dir
}

// Recording reads one 8 kHz WAV file.
func Recording(t testing.TB, file string) []int16 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, err := wav.Read(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return pcm
}

// Line is what a telephone line does to sound.
type Line struct {
	Law  g711.Law
	SNR  float64 // dB of white noise against the mean level of speech; 0 for none
	Loss float64 // share of packets of 20 ms that are lost, and heard as silence
	Gain float64 // dB
}

// Through sends sound through the line, always with the same chance.
func (l Line) Through(pcm []int16) []int16 {
	r := rand.New(rand.NewPCG(1, uint64(len(pcm))))
	out := make([]int16, len(pcm))
	gain := math.Pow(10, l.Gain/20)
	noise := 0.0
	if l.SNR > 0 {
		noise = rms(pcm) * gain * math.Pow(10, -l.SNR/20)
	}
	for i, s := range pcm {
		v := float64(s)*gain + r.NormFloat64()*noise
		out[i] = l.Law.Sample(l.Law.Code(int16(min(max(v, math.MinInt16), math.MaxInt16))))
	}
	for i := 0; i < len(out); i += 160 {
		if r.Float64() < l.Loss {
			clear(out[i:min(i+160, len(out))])
		}
	}
	return out
}

// rms is the mean level of what is loud enough to be speech.
func rms(pcm []int16) float64 {
	var sum float64
	n := 1
	for _, s := range pcm {
		if s > 100 || s < -100 {
			sum += float64(s) * float64(s)
			n++
		}
	}
	return math.Sqrt(sum / float64(n))
}
