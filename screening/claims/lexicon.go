package claims

import (
	"fmt"
	"strings"
)

// concept numbers a set of words and phrases that mean the same to a rule.
type concept uint8

// maxConcepts bounds the concepts of all lexicon files together.
const maxConcepts = 192

// conceptSet has a bit for each concept.
type conceptSet [maxConcepts / 64]uint64

func (s *conceptSet) add(c concept) { s[c/64] |= 1 << (c % 64) }

func (s *conceptSet) union(o *conceptSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

// lexicon finds terms in tokens. One trie goes by what is written, one by how
// it sounds. A recogniser that writes pinyin writes all it heard that way, so
// what it spells is taken at its word: by spelling alone for terms of
// spelledFrom syllables, which nothing else is spelled like, with the tones for
// shorter ones (听了 is no 停了).
type lexicon struct {
	names                         []string // of concepts, by number
	byName                        map[string]concept
	written, sound, spelled, tone trie
}

func newLexicon() lexicon {
	return lexicon{byName: map[string]concept{}, written: newTrie(), sound: newTrie(), spelled: newTrie(), tone: newTrie()}
}

// spelledFrom is from how many syllables on a term is known without its tones.
const spelledFrom = 3

// trie is a prefix tree over token keys. Node 0 is the root.
type trie struct {
	edges map[uint64]int32 // node<<32 | symbol
	terms [][]concept      // by node: concepts whose term ends there
}

func newTrie() trie { return trie{map[uint64]int32{}, make([][]concept, 1)} }

func (t *trie) insert(symbols []uint32, c concept) {
	node := int32(0)
	for _, s := range symbols {
		e := uint64(node)<<32 | uint64(s)
		next, ok := t.edges[e]
		if !ok {
			next = int32(len(t.terms))
			t.terms = append(t.terms, nil)
			t.edges[e] = next
		}
		node = next
	}
	t.terms[node] = append(t.terms[node], c)
}

// hit is a term found in tokens [start, end).
type hit struct {
	concept    concept
	sounds     bool // it only sounds like the term
	start, end int16
}

// symbol is how the sound trie knows a token.
func (k *token) symbol() uint32 {
	if k.syl != 0 {
		return uint32(k.syl)
	}
	return k.key
}

// find appends the hits in toks to hits, at most maxHits in all.
func (x *lexicon) find(toks []token, hits []hit) []hit {
	for i := range toks {
		exact := len(hits)
		hits = x.written.walk(toks, i, writtenKey, hits)
		if toks[i].tone > 0 {
			hits = x.spelled.walk(toks, i, spelledKey, hits)
			hits = x.tone.walk(toks, i, tonedKey, hits)
		}
		from := len(hits)
		hits = x.sound.walk(toks, i, (*token).symbol, hits)
		for k := from; k < len(hits); k++ {
			hits[k].sounds = true
		}
		hits = dropKnown(hits, exact, from)
		if len(hits) >= maxHits {
			return hits[:maxHits]
		}
	}
	return hits
}

// The keys of a token in each trie.
func writtenKey(k *token) uint32 { return k.key }

func spelledKey(k *token) uint32 {
	if k.tone == 0 {
		return 0
	}
	return k.key
}

func tonedKey(k *token) uint32 {
	if k.tone == 0 {
		return 0
	}
	return toned(k.key, k.tone)
}

// maxHits bounds the hits kept of one chunk of tokens.
const maxHits = 1024

func (t *trie) walk(toks []token, i int, key func(*token) uint32, hits []hit) []hit {
	node := int32(0)
	for j := i; j < len(toks); j++ {
		if j > i && (toks[j].apart || toks[j].sentence != toks[i].sentence) {
			break
		}
		next, ok := t.edges[uint64(node)<<32|uint64(key(&toks[j]))]
		if !ok {
			break
		}
		node = next
		for _, c := range t.terms[node] {
			hits = append(hits, hit{c, false, int16(i), int16(j + 1)})
		}
	}
	return hits
}

// dropKnown removes from hits[from:] what hits[exact:from] has already.
func dropKnown(hits []hit, exact, from int) []hit {
	n := from
next:
	for _, h := range hits[from:] {
		for _, k := range hits[exact:from] {
			if k.concept == h.concept && k.end == h.end {
				continue next
			}
		}
		hits[n] = h
		n++
	}
	return hits[:n]
}

// add puts the terms of one concept in. A term may begin with "~": homophones
// count too (so they do for Chinese terms of soundsFrom syllables and more), or
// with "=": only as written.
func (x *lexicon) add(name string, terms []string) error {
	c, ok := x.byName[name]
	if !ok {
		if len(x.names) == maxConcepts {
			return fmt.Errorf("concept %s: there are %d already", name, maxConcepts)
		}
		c = concept(len(x.names))
		x.names = append(x.names, name)
		x.byName[name] = c
	}
	tk := newTokeniser()
	for _, term := range terms {
		text := strings.TrimLeft(term, "~=")
		toks, _ := tk.next(text, 0)
		if term == anyNumber {
			toks = []token{{key: numKey}}
		}
		if len(toks) == 0 || len(toks) > 16 {
			return fmt.Errorf("concept %s: term %q has %d symbols, want 1 to 16", name, term, len(toks))
		}
		if len(toks) == 1 && toks[0].key == numKey && term != anyNumber {
			return fmt.Errorf("concept %s: term %q is read as a number", name, term)
		}
		written, sound, spoken := symbols(toks)
		x.written.insert(written, c)
		if term[0] != '=' {
			x.spell(toks, c)
		}
		if spoken > 0 && (term[0] == '~' || term[0] != '=' && spoken >= soundsFrom) {
			x.sound.insert(sound, c)
		}
	}
	return nil
}

// spell puts a term in as pinyin, if all of it is Chinese characters.
func (x *lexicon) spell(toks []token, c concept) {
	var path []uint32
	for i := range toks {
		if toks[i].key < hanFirst || toks[i].key > hanLast {
			return
		}
		h := hanTable()[toks[i].key-hanFirst]
		if h.spell == 0 {
			return
		}
		if len(toks) < spelledFrom {
			path = append(path, toned(h.spell, h.tone))
		} else {
			path = append(path, h.spell)
		}
	}
	if len(toks) < spelledFrom {
		x.tone.insert(path, c)
	} else {
		x.spelled.insert(path, c)
	}
}

// anyNumber is the term for a number of two digits and more.
const anyNumber = "<number>"

// soundsFrom is from how many syllables on nothing else is likely to sound the same.
const soundsFrom = 4

// symbols returns a term's path in either trie and how many of its tokens
// have a syllable.
func symbols(toks []token) (written, sound []uint32, spoken int) {
	for i := range toks {
		written = append(written, toks[i].key)
		sound = append(sound, toks[i].symbol())
		if toks[i].syl != 0 {
			spoken++
		}
	}
	return written, sound, spoken
}
