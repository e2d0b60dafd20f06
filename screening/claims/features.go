package claims

import "math"

// The model's features. Word sequences and pairs of concepts are hashed into
// one table, the names of concepts, labels and rules into a small second one,
// so that the model file outlives edits of the rules.
const (
	wordBits, nameBits = 17, 12
	wordSlots          = 1 << wordBits
	nameSlots          = 1 << nameBits
)

// sums are what the features seen add up to, for the scam and the frozen head.
type sums struct{ words, names [heads]float32 }

// features collects what was seen in one call, each feature once. Its memory
// is fixed.
type features struct {
	words   [wordSlots / 64]uint64
	names   [nameSlots / 64]uint64
	n       int // distinct word features
	sums    sums
	model   *Model
	collect *example // while learning
}

func (f *features) reset() {
	m, c := f.model, f.collect
	*f = features{model: m, collect: c}
}

// wanted reports whether anybody reads the word features.
func (f *features) wanted() bool { return f.model != nil || f.collect != nil }

// mix hashes two numbers into one (the finaliser of MurmurHash3).
func mix(a, b uint32) uint32 {
	h := a*0xcc9e2d51 ^ b*0x1b873593
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

func (f *features) word(h uint32) {
	h >>= 32 - wordBits
	if f.words[h/64]&(1<<(h%64)) != 0 {
		return
	}
	f.words[h/64] |= 1 << (h % 64)
	f.n++
	if f.model != nil {
		for i := range heads {
			f.sums.words[i] += float32(f.model.words[i][h])
		}
	}
	if f.collect != nil {
		f.collect.words = append(f.collect.words, h)
	}
}

func (f *features) name(h uint32) {
	h >>= 32 - nameBits
	if f.names[h/64]&(1<<(h%64)) != 0 {
		return
	}
	f.names[h/64] |= 1 << (h % 64)
	if f.model != nil {
		for i := range heads {
			f.sums.names[i] += f.model.names[i][h]
		}
	}
	if f.collect != nil {
		f.collect.names = append(f.collect.names, h)
	}
}

// The salts keep kinds of features apart.
const (
	saltOne = iota + 1
	saltTwo
	saltSkip
	saltPair
	saltConcept
	saltLabel
	saltLabels
	saltRule
)

// addTokens adds single sounds or words, pairs, and pairs with one between.
func (f *features) addTokens(toks []token) {
	var a, b uint32
	for i := range toks {
		k := toks[i].symbol()
		f.word(mix(k, saltOne))
		if i > 0 {
			f.word(mix(mix(b, k), saltTwo))
		}
		if i > 1 {
			f.word(mix(mix(a, k), saltSkip))
		}
		a, b = b, k
	}
}

// addConcepts adds the concepts of a turn, and which came together.
func (f *features) addConcepts(names []uint32, hits []hit) {
	for i, h := range hits {
		f.name(mix(names[h.concept], saltConcept))
		for j := i + 1; j < len(hits) && j < i+maxPairs && hits[j].start < h.start+pairWidth; j++ {
			a, b := names[h.concept], names[hits[j].concept]
			if a != b {
				f.word(mix(mix(min(a, b), max(a, b)), saltPair))
			}
		}
	}
}

// maxPairs and pairWidth bound the pairs of concepts: how many per hit, and
// how many tokens apart.
const maxPairs, pairWidth = 24, 16

func (f *features) addRule(id uint32) { f.name(mix(id, saltRule)) }

// addLabel adds a label and its pairs with those heard before.
func (f *features) addLabel(l Label, before labels) {
	f.name(mix(uint32(l), saltLabel))
	for o := LabelNone + 1; o < labelCount; o++ {
		if o != l && before.has(o) {
			f.name(mix(uint32(min(o, l))<<8|uint32(max(o, l)), saltLabels))
		}
	}
}

// lengthNorm weighs the sum over n word features: long calls must not win by length.
func lengthNorm(n int) float32 { return 1 / float32(math.Sqrt(float64(n)+16)) }
