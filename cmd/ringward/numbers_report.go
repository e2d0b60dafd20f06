package main

import (
	"context"
	"fmt"
	"strings"

	"ringward/numberdb"
)

func reportVerb(ctx context.Context, d *desk, args []string) error {
	d.edits()
	household := d.String("household", "", "`ID` of the shop or line that reported; one vote each (default: you)")
	category := d.String("category", "reported", "pos-freeze, refund, authority ...")
	rest, err := d.open(args, 1, 1, "give one number")
	if err != nil {
		return err
	}
	n, err := d.number(rest[0])
	if err != nil {
		return err
	}
	e, err := d.edit("reported by " + orElse(*household, "the author"))
	if err != nil {
		return err
	}
	id, err := d.db.ReportScam(ctx, e, n, orElse(*household, "analyst:"+e.Author), *category)
	if err != nil {
		return err
	}
	r, err := d.db.Get(ctx, numberdb.Scams, fmt.Sprint(id))
	if err != nil {
		return err
	}
	return d.done(r, "reported", e)
}

func appealVerb(ctx context.Context, d *desk, args []string) error {
	d.entity = numberdb.Appeals
	for _, a := range args {
		if strings.HasPrefix(a, string(numberdb.Appeals)+":") {
			return settleVerb(ctx, d, args)
		}
	}
	return addVerb(ctx, d, args)
}

// settleVerb closes an appeal and says what an upheld one leaves to do.
func settleVerb(ctx context.Context, d *desk, args []string) error {
	if err := editVerb(ctx, d, args); err != nil || *d.asJSON {
		return err
	}
	for _, a := range args {
		if !strings.HasPrefix(a, string(numberdb.Appeals)+":") {
			continue
		}
		r, err := d.find(ctx, a, nil)
		if err != nil {
			return err
		}
		rec, err := recordOf(r)
		if err != nil {
			return err
		}
		if appeal := rec.(*numberdb.Appeal); appeal.Outcome == "upheld" {
			fmt.Fprintf(d.io.out, "next, take the listing back: ringward numbers scam retire %s --reason \"appeal upheld\"\n", appeal.Number)
		}
	}
	return nil
}
