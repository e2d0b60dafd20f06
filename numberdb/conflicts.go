package numberdb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ringward/numbering"
)

// Conflict is a number of which the database says two things that do not go
// together. People resolve it, by rejecting or retiring one of the records.
type Conflict struct {
	Number  string   `json:"number"`
	Kind    string   `json:"kind"` // two-institutions, scam-and-registered
	Records []Record `json:"records"`
}

// Conflicts returns the conflicts, at most limit (1 to 1,000) of each kind.
func (s *Store) Conflicts(ctx context.Context, limit int) ([]Conflict, error) {
	limit = min(max(limit, 1), maxFound)
	out := []Conflict{}
	for _, kind := range []struct{ name, query string }{
		{"two-institutions", `SELECT key FROM numbers WHERE pack IS NOT NULL GROUP BY key
			HAVING count(DISTINCT substr(scope, 1, instr(scope, '|'))) > 1 LIMIT ?`},
		{"scam-and-registered", `SELECT DISTINCT numbers.key FROM numbers JOIN scams ON scams.key = numbers.key
			WHERE numbers.pack IS NOT NULL AND scams.pack IS NOT NULL LIMIT ?`},
	} {
		keys, err := s.keys(ctx, kind.query, limit)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			records, err := s.Of(ctx, k.Number())
			if err != nil {
				return nil, err
			}
			records = slices.DeleteFunc(records, func(r Record) bool { return r.Entity != Numbers && r.Entity != Scams })
			out = append(out, Conflict{Number: k.Number().String(), Kind: kind.name, Records: records})
		}
	}
	return out, nil
}

func (s *Store) keys(ctx context.Context, query string, args ...any) ([]numbering.Key, error) {
	rows, err := s.r.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	var out []numbering.Key
	for rows.Next() {
		var k int64
		if err := rows.Scan(&k); err != nil {
			return nil, readError(err)
		}
		out = append(out, numbering.Key(k))
	}
	return out, readError(rows.Err())
}

// checkConflict refuses to verify a number that is verified for another
// institution, and a scam listing of a verified number: one of the two has to
// go first.
func (w *write) checkConflict(entity Entity, r row, rec record) error {
	if entity != Numbers && entity != Scams {
		return nil
	}
	st, err := w.stmt(`SELECT id, doc FROM numbers WHERE key = ? AND pack IS NOT NULL AND doc->>'status' = 'verified'`)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(w.ctx, int64(r.key))
	if err != nil {
		return readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var doc []byte
		if err := rows.Scan(&id, &doc); err != nil {
			return readError(err)
		}
		other, err := decode(Numbers, id, doc)
		if err != nil {
			return err
		}
		if institutionOf(rec) != institutionOf(other) {
			return fmt.Errorf("%w: number %d says that %s is verified as %s's; reject or retire one of the two first",
				ErrConflict, id, r.key.Number(), institutionOf(other))
		}
	}
	return readError(rows.Err())
}

// Stale returns numbers whose newest evidence is older than days, or that have
// no dated evidence, at most limit (1 to 1,000).
func (s *Store) Stale(ctx context.Context, days, limit int) ([]Record, error) {
	limit = min(max(limit, 1), maxFound)
	before := s.o.Now().AddDate(0, 0, -days).UTC().Format(time.DateOnly)
	return s.find(ctx, Numbers, `pack IS NOT NULL AND coalesce((SELECT max(value->>'fetched') FROM json_each(doc, '$.evidence')), '') < ?
		ORDER BY id LIMIT ?`, before, limit)
}

// Stats is what the database holds.
type Stats struct {
	Version  string                    `json:"version"`            // of the index
	Changes  int64                     `json:"changes"`            // in the log
	Last     time.Time                 `json:"last"`               // time of the last change
	Tables   map[Entity]map[string]int `json:"tables"`             // live records: verified, draft, out (rejected, retired), all
	Overlay  int                       `json:"overlay,omitempty"`  // keys edited since the index was built
	Listings int                       `json:"listings,omitempty"` // in the index; none with Options.NoListings
	IndexMB  float64                   `json:"index_mb,omitempty"` // memory of the listings
}

// Stats counts what the database holds. It reads all tables.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	h, err := readHead(ctx, s.r)
	if err != nil {
		return Stats{}, err
	}
	size := s.Index().Size()
	st := Stats{
		Version: s.Index().Version(), Changes: h.seq, Last: time.UnixMilli(h.at).UTC(), Tables: map[Entity]map[string]int{},
		Overlay: size.Edited, Listings: size.Listings, IndexMB: float64(size.BaseBytes) / 1e6,
	}
	for _, e := range entities {
		if st.Tables[e], err = s.count(ctx, e); err != nil {
			return Stats{}, err
		}
	}
	return st, nil
}

// count counts by state of review; where the rows have a pack it tells without
// reading JSON (see pack.go: byte 9 is 1 for verified).
func (s *Store) count(ctx context.Context, e Entity) (map[string]int, error) {
	query := `SELECT CASE coalesce(doc->>'status', '') WHEN 'verified' THEN 'verified' WHEN 'draft' THEN 'draft' WHEN '' THEN 'plain' ELSE 'out' END, count(*)
		FROM ` + tables[e] + ` WHERE doc IS NOT NULL GROUP BY 1`
	if e == Numbers || e == Scams {
		query = `SELECT CASE WHEN pack IS NULL THEN 'out' WHEN substr(pack, 10, 1) = x'01' THEN 'verified' ELSE 'draft' END, count(*)
			FROM ` + tables[e] + ` WHERE doc IS NOT NULL GROUP BY 1`
	}
	rows, err := s.r.QueryContext(ctx, query)
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	out := map[string]int{"all": 0}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, readError(err)
		}
		out[state] = n
		out["all"] += n
	}
	return out, readError(rows.Err())
}
