package claims

import "math"

// Said is one turn of a transcript.
type Said struct {
	Speaker Speaker
	Text    string
}

// Example is a transcript with what is known of it, to learn from.
type Example struct {
	Turns  []Said
	Scam   bool
	Frozen int     // the turn that first claims the account frozen, -1 if none does
	Unsure bool    // whether it claims that is open (a threat, an offer): teaches nothing about it
	Weight float64 // 1 if 0
}

// example is an Example as features: those of turn k are a prefix of those of
// turn k+1.
type example struct {
	words, names []uint32
	steps        []step // after each caller turn
	weight       float32
	scam         float32
	unsure       bool
}

type step struct {
	words, names int
	frozen       float32
}

// Learn makes a model from examples: logistic regression by AdaGrad on the
// state of each call after each caller turn, the word weights quantised.
// The same examples in the same order give the same model.
func Learn(r *Rules, list []Example) *Model {
	data := make([]example, len(list))
	for i := range list {
		data[i] = featurise(r, &list[i])
	}
	m := &Model{Thresholds: thresholds}
	common := commonWords(data)
	for head := range heads {
		newLearner(head).run(data, common).into(m, head)
	}
	return m
}

// thresholds were chosen by cross-validation (docs/detection.md).
var thresholds = Thresholds{Suspect: 0.8, Scam: 0.99, Bare: 0.98, Frozen: 0.6, FrozenAsked: 0.4, FrozenPlain: 0.05, FrozenWeak: 0.25}

func featurise(r *Rules, e *Example) example {
	x := example{weight: float32(e.Weight), unsure: e.Unsure}
	if x.weight == 0 {
		x.weight = 1
	}
	if e.Scam {
		x.scam = 1
	}
	d := NewDetector(r, nil)
	d.feats.collect = &x
	for i, t := range e.Turns {
		d.Turn(t.Speaker, t.Text, true, 0)
		if t.Speaker != Caller {
			continue
		}
		s := step{words: len(x.words), names: len(x.names)}
		if e.Frozen >= 0 && i >= e.Frozen {
			s.frozen = 1
		}
		x.steps = append(x.steps, s)
	}
	return x
}

// minCalls is in how many calls a word feature must occur to count: rarer ones
// are memories, not knowledge.
const minCalls = 5

func commonWords(data []example) *[wordSlots]bool {
	var count [wordSlots]uint16
	for i := range data {
		for _, w := range data[i].words {
			count[w]++
		}
	}
	common := new([wordSlots]bool)
	for w, n := range count {
		common[w] = n >= minCalls
	}
	return common
}

// learner is the state of one head while learning.
type learner struct {
	head         int
	bias, biasG  float32
	words, names []float32
	wordG, nameG []float32 // AdaGrad: sums of squared gradients
	random       uint64
}

func newLearner(head int) *learner {
	l := &learner{head: head, random: 0x9e3779b97f4a7c15}
	l.words, l.wordG = make([]float32, wordSlots), make([]float32, wordSlots)
	l.names, l.nameG = make([]float32, nameSlots), make([]float32, nameSlots)
	return l
}

// What learning is like, chosen by cross-validation.
const (
	epochs    = 12
	wordRate  = 0.4
	nameRate  = 0.04
	wordDecay = 2e-5 // L2
	nameDecay = 2e-4
)

func (l *learner) run(data []example, common *[wordSlots]bool) *learner {
	order := make([]int, len(data))
	for i := range order {
		order[i] = i
	}
	for range epochs {
		for i := len(order) - 1; i > 0; i-- { // Fisher-Yates
			j := int(l.next() % uint64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		for _, i := range order {
			if x := &data[i]; l.head == headScam || !x.unsure {
				l.call(x, common)
			}
		}
	}
	return l
}

// next is a step of xorshift64*.
func (l *learner) next() uint64 {
	l.random ^= l.random >> 12
	l.random ^= l.random << 25
	l.random ^= l.random >> 27
	return l.random * 0x2545f4914f6cdd1d >> 11
}

func (l *learner) call(x *example, common *[wordSlots]bool) {
	share := x.weight / float32(math.Sqrt(float64(len(x.steps))))
	for i := range x.steps {
		s := &x.steps[i]
		want := x.scam
		if l.head == headFrozen {
			want = s.frozen
		}
		l.step(x.words[:s.words], x.names[:s.names], want, share, common)
	}
}

// step moves the weights towards the wanted answer.
func (l *learner) step(words, names []uint32, want, weight float32, common *[wordSlots]bool) {
	w := lengthNorm(len(words))
	z := l.bias
	for _, i := range words {
		if common[i] {
			z += l.words[i] * w
		}
	}
	for _, i := range names {
		z += l.names[i]
	}
	g := (float32(sigmoid(z)) - want) * weight
	if g < 0.003 && g > -0.003 {
		return // right already
	}
	adagrad(&l.bias, &l.biasG, g, nameRate)
	for _, i := range words {
		if common[i] {
			adagrad(&l.words[i], &l.wordG[i], g*w+wordDecay*l.words[i], wordRate)
		}
	}
	for _, i := range names {
		adagrad(&l.names[i], &l.nameG[i], g+nameDecay*l.names[i], nameRate)
	}
}

func adagrad(w, sum *float32, g, rate float32) {
	*sum += g * g
	*w -= rate * g / float32(math.Sqrt(float64(*sum)+1e-4))
}

// into writes the head into m, quantised.
func (l *learner) into(m *Model, head int) {
	var top float32
	for _, w := range l.words {
		top = max(top, w, -w)
	}
	scale := top / 127
	m.bias[head], m.scale[head] = l.bias, scale
	copy(m.names[head][:], l.names)
	for i, w := range l.words {
		if scale > 0 {
			m.words[head][i] = int8(math.Round(float64(w / scale)))
		}
	}
}
