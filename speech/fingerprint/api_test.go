package fingerprint_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/media/g711"
	fp "ringward/speech/fingerprint"
)

// babbler makes speech-like sound without a synthesiser: syllables of a gliding
// pitch through moving formants, with pauses.
func babbler(seed uint64, seconds int) []int16 {
	r := rand.New(rand.NewPCG(seed, 99))
	pcm := make([]int16, 0, seconds*8000)
	pitch, phase := 90+120*r.Float64(), 0.0
	formant := [3]float64{500, 1400, 2400}
	var gain [64]float64
	for len(pcm) < seconds*8000 {
		n := 700 + r.IntN(1200)
		glide := 0.9 + 0.2*r.Float64()
		var to [3]float64
		for i, f := range formant {
			to[i] = max(250, min(3200, f*(0.6+0.8*r.Float64())))
		}
		for i := range n {
			at := float64(i) / float64(n)
			f0 := pitch * (1 + (glide-1)*at)
			phase += 2 * math.Pi * f0 / 8000
			if i%80 == 0 {
				shape(&gain, f0, &formant, &to, at)
			}
			sin, before, double := math.Sin(phase), 0.0, 2*math.Cos(phase)
			var s float64
			for h := 1; float64(h)*f0 < 3400; h++ {
				s += gain[h] * sin
				sin, before = double*sin-before, sin
			}
			pcm = append(pcm, clip(2500*s*math.Sin(math.Pi*at)))
		}
		formant = to
		pitch = max(80, min(260, pitch*(0.92+0.16*r.Float64())))
		if r.IntN(6) == 0 {
			pcm = append(pcm, make([]int16, 800+r.IntN(1600))...)
		}
	}
	return level(pcm[:seconds*8000], -20)
}

// shape gives the strength of each harmonic on the way between two vowels.
func shape(gain *[64]float64, f0 float64, from, to *[3]float64, at float64) {
	for h := range gain {
		gain[h] = 0
		for k := range from {
			off := float64(h)*f0 - from[k] - (to[k]-from[k])*at
			gain[h] += 1 / (1 + off*off/12000) / float64(k+1)
		}
	}
}

func index(t testing.TB, n, seconds int) (*fp.Index, [][]int16) {
	t.Helper()
	var sounds [][]int16
	var entries []fp.Entry
	for i := range n {
		s := babbler(uint64(i), seconds)
		sounds = append(sounds, s)
		entries = append(entries, fp.Entry{ID: fp.ID(i + 1), Recording: fp.NewRecording(s)})
	}
	return fp.NewIndex(entries), sounds
}

func TestMatchTellsRecordingAndPlace(t *testing.T) {
	ix, sounds := index(t, 8, 20)
	for i, s := range sounds {
		from := 5*8000 + 1234*i
		call := condition{law: g711.A}.through(s[from:from+8*8000], rand.New(rand.NewPCG(1, 1)), nil)
		hits := fp.Find(call, ix)
		if len(hits) == 0 || hits[0].ID != fp.ID(i+1) || hits[0].At > 3*time.Second {
			t.Fatalf("recording %d: got %v, want a hit within 3 s", i+1, hits)
		}
		last := hits[len(hits)-1]
		if last.Strength != fp.Strict {
			t.Errorf("recording %d: got %v, want a strict hit in the end", i+1, hits)
		}
		want := last.At + time.Duration(from)*time.Second/8000
		if d := last.Offset - want; d < -250*time.Millisecond || d > 250*time.Millisecond {
			t.Errorf("recording %d: at %v of the call got offset %v, want %v", i+1, last.At, last.Offset, want)
		}
	}
	for _, h := range fp.Find(babbler(1000, 60), ix) {
		if h.Strength == fp.Strict {
			t.Errorf("stranger: got %v, want no strict hit", h)
		}
	}
}

func TestPiecesMakeNoDifference(t *testing.T) {
	ix, sounds := index(t, 3, 12)
	want := fp.Find(sounds[1], ix)
	if len(want) == 0 {
		t.Fatal("got no hits to compare")
	}
	for _, size := range []int{1, 7, 160, 240, 999, 8000} {
		m := fp.NewMatcher(ix)
		var got []fp.Hit
		for piece := range slices.Chunk(sounds[1], size) {
			got = m.Feed(piece, got)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("pieces of %d samples: want -, got +:\n%s", size, d)
		}
	}
}

func TestIndexGrowsAndShrinks(t *testing.T) {
	_, sounds := index(t, 5, 8)
	rec := func(i int) fp.Recording { return fp.NewRecording(sounds[i]) }
	var ix *fp.Index
	if ix.Len() != 0 || ix.Has(1) || len(fp.Find(sounds[0], ix)) != 0 || ix.Size() != 0 {
		t.Error("a nil index is not empty")
	}
	for i := range sounds {
		before := ix
		ix = ix.Add(fp.Entry{ID: fp.ID(i), Recording: rec(i)})
		if before.Len() != i || ix.Len() != i+1 {
			t.Fatalf("after adding %d: got %d and %d recordings, want %d and %d", i, before.Len(), ix.Len(), i, i+1)
		}
	}
	ix = fp.NewIndex([]fp.Entry{{ID: 0, Recording: rec(0)}, {ID: 1, Recording: rec(1)}}).
		Add(fp.Entry{ID: 2, Recording: rec(2)}).Remove(0).Remove(2).Remove(77).
		Add(fp.Entry{ID: 3, Recording: rec(3)}).Add(fp.Entry{ID: 1, Recording: rec(4)})
	for i, want := range []fp.ID{-1, -1, -1, 3, 1} {
		got := fp.ID(-1)
		if hits := fp.Find(sounds[i], ix); len(hits) > 0 {
			got = hits[0].ID
		}
		if got != want {
			t.Errorf("sound %d: got recording %d, want %d", i, got, want)
		}
	}
	if ix.Len() != 2 || ix.Has(0) || !ix.Has(1) || ix.Has(2) || !ix.Has(3) {
		t.Errorf("got %d recordings, has %v %v %v %v", ix.Len(), ix.Has(0), ix.Has(1), ix.Has(2), ix.Has(3))
	}
}

// TestManyChanges joins the parts of an index several times.
func TestManyChanges(t *testing.T) {
	_, sounds := index(t, 2, 6)
	other, known := fp.NewRecording(sounds[0]), fp.NewRecording(sounds[1])
	ix := fp.NewIndex([]fp.Entry{{ID: 1000, Recording: known}, {ID: 1000, Recording: known}})
	for i := range 300 {
		ix = ix.Add(fp.Entry{ID: fp.ID(i), Recording: other})
		if i >= 100 {
			ix = ix.Remove(fp.ID(i - 100))
		}
	}
	if ix.Len() != 101 || !ix.Has(1000) || ix.Has(150) || !ix.Has(250) {
		t.Errorf("got %d recordings, want 101", ix.Len())
	}
	if hits := fp.Find(sounds[1], ix); len(hits) == 0 || hits[0].ID != 1000 {
		t.Errorf("got %v, want recording 1000", hits)
	}
}

func TestCodec(t *testing.T) {
	rec := fp.NewRecording(babbler(1, 5))
	data := rec.Encode()
	got, err := fp.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Rows(), rec.Rows()) || got.Length() != rec.Length() || got.Strong() != rec.Strong() {
		t.Error("decoded recording differs")
	}
	change := func(f func(b []byte) []byte) []byte { return f(slices.Clone(data)) }
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, fp.ErrDamaged},
		{"other file", bytes.Repeat([]byte("RIFF"), 100), fp.ErrDamaged},
		{"later version", change(func(b []byte) []byte { b[3]++; return b }), fp.ErrVersion},
		{"cut off", data[:len(data)-1], fp.ErrDamaged},
		{"too long", append(slices.Clone(data), 0), fp.ErrDamaged},
		{"flipped bit", change(func(b []byte) []byte { b[40] ^= 1; return b }), fp.ErrDamaged},
		{"huge", change(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[4:], 1<<31); return b }), fp.ErrDamaged},
	}
	for _, tt := range tests {
		if _, err := fp.Decode(tt.data); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestStrengthNames(t *testing.T) {
	for s, want := range map[fp.Strength]string{0: "none", fp.Weak: "weak", fp.Strict: "strict"} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(fp.NewRecording(babbler(1, 2)).Encode())
	f.Add([]byte("RWF\x01\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := fp.Decode(data)
		if err != nil {
			return
		}
		if !bytes.Equal(rec.Encode(), data) {
			t.Error("decoded recording encodes to other bytes")
		}
	})
}

func FuzzFeed(f *testing.F) {
	ix, sounds := index(f, 1, 3)
	var seed []byte
	for _, s := range sounds[0][:16000] {
		seed = binary.LittleEndian.AppendUint16(seed, uint16(s))
	}
	f.Add(seed, uint16(160))
	f.Add(bytes.Repeat([]byte{0xff, 0x7f, 0, 0x80}, 4000), uint16(33))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		pcm := make([]int16, min(len(data)/2, 20000))
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		want := fp.Find(pcm, ix)
		m := fp.NewMatcher(ix)
		var got []fp.Hit
		for piece := range slices.Chunk(pcm, int(size)+1) {
			got = m.Feed(piece, got)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("pieces of %d: %s", size+1, d)
		}
		for _, h := range got {
			if h.Offset < 0 || h.BitError < 0 || h.BitError > 0.5 || math.IsNaN(h.Score) {
				t.Errorf("got %+v", h)
			}
		}
	})
}
