package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"ringward/numberdb"
	"ringward/numberdb/bundle"
	"ringward/numbering"
)

// taking is one bundle on its way into the database.
type taking struct {
	db     *numberdb.Store
	ledger *bundle.Ledger
	dry    bool
	maxAge time.Duration
	by     string // who or what asked for it
}

type takingReport struct {
	Issuer    string        `json:"issuer"`
	Sequence  int64         `json:"sequence"`
	DryRun    bool          `json:"dry_run"`
	Tables    []takingTable `json:"tables"`
	Withdrawn int           `json:"withdrawn"`
}

type takingTable struct {
	Name string `json:"name"`
	Kept int    `json:"kept"` // rows left out because people here said something else
	numberdb.ImportReport
}

func bundleAuthor(issuer string) string { return "bundle:" + issuer }

// take checks a bundle and imports its tables. It is noted in the ledger last:
// if that is interrupted the same bundle is taken again, which changes nothing
// twice.
func (t *taking) take(ctx context.Context, path string, keys []ed25519.PublicKey) (takingReport, error) {
	b, err := bundle.Open(ctx, path, keys)
	if err != nil {
		return takingReport{}, err
	}
	defer b.Close()
	h := b.Header
	r := takingReport{Issuer: h.Issuer, Sequence: h.Sequence, DryRun: t.dry, Tables: []takingTable{}}
	if err := validIssuer(h.Issuer); err != nil {
		return r, err
	}
	if err := t.ledger.Check(h, b.Key, time.Now(), t.maxAge); err != nil {
		return r, err
	}
	e := numberdb.Edit{Author: bundleAuthor(h.Issuer), Reason: fmt.Sprintf("bundle %d, key %s, by %s", h.Sequence, bundle.KeyID(b.Key), t.by)}
	var imports []string
	for _, entity := range bundleTables {
		name := fmt.Sprintf("bundle-%s-%d-%s", bundle.KeyID(b.Key), h.Sequence, entity)
		imports = append(imports, name)
		tt, err := t.table(ctx, b, entity, name, e)
		if err != nil {
			return r, err
		}
		r.Tables = append(r.Tables, tt)
	}
	if r.Withdrawn, err = t.withdraw(ctx, b, e); err != nil || t.dry {
		return r, err
	}
	return r, t.ledger.Note(h, b.Key, time.Now().UTC(), imports)
}

// bundleCommit is after how many rows other writers get their turn.
const bundleCommit = 100_000

func (t *taking) table(ctx context.Context, b *bundle.Bundle, entity numberdb.Entity, name string, e numberdb.Edit) (takingTable, error) {
	out := takingTable{Name: string(entity)}
	in, ok, err := b.Table(string(entity))
	if err != nil || !ok {
		return out, err
	}
	ours, err := t.ours(ctx, entity, e.Author)
	if err != nil {
		return out, err
	}
	r, pw := io.Pipe()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		pw.CloseWithError(t.rows(ctx, in, pw, entity, b.Header.Issuer, ours, &out.Kept))
	}()
	o := numberdb.ImportOptions{Name: name, Entity: entity, Format: "jsonl", DryRun: t.dry, Commit: bundleCommit}
	out.ImportReport, err = t.db.Import(ctx, e, r, o)
	_ = r.Close() // ends the copying if the import ended early
	<-copied
	if err != nil {
		return out, fmt.Errorf("table %s: %w", entity, err)
	}
	return out, nil
}

// rows passes on what is imported: not what people here decided themselves, and
// scam listings under a source of the issuer's own.
func (t *taking) rows(ctx context.Context, in io.Reader, w io.Writer, entity numberdb.Entity, issuer string, ours map[string]bool, kept *int) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return eachRow(in, entity, func(rec any) error {
		rec = rowForOthers(rec)
		if s, ok := rec.(*numberdb.Scam); ok {
			s.Source = foreignSource(issuer, s.Source)
		}
		keep := ours[placeKey(rec)]
		if i, ok := rec.(*numberdb.Institution); ok {
			old, err := t.db.Get(ctx, numberdb.Institutions, i.ID)
			keep = err == nil && (reviewOf(old).ProposedBy != bundleAuthor(issuer) || reviewOf(old).Status != numberdb.Draft)
		}
		if keep {
			*kept++
			return nil
		}
		return enc.Encode(rec)
	})
}

func foreignSource(issuer, source string) string { return issuer + "/" + orElse(source, "unnamed") }

// ours are the places where people here said something that no bundle changes:
// whatever they verified, rejected or retired, and what they wrote themselves.
func (t *taking) ours(ctx context.Context, entity numberdb.Entity, author string) (map[string]bool, error) {
	out := map[string]bool{}
	if entity == numberdb.Institutions {
		return out, nil // looked up one by one
	}
	filters := []numberdb.Filter{{Status: numberdb.Verified, ProposedBy: author}, {Status: numberdb.Rejected, ProposedBy: author}, {Status: numberdb.Retired, ProposedBy: author}}
	if entity != numberdb.Scams { // listings of others are under other sources
		filters = []numberdb.Filter{{}}
	}
	for _, f := range filters {
		f.Limit = 1000
		for {
			page, err := t.db.List(ctx, entity, f)
			if err != nil {
				return nil, err
			}
			for _, r := range page {
				rec, err := recordOf(r)
				if err != nil {
					return nil, err
				}
				if rv := reviewIn(rec); rv.ProposedBy != author || rv.Status != numberdb.Draft {
					out[placeKey(rec)] = true
				}
			}
			if len(page) < f.Limit {
				break
			}
			f.After = page[len(page)-1].Row
		}
	}
	return out, nil
}

// maxWithdrawn bounds how many records one bundle takes back; the next one
// goes on.
const maxWithdrawn = 10_000

// withdraw retires what the issuer brought and holds true no more. What people
// here verified stays: they know it themselves.
func (t *taking) withdraw(ctx context.Context, b *bundle.Bundle, e numberdb.Edit) (n int, err error) {
	in, ok, err := b.Table(withdrawn)
	if err != nil || !ok {
		return 0, err
	}
	dec := json.NewDecoder(in)
	for n < maxWithdrawn {
		var p place
		if err := dec.Decode(&p); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, fmt.Errorf("table %s: %w", withdrawn, err)
		}
		number, err := numbering.ParseCanonical(p.Number)
		if err != nil {
			continue // of a form that this version does not know
		}
		found, err := t.db.Of(ctx, number)
		if err != nil {
			return n, err
		}
		for _, r := range found {
			if !t.brought(r, p, b.Header.Issuer) {
				continue
			}
			n++
			if t.dry {
				continue
			}
			if err := t.db.Retire(ctx, e, r.Entity, r.ID); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// brought reports whether a record is the one at a place, brought by bundles of
// the issuer and untouched since.
func (t *taking) brought(r numberdb.Record, p place, issuer string) bool {
	rv := reviewOf(r)
	if r.Entity != p.Table || rv.Status != numberdb.Draft || rv.ProposedBy != bundleAuthor(issuer) {
		return false
	}
	rec, err := recordOf(r)
	if err != nil {
		return false
	}
	switch rec := rec.(type) {
	case *numberdb.Number:
		return rec.Institution == p.Institution && rec.Purpose == p.Purpose && rec.Area == p.Area
	case *numberdb.Scam:
		return rec.Source == foreignSource(issuer, p.Source)
	}
	return false
}
