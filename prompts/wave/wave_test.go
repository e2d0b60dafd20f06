package wave_test

import (
	"errors"
	"math"
	"testing"

	"ringward/prompts/wave"
)

// tone is amplitude a of frequency hz at rate.
func tone(rate int, seconds, hz, a float64) []float64 {
	x := make([]float64, int(seconds*float64(rate)))
	for i := range x {
		x[i] = a * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
	}
	return x
}

func TestConditionReachesLevelAndCeiling(t *testing.T) {
	tests := []struct {
		name string
		make func() []float64
	}{
		{"quiet", func() []float64 { return tone(16000, 1, 500, 0.01) }},
		{"loud", func() []float64 { return tone(16000, 1, 500, 1) }},
		{"peaky", func() []float64 { // crest far above 16 dB: the limiter has to work
			x := tone(16000, 1, 500, 0.05)
			for i := 0; i < len(x); i += 400 {
				x[i] += 0.9
			}
			return x
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wave.Condition(wave.Sound{Rate: 16000, Samples: tt.make()})
			if err != nil {
				t.Fatal(err)
			}
			if l := wave.Level(got); math.Abs(l-wave.ActiveLevel) > 0.5 {
				t.Errorf("active level is %.2f dBFS, want %.1f", l, wave.ActiveLevel)
			}
			if p := wave.Peak(got); p > wave.Ceiling {
				t.Errorf("peak is %.2f dBFS, want at most %.1f", p, wave.Ceiling)
			}
		})
	}
}

func TestConditionTrimsSilence(t *testing.T) {
	x := append(make([]float64, 16000), tone(16000, 1, 500, 0.3)...)
	x = append(x, make([]float64, 8000)...)
	got, err := wave.Condition(wave.Sound{Rate: 16000, Samples: x})
	if err != nil {
		t.Fatal(err)
	}
	if s := float64(len(got)) / wave.Rate; s < 1.0 || s > 1.2 {
		t.Errorf("2.5 s with 1 s of sound became %.2f s, want little more than 1 s", s)
	}
	if got[0] != 0 || got[len(got)-1] != 0 {
		t.Errorf("it begins with %d and ends with %d, want 0", got[0], got[len(got)-1])
	}
}

func TestConditionRefusesSilence(t *testing.T) {
	_, err := wave.Condition(wave.Sound{Rate: 8000, Samples: make([]float64, 8000)})
	if !errors.Is(err, wave.ErrSilent) {
		t.Errorf("got %v, want ErrSilent", err)
	}
}

// What lies above 4 kHz must not come back below it as an alias.
func TestConditionFiltersBeforeResampling(t *testing.T) {
	x := tone(22050, 1, 500, 0.1)
	high := tone(22050, 1, 5500, 0.5)
	for i := range x {
		x[i] += high[i]
	}
	got, err := wave.Condition(wave.Sound{Rate: 22050, Samples: x})
	if err != nil {
		t.Fatal(err)
	}
	wanted, alias := power(got, 500), power(got, 8000-5500)
	if alias > wanted-40 {
		t.Errorf("alias of 5500 Hz is at %.1f dB, the tone at %.1f dB, want 40 dB between", alias, wanted)
	}
}

// power is the level of one frequency (Goertzel), dB.
func power(x []int16, hz float64) float64 {
	var re, im float64
	for i, s := range x {
		a := 2 * math.Pi * hz * float64(i) / wave.Rate
		re += float64(s) * math.Cos(a)
		im += float64(s) * math.Sin(a)
	}
	return 10 * math.Log10(re*re+im*im+1)
}

func TestEncodeDecodeRoundTrip(t *testing.T) {
	want := []int16{0, 1, -1, 32767, -32768, 12345}
	got, err := wave.Decode(wave.Encode(want))
	if err != nil || got.Rate != wave.Rate || len(got.Samples) != len(want) {
		t.Fatalf("got %d samples at %d Hz, %v", len(got.Samples), got.Rate, err)
	}
	for i, v := range got.Samples {
		if v*32768 != float64(want[i]) {
			t.Errorf("sample %d is %v, want %d", i, v*32768, want[i])
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := wave.Encode([]int16{1, 2, 3})
	mp3 := append([]byte(nil), good...)
	mp3[20] = 0x55
	tests := map[string][]byte{"empty": nil, "text": []byte("hello, this is no sound"), "cut": good[:30], "mp3": mp3}
	for name, data := range tests {
		if _, err := wave.Decode(data); !errors.Is(err, wave.ErrFormat) {
			t.Errorf("%s: got %v, want ErrFormat", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(wave.Encode([]int16{1, 2, 3}))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := wave.Decode(data)
		if err == nil && (s.Rate < 4000 || len(s.Samples) > len(data)) {
			t.Errorf("%d samples at %d Hz out of %d bytes", len(s.Samples), s.Rate, len(data))
		}
	})
}
