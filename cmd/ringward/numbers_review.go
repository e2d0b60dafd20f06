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

func reviewVerbs() []verb {
	return []verb{
		{"approve", "RECORD... | --all [--institution ID] [--source S] [--by NAME] --reason TEXT", "confirm drafts that another person proposed", approveMore, approveVerb},
		{"reject", "RECORD... | --all [query] --reason TEXT", "refuse drafts, or take a verification back", "", rejectVerb},
		{"retire", "RECORD... | --all [query] --reason TEXT", "say that records no longer hold; their history stays", "", retireVerb},
	}
}

const approveMore = `Confirms drafts. Nobody approves his own. Many at once: a query, whose preview is
shown and asked about first; they become one change, or none is approved.
  ringward numbers approve 95588 --reason "checked on the bank's site"
  ringward numbers approve --all --source icbc-letter --reason "letter of 3 November checked"`

// query chooses records for a verb that works on many.
type query struct {
	all                     *bool
	institution, source, by *string
	except                  *string
	status                  *string
	limit                   *int
}

func (d *desk) query(limit int) *query {
	return &query{institution: d.String("institution", "", "of this institution"), source: d.String("source", "", "from this source"),
		by: d.String("by", "", "proposed by this person"), limit: d.Int("limit", limit, "no more than so many")}
}

// select returns the records of a table that the query chooses, page by page.
func (q *query) find(ctx context.Context, d *desk, status numberdb.Status, after int64) ([]numberdb.Record, error) {
	f := numberdb.Filter{Status: status, Source: *q.source, ProposedBy: *q.by, After: after}
	if *q.institution != "" {
		id, err := d.institution(ctx, *q.institution)
		if err != nil {
			return nil, err
		}
		f.Institution = id
	}
	var out []numberdb.Record
	for len(out) < *q.limit {
		f.Limit = min(*q.limit-len(out), 1000)
		page, err := d.db.List(ctx, d.table(), f)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if len(page) < f.Limit {
			break
		}
		f.After = page[len(page)-1].Row
	}
	return out, nil
}

// maxBulk is how many records one bulk review takes; an import is taken back by
// undo, not by this.
const maxBulk = 10_000

// bulk is the part that approve, reject and retire share: it finds the records,
// shows many of them and asks.
func (d *desk) bulk(ctx context.Context, args []string, does string, want func(numberdb.Review) bool) ([]numberdb.Record, numberdb.Edit, error) {
	d.edits()
	q := d.query(maxBulk)
	q.all = d.Bool("all", false, "all that the query chooses, of the table named before the verb")
	q.except = d.String("except", "", "but not these `RECORDS`, by comma")
	preview := d.Bool("dry-run", false, "only show what would be done")
	rest, err := d.open(args, 0, maxBulk, "too many records")
	if err != nil {
		return nil, numberdb.Edit{}, err
	}
	if (len(rest) == 0) != *q.all {
		return nil, numberdb.Edit{}, d.wrong("name records, or give --all with --institution, --source or --by")
	}
	e, err := d.edit("")
	if err != nil && !*preview {
		return nil, e, err
	}
	found, err := d.chosen(ctx, rest, q, want)
	if err != nil {
		return nil, e, err
	}
	if len(found) == 0 {
		return nil, e, errors.New("nothing to " + does + ": no record fits")
	}
	if *q.all || *preview {
		if !*d.asJSON {
			d.preview(found)
		}
		if *preview {
			return nil, e, d.previewed(found)
		}
		err = d.confirm("%s these %d records?", does, len(found))
	}
	return found, e, err
}

// errPreviewed ends a verb that was only to show what it would do.
var errPreviewed = errors.New("previewed")

func (d *desk) previewed(found []numberdb.Record) error {
	if *d.asJSON {
		if err := printJSON(d.io.out, map[string]any{"dry_run": true, "records": found}); err != nil {
			return err
		}
	}
	return errPreviewed
}

func (d *desk) chosen(ctx context.Context, rest []string, q *query, want func(numberdb.Review) bool) ([]numberdb.Record, error) {
	if !*q.all {
		var out []numberdb.Record
		for _, arg := range rest {
			r, err := d.find(ctx, arg, want)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	}
	found, err := q.find(ctx, d, "", 0)
	except := strings.FieldsFunc(*q.except, func(r rune) bool { return r == ',' || r == ' ' })
	return slices.DeleteFunc(found, func(r numberdb.Record) bool {
		return !want(reviewOf(r)) || slices.Contains(except, ref(r))
	}), err
}

const previewRows = 50

func (d *desk) preview(found []numberdb.Record) {
	d.print(recordTable(found[:min(len(found), previewRows)]))
	if n := len(found) - previewRows; n > 0 {
		fmt.Fprintf(d.io.out, "... and %d more\n", n)
	}
}

func isDraft(r numberdb.Review) bool { return r.Status == numberdb.Draft }

func approveVerb(ctx context.Context, d *desk, args []string) error {
	d.review = true
	found, e, err := d.bulk(ctx, args, "approve", isDraft)
	if err != nil {
		return unlessPreviewed(err)
	}
	byTable := map[numberdb.Entity][]string{}
	for _, r := range found {
		if by := reviewOf(r).ProposedBy; len(found) > 1 && sameName(by, e.Author) {
			fmt.Fprintf(d.io.err, "left out: %s, you proposed it yourself\n", ref(r))
			continue
		}
		byTable[r.Entity] = append(byTable[r.Entity], r.ID)
	}
	if len(byTable) == 0 {
		return errors.New("nothing was approved: you proposed all of these yourself, a second person has to approve them")
	}
	for entity, ids := range byTable {
		if len(ids) == 1 {
			err = d.db.Approve(ctx, e, entity, ids[0])
		} else {
			err = d.db.ApproveMany(ctx, e, entity, ids)
		}
		if err != nil {
			return fmt.Errorf("%w (%s)", err, adviceFor(err))
		}
	}
	return d.reviewed(ctx, found, "approved", e)
}

func sameName(a, b string) bool {
	return strings.EqualFold(numbering.FoldName(a), numbering.FoldName(b))
}

func adviceFor(err error) string {
	switch {
	case errors.Is(err, numberdb.ErrConflict):
		return "ringward numbers conflicts shows both sides; --except leaves a record out"
	case errors.Is(err, numberdb.ErrReview):
		return "ringward numbers history RECORD tells who did what"
	}
	return "nothing was changed"
}

func unlessPreviewed(err error) error {
	if errors.Is(err, errPreviewed) {
		return nil
	}
	return err
}

func rejectVerb(ctx context.Context, d *desk, args []string) error {
	d.review = true
	found, e, err := d.bulk(ctx, args, "reject", inForce)
	return d.each(ctx, found, e, err, "rejected", d.reject)
}

func (d *desk) reject(ctx context.Context, e numberdb.Edit, r numberdb.Record) error {
	return d.db.Reject(ctx, e, r.Entity, r.ID)
}

func retireVerb(ctx context.Context, d *desk, args []string) error {
	found, e, err := d.bulk(ctx, args, "retire", inForce)
	return d.each(ctx, found, e, err, "retired", d.retire)
}

func (d *desk) retire(ctx context.Context, e numberdb.Edit, r numberdb.Record) error {
	return d.db.Retire(ctx, e, r.Entity, r.ID)
}

// each does one thing to many records, one change each.
func (d *desk) each(ctx context.Context, found []numberdb.Record, e numberdb.Edit, err error, did string, do func(context.Context, numberdb.Edit, numberdb.Record) error) error {
	if err != nil {
		return unlessPreviewed(err)
	}
	for i, r := range found {
		if err := do(ctx, e, r); err != nil {
			return fmt.Errorf("%s, %d of %d were %s before: %w", ref(r), i, len(found), did, err)
		}
	}
	return d.reviewed(ctx, found, did, e)
}

// reviewed tells what a review did.
func (d *desk) reviewed(ctx context.Context, found []numberdb.Record, did string, e numberdb.Edit) error {
	now := []numberdb.Record{}
	for _, r := range found {
		if fresh, err := d.db.Get(ctx, r.Entity, r.ID); err == nil {
			now = append(now, fresh)
		} // else it was taken away, as retired lines are
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"did": did, "by": e.Author, "count": len(found), "records": now})
	}
	if len(found) == 1 {
		number, who, rest := summary(found[0])
		fmt.Fprintf(d.io.out, "%s %s by %s: %s\n", did, ref(found[0]), e.Author, clean(joinWords(number, who, rest)))
		return nil
	}
	fmt.Fprintf(d.io.out, "%d records %s by %s\n", len(found), did, e.Author)
	return nil
}
