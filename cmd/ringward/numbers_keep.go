package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"ringward/numberdb"
)

func exportVerb(ctx context.Context, d *desk, args []string) error {
	entity := d.String("table", string(d.table()), "institution, number, scam, pattern, line, saved or appeal")
	format := d.String("format", "", "csv, jsonl or vcard (default: by the name of --out, else csv)")
	out := d.String("out", "", "write to this `FILE` instead of standard output")
	if _, err := d.open(args, 0, 0, "no arguments are expected: name the table by --table, the file by --out"); err != nil {
		return err
	}
	kind := orElse(*format, formatOf(*out))
	if *out == "" {
		if !*d.asJSON {
			_, err := d.db.Export(ctx, d.io.out, numberdb.Entity(*entity), kind)
			return err
		}
		a := &jsonArray{w: d.io.out}
		_, err := d.db.Export(ctx, a, numberdb.Entity(*entity), "jsonl")
		if err == nil {
			err = a.end()
		}
		return err
	}
	n, err := d.exportTo(ctx, *out, numberdb.Entity(*entity), kind)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"file": *out, "records": n})
	}
	fmt.Fprintf(d.io.out, "%d records in %s\n", n, *out)
	return nil
}

// exportTo writes a file whole or not at all: lines name merchants' numbers, so
// that others may not read it.
func (d *desk) exportTo(ctx context.Context, path string, entity numberdb.Entity, format string) (n int, err error) {
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path + ".part")
	if n, err = d.db.Export(ctx, f, entity, format); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return n, err
	}
	return n, os.Rename(path+".part", path)
}

// jsonArray makes one JSON document of JSON Lines.
type jsonArray struct {
	w     io.Writer
	begun bool
	held  bool // the end of a line, until it is known whether another follows
}

func (a *jsonArray) Write(b []byte) (int, error) {
	var out bytes.Buffer
	if !a.begun {
		out.WriteString("[\n")
		a.begun = true
	}
	for _, c := range b {
		if a.held {
			out.WriteString(",\n")
			a.held = false
		}
		if a.held = c == '\n'; !a.held {
			out.WriteByte(c)
		}
	}
	if _, err := a.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (a *jsonArray) end() error {
	if !a.begun {
		_, err := io.WriteString(a.w, "[]\n")
		return err
	}
	_, err := io.WriteString(a.w, "\n]\n")
	return err
}

func backupVerb(ctx context.Context, d *desk, args []string) error {
	rest, err := d.open(args, 1, 1, "give the file to write")
	if err != nil {
		return err
	}
	r, err := d.db.Backup(ctx, rest[0])
	if err != nil {
		return err
	}
	if !r.OK() {
		return fmt.Errorf("the backup is written, but the database was changed outside of its change log: %v", r.Problems)
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"file": rest[0], "report": r})
	}
	fmt.Fprintf(d.io.out, "%s: %d changes, %d records, checked; head %s\n", rest[0], r.Changes, r.Records, r.Head)
	return nil
}

func restoreVerb(ctx context.Context, d *desk, args []string) error {
	d.yes = d.Bool("yes", false, "do not ask")
	rest, err := d.words(args, 1, 1, "give the backup")
	if err != nil {
		return err
	}
	if err := d.configure(); err != nil {
		return err
	}
	path := numbersFile(d.cfg.Data)
	if err := d.confirm("replace %s by %s? The gateway must be stopped.", path, rest[0]); err != nil {
		return err
	}
	if err := makeData(d.cfg.Data); err != nil {
		return err
	}
	aside, err := numberdb.Restore(ctx, rest[0], path)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"file": path, "from": rest[0], "aside": aside})
	}
	fmt.Fprintf(d.io.out, "%s is restored from %s\n", path, rest[0])
	if aside != "" {
		fmt.Fprintf(d.io.out, "what was there is kept as %s\n", aside)
	}
	return nil
}
