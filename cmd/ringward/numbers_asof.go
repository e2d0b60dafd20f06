package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ringward/numberdb"
)

// shownAsOf returns the records that an argument named at a moment, as they were
// then.
func (d *desk) shownAsOf(ctx context.Context, arg, moment string) ([]numberdb.Record, error) {
	at, err := d.moment(ctx, moment)
	if err != nil {
		return nil, err
	}
	concerns, err := d.concerns(arg)
	if err != nil {
		return nil, err
	}
	now, err := d.shownRecords(ctx, arg)
	if err != nil && !errors.Is(err, numberdb.ErrNotFound) && !errors.Is(err, errNothingRecorded) {
		return nil, err
	}
	since, err := d.changedSince(ctx, at, concerns)
	if err != nil {
		return nil, err
	}
	var out []numberdb.Record
	for _, r := range now {
		if since[ref(r)] == nil {
			out = append(out, r)
		}
	}
	for name, n := range since {
		if n.Before == nil || !concerns(name, n.Before) {
			continue
		}
		entity, id, _ := strings.Cut(name, ":")
		out = append(out, numberdb.Record{Entity: numberdb.Entity(entity), ID: id, Doc: n.Before})
	}
	slices.SortFunc(out, func(a, b numberdb.Record) int { return strings.Compare(ref(a), ref(b)) })
	if len(out) == 0 {
		return nil, fmt.Errorf("%w of %s after change %d", errNothingRecorded, arg, at)
	}
	return out, nil
}

// concerns tells whether a record is one that an argument names: by its name,
// or by its number or id.
func (d *desk) concerns(arg string) (func(name string, doc json.RawMessage) bool, error) {
	if entity, _, ok := strings.Cut(arg, ":"); ok && slices.Contains(shownTables, numberdb.Entity(entity)) {
		return func(name string, _ json.RawMessage) bool { return name == arg }, nil
	}
	if n, err := d.number(strings.TrimSuffix(arg, "*")); err == nil {
		quoted, _ := json.Marshal(n.String())
		return func(name string, doc json.RawMessage) bool {
			return !strings.HasPrefix(name, "institution:") && bytes.Contains(doc, append([]byte(`number":`), quoted...))
		}, nil
	}
	id, err := d.institution(context.Background(), arg)
	if err != nil {
		id = arg // perhaps one that is gone
	}
	return func(name string, _ json.RawMessage) bool { return name == "institution:"+id }, nil
}

// changedSince sums up the changes after one, of the records that concern.
func (d *desk) changedSince(ctx context.Context, from int64, concerns func(string, json.RawMessage) bool) (map[string]*netChange, error) {
	const page = 50 // changes; one of an import may hold 1,000 records
	all := map[string]*netChange{}
	for {
		changes, err := d.db.Changes(ctx, from, page)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			from = c.Seq
			c.Items = slices.DeleteFunc(c.Items, func(it numberdb.Item) bool {
				name := itemName(it)
				return !(it.Before != nil && concerns(name, it.Before) || it.After != nil && concerns(name, it.After))
			})
			noteChange(all, c)
		}
		if len(changes) < page {
			return all, nil
		}
	}
}

// showAsOf answers show --as-of.
func (d *desk) showAsOf(ctx context.Context, arg, moment string) error {
	found, err := d.shownAsOf(ctx, arg, moment)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, found)
	}
	for i, r := range found {
		if i > 0 {
			fmt.Fprintln(d.io.out)
		}
		d.showDoc(r)
	}
	return nil
}
