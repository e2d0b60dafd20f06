package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringward/numberdb"
	"ringward/numberdb/index"
	"ringward/numbering"
)

// assume makes the index that there would be if drafts were approved. Nothing
// is written: the index is a copy in memory. calls are those that it is for.
func (s *screener) assume(ctx context.Context, what string, calls []screenCall) error {
	if what == "" {
		return nil
	}
	approve, err := s.assumed(ctx, what)
	if err != nil {
		return err
	}
	e := s.x.Edit()
	var patterns []index.Pattern
	seen := map[numbering.Key]bool{}
	for _, c := range calls {
		n := s.parse(c.Caller, s.trunkOf(c)).Number
		if n.IsZero() || seen[n.Key()] {
			continue
		}
		seen[n.Key()] = true
		if ls := s.x.Exact(n.Key(), nil); len(ls) > 0 {
			for i := range ls {
				ls[i].Verified = ls[i].Verified || approve(entityOf(ls[i]), ls[i])
			}
			e.SetListings(n.Key(), ls)
		}
		for _, p := range s.x.Patterns(n, nil) {
			if !slices.ContainsFunc(patterns, func(q index.Pattern) bool { return q.ID == p.ID && q.Form == p.Form }) {
				p.Listing.ID = p.ID
				p.Listing.Verified = p.Listing.Verified || approve(s.tableOf(ctx, p), p.Listing)
				patterns = append(patterns, p)
			}
		}
	}
	e.SetPatterns(patterns) // of these calls; no others are asked for
	s.x = e.Done(s.x.Version() + "+assumed")
	return nil
}

func entityOf(l index.Listing) numberdb.Entity {
	if l.Kind == index.Scam {
		return numberdb.Scams
	}
	return numberdb.Numbers
}

// assumed reads what --if-approved says.
func (s *screener) assumed(ctx context.Context, what string) (func(numberdb.Entity, index.Listing) bool, error) {
	if what == "drafts" {
		return func(numberdb.Entity, index.Listing) bool { return true }, nil
	}
	if source, ok := strings.CutPrefix(what, "source:"); ok {
		return func(_ numberdb.Entity, l index.Listing) bool { return l.Source == source }, nil
	}
	refs := map[string]bool{}
	for _, r := range strings.FieldsFunc(what, func(r rune) bool { return r == ',' || r == ' ' }) {
		entity, id, _ := strings.Cut(r, ":")
		if e := numberdb.Entity(entity); e != numberdb.Numbers && e != numberdb.Scams && e != numberdb.Patterns {
			return nil, fmt.Errorf("--if-approved takes number:17, scam:4, pattern:2, source:NAME or drafts, not %q", r)
		}
		if _, err := s.db.Get(ctx, numberdb.Entity(entity), id); err != nil {
			return nil, err
		}
		refs[r] = true
	}
	return func(e numberdb.Entity, l index.Listing) bool { return refs[string(e)+":"+strconv.FormatInt(l.ID, 10)] }, nil
}
