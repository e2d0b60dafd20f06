package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"ringward/numberdb"
)

func recordingVerbs() []verb {
	return []verb{
		{"add", "FILE.wav --title TEXT --reason TEXT [--lang L] [--campaign C] [--institution ID] [--kind scam|common] [--force]", "learn the voice of a recorded call", recordingAddMore, addRecording},
		{"list", "[--status S] [--limit N] [--json]", "all recordings", "", listRecordings},
		{"show", "ID [--json]", "one recording and its history", "", showRecording},
		{"match", "FILE.wav [--json]", "say which known recordings a sound plays, as a call would be matched", "", matchRecording},
		{"approve", "ID... --reason TEXT", "confirm recordings that another person added", "", reviewRecordings("approved", (*numberdb.Store).Approve)},
		{"reject", "ID... --reason TEXT", "refuse recordings: they are matched no more", "", reviewRecordings("rejected", (*numberdb.Store).Reject)},
		{"retire", "ID... --reason TEXT", "say that recordings are no longer used: they are matched no more", "", reviewRecordings("retired", (*numberdb.Store).Retire)},
		{"export", "> FILE", "write all recordings as JSON Lines", "", exportRecordings},
		{"import", "FILE --name NAME --reason TEXT", "read what export wrote, as drafts", "", importRecordings},
	}
}

const recordingAddMore = `Takes the fingerprint of a recording and keeps that, not the sound. From then on
a call that plays it is recognised within seconds, wherever in the recording it
begins. Cut the file to the scammer's voice: ringing, menus and hold music are
refused, because honest calls have them too.
A recording counts as soon as it is added, like a report of a number; a second
person confirms it with approve. With --kind common it is the opposite: a greeting
that honest callers play, which no recording of a scam may resemble.
  ringward recordings add freeze.wav --title "账户冻结 女声" --lang zh-CN --campaign pos-freeze --reason "merchant of line 2155550100 sent it"`

func runRecordings(ctx context.Context, io stdio, args []string) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		recordingsHelp(io)
		if len(args) == 0 {
			return errUsage
		}
		return nil
	}
	if args[0] == "remove" {
		args[0] = "retire" // nothing is ever removed from the change log
	}
	for _, v := range recordingVerbs() {
		if v.name == args[0] {
			d := newDesk(io, v, numberdb.Recordings)
			d.FlagSet.Init("recordings "+v.name, d.ErrorHandling())
			d.Usage = func() {
				fmt.Fprintf(io.err, "usage: ringward recordings %s\n", strings.TrimSpace(v.name+" "+v.args)+"\n\n"+orElse(v.more, v.summary))
				d.PrintDefaults()
			}
			defer d.close()
			return v.run(ctx, d, args[1:])
		}
	}
	fmt.Fprintf(io.err, "ringward recordings: there is no %q. Try: ringward recordings help\n", args[0])
	return errUsage
}

func recordingsHelp(io stdio) {
	fmt.Fprint(io.out, "Recorded voices that are known: many scam calls are one recording played again.\n\n  ringward recordings VERB [arguments]\n\n")
	for _, v := range recordingVerbs() {
		fmt.Fprintf(io.out, "  %-10s %s\n", v.name, v.summary)
	}
	fmt.Fprint(io.out, "\nringward recordings VERB --help tells more; docs/listening.md explains.\n")
}

// recordingFrom reads a record, without its fingerprint: that is for machines.
func recordingFrom(r numberdb.Record) (numberdb.Recording, error) {
	var rec numberdb.Recording
	if err := json.Unmarshal(r.Doc, &rec); err != nil {
		return rec, fmt.Errorf("recording %s does not read: %w", r.ID, err)
	}
	rec.ID, _ = strconv.ParseInt(r.ID, 10, 64)
	rec.Fingerprint = nil
	return rec, nil
}

func listRecordings(ctx context.Context, d *desk, args []string) error {
	status := d.String("status", "", "draft, verified, rejected or retired")
	limit := d.Int("limit", 1000, "no more than so many")
	if _, err := d.open(args, 0, 0, "unexpected argument"); err != nil {
		return err
	}
	list, err := d.allRecordings(ctx, numberdb.Status(*status), *limit)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"recordings": list})
	}
	if len(list) == 0 {
		fmt.Fprintln(d.io.out, "no recordings")
		return nil
	}
	t := &table{head: []string{"ID", "STATUS", "KIND", "LENGTH", "TITLE", "LANGUAGE", "CAMPAIGN", "BY"}}
	for _, r := range list {
		t.add(strconv.FormatInt(r.ID, 10), string(r.Status), r.Kind, fmt.Sprintf("%.0f s", r.Seconds), r.Title, r.Language, r.Campaign, r.ProposedBy)
	}
	d.print(t)
	return nil
}

func (d *desk) allRecordings(ctx context.Context, status numberdb.Status, limit int) ([]numberdb.Recording, error) {
	list := []numberdb.Recording{}
	f := numberdb.Filter{Status: status}
	for len(list) < limit {
		f.Limit = min(limit-len(list), 1000)
		page, err := d.db.List(ctx, numberdb.Recordings, f)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			rec, err := recordingFrom(r)
			if err != nil {
				return nil, err
			}
			list = append(list, rec)
			f.After = rec.ID
		}
		if len(page) < f.Limit {
			break
		}
	}
	return list, nil
}

// recordingID takes "17" and "recording:17".
func recordingID(s string) string { return strings.TrimPrefix(s, string(numberdb.Recordings)+":") }

func showRecording(ctx context.Context, d *desk, args []string) error {
	rest, err := d.open(args, 1, 1, "name one recording by its ID")
	if err != nil {
		return err
	}
	found, err := d.db.Get(ctx, numberdb.Recordings, recordingID(rest[0]))
	if err != nil {
		return err
	}
	rec, err := recordingFrom(found)
	if err != nil {
		return err
	}
	history, err := d.db.History(ctx, numberdb.Recordings, found.ID)
	if err != nil {
		return err
	}
	type entry struct{ At, Author, Action, Reason string }
	told := []entry{}
	for _, c := range history {
		told = append(told, entry{c.At.Local().Format("2006-01-02 15:04"), c.Author, c.Action, c.Reason})
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"recording": rec, "history": told})
	}
	fmt.Fprintf(d.io.out, "recording %d  %s\n  %s, %s, %.1f s\n  language %s  campaign %s  institution %s  source %s\n", rec.ID, rec.Title,
		rec.Status, rec.Kind, rec.Seconds, orElse(rec.Language, "-"), orElse(rec.Campaign, "-"), orElse(rec.Institution, "-"), orElse(rec.Source, "-"))
	for _, e := range told {
		fmt.Fprintf(d.io.out, "  %s  %s %s: %s\n", e.At, e.Author, e.Action, e.Reason)
	}
	return nil
}

// review is what approve, reject and retire do in the database.
type review func(*numberdb.Store, context.Context, numberdb.Edit, numberdb.Entity, string) error

// reviewRecordings is approve, reject and retire.
func reviewRecordings(did string, do review) func(context.Context, *desk, []string) error {
	return func(ctx context.Context, d *desk, args []string) error {
		d.edits()
		rest, err := d.open(args, 1, 1000, "name recordings by their IDs")
		if err != nil {
			return err
		}
		e, err := d.edit("")
		if err != nil {
			return err
		}
		for _, id := range rest {
			if err := do(d.db, ctx, e, numberdb.Recordings, recordingID(id)); err != nil {
				return fmt.Errorf("recording %s: %w", id, err)
			}
			if !*d.asJSON {
				fmt.Fprintf(d.io.out, "%s recording %s\n", did, recordingID(id))
			}
		}
		if *d.asJSON {
			return printJSON(d.io.out, map[string]any{did: rest, "author": e.Author})
		}
		return nil
	}
}

func exportRecordings(ctx context.Context, d *desk, args []string) error {
	if _, err := d.open(args, 0, 0, "unexpected argument: the recordings go to standard output"); err != nil {
		return err
	}
	_, err := d.db.Export(ctx, d.io.out, numberdb.Recordings, "jsonl")
	return err
}

func importRecordings(ctx context.Context, d *desk, args []string) error {
	d.edits()
	name := d.String("name", "", "`NAME` of the import, to take it back by")
	rest, err := d.open(args, 1, 1, "name one file that export wrote")
	if err != nil {
		return err
	}
	if *name == "" {
		return d.wrong("give the import a --name")
	}
	e, err := d.edit("")
	if err != nil {
		return err
	}
	f, err := os.Open(rest[0])
	if err != nil {
		return err
	}
	defer f.Close()
	report, err := d.db.Import(ctx, e, f, numberdb.ImportOptions{Name: *name, Entity: numberdb.Recordings, Format: "jsonl"})
	if err != nil {
		return err
	}
	if *d.asJSON {
		err = printJSON(d.io.out, report)
	} else {
		fmt.Fprintf(d.io.out, "%d recordings read: %d new, %d changed, %d there already, %d bad\n", report.Rows, report.Added, report.Changed, report.Unchanged, report.Bad)
	}
	if err == nil && report.Bad > 0 {
		err = errors.New(report.BadRows[0].Reason)
	}
	return err
}
