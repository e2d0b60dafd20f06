package main

import (
	"context"
	"fmt"
	"strings"

	"ringward/numberdb"
	"ringward/numbering"
)

// setSubject says what the record is about: the argument of add.
func (d *desk) setSubject(rec any, arg string) error {
	if r, ok := rec.(*numberdb.Institution); ok {
		r.ID = arg
		return nil
	}
	if r, ok := rec.(*numberdb.Pattern); ok {
		var isRange bool
		if r.First, r.Last, isRange = strings.Cut(arg, ".."); !isRange {
			r.Prefix, r.First, r.Last = strings.TrimSuffix(arg, "*"), "", ""
		}
		return nil
	}
	prefix := strings.HasSuffix(arg, "*")
	n, err := d.subject(strings.TrimSuffix(arg, "*"), prefix)
	if err != nil {
		return err
	}
	switch r := rec.(type) {
	case *numberdb.Number:
		r.Number = n.String()
		if prefix {
			r.Match = "prefix"
		} else if n.Short && len(n.Digits) < 8 {
			r.Match = "area-short" // a service code also arrives as 010-95588
		}
	case *numberdb.Scam:
		r.Number = n.String()
	case *numberdb.Line:
		r.Number, r.Prefix = n.String(), prefix
	case *numberdb.Saved:
		r.Number = n.String()
	case *numberdb.Appeal:
		r.Number = n.String()
	}
	return nil
}

// subject reads a number, or the beginning of numbers, which is no number yet
// and has to be canonical.
func (d *desk) subject(text string, prefix bool) (numbering.Number, error) {
	if !prefix {
		return d.number(text)
	}
	n, err := numbering.ParseCanonical(text)
	if err != nil {
		err = fmt.Errorf("a prefix is written like +86170* or CN:9500*: %w", err)
	}
	return n, err
}

// refuseSecond keeps add from writing over a record that is in force.
func (d *desk) refuseSecond(ctx context.Context, rec any) error {
	var number string
	switch r := rec.(type) {
	case *numberdb.Institution:
		if old, err := d.db.Get(ctx, numberdb.Institutions, r.ID); err == nil && inForce(reviewOf(old)) {
			return fmt.Errorf("%s is there already; change it with: ringward numbers edit %[1]s", ref(old))
		}
		return nil
	case *numberdb.Number:
		number = r.Number
	case *numberdb.Scam:
		number = r.Number
	case *numberdb.Line:
		number = r.Number
	case *numberdb.Saved:
		number = r.Number
	default:
		return nil
	}
	n, err := numbering.ParseCanonical(number)
	if err != nil {
		return err
	}
	found, err := d.db.Of(ctx, n)
	for _, old := range found {
		if was, err := recordOf(old); err == nil && inForce(reviewOf(old)) && samePlace(was, rec) {
			return fmt.Errorf("%s says something of %s already; change it with: ringward numbers edit %[1]s", ref(old), number)
		}
	}
	return err
}

// samePlace reports whether the database can hold only one of two records of
// one number.
func samePlace(a, b any) bool {
	switch a := a.(type) {
	case *numberdb.Number:
		b, ok := b.(*numberdb.Number)
		return ok && a.Institution == b.Institution && a.Purpose == b.Purpose && a.Area == b.Area && a.Digits == b.Digits &&
			(a.Match == "prefix") == (b.Match == "prefix")
	case *numberdb.Scam:
		b, ok := b.(*numberdb.Scam)
		return ok && a.Source == b.Source
	case *numberdb.Line:
		b, ok := b.(*numberdb.Line)
		return ok && a.Prefix == b.Prefix
	case *numberdb.Saved:
		b, ok := b.(*numberdb.Saved)
		return ok && a.Line == b.Line
	}
	return false
}
