package fingerprint

import (
	"math/bits"
	"slices"
	"time"
)

// row is one kept frame of a recording: its bits and which of them are strong.
type row struct {
	bits, mask uint32
}

// fence stands between two recordings in an index. No recording has such a row:
// without a mask there are no bits.
var fence = row{bits: 1<<32 - 1}

const (
	rowTime    = rowFrames * FrameTime
	strongBits = 10 // a row with fewer strong bits tells nothing
)

// MaxLength is the longest recording taken: rows beyond are dropped.
const MaxLength = 10 * time.Minute

const maxRows = int(MaxLength / rowTime)

// Recording is the fingerprint of one recording. It is immutable; the sound
// cannot be made from it again. The zero value is empty.
type Recording struct {
	rows []row
}

// NewRecording takes the fingerprint of 8 kHz PCM. Bits weaker than the median
// of the recording are masked, and so are tones (dial, ringing, beeps), which
// recordings share. Use Admit to learn whether it is fit to be searched for.
func NewRecording(pcm []int16) Recording {
	rows, _ := analyse(pcm)
	return Recording{rows: rows}
}

// Length is the time that the rows cover, including silence.
func (r Recording) Length() time.Duration { return time.Duration(len(r.rows)) * rowTime }

// Strong is the time of the rows that tell something.
func (r Recording) Strong() time.Duration {
	n := 0
	for _, w := range r.rows {
		if bits.OnesCount32(w.mask) >= strongBits {
			n++
		}
	}
	return time.Duration(n) * rowTime
}

// analyse makes the rows of a sound and what Admit wants to know of it.
func analyse(pcm []int16) ([]row, texture) {
	var (
		x      Extractor
		kept   []frame
		tonal  []bool
		size   []float32
		facts  texture
		number int
	)
	for f, rest, ok := x.next(pcm); ok && len(kept) < maxRows; f, rest, ok = x.next(rest) {
		facts.frame(&x, f)
		if number++; number%rowFrames != 1 {
			continue
		}
		kept = append(kept, *f)
		tonal = append(tonal, facts.tone)
		if f.level > 0 {
			for _, c := range f.change {
				size = append(size, abs(c))
			}
		}
	}
	if len(size) == 0 {
		return make([]row, len(kept)), facts
	}
	slices.Sort(size)
	median := size[len(size)/2]
	rows := make([]row, len(kept))
	for i := range kept {
		if !tonal[i] {
			rows[i] = strongRow(&kept[i], median)
		}
	}
	return rows, facts
}

// strongRow keeps the bits of f whose change is larger than least.
func strongRow(f *frame, least float32) (r row) {
	for i, c := range f.change {
		if abs(c) > least {
			r.mask |= 1 << i
		}
	}
	if r.mask != 0 {
		r.bits = f.bits // weak bits too: they are part of the sub-keys
	}
	return r
}

func abs(x float32) float32 { return max(x, -x) }
