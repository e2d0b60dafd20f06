package tones

import (
	"math"
	"time"
)

// blockSamples is the length at which the eight DTMF tones fall near the middle
// of their bins: 12.75 ms.
const blockSamples = 102

var (
	rowHz    = [4]float64{697, 770, 852, 941}
	columnHz = [4]float64{1209, 1336, 1477, 1633}
	keys     = [4]string{"123A", "456B", "789C", "*0#D"}
)

// Digit is a key heard in band.
type Digit struct {
	Key byte          // 0-9, *, #, A-D
	At  time.Duration // of the call, when it was decided
}

// Digits hears DTMF keys (Q.23, receiver after Q.24) in one direction of one call.
// The zero value is ready. It allocates nothing.
type Digits struct {
	x      [blockSamples]float64
	n      int
	blocks int64
	last   byte // key of the last block
	told   byte // key that is being held
	miss   int  // blocks without it
}

// Feed takes the next samples, in pieces of any size, and appends each key once,
// 25 to 38 ms after it began.
func (d *Digits) Feed(pcm []int16, out []Digit) []Digit {
	for _, s := range pcm {
		d.x[d.n] = float64(s)
		if d.n++; d.n < blockSamples {
			continue
		}
		d.n = 0
		d.blocks++
		if k := d.block(key(&d.x)); k != 0 {
			at := time.Duration(d.blocks) * blockSamples * time.Second / rate
			out = append(out, Digit{Key: k, At: at})
		}
	}
	return out
}

// block wants two blocks alike, and two without before a key may come again.
func (d *Digits) block(k byte) (told byte) {
	if k != d.told {
		if d.miss++; d.miss >= 2 {
			d.told = 0
		}
	} else {
		d.miss = 0
	}
	if k != 0 && k == d.last && k != d.told {
		d.told, d.miss = k, 0
		told = k
	}
	d.last = k
	return told
}

const (
	keyShare   = 0.82 // of the energy that must lie in the two tones
	keyTwist   = 8.0  // times that one may be stronger
	keyOthers  = 6.0  // times that each must exceed the others of its group
	keyQuietSq = 1e4  // mean square: -50 dBFS
)

// key is the key of one block, 0 for none.
func key(x *[blockSamples]float64) byte {
	var all float64
	for _, v := range x {
		all += v * v
	}
	if all/blockSamples < keyQuietSq {
		return 0
	}
	r, row, ok1 := strongest(x, &rowHz)
	c, column, ok2 := strongest(x, &columnHz)
	if !ok1 || !ok2 || row+column < keyShare || row > keyTwist*column || column > keyTwist*row {
		return 0
	}
	return keys[r][c]
}

func strongest(x *[blockSamples]float64, group *[4]float64) (at int, best float64, clear bool) {
	second := 0.0
	for i, hz := range group {
		switch p := goertzel(x[:], hz); {
		case p > best:
			at, best, second = i, p, best
		default:
			second = math.Max(second, p)
		}
	}
	for _, off := range [...]float64{0.988, 1.012} { // Q.24 takes 1.5 %
		best = max(best, goertzel(x[:], off*group[at]))
	}
	return at, best, best > keyOthers*second
}
