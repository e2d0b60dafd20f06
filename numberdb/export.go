package numberdb

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
)

// Export writes every live record of a table as csv, jsonl or vcard, in the order of
// their IDs; Import reads it back. It reads one moment of the database, and
// edits go on beside it.
func (s *Store) Export(ctx context.Context, out io.Writer, entity Entity, format string) (records int, err error) {
	if tables[entity] == "" {
		return 0, fieldError("table", fmt.Sprintf("%.40q does not exist", entity))
	}
	w := bufio.NewWriterSize(out, 1<<16)
	var write func(record) error
	switch format {
	case "jsonl":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		write = func(r record) error { return enc.Encode(r) }
	case "csv":
		if csvColumns[entity] == nil {
			return 0, fieldError("format", "csv does not hold this table; use jsonl")
		}
		c := csv.NewWriter(w)
		if err := c.Write(append(csvColumns[entity], reviewFields[0])); err != nil {
			return 0, err
		}
		write = func(r record) error { return writeCSV(c, entity, r) }
		defer func() {
			if c.Flush(); err == nil {
				if err = c.Error(); err == nil {
					err = w.Flush()
				}
			}
		}()
	case "vcard":
		if !holdsCards(entity) {
			return 0, fieldError("format", "vcard does not hold this table; use jsonl or csv")
		}
		write = func(r record) error { return writeCard(w, entity, r) }
	default:
		return 0, fieldError("format", "has to be csv, jsonl or vcard")
	}
	err = eachDoc(ctx, s.r, entity, func(_ int64, r record) error { records++; return write(r) })
	if err == nil {
		err = w.Flush()
	}
	return records, err
}

func writeCSV(c *csv.Writer, entity Entity, r record) error {
	cells := make([]string, 0, len(csvColumns[entity])+1)
	for _, name := range csvColumns[entity] {
		cells = append(cells, cell(r, name))
	}
	status := ""
	if rv := r.review(); rv != nil {
		status = string(rv.Status)
	}
	return c.Write(append(cells, status))
}
