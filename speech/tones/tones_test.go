package tones_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ringward/media/g711"
	"ringward/speech/tones"
)

const second = 8000

// tone is the sum of sinusoids at the given frequencies, each at -13 dBFS.
func tone(seconds float64, hz ...float64) []int16 {
	out := make([]int16, int(seconds*second))
	for i := range out {
		var s float64
		for _, f := range hz {
			s += 7300 * math.Sin(2*math.Pi*f*float64(i)/second)
		}
		out[i] = int16(max(-32768, min(32767, s)))
	}
	return out
}

func silence(seconds float64) []int16 { return make([]int16, int(seconds*second)) }

func repeat(n int, parts ...[]int16) (out []int16) {
	for range n {
		out = append(out, slices.Concat(parts...)...)
	}
	return out
}

// answer is 2100 Hz with phase reversals every 450 ms and a swell at 15 Hz.
func answer(seconds float64, reversals bool, swell float64) []int16 {
	out := make([]int16, int(seconds*second))
	for i := range out {
		at := float64(i) / second
		s := 7000 * math.Sin(2*math.Pi*2100*at) * (1 + swell*math.Sin(2*math.Pi*15*at))
		if reversals && int(at/0.45)%2 == 1 {
			s = -s
		}
		out[i] = int16(s)
	}
	return out
}

// fsk sends the bits at 300 bit/s with a continuous phase.
func fsk(bits []byte, zero, one float64) []int16 {
	var out []int16
	phase := 0.0
	for i := range len(bits) * second / 300 {
		hz := zero
		if bits[i*300/second] == 1 {
			hz = one
		}
		phase += 2 * math.Pi * hz / second
		out = append(out, int16(7000*math.Sin(phase)))
	}
	return out
}

// line takes sound through A-law with noise at dB below the tone.
func line(pcm []int16, snr float64) []int16 {
	r := rand.New(rand.NewPCG(3, 4))
	out := make([]int16, len(pcm))
	g := 5160 * math.Pow(10, -snr/20)
	for i, s := range pcm {
		v := max(-32768, min(32767, float64(s)+g*r.NormFloat64()))
		out[i] = g711.A.Sample(g711.A.Code(int16(v)))
	}
	return out
}

func kinds(events []tones.Event) (k []tones.Kind) {
	for _, e := range events {
		k = append(k, e.Kind)
	}
	return k
}

func TestSignals(t *testing.T) {
	var hdlc []byte
	for range 37 { // one second of flags
		hdlc = append(hdlc, 0, 1, 1, 1, 1, 1, 1, 0)
	}
	tests := []struct {
		name   string
		pcm    []int16
		want   []tones.Kind
		within time.Duration // for the first
	}{
		{"fax calling tone", repeat(2, tone(0.5, 1100), silence(3)), []tones.Kind{tones.FaxCalling, tones.FaxCalling}, 500 * time.Millisecond},
		{"fax calling tone, 38 Hz low", tone(0.5, 1062), []tones.Kind{tones.FaxCalling}, 500 * time.Millisecond},
		{"fax calling tone, 38 Hz high", tone(0.5, 1138), []tones.Kind{tones.FaxCalling}, 500 * time.Millisecond},
		{"a short beep", tone(0.3, 1100), nil, 0},
		{"1000 Hz", tone(3, 1000), nil, 0},
		{"answer tone", answer(3, false, 0), []tones.Kind{tones.Answer}, 500 * time.Millisecond},
		{"answer tone with reversals", answer(3.3, true, 0), []tones.Kind{tones.Answer, tones.AnswerReversed}, 500 * time.Millisecond},
		{"ANSam", answer(3, false, 0.2), []tones.Kind{tones.Answer, tones.AnswerModulated}, 500 * time.Millisecond},
		{"Bell answer", tone(2, 2225), []tones.Kind{tones.Modem}, 500 * time.Millisecond},
		{"V.22 unscrambled ones", tone(2, 2250, 2850), []tones.Kind{tones.Modem}, 500 * time.Millisecond},
		{"Bell 103 originating", tone(2, 1270), []tones.Kind{tones.Modem}, 500 * time.Millisecond},
		{"V.21 originating", tone(2, 980), []tones.Kind{tones.Modem}, 500 * time.Millisecond},
		{"V.21 preamble", fsk(hdlc, 1850, 1650), []tones.Kind{tones.FaxPreamble}, 500 * time.Millisecond},
		{"ringback China", repeat(2, tone(1, 450), silence(4)), []tones.Kind{tones.Progress, tones.Ringback}, 500 * time.Millisecond},
		{"ringback North America", repeat(1, tone(2, 440, 480), silence(4)), []tones.Kind{tones.Progress, tones.Ringback}, 500 * time.Millisecond},
		{"ringback Europe", tone(1, 425), []tones.Kind{tones.Progress, tones.Ringback}, 500 * time.Millisecond},
		{"busy China", repeat(4, tone(0.35, 450), silence(0.35)), []tones.Kind{tones.Busy}, 1200 * time.Millisecond},
		{"busy North America", repeat(4, tone(0.5, 480, 620), silence(0.5)), []tones.Kind{tones.Progress, tones.Busy}, 500 * time.Millisecond},
		{"special information", slices.Concat(tone(0.33, 950), tone(0.33, 1400), tone(0.33, 1800)), []tones.Kind{tones.SpecialInformation}, time.Second},
	}
	for _, tt := range tests {
		for _, snr := range []float64{40, 20} {
			var d tones.Detector
			got := d.Feed(line(tt.pcm, snr), nil)
			if !slices.Equal(kinds(got), tt.want) {
				t.Errorf("%s, %v dB: got %v, want %v", tt.name, snr, got, tt.want)
			} else if len(got) > 0 && got[0].At > tt.within {
				t.Errorf("%s, %v dB: got %v, want it within %v", tt.name, snr, got[0], tt.within)
			}
		}
	}
}

func TestAnswerToneSurvivesLoss(t *testing.T) {
	pcm := answer(1, false, 0)
	for i := 1600; i < 1760; i++ {
		pcm[i] = 0
	}
	var d tones.Detector
	if got := kinds(d.Feed(pcm, nil)); len(got) == 0 || got[0] != tones.Answer {
		t.Errorf("got %v, want the answer tone first", got)
	}
}

func TestDigits(t *testing.T) {
	const pad = "123A456B789C*0#D"
	rows, columns := [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}
	for _, off := range []float64{0.985, 1, 1.015} {
		var pcm []int16
		for i := range pad {
			pcm = append(pcm, tone(0.05, rows[i/4]*off, columns[i%4]*off)...)
			pcm = append(pcm, silence(0.05)...)
		}
		for _, snr := range []float64{40, 18} {
			var d tones.Digits
			var got []byte
			for _, k := range d.Feed(line(pcm, snr), nil) {
				got = append(got, k.Key)
			}
			if string(got) != pad {
				t.Errorf("frequency × %v, %v dB: got %q, want %q", off, snr, got, pad)
			}
		}
	}
	var d tones.Digits
	long := d.Feed(slices.Concat(tone(0.5, 697, 1209), silence(0.1), tone(0.5, 697, 1209)), nil)
	if len(long) != 2 || long[0].At > 60*time.Millisecond {
		t.Errorf("1 held twice: got %v, want two keys, the first within 60 ms", long)
	}
}

func TestNames(t *testing.T) {
	if got := tones.FaxCalling.String() + tones.Kind(0).String() + tones.Kind(99).String(); got != "fax calling tonenoneunknown" {
		t.Errorf("got %q", got)
	}
	if !tones.Answer.IsData() || tones.Busy.IsData() || tones.Kind(0).IsData() {
		t.Error("IsData: got the wrong kinds")
	}
}

// speech is what people and synthesisers say, for talk-off.
func speech(t *testing.T) (all []int16) {
	t.Helper()
	const models = "../../../shared/models/*/test_*/*.wav"
	files, _ := filepath.Glob(models)
	for _, f := range files {
		all = append(all, readWAV(t, f)...)
	}
	if files == nil {
		t.Logf("no human speech: %s is absent", models)
	}
	if _, err := exec.LookPath("flite"); err == nil {
		for _, voice := range []string{"kal", "slt", "rms"} {
			file := filepath.Join(t.TempDir(), "a.wav")
			text := "Hmm. Who are you? You do know that we moved on Monday, don't you? Humming a tune on the moon, one two three four five six seven eight nine zero."
			if out, err := exec.Command("flite", "-voice", voice, "-t", text, "-o", file).CombinedOutput(); err != nil {
				t.Fatalf("flite: %v: %s", err, out)
			}
			all = append(all, readWAV(t, file)...)
		}
	}
	if all == nil {
		t.Skipf("needs flite in the PATH or %s", models)
	}
	return all
}

// readWAV reads 16-bit mono sound; of 16 kHz it takes the mean of two samples.
func readWAV(t *testing.T, file string) []int16 {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	step := int(binary.LittleEndian.Uint32(data[24:])) / second
	at := 44
	if string(data[36:40]) != "data" {
		at += 8 + int(binary.LittleEndian.Uint32(data[40:]))
	}
	var pcm []int16
	for ; at+2*step <= len(data); at += 2 * step {
		sum := 0
		for k := range step {
			sum += int(int16(binary.LittleEndian.Uint16(data[at+2*k:])))
		}
		pcm = append(pcm, int16(sum/step))
	}
	return pcm
}

func TestSpeechIsNoTone(t *testing.T) {
	pcm := speech(t)
	t.Logf("%.1f minutes of speech", float64(len(pcm))/second/60)
	var d tones.Detector
	for _, e := range d.Feed(pcm, nil) {
		t.Errorf("got %v at %v, want nothing", e.Kind, e.At)
	}
	var keys tones.Digits
	for _, k := range keys.Feed(pcm, nil) {
		t.Errorf("got key %c at %v, want none", k.Key, k.At)
	}
}

func TestNoiseIsNoTone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	pcm := make([]int16, 600*second)
	for i := range pcm {
		pcm[i] = int16(3000 * r.NormFloat64())
	}
	var d tones.Detector
	var keys tones.Digits
	if e, k := d.Feed(pcm, nil), keys.Feed(pcm, nil); len(e)+len(k) != 0 {
		t.Errorf("got %v and %v, want nothing", e, k)
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 255, 127, 0, 128}, uint16(3), uint16(1100))
	f.Fuzz(func(t *testing.T, data []byte, size, hz uint16) {
		pcm := tone(0.5, float64(hz%4000))
		for i := range min(len(data)/2, len(pcm)) {
			pcm[i] ^= int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		var a, b tones.Detector
		var c, d tones.Digits
		want, keys := a.Feed(pcm, nil), c.Feed(pcm, nil)
		var got []tones.Event
		var gotKeys []tones.Digit
		for piece := range slices.Chunk(pcm, int(size)+1) {
			got, gotKeys = b.Feed(piece, got), d.Feed(piece, gotKeys)
		}
		if !slices.Equal(want, got) || !slices.Equal(keys, gotKeys) {
			t.Errorf("pieces of %d: got %v %v, want %v %v", size+1, got, gotKeys, want, keys)
		}
	})
}

func TestFeedDoesNotAllocate(t *testing.T) {
	var d tones.Detector
	var k tones.Digits
	pcm := tone(0.02, 1100)
	if n := testing.AllocsPerRun(100, func() { d.Feed(pcm, nil); k.Feed(pcm, nil) }); n != 0 {
		t.Errorf("got %v allocations a frame, want 0", n)
	}
}

// BenchmarkFeed is one second of sound through both detectors.
func BenchmarkFeed(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	pcm := make([]int16, second)
	for i := range pcm {
		pcm[i] = int16(3000 * r.NormFloat64())
	}
	var d tones.Detector
	var k tones.Digits
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(pcm, nil)
		k.Feed(pcm, nil)
	}
}
