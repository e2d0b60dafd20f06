package index

import (
	"slices"

	"ringward/numbering"
)

// Index is the whole picture. Its methods may be called from any goroutine.
// A nil *Index is empty and valid.
type Index struct {
	version      string
	base         *base
	over         map[numbering.Key][]Listing // keys edited since base was built: all their listings, heaviest first
	institutions *institutions
	patterns     *patterns
	saved        *savedSet
	targets      targetSet
	imitations   *imitations
}

// Empty returns an Index with nothing in it.
func Empty() *Index { return NewBuilder(0).Build("empty") }

// Version names the content, for call records: the sequence of the last change
// in it and the beginning of that change's hash.
func (x *Index) Version() string {
	if x == nil {
		return "empty"
	}
	return x.version
}

// Exact appends the listings of k to dst, the heaviest first (verified before
// unverified, registered before scam). It does not allocate while dst has room.
func (x *Index) Exact(k numbering.Key, dst []Listing) []Listing {
	if x == nil || k == 0 {
		return dst
	}
	if len(x.over) > 0 {
		if edited, ok := x.over[k]; ok {
			return append(dst, edited...)
		}
	}
	return x.base.appendTo(k, dst)
}

// Number is Exact for a number, leaving out listings for another area than the
// one that the number came with (96xxx codes mean something else elsewhere).
func (x *Index) Number(n numbering.Number, dst []Listing) []Listing {
	from := len(dst)
	dst = x.Exact(n.Key(), dst)
	if !n.Short || n.Area == "" {
		return dst
	}
	kept := dst[:from]
	for _, l := range dst[from:] {
		if l.Area == "" || l.Area == n.Area {
			kept = append(kept, l)
		}
	}
	return kept
}

// registered reports whether any listing says that k belongs to an institution,
// and whether one that a second person approved does.
func (x *Index) registered(k numbering.Key) (listed, verified bool) {
	if edited, ok := x.over[k]; ok {
		for i := range edited {
			if edited[i].Kind == Registered {
				listed, verified = true, verified || edited[i].Verified
			}
		}
		return listed, verified
	}
	found := x.base.find(uint64(k))
	for i := range found {
		if a := &x.base.attrs[found[i].attr&attrMask]; a.kind == Registered {
			listed, verified = true, verified || a.verified
		}
	}
	return listed, verified
}

// Patterns appends the patterns that n falls into to dst, shadow ones included
// (see Pattern.Shadow), the narrowest first. It does not allocate while dst has room.
func (x *Index) Patterns(n numbering.Number, dst []Pattern) []Pattern {
	if x == nil {
		return dst
	}
	return x.patterns.appendTo(n, dst)
}

// InstitutionByID finds an institution; false if there is none.
func (x *Index) InstitutionByID(id string) (Institution, bool) {
	if x == nil {
		return Institution{}, false
	}
	return x.institutions.byID(id)
}

// Institutions returns all institutions, ordered by ID.
func (x *Index) Institutions() []Institution {
	if x == nil {
		return nil
	}
	return x.institutions.all()
}

// InstitutionsNamed returns the institutions that a text folded by
// numbering.FoldName names, each once, in the order of their first naming. Of
// names inside a longer name only the longer one counts. Only the first
// kilobyte of the text is read.
func (x *Index) InstitutionsNamed(folded string) []Institution {
	if x == nil {
		return nil
	}
	return x.institutions.named(folded)
}

// Saved finds what the owner of a line (canonical number) saved of k.
func (x *Index) Saved(line string, k numbering.Key) (Saved, bool) {
	if x == nil {
		return Saved{}, false
	}
	return x.saved.get(line, k)
}

// HasSource reports whether any listing comes from a source. It reads what
// listings have in common, not the listings.
func (x *Index) HasSource(source string) bool {
	if x == nil {
		return false
	}
	for _, ls := range x.over {
		if slices.ContainsFunc(ls, func(l Listing) bool { return l.Source == source }) {
			return true
		}
	}
	return slices.ContainsFunc(x.base.attrs, func(a attr) bool { return x.base.words[a.source] == source })
}

// Size says how large an Index is.
type Size struct {
	Listings  int // in the base
	Edited    int // keys in the overlay
	Targets   int // listed numbers whose imitations are recognised
	BaseBytes int // memory of the base
}

// Size returns how large x is.
func (x *Index) Size() Size {
	if x == nil {
		return Size{}
	}
	return Size{Listings: x.base.count, Edited: len(x.over), Targets: len(x.imitations.targets), BaseBytes: x.base.bytes()}
}
