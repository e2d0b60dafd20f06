package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ringward/numberdb"
	"ringward/numbering"
)

// number reads a telephone number as people write it.
func (d *desk) number(text string) (numbering.Number, error) {
	if n, err := numbering.ParseCanonical(strings.TrimSpace(text)); err == nil && !n.IsZero() {
		return n, nil
	}
	p := numbering.Parse(text, numbering.Options{Country: d.cfg.Country})
	if p.Number.IsZero() || p.Class == numbering.Impossible {
		return numbering.Number{}, fmt.Errorf("%.60q is no telephone number that can exist (%s); write it like 13800138000, +442071838750 or CN:95588", text, orElse(p.Note, p.Class.String()))
	}
	return p.Number, nil
}

// institution finds the id of an institution by its id or any of its names.
func (d *desk) institution(ctx context.Context, text string) (string, error) {
	if _, ok := d.db.Index().InstitutionByID(text); ok {
		return text, nil
	}
	found, err := d.db.Search(ctx, text, 100)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, r := range found {
		if r.Entity == numberdb.Institutions {
			ids = append(ids, r.ID)
		}
	}
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return "", fmt.Errorf("no institution is called %.60q; add it first: ringward numbers institution add ID --name-zh NAME", text)
	}
	return "", fmt.Errorf("%.60q may be any of %s: give the id", text, strings.Join(ids, ", "))
}

// find returns the one record that an argument names. want chooses among the
// records of a telephone number, nil takes all that are in force.
func (d *desk) find(ctx context.Context, arg string, want func(numberdb.Review) bool) (numberdb.Record, error) {
	if entity, id, ok := strings.Cut(arg, ":"); ok && slices.Contains(shownTables, numberdb.Entity(entity)) {
		return d.db.Get(ctx, numberdb.Entity(entity), id)
	}
	if want == nil {
		want = inForce
	}
	found, err := d.about(ctx, arg)
	if err != nil {
		return numberdb.Record{}, err
	}
	fits := slices.DeleteFunc(slices.Clone(found), func(r numberdb.Record) bool {
		return d.entity != "" && r.Entity != d.entity || !want(reviewOf(r))
	})
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) == 0 && len(found) > 0:
		return numberdb.Record{}, fmt.Errorf("no record of %s fits; there is %s", arg, listed(found))
	case len(fits) == 0:
		return numberdb.Record{}, fmt.Errorf("nothing is known of %s (a record is named like number:17)", arg)
	}
	return numberdb.Record{}, fmt.Errorf("%s has several records, name one: %s", arg, listed(fits))
}

func inForce(r numberdb.Review) bool {
	return r.Status != numberdb.Retired && r.Status != numberdb.Rejected
}

// about returns all records of a telephone number or a prefix, or the
// institution of that id or name.
func (d *desk) about(ctx context.Context, arg string) ([]numberdb.Record, error) {
	if r, err := d.db.Get(ctx, numberdb.Institutions, arg); err == nil {
		return []numberdb.Record{r}, nil
	} else if !errors.Is(err, numberdb.ErrNotFound) {
		return nil, err
	}
	n, err := d.number(strings.TrimSuffix(arg, "*"))
	if err == nil {
		return d.db.Of(ctx, n)
	}
	if strings.Trim(arg, "+0123456789 -*:") == "" {
		return nil, err
	}
	id, err := d.institution(ctx, arg)
	if err != nil {
		return nil, fmt.Errorf("%.60q is no number, and %w", arg, err)
	}
	r, err := d.db.Get(ctx, numberdb.Institutions, id)
	return []numberdb.Record{r}, err
}

// listed names records, each with its state.
func listed(records []numberdb.Record) string {
	var out []string
	for _, r := range records {
		_, who, _ := summary(r)
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s (%s %s)", ref(r), who, reviewOf(r).Status)))
	}
	return strings.Join(out, ", ")
}
