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
	Law   g711.Law
	SNR   float64   // dB of noise against the mean level of speech; 0 for none
	Noise []float64 // the noise, of mean level 1, repeated; nil: white
	Loss  float64   // share of packets of 20 ms that are lost, and heard as silence
	Gain  float64   // dB
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
		n := r.NormFloat64()
		if l.Noise != nil {
			n = l.Noise[i%len(l.Noise)]
		}
		v := float64(s)*gain + n*noise
		out[i] = l.Law.Sample(l.Law.Code(int16(min(max(v, math.MinInt16), math.MaxInt16))))
	}
	for i := 0; i < len(out); i += 160 {
		if r.Float64() < l.Loss {
			clear(out[i:min(i+160, len(out))])
		}
	}
	return out
}

// Babble is people talking all at once, made of one recording of speech that is
// played voices times from different places.
func Babble(pcm []int16, voices int) []float64 {
	out := make([]float64, len(pcm))
	for v := range voices {
		shift := v * len(pcm) / voices
		for i := range out {
			out[i] += float64(pcm[(i+shift)%len(pcm)])
		}
	}
	return level(out)
}

// Street is what a street sounds like to a telephone, made up: a low rumble
// that swells as cars pass, some hiss, and a horn now and then.
func Street(samples int) []float64 {
	r := rand.New(rand.NewPCG(7, 7))
	out := make([]float64, samples)
	var rumble float64
	for i := range out {
		rumble = 0.97*rumble + r.NormFloat64()
		at := float64(i) / 8000
		swell := 0.4 + 0.6*math.Pow(math.Sin(math.Pi*at/4), 2)
		out[i] = rumble*swell + 0.5*r.NormFloat64()
		if math.Mod(at, 9) < 0.5 {
			out[i] += 3*math.Sin(2*math.Pi*440*at) + 2*math.Sin(2*math.Pi*554*at)
		}
	}
	return level(out)
}

// level brings noise to mean level 1.
func level(noise []float64) []float64 {
	sum := 1e-9
	for _, v := range noise {
		sum += v * v
	}
	scale := math.Sqrt(float64(len(noise)) / sum)
	for i := range noise {
		noise[i] *= scale
	}
	return noise
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
