package index

import (
	"cmp"
	"slices"
)

// automaton finds many words in a text in one pass (Aho and Corasick, 1975).
// A word of ASCII letters and digits is found only as a whole word.
type automaton struct {
	nodes []node
}

type node struct {
	edges []edge // ascending by b
	fail  int32
	dict  int32 // next node on the way of failures that ends a word, 0 none
	words []word
}

type edge struct {
	b  byte
	to int32
}

type word struct {
	value int32
	size  int32
}

// match is a word found at text[from:to].
type match struct {
	from, to int
	value    int32
}

// maxMatches bounds the work on a text made of names only.
const maxMatches = 64

func (a *automaton) add(s string, value int32) {
	if len(a.nodes) == 0 {
		a.nodes = make([]node, 1)
	}
	at := int32(0)
	for i := 0; i < len(s); i++ {
		next, ok := a.step(at, s[i])
		if !ok {
			next = int32(len(a.nodes))
			a.nodes = append(a.nodes, node{})
			pos, _ := a.search(at, s[i])
			a.nodes[at].edges = slices.Insert(a.nodes[at].edges, pos, edge{s[i], next})
		}
		at = next
	}
	w := word{value, int32(len(s))}
	if !slices.Contains(a.nodes[at].words, w) {
		a.nodes[at].words = append(a.nodes[at].words, w)
	}
}

func (a *automaton) search(at int32, b byte) (int, bool) {
	return slices.BinarySearchFunc(a.nodes[at].edges, b, func(e edge, b byte) int { return cmp.Compare(e.b, b) })
}

func (a *automaton) step(at int32, b byte) (int32, bool) {
	i, ok := a.search(at, b)
	if !ok {
		return 0, false
	}
	return a.nodes[at].edges[i].to, true
}

// link sets the failure links, breadth first.
func (a *automaton) link() {
	if len(a.nodes) == 0 {
		return
	}
	queue := []int32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range a.nodes[at].edges {
			if at != 0 {
				f := a.next(a.nodes[at].fail, e.b)
				a.nodes[e.to].fail = f
				a.nodes[e.to].dict = f
				if len(a.nodes[f].words) == 0 {
					a.nodes[e.to].dict = a.nodes[f].dict
				}
			}
			queue = append(queue, e.to)
		}
	}
}

// next is the state after b in state at.
func (a *automaton) next(at int32, b byte) int32 {
	for {
		if to, ok := a.step(at, b); ok {
			return to
		}
		if at == 0 {
			return 0
		}
		at = a.nodes[at].fail
	}
}

// matches returns the words in text in the order of their beginning.
func (a *automaton) matches(text string) []match {
	if len(a.nodes) == 0 {
		return nil
	}
	var out []match
	at := int32(0)
	for i := 0; i < len(text) && len(out) < maxMatches; i++ {
		at = a.next(at, text[i])
		for n := at; n != 0; n = a.nodes[n].dict {
			for _, w := range a.nodes[n].words {
				if m := (match{i + 1 - int(w.size), i + 1, w.value}); wholeWord(text, m) {
					out = append(out, m)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(m, o match) int { return cmp.Or(cmp.Compare(m.from, o.from), cmp.Compare(o.to, m.to)) })
	return out
}

// wholeWord refuses a Latin word inside a longer one: "abc" in "fabco".
func wholeWord(text string, m match) bool {
	return !(m.from > 0 && wordByte(text[m.from-1]) && wordByte(text[m.from])) &&
		!(m.to < len(text) && wordByte(text[m.to]) && wordByte(text[m.to-1]))
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
}
