package fingerprint

import (
	"maps"
	"slices"
)

// ID names a recording: the key of its record in the number database.
type ID int64

// Entry is a recording under its name.
type Entry struct {
	ID        ID
	Recording Recording
}

// Index is an immutable set of recordings to look a call up in. Add and Remove
// give another one and share what did not change, so that running calls keep
// theirs. It consists of a large part that is rebuilt seldom and a small one
// that is rebuilt at every change. A nil Index is empty.
type Index struct {
	main, tail *part
	gone       map[ID]bool // removed from main, which still holds them
}

// tailShare is the share of main that tail may reach before both are joined.
const tailShare, tailLeast = 16, 64

// NewIndex builds an index. Of two entries with one ID the later counts.
func NewIndex(entries []Entry) *Index {
	return &Index{main: newPart(unique(entries)), tail: newPart(nil)}
}

func unique(entries []Entry) []Entry {
	last := make(map[ID]int, len(entries))
	for i, e := range entries {
		last[e.ID] = i
	}
	kept := make([]Entry, 0, len(last))
	for i, e := range entries {
		if last[e.ID] == i {
			kept = append(kept, e)
		}
	}
	return kept
}

// Len is the number of recordings.
func (ix *Index) Len() int {
	if ix == nil {
		return 0
	}
	return len(ix.main.ids) - len(ix.gone) + len(ix.tail.ids)
}

// Has says whether the recording is in the index.
func (ix *Index) Has(id ID) bool {
	if ix == nil {
		return false
	}
	return slices.Contains(ix.tail.ids, id) || !ix.gone[id] && slices.Contains(ix.main.ids, id)
}

// Size is the memory that rows and tables take, in bytes.
func (ix *Index) Size() int {
	if ix == nil {
		return 0
	}
	return ix.main.size() + ix.tail.size()
}

// Add returns an index that also has e, in place of any recording of that name.
func (ix *Index) Add(e Entry) *Index {
	if ix == nil {
		return NewIndex([]Entry{e})
	}
	next := ix.Remove(e.ID)
	tail := append(next.tail.entries(), e)
	if len(tail) > max(tailLeast, len(next.main.ids)/tailShare) {
		return NewIndex(append(next.kept(), tail...))
	}
	return &Index{main: next.main, tail: newPart(tail), gone: next.gone}
}

// Remove returns an index without the recording, or ix itself when it has none.
func (ix *Index) Remove(id ID) *Index {
	switch {
	case !ix.Has(id):
		return ix
	case slices.Contains(ix.tail.ids, id):
		tail := slices.DeleteFunc(ix.tail.entries(), func(e Entry) bool { return e.ID == id })
		return &Index{main: ix.main, tail: newPart(tail), gone: ix.gone}
	}
	gone := maps.Clone(ix.gone)
	if gone == nil {
		gone = map[ID]bool{}
	}
	gone[id] = true
	next := &Index{main: ix.main, tail: ix.tail, gone: gone}
	if len(gone) > max(tailLeast, len(ix.main.ids)/tailShare) {
		return NewIndex(append(next.kept(), ix.tail.entries()...))
	}
	return next
}

// kept are the entries of main that were not removed.
func (ix *Index) kept() []Entry {
	return slices.DeleteFunc(ix.main.entries(), func(e Entry) bool { return ix.gone[e.ID] })
}
