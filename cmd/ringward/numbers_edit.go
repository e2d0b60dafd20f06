package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"ringward/numberdb"
)

func editVerbs() []verb {
	return []verb{
		{"add", "NUMBER|ID [--FIELD VALUE ...] --reason TEXT", "add a record, as a draft until another person approves it", addMore, addVerb},
		{"edit", "NUMBER|TABLE:ID [--FIELD VALUE ...] --reason TEXT", "change a record; it becomes a draft again", editMore, editVerb},
		{"report", "NUMBER --household ID [--category WORD]", "count one household's report of a scam call", "", reportVerb},
		{"appeal", "NUMBER --by WHO --text WHY | appeal appeal:ID --outcome upheld|dismissed [--note TEXT]",
			"note an objection to a listing, or settle one", "", appealVerb},
	}
}

const addMore = `Adds a record. NUMBER is taken in any form; the institution by id or any name.
  ringward numbers add 95588 --institution 工商银行 --purpose hotline --url https://www.icbc.com.cn --reason "own site"
  ringward numbers institution add icbc --kind bank --country CN --name-zh 中国工商银行 --reason "..."
  ringward numbers scam add 17000001234 --category pos-freeze --source police-letter --reason "..."
  ringward numbers pattern add '+86170*' --digits 13 --shadow --note-en "..." --reason "..."
  ringward numbers line add '+8621555501*' --targets sip:pbx@192.0.2.60 --mode announce --reason "..."
  ringward numbers saved add 13800001234 --line +862155550100 --relation agent --reason "..."`

const editMore = `Changes the fields that are named, and no others. --doc FILE (- for standard
input) replaces the whole record by JSON as "show --json" prints it.`

// evidenceFlags are where an analyst found a number.
type evidenceFlags struct{ url, scan, fetched, note *string }

func (d *desk) evidence(entity numberdb.Entity) *evidenceFlags {
	if entity != numberdb.Numbers {
		return nil
	}
	return &evidenceFlags{d.String("url", "", "evidence: page where it is printed"), d.String("scan", "", "evidence: reference of a scanned contract or letter"),
		d.String("fetched", "", "evidence: day you looked, 2026-01-31 (default today)"), d.String("note", "", "evidence: remark")}
}

// add appends the evidence, if any was given, to a number.
func (f *evidenceFlags) add(rec any, by string) {
	n, ok := rec.(*numberdb.Number)
	if f == nil || !ok || *f.url+*f.scan+*f.note == "" {
		return
	}
	n.Evidence = append(n.Evidence, numberdb.Evidence{URL: *f.url, Scan: *f.scan, Note: *f.note, By: by,
		Fetched: orElse(*f.fetched, time.Now().UTC().Format(time.DateOnly))})
}

func (f *evidenceFlags) reason() string {
	if f == nil || *f.url+*f.scan == "" {
		return ""
	}
	return "evidence: " + orElse(*f.url, *f.scan)
}

func addVerb(ctx context.Context, d *desk, args []string) error {
	d.edits()
	g, ev, doc := d.fieldFlags(d.table()), d.evidence(d.table()), d.docFlag()
	least := 1
	if d.table() == numberdb.Patterns || slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(strings.TrimLeft(a, "-"), "doc") }) {
		least = 0
	}
	rest, err := d.open(args, least, 1, "give one number (or id, for an institution)")
	if err != nil {
		return err
	}
	e, err := d.edit(ev.reason())
	if err != nil {
		return err
	}
	rec := freshRecord(d.table())
	if *doc != "" {
		if rec, err = d.readDoc(*doc); err != nil {
			return err
		}
	}
	if len(rest) == 1 {
		if err := d.setSubject(rec, rest[0]); err != nil {
			return err
		}
	}
	if err := d.set(ctx, rec, *g); err != nil {
		return err
	}
	ev.add(rec, e.Author)
	if err := d.refuseSecond(ctx, rec); err != nil {
		return err
	}
	r, err := d.putRecord(ctx, e, d.table(), rec)
	if err != nil {
		return err
	}
	return d.done(r, "added", e)
}

func (d *desk) docFlag() *string {
	return d.String("doc", "", "the whole record as JSON, from `FILE` or - for standard input")
}

func (d *desk) readDoc(path string) (any, error) {
	in := d.io.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	const most = 1 << 20 // bytes; no record is that large
	b, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return nil, err
	}
	var shown struct { // as show --json has it
		Doc json.RawMessage `json:"doc"`
	}
	if json.Unmarshal(b, &shown) == nil && shown.Doc != nil {
		b = shown.Doc
	}
	return decodeRecord(d.table(), b)
}

func editVerb(ctx context.Context, d *desk, args []string) error {
	d.edits()
	if d.entity == "" {
		d.entity = tableMeant(args)
	}
	g, ev, doc := d.fieldFlags(d.table()), d.evidence(d.table()), d.docFlag()
	rest, err := d.open(args, 1, 1, "give one record")
	if err != nil {
		return err
	}
	e, err := d.edit(ev.reason())
	if err != nil {
		return err
	}
	d.entity = d.table()
	old, err := d.find(ctx, rest[0], nil)
	if err != nil {
		return err
	}
	if old.Entity == numberdb.Recordings || old.Entity == numberdb.Rules {
		return fmt.Errorf("%s is edited by its own command: ringward recordings, ringward claims rules", ref(old))
	}
	rec, err := recordOf(old)
	if err == nil && *doc != "" {
		was := rec
		if rec, err = d.readDoc(*doc); err == nil {
			keepPlace(rec, was)
		}
	}
	if err == nil {
		err = d.set(ctx, rec, *g)
	}
	if err != nil {
		return err
	}
	ev.add(rec, e.Author)
	r, err := d.putRecord(ctx, e, old.Entity, rec)
	if err != nil {
		return err
	}
	if r.Seq == old.Seq {
		return errors.New("nothing was changed: the record says so already (ringward numbers edit --help lists the fields)")
	}
	return d.done(r, "changed", e, differences(old.Doc, r.Doc)...)
}

// tableMeant is the table of the record that the arguments name: the flags of
// edit depend on it, and are needed before the database is asked.
func tableMeant(args []string) numberdb.Entity {
	for _, a := range args {
		if t, _, ok := strings.Cut(a, ":"); ok && slices.Contains(numbersTables, numberdb.Entity(t)) {
			return numberdb.Entity(t)
		}
	}
	if len(args) > 0 && args[0] != "" && strings.Trim(args[0], "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && strings.Trim(args[0], "0123456789-") != "" && args[0][0] != '-' {
		return numberdb.Institutions // an id, as in: edit icbc
	}
	return ""
}

// keepPlace gives a record from --doc the ID of the one that it replaces.
func keepPlace(rec, was any) {
	switch r := rec.(type) {
	case *numberdb.Institution:
		r.ID = was.(*numberdb.Institution).ID
	case *numberdb.Number:
		r.ID = was.(*numberdb.Number).ID
	case *numberdb.Scam:
		r.ID = was.(*numberdb.Scam).ID
	case *numberdb.Pattern:
		r.ID = was.(*numberdb.Pattern).ID
	case *numberdb.Line:
		r.ID = was.(*numberdb.Line).ID
	case *numberdb.Saved:
		r.ID = was.(*numberdb.Saved).ID
	case *numberdb.Appeal:
		r.ID = was.(*numberdb.Appeal).ID
	}
}

// done tells what an edit did, and what is next.
func (d *desk) done(r numberdb.Record, what string, e numberdb.Edit, lines ...string) error {
	if *d.asJSON {
		return printJSON(d.io.out, struct {
			Change  int64           `json:"change"`
			Did     string          `json:"did"`
			Record  numberdb.Record `json:"record"`
			Changed []string        `json:"changed,omitempty"`
		}{r.Seq, what, r, lines})
	}
	number, who, rest := summary(r)
	fmt.Fprintf(d.io.out, "change %d: %s %s by %s: %s\n", r.Seq, what, ref(r), e.Author, clean(joinWords(number, who, rest)))
	for _, l := range lines {
		fmt.Fprintf(d.io.out, "  %s\n", clean(l))
	}
	if reviewOf(r).Status == numberdb.Draft {
		fmt.Fprintf(d.io.out, "a draft until another person approves it: ringward numbers approve %s --as NAME --reason TEXT\n", ref(r))
	}
	return nil
}

func joinWords(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), "  ")
}
