package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringward/numberdb"
)

const diffMore = `Shows what became of every record that changed between two moments. A moment is a
change (42), a time (2026-11-03, "2026-11-03 14:30"), a time ago (24h, 7d), or now.
FROM is a day ago if it is not given, TO is now.`

// netChange is what became of one record between two moments.
type netChange struct {
	Record string          `json:"record"` // table:row
	Before json.RawMessage `json:"before"` // null: was not there
	After  json.RawMessage `json:"after"`  // null: is gone
	By     []string        `json:"by"`
	Last   int64           `json:"last_change"`
}

// maxDiff bounds how many records a diff holds in memory.
const maxDiff = 200_000

func diffVerb(ctx context.Context, d *desk, args []string) error {
	limit := d.Int("limit", 200, "show no more than so many records")
	rest, err := d.open(args, 0, 2, "give two moments at most")
	if err != nil {
		return err
	}
	moments := append(rest, []string{"24h", "now"}[len(rest):]...)
	var at [2]int64
	for i, m := range moments {
		if at[i], err = d.moment(ctx, m); err != nil {
			return err
		}
	}
	nets, err := d.netChanges(ctx, at[0], at[1])
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"from_change": at[0], "to_change": at[1], "records": nets})
	}
	fmt.Fprintf(d.io.out, "after change %d until change %d: %d records changed\n", at[0], at[1], len(nets))
	for _, n := range nets[:min(len(nets), *limit)] {
		d.printNet(n)
	}
	if more := len(nets) - *limit; more > 0 {
		fmt.Fprintf(d.io.out, "... and %d more (--limit)\n", more)
	}
	return nil
}

func (d *desk) printNet(n netChange) {
	sign, doc := "~", n.After
	switch {
	case n.Before == nil:
		sign = "+"
	case n.After == nil:
		sign, doc = "-", n.Before
	}
	entity, id, _ := strings.Cut(n.Record, ":")
	number, who, rest := summary(numberdb.Record{Entity: numberdb.Entity(entity), ID: id, Doc: doc})
	fmt.Fprintf(d.io.out, "%s %s  %s  (%s)\n", sign, n.Record, clean(joinWords(number, who, rest)), clean(strings.Join(n.By, ", ")))
	if sign == "~" {
		for _, l := range differences(n.Before, n.After) {
			fmt.Fprintf(d.io.out, "    %s\n", clean(l))
		}
	}
}

// netChanges sums up the changes after one up to another.
func (d *desk) netChanges(ctx context.Context, from, to int64) ([]netChange, error) {
	const page = 50 // changes; one of an import may hold 1,000 records
	all := map[string]*netChange{}
	for from < to {
		changes, err := d.db.Changes(ctx, from, page)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			if from = c.Seq; from <= to {
				noteChange(all, c)
			}
		}
		if len(all) > maxDiff {
			return nil, fmt.Errorf("more than %d records changed between these moments; choose a shorter time", maxDiff)
		}
		if len(changes) < page {
			break
		}
	}
	out := []netChange{}
	for _, n := range all {
		if string(n.Before) != string(n.After) {
			out = append(out, *n)
		}
	}
	slices.SortFunc(out, func(a, b netChange) int { return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Record, b.Record)) })
	return out, nil
}

func noteChange(all map[string]*netChange, c numberdb.Change) {
	for _, it := range c.Items {
		name := itemName(it)
		n := all[name]
		if n == nil {
			n = &netChange{Record: name, Before: it.Before}
			all[name] = n
		}
		n.After, n.Last = it.After, c.Seq
		if !slices.Contains(n.By, c.Author) {
			n.By = append(n.By, c.Author)
		}
	}
}

// itemName is the record of an item as people name it.
func itemName(it numberdb.Item) string {
	if it.Entity == numberdb.Institutions {
		return "institution:" + institutionID(it)
	}
	return fmt.Sprintf("%s:%d", it.Entity, it.ID)
}

func institutionID(it numberdb.Item) string {
	var in numberdb.Institution
	for _, doc := range []json.RawMessage{it.Before, it.After} {
		if doc != nil && json.Unmarshal(doc, &in) == nil {
			return in.ID
		}
	}
	return strconv.FormatInt(it.ID, 10)
}

// moment finds the last change at or before a moment.
func (d *desk) moment(ctx context.Context, text string) (int64, error) {
	if seq, err := strconv.ParseInt(strings.TrimPrefix(text, "change:"), 10, 64); err == nil && seq >= 0 && len(text) < 9 {
		return min(seq, d.head()), nil
	}
	at, err := parseMoment(text, time.Now())
	if err != nil {
		return 0, err
	}
	low, high := int64(0), d.head() // the answer is in low..high
	for low < high {
		mid := (low + high + 1) / 2
		c, err := d.db.Changes(ctx, mid-1, 1)
		if err != nil {
			return 0, err
		}
		if len(c) == 0 || c[0].At.After(at) {
			high = mid - 1
		} else {
			low = mid
		}
	}
	return low, nil
}

// parseMoment reads a time as analysts write it.
func parseMoment(text string, now time.Time) (time.Time, error) {
	if text == "now" {
		return now, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return now, fmt.Errorf("%q is no moment: write a change (42), 2026-11-03, \"2026-11-03 14:30\", 24h, 7d or now", text)
}
