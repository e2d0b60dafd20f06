package index

import "ringward/numbering"

// Builder gathers the content of an Index. Use: New, Add..., Build once.
type Builder struct{}

// NewBuilder returns an empty Builder; sizeHint is the expected number of
// listings, 0 if unknown.
func NewBuilder(sizeHint int) *Builder { return &Builder{} }

// Add adds a listing of k. Any order; ascending keys are fastest.
func (b *Builder) Add(k numbering.Key, l Listing) {}

// AddInstitution adds an institution.
func (b *Builder) AddInstitution(i Institution) {}

// AddPattern adds a pattern.
func (b *Builder) AddPattern(p Pattern) {}

// AddSaved adds a merchant's own number for a line.
func (b *Builder) AddSaved(line string, k numbering.Key, s Saved) {}

// Build returns the Index. The Builder must not be used afterwards.
func (b *Builder) Build(version string) *Index { return &Index{version: version} }
