package numberdb

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ImportOptions say what is imported, and how.
type ImportOptions struct {
	Name    string // of the import, for undo and resuming: "12321-2026-11"
	Entity  Entity // any table but Appeals; Recordings as jsonl only
	Format  string // csv, jsonl, vcard
	Country string // home country of numbers that are not written canonically; "" is CN
	Source  string // for rows that name none
	Line    string // of saved numbers in vcard: the line whose owner's contacts they are
	DryRun  bool   // work everything out, change nothing
	Commit  int    // rows a transaction; 0: all in one, so that the import is whole or not there

	// Progress, if not nil, is called now and then with what was done so far.
	Progress func(ImportReport)
}

// ImportReport is what an import did, or on a dry run would do.
type ImportReport struct {
	Rows      int           `json:"rows"`      // done, without the header
	Read      int           `json:"-"`         // read so far, ahead of Rows while the import runs
	Skipped   int           `json:"skipped"`   // done by an earlier, interrupted run of the same import
	Added     int           `json:"added"`     //
	Changed   int           `json:"changed"`   //
	Unchanged int           `json:"unchanged"` // there already, word for word
	Bad       int           `json:"bad"`       //
	BadRows   []BadRow      `json:"bad_rows"`  // the first 1,000
	Diff      []ImportDelta `json:"diff"`      // the first 1,000 changed rows
}

// BadRow is a row that was left out, and why.
type BadRow struct {
	Line   int    `json:"line"` // in the input, from 1
	Reason string `json:"reason"`
}

// ImportDelta is a record that the import changes.
type ImportDelta struct {
	Line   int    `json:"line"`
	Before string `json:"before"` // JSON
	After  string `json:"after"`
}

const (
	maxListed     = 1000    // bad rows and deltas in a report
	itemsPerEntry = 1000    // rows that one change of the log holds
	progressEvery = 10_000  // rows
	maxImportLine = 1 << 20 // bytes of a row
	probeSize     = 1 << 16 // bytes of input that tell one import from another
)

// errDryRun ends a dry run's transaction.
var errDryRun = errors.New("dry run")

// Import reads records from r and puts them as drafts of e.Author. Bad rows are
// left out and listed, the rest goes on. Rows that are there already change
// nothing, so that an import can be repeated. With Commit set the import is made
// in parts, and one that was interrupted goes on where it stopped when it is
// started again with the same name and input.
func (s *Store) Import(ctx context.Context, e Edit, r io.Reader, o ImportOptions) (ImportReport, error) {
	im := &importer{s: s, e: e, o: o, report: ImportReport{BadRows: []BadRow{}, Diff: []ImportDelta{}}}
	if o.Name == "" || len(o.Name) > maxText {
		return im.report, fieldError("name", "of the import is missing: it is needed to undo it")
	}
	in := bufio.NewReaderSize(r, probeSize)
	probe, err := in.Peek(probeSize)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return im.report, fmt.Errorf("read import: %w", err)
	}
	sum := sha256.Sum256(probe)
	im.input = sum[:]
	var names map[string]string
	if o.Format == "vcard" && o.Entity == Numbers {
		if names, err = s.institutionNames(ctx); err != nil {
			return im.report, err
		}
	}
	rows, err := newRowReader(in, o, names)
	if err != nil {
		return im.report, err
	}
	if !o.DryRun && o.Commit > 0 {
		if err := im.resume(ctx, rows); err != nil {
			return im.report, err
		}
	}
	im.rows = readAhead(rows, strings.TrimSpace(e.Author), im.report.Rows, o.Commit)
	defer im.rows.close()
	restore, err := s.widenCache(ctx)
	if err != nil {
		return im.report, err
	}
	defer restore()
	defer s.holdIndex(ctx)()
	for done := false; !done; {
		err := s.transact(ctx, e, func(w *write) (err error) {
			done, err = im.part(w)
			return err
		})
		if errors.Is(err, errDryRun) {
			break
		}
		if err != nil {
			return im.finished(), fmt.Errorf("import %s after row %d: %w", o.Name, im.report.Rows, err)
		}
	}
	im.progress()
	return im.finished(), nil
}

// finished returns the report in the order of the input.
func (im *importer) finished() ImportReport {
	slices.SortStableFunc(im.report.BadRows, func(a, b BadRow) int { return cmp.Compare(a.Line, b.Line) })
	slices.SortStableFunc(im.report.Diff, func(a, b ImportDelta) int { return cmp.Compare(a.Line, b.Line) })
	return im.report
}

type importer struct {
	s      *Store
	e      Edit
	o      ImportOptions
	input  []byte
	rows   *ahead
	report ImportReport

	institutions map[string]bool // found in the database
	args         []any           // of the last statement, kept for its memory
}

// resume skips what an interrupted run of this import did.
func (im *importer) resume(ctx context.Context, in rowReader) error {
	var input []byte
	var rows, done int
	err := im.s.r.QueryRowContext(ctx, `SELECT input, rows, done FROM imports WHERE name = ?`, im.o.Name).Scan(&input, &rows, &done)
	if err == sql.ErrNoRows || err == nil && (done == 1 || !bytes.Equal(input, im.input)) {
		return nil
	}
	if err != nil {
		return readError(err)
	}
	for im.report.Rows < rows && ctx.Err() == nil {
		row := in.next()
		if row.err == io.EOF {
			return nil
		}
		if isBroken(row.err) {
			return row.err
		}
		im.report.Rows++
		im.report.Skipped++
	}
	return context.Cause(ctx)
}

// part is one transaction: up to Commit rows.
func (im *importer) part(w *write) (done bool, err error) {
	for full := false; !done && !full; {
		var b batch
		select {
		case b = <-im.rows.batches:
		case <-w.ctx.Done():
			return false, context.Cause(w.ctx)
		}
		if err := im.batch(w, b.rows); err != nil {
			return false, err
		}
		if isBroken(b.end) {
			return false, b.end
		}
		done = b.end == io.EOF
		full = im.o.Commit > 0 && b.read%im.o.Commit == 0
	}
	if err := im.log(w); err != nil {
		return false, err
	}
	if im.o.DryRun {
		return true, errDryRun
	}
	_, err = w.exec(`INSERT INTO imports (name, input, rows, done, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET input = excluded.input, rows = excluded.rows, done = excluded.done, at = excluded.at`,
		im.o.Name, im.input, im.report.Rows, done, w.at)
	return done, err
}

// batch puts the rows of a batch, and makes a change of about every
// itemsPerEntry of them.
func (im *importer) batch(w *write, rows []parsedRow) error {
	for len(rows) > 0 {
		n := min(len(rows), itemsPerEntry)
		if err := im.put(w, rows[:n]); err != nil {
			return err
		}
		if im.report.Rows += n; im.report.Rows/progressEvery != (im.report.Rows-n)/progressEvery {
			im.progress()
		}
		if rows = rows[n:]; w.count >= itemsPerEntry {
			if err := im.log(w); err != nil {
				return err
			}
		}
	}
	return w.ctx.Err()
}

func (im *importer) log(w *write) error {
	if im.o.DryRun {
		w.count = 0
		return w.ctx.Err()
	}
	return w.log("import", importSubject(im.o.Name))
}

func (im *importer) progress() {
	if im.o.Progress != nil {
		im.report.Read = int(im.rows.read.Load())
		im.o.Progress(im.report)
	}
}

// importCache is the page cache of the writer during an import, in KiB: the
// index over the numbers of ten million rows fits in it.
const importCache = 512 << 10

// widenCache gives the writer a large cache until restore is called.
func (s *Store) widenCache(ctx context.Context) (restore func(), err error) {
	set := func(ctx context.Context, kib int) error {
		_, err := s.w.ExecContext(ctx, fmt.Sprintf(`PRAGMA cache_size = -%d; PRAGMA shrink_memory`, kib))
		return readError(err)
	}
	return func() {
		if err := set(context.WithoutCancel(ctx), usualCache); err != nil {
			s.o.Log.Debug("writer keeps its large cache", "err", err)
		}
	}, set(ctx, importCache)
}
