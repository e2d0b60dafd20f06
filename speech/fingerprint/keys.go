package fingerprint

import (
	"math"
	"math/bits"
)

const (
	flips    = 10  // weakest bits of a sub-key that may be turned
	mostKeys = 160 // of one frame and table

	// worth is what the natural logarithms of one key's odds against and of its
	// work may come to: the larger, the more is found in noise, and the more CPU it
	// takes (docs/recordings.md).
	worth = 9.5

	// trust is by how much the logarithm of the odds that a bit is right grows
	// with its change in units of the running level: what lines with noise 5 to
	// 10 dB below the voice have. On better lines the first keys are right anyway.
	trust = 1.15

	// mostPlaces bounds the work for one key. A key that more rows share tells so
	// little that leaving it out costs no match.
	mostPlaces = 250
)

// Tables of logarithms: what a bit costs that is taken as it is, by its change
// in sixteenths of the level, and what a key costs by the rows that have it.
var (
	asItIs = logTable(64, func(i float64) float64 { return math.Log1p(math.Exp(-trust * (i + 0.5) / 16)) })
	effort = logTable(mostPlaces+1, func(i float64) float64 { return math.Log1p(i / 3) })
)

func logTable(n int, f func(float64) float64) []float32 {
	t := make([]float32, n)
	for i := range t {
		t[i] = float32(f(float64(i)))
	}
	return t
}

// key is a sub-key that a recording may have where the call is, and minus the
// logarithm of how likely that is.
type key struct {
	bits uint32
	cost float32
}

// finder is what a Matcher needs to look one frame up.
type finder struct {
	lastKey [tables]uint32
	line    [candidateMost]query // the call backwards, as far apart as rows
	odds    [rowBits]float32     // what turning a bit costs beyond keeping it
	keep    [rowBits]float32     // what keeping it costs
	keys    [mostKeys]key
	span    [mostKeys][2]uint32 // of the places that have them
	places  [batch]uint32
	touched uint32
}

// prepare weighs the bits of the newest frame.
func (g *finder) prepare(m *Matcher, f *frame) {
	perLevel := 1 / m.level
	for i, c := range f.change {
		a := abs(c) * perLevel
		g.odds[i] = trust * a
		g.keep[i] = asItIs[min(len(asItIs)-1, int(16*a))]
	}
	for i := range g.line {
		g.line[i] = m.ring[(m.now-int64(rowFrames*i))&(past-1)]
	}
}

// list writes the keys worth looking up in a table: the sub-key k that begins at
// bit first, and it with sets of its weakest bits turned. Bits below shift do
// not matter to the table.
func (g *finder) list(k uint32, first, shift uint) []key {
	var at [flips]uint
	var odds [flips]float32
	n := 0
	var cost float32
	for b := shift; b < keyBits; b++ {
		o := g.odds[first+b]
		cost += g.keep[first+b]
		if n == flips && o >= odds[n-1] {
			continue
		}
		n = min(n+1, flips)
		i := n - 1
		for ; i > 0 && o < odds[i-1]; i-- {
			odds[i], at[i] = odds[i-1], at[i-1]
		}
		odds[i], at[i] = o, b
	}
	if cost > worth {
		return nil
	}
	g.keys[0] = key{k, cost}
	count := 1
	for i := range n {
		for _, e := range g.keys[:count] {
			if c := e.cost + odds[i]; c <= worth && count < mostKeys {
				g.keys[count] = key{e.bits ^ 1<<at[i], c}
				count++
			}
		}
	}
	return g.keys[:count]
}

// alike says whether the sign of a place may belong to the frame that was so
// long ago, as 1 or 0: a stranger's passes one time in four.
func alike(sign uint32, q *query) int {
	wrong := bits.OnesCount32((sign ^ q.bits) & q.clear)
	return int(uint(8*wrong-3*bits.OnesCount32(q.clear)-1) >> 63)
}
