package index

import (
	"math"

	"ringward/numbering"
)

// Builder gathers the content of an Index. Use: NewBuilder, Add..., Build once.
// It is for one goroutine.
type Builder struct {
	entries      []entry
	attrs        []attr
	refs         map[Listing]Ref
	words        []string
	wordAt       map[string]uint32
	targets      targetSet
	institutions []Institution
	patterns     []Pattern
	saved        savedSet

	// Advise, if not nil, is told of the index's largest block of memory before
	// it is written, so that large pages can be asked for.
	Advise func([]byte)
}

// Ref stands for what listings have in common, see Builder.Intern.
type Ref uint32

// NewBuilder returns an empty Builder; sizeHint is the expected number of
// listings, 0 if unknown.
func NewBuilder(sizeHint int) *Builder {
	return &Builder{
		entries: make([]entry, 0, max(sizeHint, 0)), refs: map[Listing]Ref{},
		words: []string{""}, wordAt: map[string]uint32{"": 0},
	}
}

// Add adds a listing of k. Any order; ascending keys are fastest. Key 0, kinds
// none and IDs beyond 32 bits are left out and reported as false.
func (b *Builder) Add(k numbering.Key, l Listing) bool {
	return b.AddRef(k, b.Intern(l), l.ID, l.ValidTo, l.Reports)
}

// Intern remembers what l has in common with other listings (all but ID,
// ValidTo, Reports and Confidence) for AddRef.
func (b *Builder) Intern(l Listing) Ref {
	confidence := Ref(l.Confidence) << 24
	l.ID, l.ValidTo, l.Reports, l.Confidence = 0, 0, 0, 0
	ref, ok := b.refs[l]
	if !ok {
		l = b.bounded(l)
		ref, ok = b.refs[l]
	}
	if !ok {
		ref = Ref(len(b.attrs))
		b.refs[l] = ref
		b.attrs = append(b.attrs, attr{
			institution: b.word(l.Institution), purpose: b.word(l.Purpose), campaign: b.word(l.Campaign),
			source: b.word(l.Source), area: b.word(l.Area), validFrom: l.ValidFrom, kind: l.Kind,
			direction: l.Direction, match: l.Match, verified: l.Verified,
		})
	}
	return ref | confidence
}

// bounded takes texts out of a listing once there are nearly as many different
// ones as a row can tell apart, sixteen million: no register has them, but one
// could be made that has.
func (b *Builder) bounded(l Listing) Listing {
	room := maxAttrs - len(b.attrs)
	if room < 1<<16 {
		l.Purpose, l.Campaign, l.Source, l.ValidFrom = "", "", "", 0
	}
	if room < 1<<10 {
		l.Institution, l.Area, l.Verified = "", "", false
	}
	return l
}

func (b *Builder) word(s string) uint32 {
	at, ok := b.wordAt[s]
	if !ok {
		at = uint32(len(b.words))
		b.words = append(b.words, s)
		b.wordAt[s] = at
	}
	return at
}

// AddRef is Add for millions: the common part was interned before.
func (b *Builder) AddRef(k numbering.Key, common Ref, id int64, validTo int32, reports uint32) bool {
	a := &b.attrs[common&attrMask]
	if k == 0 || uint64(k)>>scopeShift > maxScope || a.kind == KindNone || id < 0 || id > math.MaxUint32 {
		return false
	}
	if a.kind == Registered {
		b.targets.add(k, a.match, b.words[a.purpose], target{institution: b.words[a.institution], verified: a.verified})
	}
	b.entries = append(b.entries, entry{key: uint64(k), row: row{
		id: uint32(id), attr: uint32(common), validTo: clamp16(int64(validTo)), reports: clamp16(int64(reports)),
	}})
	return true
}

// AddInstitution adds an institution.
func (b *Builder) AddInstitution(i Institution) { b.institutions = append(b.institutions, i) }

// AddPattern adds a pattern; one whose Last is below its First is never met.
func (b *Builder) AddPattern(p Pattern) { b.patterns = append(b.patterns, p) }

// AddSaved adds a merchant's own number for a line.
func (b *Builder) AddSaved(line string, k numbering.Key, s Saved) { b.saved.add(line, k, s) }

// Build returns the Index. The Builder must not be used afterwards.
func (b *Builder) Build(version string) *Index {
	inst, saved := newInstitutions(b.institutions), b.saved
	return &Index{
		version:      version,
		base:         buildBase(b.entries, b.attrs, b.words, b.Advise),
		institutions: inst,
		patterns:     newPatterns(b.patterns),
		saved:        &saved,
		targets:      b.targets,
		imitations:   newImitations(b.targets, inst),
	}
}
