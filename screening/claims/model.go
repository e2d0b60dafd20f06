package claims

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"sync"
)

// heads are the two questions that the model answers of a call so far.
const (
	headScam   = iota // is this a scam call?
	headFrozen        // did the caller say that the account is frozen?
	heads
)

// Model weighs what the words and the rules say: two logistic regressions over
// the same features. It is immutable.
type Model struct {
	version string
	bias    [heads]float32
	scale   [heads]float32 // of the quantised word weights
	words   [heads][wordSlots]int8
	names   [heads][nameSlots]float32
	Thresholds
}

// Thresholds are the probabilities from which on a model's word counts.
type Thresholds struct {
	Suspect, Scam           float64 // to raise the level so far
	Bare                    float64 // the same where rules found nothing of substance
	Frozen                  float64 // to report the claim of a freeze on its own
	FrozenAsked             float64 // the same once a code, card, payment or screen was asked for
	FrozenPlain, FrozenWeak float64 // to let a rule's plain or weak claim stand
}

//go:embed model.bin
var modelFile []byte

// DefaultModel returns the model that the program carries.
var DefaultModel = sync.OnceValue(func() *Model {
	m, err := ReadModel(modelFile)
	if err != nil {
		panic(err)
	}
	return m
})

// score returns the probability of either head given what f has seen.
func (m *Model) score(f *features) (scam, frozen float64) {
	w := lengthNorm(f.n)
	var p [heads]float64
	for i := range heads {
		p[i] = sigmoid(m.bias[i] + f.sums.words[i]*m.scale[i]*w + f.sums.names[i])
	}
	return p[headScam], p[headFrozen]
}

func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

// modelMagic begins a model file; the digit is its version.
const modelMagic = "RWCLAIM3"

// modelHead is the fixed beginning of a model file after the magic,
// little-endian; the word weights and then the name weights of each head follow.
type modelHead struct {
	WordBits, NameBits uint32
	Thresholds         Thresholds
	Bias, Scale        [heads]float32
}

// errModel says that bytes are not a model of this program.
var errModel = errors.New("not a model file of this version: make one with ringward claims train")

// ReadModel decodes what MarshalBinary wrote.
func ReadModel(b []byte) (*Model, error) {
	r := bytes.NewReader(b)
	magic := make([]byte, len(modelMagic))
	var h modelHead
	if _, err := r.Read(magic); err != nil || string(magic) != modelMagic {
		return nil, errModel
	}
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil || h.WordBits != wordBits || h.NameBits != nameBits {
		return nil, errModel
	}
	m := &Model{bias: h.Bias, scale: h.Scale, Thresholds: h.Thresholds}
	for i := range heads {
		if err := errors.Join(binary.Read(r, binary.LittleEndian, m.words[i][:]), binary.Read(r, binary.LittleEndian, m.names[i][:])); err != nil {
			return nil, fmt.Errorf("model file cut short: %w", err)
		}
	}
	sum := fnv.New32a()
	sum.Write(b)
	m.version = fmt.Sprintf("%08x", sum.Sum32())
	return m, nil
}

// MarshalBinary encodes the model as a file.
func (m *Model) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(modelMagic)
	err := binary.Write(&b, binary.LittleEndian, modelHead{wordBits, nameBits, m.Thresholds, m.bias, m.scale})
	for i := range heads {
		err = errors.Join(err, binary.Write(&b, binary.LittleEndian, m.words[i][:]), binary.Write(&b, binary.LittleEndian, m.names[i][:]))
	}
	return b.Bytes(), err
}
