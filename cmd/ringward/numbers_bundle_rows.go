package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"ringward/numberdb"
	"ringward/numberdb/bundle"
)

// bundleTables are what a bundle carries, in the order in which they refer to
// each other.
var bundleTables = []numberdb.Entity{numberdb.Institutions, numberdb.Numbers, numberdb.Scams, numberdb.Patterns}

// withdrawn is the table of what the issuer does not hold true any more.
const withdrawn = "withdrawn"

// maxBundleLine is the longest row of a bundle, in bytes.
const maxBundleLine = 1 << 20

// bundleSources writes the tables of a bundle from a database.
func bundleSources(ctx context.Context, db *numberdb.Store, drafts bool) []bundle.Source {
	var out []bundle.Source
	for _, entity := range bundleTables {
		out = append(out, bundle.Source{Name: string(entity), Write: func(w io.Writer) (int, error) {
			return writeRows(ctx, db, entity, w, func(rv numberdb.Review) bool {
				return rv.Status == numberdb.Verified || drafts && rv.Status == numberdb.Draft || drafts && rv.Status == "" ||
					entity == numberdb.Institutions && inForce(rv) // the numbers refer to them
			}, rowForOthers)
		}})
	}
	return append(out, bundle.Source{Name: withdrawn, Write: func(w io.Writer) (n int, err error) {
		for _, entity := range []numberdb.Entity{numberdb.Numbers, numberdb.Scams} {
			k, err := writeRows(ctx, db, entity, w, func(rv numberdb.Review) bool { return !inForce(rv) }, placeOnly)
			if n += k; err != nil {
				return n, err
			}
		}
		return n, nil
	}})
}

// writeRows writes the rows of a table that are wanted, each as row makes it.
func writeRows(ctx context.Context, db *numberdb.Store, entity numberdb.Entity, w io.Writer, want func(numberdb.Review) bool, row func(any) any) (int, error) {
	r, pw := io.Pipe()
	exported := make(chan struct{})
	go func() {
		defer close(exported)
		_, err := db.Export(ctx, pw, entity, "jsonl")
		pw.CloseWithError(err)
	}()
	defer func() {
		_ = r.Close() // ends the export if it still runs
		<-exported
	}()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	n := 0
	return n, eachRow(r, entity, func(rec any) error {
		if !want(reviewIn(rec)) {
			return nil
		}
		n++
		return enc.Encode(row(rec))
	})
}

// eachRow reads JSON Lines of one table.
func eachRow(r io.Reader, entity numberdb.Entity, f func(any) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxBundleLine)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		rec := freshRecord(entity) // keys that a later version added are left out
		if err := json.Unmarshal(lines.Bytes(), rec); err != nil {
			return fmt.Errorf("a row does not read: %w", err)
		}
		if err := f(rec); err != nil {
			return err
		}
	}
	return lines.Err()
}

func reviewIn(rec any) numberdb.Review {
	switch r := rec.(type) {
	case *numberdb.Institution:
		return r.Review
	case *numberdb.Number:
		return r.Review
	case *numberdb.Scam:
		return r.Review
	case *numberdb.Pattern:
		return r.Review
	}
	return numberdb.Review{}
}

// rowForOthers takes out of a record what is nobody else's business: who wrote
// it, and which households reported.
func rowForOthers(rec any) any {
	switch r := rec.(type) {
	case *numberdb.Institution:
		r.Review = numberdb.Review{}
	case *numberdb.Number:
		r.ID, r.Review = 0, numberdb.Review{}
		for i := range r.Evidence {
			r.Evidence[i].By = ""
		}
	case *numberdb.Scam:
		r.ID, r.Review = 0, numberdb.Review{}
		r.Votes, r.Reports = r.Votes+len(r.Reports), nil
	case *numberdb.Pattern:
		r.ID, r.Review = 0, numberdb.Review{}
	}
	return rec
}

// place is where a withdrawn record was.
type place struct {
	Table       numberdb.Entity `json:"table"`
	Number      string          `json:"number"`
	Source      string          `json:"source,omitempty"`
	Institution string          `json:"institution,omitempty"`
	Purpose     string          `json:"purpose,omitempty"`
	Area        string          `json:"area,omitempty"`
}

func placeOnly(rec any) any {
	switch r := rec.(type) {
	case *numberdb.Number:
		return place{Table: numberdb.Numbers, Number: r.Number, Institution: r.Institution, Purpose: r.Purpose, Area: r.Area}
	case *numberdb.Scam:
		return place{Table: numberdb.Scams, Number: r.Number, Source: r.Source}
	}
	return place{}
}

// placeKey tells records of a table apart as the database does.
func placeKey(rec any) string {
	switch r := rec.(type) {
	case *numberdb.Institution:
		return r.ID
	case *numberdb.Number:
		return fmt.Sprintf("%s|%s|%s|%s|%v|%d", r.Number, r.Institution, r.Purpose, r.Area, r.Match == "prefix", r.Digits)
	case *numberdb.Scam:
		return r.Number + "|" + r.Source
	case *numberdb.Pattern:
		return fmt.Sprintf("%s|%s|%s|%s|%d", r.Prefix, r.First, r.Last, orElse(r.Kind, "scam"), r.Digits)
	}
	return ""
}
