package fingerprint_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ringward/media/g711"
	fp "ringward/speech/fingerprint"
)

// music is a slow tune in three voices with overtones.
func music(seconds int) []int16 {
	r := rand.New(rand.NewPCG(5, 5))
	scale := []float64{262, 294, 330, 392, 440, 523, 587, 659}
	var pcm []int16
	for len(pcm) < seconds*8000 {
		root := scale[r.IntN(len(scale))]
		for i := range 4800 {
			at := float64(i) / 8000
			var s float64
			for v, ratio := range []float64{1, 1.25, 1.5} {
				for h := 1.0; h < 5; h++ {
					s += math.Sin(2*math.Pi*root*ratio*h*at+float64(v)) / h
				}
			}
			pcm = append(pcm, clip(2500*s*math.Exp(-1.5*at)))
		}
	}
	return pcm[:seconds*8000]
}

// hiss is white noise at -40 dBFS.
func hiss(seconds int) []int16 {
	r := rand.New(rand.NewPCG(6, 6))
	pcm := make([]int16, seconds*8000)
	for i := range pcm {
		pcm[i] = clip(330 * r.NormFloat64())
	}
	return pcm
}

// tones switches sinusoids on and off.
func tones(seconds int, on, off float64, hz ...float64) []int16 {
	out := make([]int16, seconds*8000)
	for i := range out {
		at := float64(i) / 8000
		if math.Mod(at, on+off) > on {
			continue
		}
		for _, f := range hz {
			out[i] += int16(6000 * math.Sin(2*math.Pi*f*at))
		}
	}
	return out
}

func TestAdmit(t *testing.T) {
	ix, sounds := index(t, 3, 12)
	greeting := babbler(77, 12)
	common := fp.NewIndex([]fp.Entry{{ID: 500, Recording: fp.NewRecording(greeting)}})
	mixed := slices.Concat(tones(4, 1, 1, 450), babbler(1234, 12))
	tests := []struct {
		name string
		pcm  []int16
		want error
	}{
		{"speech", babbler(1234, 12), nil},
		{"speech after ringing", mixed, nil},
		{"nothing", nil, fp.ErrShort},
		{"silence", make([]int16, 80000), fp.ErrShort},
		{"line noise", hiss(10), fp.ErrNoise},
		{"two seconds of speech", babbler(1234, 2), fp.ErrShort},
		{"ringback China", tones(20, 1, 4, 450), fp.ErrTones},
		{"ringback North America", tones(20, 2, 4, 440, 480), fp.ErrTones},
		{"busy", tones(10, 0.35, 0.35, 450), fp.ErrTones},
		{"fax", tones(10, 3, 0.1, 2100), fp.ErrTones},
		{"hold music", music(20), fp.ErrMusic},
		{"greeting", level(greeting, -26), fp.ErrCommon},
		{"known recording", condition{law: g711.Mu}.through(sounds[1][2*8000:], rand.New(rand.NewPCG(1, 1)), nil), fp.ErrDuplicate},
		{"known recording among other speech", slices.Concat(babbler(9, 6), sounds[2][3*8000:9*8000]), fp.ErrDuplicate},
	}
	for _, tt := range tests {
		_, err := fp.Admit(tt.pcm, common, ix)
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestDuplicateNamesTheOther(t *testing.T) {
	ix, sounds := index(t, 3, 12)
	rec, err := fp.Admit(sounds[1][2*8000:], nil, ix)
	var m *fp.MatchError
	if !errors.As(err, &m) || m.Hit.ID != 2 || m.Hit.Offset-m.Hit.At < 1700e6 || m.Hit.Offset-m.Hit.At > 2300e6 {
		t.Fatalf("got %v, want recording 2, two seconds later", err)
	}
	if !strings.Contains(err.Error(), "number 2") || rec.Length() == 0 {
		t.Errorf("got %q with %v, want the other's number and the recording", err, rec.Length())
	}
}

// TestPeopleAreAdmitted holds the checks for tones and music against speech.
func TestPeopleAreAdmitted(t *testing.T) {
	sounds := humanSounds(t, 20)
	if len(sounds) == 0 {
		t.Skip("needs human speech in " + models)
	}
	for i, s := range sounds {
		if _, err := fp.Admit(s, nil, nil); err != nil {
			t.Errorf("part %d: got %v, want none", i, err)
		}
	}
}
