package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringward/numberdb"
)

func logVerbs() []verb {
	return []verb{
		{"history", "[NUMBER|TABLE:ID] [--limit 50]", "who changed what, when and why; without a record, the last changes of all", "", historyVerb},
		{"diff", "[FROM [TO]]", "what changed between two moments", diffMore, diffVerb},
		{"undo", "CHANGE | import:NAME --reason TEXT", "take back a change, or a whole import", "", undoVerb},
		{"verify", "", "prove that nothing was changed outside of the change log", "", verifyVerb},
	}
}

func historyVerb(ctx context.Context, d *desk, args []string) error {
	limit := d.Int("limit", 50, "no more than so many")
	rest, err := d.open(args, 0, 1, "give one record, or none")
	if err != nil {
		return err
	}
	var changes []numberdb.Change
	if len(rest) == 0 {
		changes, err = d.lastChanges(ctx, *limit)
	} else {
		changes, err = d.historyOf(ctx, rest[0])
	}
	if err != nil {
		return err
	}
	changes = changes[:min(len(changes), max(*limit, 1))]
	if *d.asJSON {
		if changes == nil {
			changes = []numberdb.Change{}
		}
		return printJSON(d.io.out, changes)
	}
	if len(rest) == 0 {
		t := &table{head: []string{"CHANGE", "AT", "BY", "DID", "WHAT", "WHY"}}
		for _, c := range changes {
			t.add(fmt.Sprint(c.Seq), c.At.Local().Format("2006-01-02 15:04:05"), c.Author, c.Action, c.Subject, c.Reason)
		}
		d.print(t)
		return nil
	}
	for _, c := range changes {
		d.printChange(c)
	}
	return nil
}

// lastChanges returns the last changes of all, newest first.
func (d *desk) lastChanges(ctx context.Context, limit int) ([]numberdb.Change, error) {
	head := d.head()
	changes, err := d.db.Changes(ctx, max(0, head-int64(min(max(limit, 1), 1000))), 1000)
	slices.Reverse(changes)
	return changes, err
}

// head is the number of the last change that the index has.
func (d *desk) head() int64 {
	seq, _, _ := strings.Cut(d.db.Index().Version(), "-")
	n, _ := strconv.ParseInt(seq, 10, 64) // an empty database has none
	return n
}

// historyOf returns the history of every record that an argument names.
func (d *desk) historyOf(ctx context.Context, arg string) ([]numberdb.Change, error) {
	entity, id, ok := strings.Cut(arg, ":")
	if ok && slices.Contains(shownTables, numberdb.Entity(entity)) { // also of a record taken back
		return d.db.History(ctx, numberdb.Entity(entity), id)
	}
	found, err := d.about(ctx, arg)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("nothing is recorded of %s", arg)
	}
	var out []numberdb.Change
	for _, r := range found {
		if d.entity != "" && r.Entity != d.entity {
			continue
		}
		h, err := d.db.History(ctx, r.Entity, r.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, h...)
	}
	slices.SortStableFunc(out, func(a, b numberdb.Change) int { return int(b.Seq - a.Seq) })
	return out, nil
}

func (d *desk) printChange(c numberdb.Change) {
	fmt.Fprintf(d.io.out, "change %d  %s  %s by %s: %s\n", c.Seq, c.At.Local().Format("2006-01-02 15:04:05"), c.Action, clean(c.Author), clean(c.Reason))
	for _, it := range c.Items {
		fmt.Fprintf(d.io.out, "  %s:%d\n", it.Entity, it.ID)
		if it.After == nil {
			fmt.Fprintln(d.io.out, "    taken back")
			continue
		}
		for _, l := range differences(it.Before, it.After) {
			fmt.Fprintf(d.io.out, "    %s\n", clean(l))
		}
	}
}

func undoVerb(ctx context.Context, d *desk, args []string) error {
	d.edits()
	rest, err := d.open(args, 1, 1, "give one change, or import:NAME")
	if err != nil {
		return err
	}
	e, err := d.edit("")
	if err != nil {
		return err
	}
	if name, ok := strings.CutPrefix(rest[0], "import:"); ok {
		return d.undoImport(ctx, e, name)
	}
	seq, err := strconv.ParseInt(strings.TrimPrefix(rest[0], "change:"), 10, 64)
	if err != nil || seq < 1 {
		return d.wrong("%q is no change: ringward numbers history lists them by number", rest[0])
	}
	changes, err := d.db.Changes(ctx, seq-1, 1)
	if err != nil {
		return err
	}
	if len(changes) == 0 || changes[0].Seq != seq {
		return fmt.Errorf("there is no change %d; the last is %d", seq, d.head())
	}
	if n := len(changes[0].Items); n > 1 {
		if err := d.confirm("change %d (%s by %s: %s) touched %d records: take all back?", seq, changes[0].Action, changes[0].Author, changes[0].Reason, n); err != nil {
			return err
		}
	}
	if err := d.db.Undo(ctx, e, seq); err != nil {
		return err
	}
	return d.undone(map[string]any{"undone": seq, "records": len(changes[0].Items)}, "change %d is taken back (%s)\n", seq, counted(len(changes[0].Items), "record"))
}

func (d *desk) undoImport(ctx context.Context, e numberdb.Edit, name string) error {
	if err := d.confirm("take back everything that import %q brought?", name); err != nil {
		return err
	}
	kept, err := d.db.UndoImport(ctx, e, name)
	if err != nil {
		return err
	}
	more := ""
	if kept > 0 {
		more = fmt.Sprintf("; %d records that were changed since stay as they are", kept)
	}
	return d.undone(map[string]any{"undone": "import:" + name, "kept": kept}, "import %s is taken back%s\n", name, more)
}

func (d *desk) undone(doc map[string]any, format string, args ...any) error {
	if *d.asJSON {
		return printJSON(d.io.out, doc)
	}
	fmt.Fprintf(d.io.out, format, args...)
	return nil
}

func verifyVerb(ctx context.Context, d *desk, args []string) error {
	if _, err := d.open(args, 0, 0, "no arguments are expected here"); err != nil {
		return err
	}
	r, err := d.db.Verify(ctx)
	if err != nil {
		return err
	}
	if *d.asJSON {
		if err := printJSON(d.io.out, r); err != nil {
			return err
		}
	} else if r.OK() {
		fmt.Fprintf(d.io.out, "good: %d changes, %d records, head %s\nNote the head elsewhere: it proves later that nothing before it was rewritten.\n", r.Changes, r.Records, r.Head)
	}
	if r.OK() {
		return nil
	}
	for _, p := range r.Problems {
		fmt.Fprintln(d.io.err, "  "+clean(p))
	}
	return errors.New("the database was changed outside of its change log: keep this file for inquiry and restore a backup (ringward numbers restore)")
}
