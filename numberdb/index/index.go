package index

import "ringward/numbering"

// Index is the whole picture. Its methods may be called from any goroutine.
// The zero Index and a nil *Index are empty and valid.
type Index struct {
	version string
}

// Version names the content, for call records: the sequence of the last change
// in it and the beginning of that change's hash.
func (x *Index) Version() string { return x.version }

// Exact appends the listings of k to dst, the heaviest first (verified before
// unverified, registered before scam). It does not allocate while dst has room.
func (x *Index) Exact(k numbering.Key, dst []Listing) []Listing { return dst }

// Number is Exact for a number, leaving out listings for another area than the
// one that the number came with (96xxx codes mean something else elsewhere).
func (x *Index) Number(n numbering.Number, dst []Listing) []Listing { return dst }

// Patterns appends the patterns that n falls into to dst, shadow ones included
// (see Pattern.Shadow), the narrowest first.
func (x *Index) Patterns(n numbering.Number, dst []Pattern) []Pattern { return dst }

// InstitutionByID finds an institution; false if there is none.
func (x *Index) InstitutionByID(id string) (Institution, bool) { return Institution{}, false }

// InstitutionsNamed returns the institutions that a text folded by
// numbering.FoldName names, each once, in the order of their first naming.
func (x *Index) InstitutionsNamed(folded string) []Institution { return nil }

// Saved finds what the owner of a line (canonical number, Line.Key text) saved of k.
func (x *Index) Saved(line string, k numbering.Key) (Saved, bool) { return Saved{}, false }
