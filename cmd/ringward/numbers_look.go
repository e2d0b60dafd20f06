package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ringward/numberdb"
)

func lookVerbs() []verb {
	return []verb{
		{"show", "NUMBER|INSTITUTION|TABLE:ID", "tell all that is kept of a number or a record", "", showVerb},
		{"search", "TEXT", "find a number in any form or its beginning, or an institution in Chinese, pinyin or English", "", searchVerb},
		{"list", "[TABLE] [--status draft] [--institution ID] [--source S] [--by NAME]", "list the records of a table", "", listVerb},
		{"conflicts", "", "numbers of which two things are said that do not go together", "", conflictsVerb},
		{"stale", "[--days 180]", "numbers whose evidence is old or has no date", "", staleVerb},
		{"stats", "", "count what there is", "", statsVerb},
	}
}

func recordTable(records []numberdb.Record) *table {
	t := &table{head: []string{"RECORD", "NUMBER", "WHO", "WHAT", "STATUS", "BY"}}
	for _, r := range records {
		number, who, rest := summary(r)
		rv := reviewOf(r)
		by := rv.ProposedBy
		if len(rv.VerifiedBy) > 0 {
			by = strings.Join(rv.VerifiedBy, " + ")
		}
		t.add(ref(r), number, who, rest, string(rv.Status), by)
	}
	return t
}

// records answers with a list of records.
func (d *desk) records(found []numberdb.Record, none string) error {
	if *d.asJSON {
		if found == nil {
			found = []numberdb.Record{}
		}
		return printJSON(d.io.out, found)
	}
	if len(found) == 0 {
		fmt.Fprintln(d.io.out, none)
		return nil
	}
	d.print(recordTable(found))
	return nil
}

// errNothingRecorded: a number that no record is about.
var errNothingRecorded = errors.New("nothing is recorded")

func showVerb(ctx context.Context, d *desk, args []string) error {
	asOf := d.String("as-of", "", "as it was at a `MOMENT`: a change (42), 2026-11-03, \"2026-11-03 14:30\", 24h, 7d")
	rest, err := d.open(args, 1, 1, "give one number or record")
	if err != nil {
		return err
	}
	if *asOf != "" {
		return d.showAsOf(ctx, rest[0], *asOf)
	}
	found, err := d.shownRecords(ctx, rest[0])
	if err != nil {
		return err
	}
	if *d.asJSON {
		if len(found) == 1 {
			return printJSON(d.io.out, found[0])
		}
		return printJSON(d.io.out, found)
	}
	for i, r := range found {
		if i > 0 {
			fmt.Fprintln(d.io.out)
		}
		if err := d.show(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) shownRecords(ctx context.Context, arg string) ([]numberdb.Record, error) {
	if entity, _, ok := strings.Cut(arg, ":"); ok && slices.Contains(shownTables, numberdb.Entity(entity)) {
		r, err := d.find(ctx, arg, nil)
		return []numberdb.Record{r}, err
	}
	found, err := d.about(ctx, arg)
	if err != nil {
		return nil, err
	}
	if d.entity != "" {
		found = slices.DeleteFunc(found, func(r numberdb.Record) bool { return r.Entity != d.entity })
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w of %s; ringward screen %[2]s tells what would happen to it", errNothingRecorded, arg)
	}
	if len(found) == 1 && found[0].Entity == numberdb.Institutions { // and its numbers
		numbers, err := d.db.List(ctx, numberdb.Numbers, numberdb.Filter{Institution: found[0].ID, Limit: 1000})
		return append(found, numbers...), err
	}
	return found, nil
}

// show tells one record, a field a line, and the last change of it.
func (d *desk) show(ctx context.Context, r numberdb.Record) error {
	d.showDoc(r)
	return d.showLast(ctx, r)
}

func (d *desk) showDoc(r numberdb.Record) {
	fmt.Fprintf(d.io.out, "%s\n", ref(r))
	for _, l := range differences(nil, r.Doc) {
		name, value, _ := strings.Cut(l, ": ")
		if name == "fingerprint" {
			value = fmt.Sprintf("%d bytes, see --json", len(value)*3/4)
		}
		fmt.Fprintf(d.io.out, "  %-12s %s\n", name, clean(value))
	}
}

func (d *desk) showLast(ctx context.Context, r numberdb.Record) error {
	h, err := d.db.History(ctx, r.Entity, r.ID)
	if err != nil || len(h) == 0 {
		return err
	}
	fmt.Fprintf(d.io.out, "  %-12s change %d, %s by %s on %s: %s (%d in all)\n", "last change", h[0].Seq, h[0].Action, clean(h[0].Author), h[0].At.Local().Format("2006-01-02 15:04"),
		clean(h[0].Reason), len(h))
	return nil
}

func searchVerb(ctx context.Context, d *desk, args []string) error {
	limit := d.Int("limit", 50, "no more than so many")
	rest, err := d.open(args, 1, 100, "say what to search for")
	if err != nil {
		return err
	}
	text := strings.Join(rest, " ")
	found, err := d.db.Search(ctx, text, *limit)
	if err != nil {
		return err
	}
	if len(found) < *limit { // and numbers that have the digits somewhere else
		inside, _, err := d.db.Inside(ctx, text, *limit, 0)
		if err != nil {
			return err
		}
		for _, r := range inside {
			if len(found) < *limit && !slices.ContainsFunc(found, func(o numberdb.Record) bool { return o.Entity == r.Entity && o.ID == r.ID }) {
				found = append(found, r)
			}
		}
	}
	if d.entity != "" {
		found = slices.DeleteFunc(found, func(r numberdb.Record) bool { return r.Entity != d.entity })
	}
	return d.records(found, "nothing found")
}

func listVerb(ctx context.Context, d *desk, args []string) error {
	q := d.query(100)
	q.status = d.String("status", "", "draft, verified, rejected or retired")
	after := d.Int64("after", 0, "records after this `ID`, to go on")
	rest, err := d.open(args, 0, 1, "no arguments are expected but a table: ringward numbers list line")
	if err != nil {
		return err
	}
	if len(rest) == 1 {
		if d.entity = numberdb.Entity(rest[0]); !slices.Contains(shownTables, d.entity) {
			return d.wrong("there is no table %q; ringward numbers search finds numbers and names", rest[0])
		}
	}
	found, err := q.find(ctx, d, numberdb.Status(*q.status), *after)
	if err != nil {
		return err
	}
	if err := d.records(found, "no records"); err != nil {
		return err
	}
	if len(found) == *q.limit && !*d.asJSON {
		fmt.Fprintf(d.io.err, "there may be more: --after %d, or --limit\n", found[len(found)-1].Row)
	}
	return nil
}

func conflictsVerb(ctx context.Context, d *desk, args []string) error {
	limit := d.Int("limit", 100, "no more than so many of each kind")
	if _, err := d.open(args, 0, 0, "no arguments are expected here"); err != nil {
		return err
	}
	found, err := d.db.Conflicts(ctx, *limit)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, found)
	}
	if len(found) == 0 {
		fmt.Fprintln(d.io.out, "no conflicts")
		return nil
	}
	for _, c := range found {
		fmt.Fprintf(d.io.out, "%s: %s\n", c.Number, strings.ReplaceAll(c.Kind, "-", " "))
		d.print(recordTable(c.Records))
	}
	fmt.Fprintln(d.io.out, "\nReject or retire the record of each number that is wrong.")
	return nil
}

func staleVerb(ctx context.Context, d *desk, args []string) error {
	days := d.Int("days", 180, "evidence is old after so many days")
	limit := d.Int("limit", 100, "no more than so many")
	if _, err := d.open(args, 0, 0, "no arguments are expected here"); err != nil {
		return err
	}
	if *days < 0 {
		return errors.New("--days has to be 0 or more")
	}
	found, err := d.db.Stale(ctx, *days, *limit)
	if err != nil {
		return err
	}
	return d.records(found, "no number has evidence that old")
}

func statsVerb(ctx context.Context, d *desk, args []string) error {
	if _, err := d.open(args, 0, 0, "no arguments are expected here"); err != nil {
		return err
	}
	s, err := d.db.Stats(ctx)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, s)
	}
	t := &table{head: []string{"TABLE", "ALL", "VERIFIED", "DRAFT", "OUT"}}
	for _, e := range shownTables {
		n := s.Tables[e]
		t.add(string(e), fmt.Sprint(n["all"]), fmt.Sprint(n["verified"]), fmt.Sprint(n["draft"]), fmt.Sprint(n["out"]))
	}
	d.print(t)
	fmt.Fprintf(d.io.out, "\n%d changes, the last on %s; version %s\n", s.Changes, s.Last.Local().Format("2006-01-02 15:04:05"), s.Version)
	return nil
}
