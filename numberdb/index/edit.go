package index

import (
	"maps"
	"slices"

	"ringward/numbering"
)

// Editor makes a new Index of an old one that shares its large part. It is for
// one goroutine, and for one use.
type Editor struct {
	x         Index
	relist    bool // registered numbers changed: imitations have to be worked out again
	inst      []Institution
	instSet   bool
	savedInit bool
}

// Edit begins an edit of x; x itself does not change.
func (x *Index) Edit() *Editor {
	if x == nil {
		x = Empty()
	}
	e := &Editor{x: *x}
	e.x.over = maps.Clone(x.over)
	if e.x.over == nil {
		e.x.over = map[numbering.Key][]Listing{}
	}
	return e
}

// SetListings replaces all listings of k; none removes them.
func (e *Editor) SetListings(k numbering.Key, ls []Listing) {
	had, _ := e.x.registered(k)
	ls = slices.Clone(ls)
	slices.SortStableFunc(ls, func(a, b Listing) int { return weight(b.Verified, b.Kind) - weight(a.Verified, a.Kind) })
	e.x.over[k] = ls
	if has, _ := e.x.registered(k); had || has {
		if !e.relist {
			e.x.targets = e.x.targets.clone()
			e.relist = true
		}
		e.x.targets.remove(k)
		for i := range ls {
			if ls[i].Kind == Registered {
				e.x.targets.add(k, ls[i].Match, ls[i].Purpose, target{institution: ls[i].Institution, verified: ls[i].Verified})
			}
		}
	}
}

// SetInstitutions replaces all institutions.
func (e *Editor) SetInstitutions(all []Institution) { e.inst, e.instSet = all, true }

// SetPatterns replaces all patterns.
func (e *Editor) SetPatterns(all []Pattern) { e.x.patterns = newPatterns(all) }

// AddSaved adds a saved number; the first call drops all that there were.
func (e *Editor) AddSaved(line string, k numbering.Key, s Saved) {
	e.ClearSaved()
	e.x.saved.add(line, k, s)
}

// ClearSaved drops all saved numbers.
func (e *Editor) ClearSaved() {
	if !e.savedInit {
		e.x.saved, e.savedInit = &savedSet{}, true
	}
}

// Done returns the new Index. The Editor must not be used afterwards.
func (e *Editor) Done(version string) *Index {
	if e.instSet {
		e.x.institutions = newInstitutions(e.inst)
	}
	if e.relist || e.instSet {
		e.x.imitations = newImitations(e.x.targets, e.x.institutions)
	}
	e.x.version = version
	out := e.x
	return &out
}
