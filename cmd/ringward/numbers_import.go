package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ringward/numberdb"
)

func fileVerbs() []verb {
	return []verb{
		{"import", "FILE|- [--table scam] [--dry-run] [--name NAME]", "read CSV, JSON Lines or vCard; bad rows are listed and the rest goes on", importMore, importVerb},
		{"export", "[--table scam] [--format csv|jsonl|vcard] [--out FILE]", "write a table as CSV, JSON Lines or vCard", "", exportVerb},
		bundleVerb(),
		{"backup", "FILE", "copy the database while it is in use, and check the copy", "", backupVerb},
		{"restore", "FILE", "put a backup in the place of the database; the gateway must be stopped", "", restoreVerb},
	}
}

const importMore = `Reads records as drafts of yours. Rows that are there already change nothing; bad
rows are listed with line and reason, the others go in. --dry-run tells what would
change and changes nothing. An import is taken back whole by its name:
  ringward numbers undo import:NAME --reason TEXT
Files over 64 MB are saved in about ten parts: others can edit in between, and an
import that was interrupted goes on where it stopped when it is started again.
Smaller ones go in as a whole or not at all; --commit ROWS chooses otherwise.
CSV needs a first line that names the columns; "ringward numbers export" shows them.
Of vCards (3.0 or 4.0) every TEL becomes a row: of the institution that the card's
name or organisation is a name of (--table number), a scam listing (scam), a
contact of a merchant's (saved, with --line); --table institution takes the card
itself. What a card says beyond that stands in X-RINGWARD-... as export writes it.`

// A file of bigImport bytes is saved in parts: about ten, because after each of
// them the index is built anew, of rowBytes a row and leastPart rows or more.
const (
	bigImport = 64 << 20
	rowBytes  = 40
	leastPart = 100_000
)

func importVerb(ctx context.Context, d *desk, args []string) error {
	d.edits()
	o := numberdb.ImportOptions{}
	entity := d.String("table", string(d.table()), "what the rows are: institution, number, scam, pattern, line, saved")
	d.StringVar(&o.Name, "name", "", "of the import, to take it back by (default: the file's name)")
	d.StringVar(&o.Format, "format", "", "csv, jsonl or vcard (default: by the file's name)")
	d.StringVar(&o.Source, "source", "", "where rows come from that do not say")
	d.StringVar(&o.Country, "country", "", "home country of the numbers (default: the configuration's)")
	d.StringVar(&o.Line, "line", "", "of saved numbers in a vCard file: the line whose owner's contacts they are")
	d.BoolVar(&o.DryRun, "dry-run", false, "tell what would change, and change nothing")
	d.IntVar(&o.Commit, "commit", -1, "save every so many `ROWS`; 0: as a whole or not at all")
	bar := d.Bool("progress", false, "show progress even if this is no terminal")
	rest, err := d.open(args, 1, 1, "give one file, or - for standard input")
	if err != nil {
		return err
	}
	in, size, err := d.input(rest[0])
	if err != nil {
		return err
	}
	defer in.Close()
	o.Entity = numberdb.Entity(*entity)
	d.importDefaults(&o, rest[0], size)
	e, err := d.edit("import " + o.Name)
	if err != nil {
		return err
	}
	counted := &countingReader{Reader: in}
	p := newProgress(d.io.err, size, *bar || isTerminal(d.io.err))
	o.Progress = func(r numberdb.ImportReport) { p.show(r, counted.n.Load()) }
	r, err := d.db.Import(ctx, e, counted, o)
	p.end()
	return d.imported(ctx, r, o, err)
}

func (d *desk) importDefaults(o *numberdb.ImportOptions, path string, size int64) {
	if o.Name == "" {
		if o.Name = filepath.Base(path); path == "-" {
			o.Name = "stdin-" + time.Now().UTC().Format("20060102T150405")
		}
	}
	if o.Format == "" {
		o.Format = formatOf(path)
	}
	o.Country = orElse(o.Country, d.cfg.Country)
	if o.Commit < 0 {
		if o.Commit = 0; size > bigImport {
			o.Commit = int(max(leastPart, size/rowBytes/10))
		}
	}
}

func formatOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".vcf", ".vcard":
		return "vcard"
	case ".jsonl", ".ndjson", ".json":
		return "jsonl"
	}
	return "csv"
}

// input opens what is imported; size is 0 where it cannot be known.
func (d *desk) input(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(d.io.in), 0, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return f, 0, err
	}
	return f, st.Size(), nil
}

// imported tells what an import did, also one that was interrupted.
func (d *desk) imported(ctx context.Context, r numberdb.ImportReport, o numberdb.ImportOptions, err error) error {
	if *d.asJSON && err == nil {
		return printJSON(d.io.out, struct {
			Name   string `json:"name"`
			DryRun bool   `json:"dry_run"`
			numberdb.ImportReport
		}{o.Name, o.DryRun, r})
	}
	if err == nil {
		d.printImport(r, o)
		return nil
	}
	if o.Commit > 0 && !o.DryRun && ctx.Err() != nil {
		return fmt.Errorf("interrupted; what was saved stays, and the same command goes on from there: %w", err)
	}
	return err
}

func (d *desk) printImport(r numberdb.ImportReport, o numberdb.ImportOptions) {
	for _, delta := range r.Diff {
		fmt.Fprintf(d.io.out, "line %d changes %s\n", delta.Line, clean(docName(o.Entity, delta.Before)))
		for _, l := range contentOnly(differences([]byte(delta.Before), []byte(delta.After))) {
			fmt.Fprintf(d.io.out, "    %s\n", clean(l))
		}
	}
	if n := r.Changed - len(r.Diff); n > 0 {
		fmt.Fprintf(d.io.out, "... and %d more changed rows\n", n)
	}
	for _, b := range r.BadRows {
		fmt.Fprintf(d.io.out, "line %d is left out: %s\n", b.Line, clean(b.Reason))
	}
	if n := r.Bad - len(r.BadRows); n > 0 {
		fmt.Fprintf(d.io.out, "... and %d more bad rows\n", n)
	}
	did := "imported"
	if o.DryRun {
		did = "dry run, nothing was changed:"
	}
	fmt.Fprintf(d.io.out, "%s %d rows: %d new, %d changed, %d the same, %d bad\n", did, r.Rows, r.Added, r.Changed, r.Unchanged, r.Bad)
	if r.Skipped > 0 {
		fmt.Fprintf(d.io.out, "%d of them were imported before the interruption\n", r.Skipped)
	}
	if !o.DryRun && r.Added+r.Changed > 0 {
		fmt.Fprintf(d.io.out, "all are drafts until another person approves them; take back with: ringward numbers undo import:%s --reason TEXT\n", o.Name)
	}
}

// contentOnly leaves out what every import changes: it becomes the author's draft.
func contentOnly(lines []string) []string {
	return slices.DeleteFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "proposed_by: ") || strings.HasPrefix(l, "verified_by: ") || l == "status: draft"
	})
}

func docName(entity numberdb.Entity, doc string) string {
	number, who, _ := summary(numberdb.Record{Entity: entity, Doc: json.RawMessage(doc)})
	return joinWords(number, who)
}

// countingReader counts what was read, for the progress bar.
type countingReader struct {
	io.Reader
	n atomic.Int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n.Add(int64(n))
	return n, err
}
