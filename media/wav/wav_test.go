package wav_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"

	"ringward/media/wav"
)

func file(t testing.TB, pcm ...int16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := wav.Write(&b, pcm); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	want := []int16{0, 1, -1, 32767, -32768}
	b := file(t, want...)
	if len(b) != 44+10 || binary.LittleEndian.Uint32(b[4:]) != uint32(len(b)-8) {
		t.Errorf("file of %d octets says %d", len(b), binary.LittleEndian.Uint32(b[4:]))
	}
	got, err := wav.Read(bytes.NewReader(b))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v %v, want %v", got, err, want)
	}
}

// insert puts octets into a copy of a file.
func insert(b []byte, at int, what string) []byte {
	return slices.Concat(b[:at], []byte(what), b[at:])
}

func patch(b []byte, at int, v byte) []byte {
	b = slices.Clone(b)
	b[at] = v
	return b
}

func TestRead(t *testing.T) {
	good := file(t, 1, 2, 3)
	for _, c := range []struct {
		name string
		in   []byte
		n    int // samples; -1 means ErrFormat
	}{
		{"as written", good, 3},
		{"chunk between", insert(good, 36, "LIST\x03\x00\x00\x00abc\x00"), 3},
		{"stream of unknown length", patch(patch(good, 43, 0x7f), 42, 0xff), 3},
		{"cut in a sample", good[:len(good)-1], 2},
		{"no samples", good[:44], 0},
		{"empty", nil, -1},
		{"no RIFF", patch(good, 0, 'X'), -1},
		{"float", patch(good, 20, 3), -1},
		{"stereo", patch(good, 22, 2), -1},
		{"44.1 kHz", patch(good, 24, 0x44), -1},
		{"8 bit", patch(good, 34, 8), -1},
		{"no data", good[:36], -1},
		{"no fmt", slices.Concat(good[:12], good[36:]), -1},
		{"short fmt", patch(good, 16, 14), -1},
		{"huge fmt", patch(good, 18, 255), -1},
		{"chunk runs out", insert(good, 12, "LIST\xff\xff\xff\x7f"), -1},
	} {
		got, err := wav.Read(bytes.NewReader(c.in))
		if c.n < 0 && !errors.Is(err, wav.ErrFormat) {
			t.Errorf("%s: got %v, want ErrFormat", c.name, err)
		}
		if c.n >= 0 && (err != nil || len(got) != c.n) {
			t.Errorf("%s: got %d samples, %v; want %d", c.name, len(got), err, c.n)
		}
	}
}

func TestLimits(t *testing.T) {
	if err := wav.Write(io.Discard, make([]int16, wav.MaxSamples+1)); err == nil {
		t.Error("wrote more than MaxSamples")
	}
	head := patch(patch(file(t), 43, 0x7f), 42, 0xff)
	endless := io.MultiReader(bytes.NewReader(head), zeros{})
	if _, err := wav.Read(endless); !errors.Is(err, wav.ErrFormat) {
		t.Errorf("endless data: got %v, want ErrFormat", err)
	}
	many := slices.Concat(head[:12], bytes.Repeat([]byte("junk\x00\x00\x00\x00"), 100))
	if _, err := wav.Read(bytes.NewReader(many)); !errors.Is(err, wav.ErrFormat) {
		t.Errorf("many chunks: got %v, want ErrFormat", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func FuzzRead(f *testing.F) {
	f.Add(file(f, 1, 2, 3))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVE"))
	f.Fuzz(func(t *testing.T, in []byte) {
		pcm, err := wav.Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		if 2*len(pcm) > len(in) {
			t.Fatalf("%d samples of %d octets", len(pcm), len(in))
		}
		again, err := wav.Read(bytes.NewReader(file(t, pcm...)))
		if err != nil || !slices.Equal(again, pcm) {
			t.Fatalf("does not survive a round trip: %v", err)
		}
	})
}
