package numberdb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"ringward/numberdb/index"
	"ringward/numberdb/pages"
	"ringward/numbering"
)

// rebuild makes the index anew from the tables and installs it, with what was
// edited meanwhile.
func (s *Store) rebuild(ctx context.Context) error {
	txs, h, err := s.sameMoment(ctx, 2)
	if err != nil {
		return err
	}
	x, err := loadIndex(ctx, txs, h.version(), !s.o.NoListings)
	var lines *lineSet
	if err == nil {
		lines, err = loadLines(ctx, txs[0])
	}
	for _, tx := range txs { // before the lock: who holds it may wait for a connection
		rollback(tx)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.loadRecordings(ctx, s.r); err != nil {
		return err
	}
	if err := s.loadRules(ctx, s.r); err != nil {
		return err
	}
	s.index.Store(x)
	s.lines.Store(lines)
	s.applied, s.behind, s.stale = h.seq, false, false
	return s.catchUp(ctx)
}

// sameMoment begins n read transactions that see the same state, for reading in
// parallel; fewer, but at least one, if others write too often for that.
func (s *Store) sameMoment(ctx context.Context, n int) ([]*sql.Tx, head, error) {
	var txs []*sql.Tx
	var first head
	for tries := 0; len(txs) < n && tries < n+2; tries++ {
		tx, h, err := s.moment(ctx)
		switch {
		case err != nil && len(txs) == 0:
			return nil, h, err
		case err != nil:
			return txs, first, nil
		case len(txs) > 0 && h.seq != first.seq:
			rollback(tx)
		default:
			first, txs = h, append(txs, tx)
		}
	}
	return txs, first, nil
}

// moment begins a read transaction and says what it sees.
func (s *Store) moment(ctx context.Context) (*sql.Tx, head, error) {
	tx, err := s.r.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, head{}, readError(err)
	}
	h, err := readHead(ctx, tx)
	if err != nil {
		rollback(tx)
	}
	return tx, h, err
}

// loadIndex builds the index of the tables that the transactions see.
func loadIndex(ctx context.Context, txs []*sql.Tx, version string, listings bool) (*index.Index, error) {
	q, b := txs[0], index.NewBuilder(0)
	if listings {
		var err error
		if b, err = listingsBuilder(ctx, txs); err != nil {
			return nil, err
		}
	}
	institutions, err := loadInstitutions(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, in := range institutions {
		b.AddInstitution(in)
	}
	patterns, err := loadPatterns(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, p := range patterns {
		b.AddPattern(p)
	}
	if err := loadSaved(ctx, q, b.AddSaved); err != nil {
		return nil, err
	}
	return b.Build(version), nil
}

// listingsBuilder begins an index with all listings.
func listingsBuilder(ctx context.Context, txs []*sql.Tx) (*index.Builder, error) {
	var size int
	if err := txs[0].QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM numbers), 0) + coalesce((SELECT max(id) FROM scams), 0)`).Scan(&size); err != nil {
		return nil, readError(err)
	}
	b := index.NewBuilder(size)
	b.Advise = pages.Large
	for _, e := range []Entity{Numbers, Scams} {
		if err := loadListings(ctx, txs, e, b); err != nil {
			return nil, fmt.Errorf("load %s listings: %w", e, err)
		}
	}
	return b, nil
}

// eachDoc calls f for every live record of a table.
func eachDoc(ctx context.Context, q queryer, e Entity, f func(int64, record) error) error {
	return eachDocOf(ctx, q, e, f, `SELECT id, doc FROM `+tables[e]+` WHERE doc IS NOT NULL ORDER BY id`)
}

func eachDocOf(ctx context.Context, q queryer, e Entity, f func(int64, record) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
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
		rec, err := decode(e, id, doc)
		if err != nil {
			return err
		}
		if err := f(id, rec); err != nil {
			return err
		}
	}
	return readError(rows.Err())
}

func loadInstitutions(ctx context.Context, q queryer) ([]index.Institution, error) {
	var list []index.Institution
	err := eachDoc(ctx, q, Institutions, func(_ int64, rec record) error {
		if r := rec.(*Institution); r.served() {
			list = append(list, r.institution())
		}
		return nil
	})
	for i := range list {
		if err != nil || list[i].Hotline.IsZero() {
			continue
		}
		var ls []index.Listing
		if ls, err = listingsOf(ctx, q, list[i].Hotline.Key()); err == nil {
			list[i].HotlineVerified = hotlineVerified(ls, list[i].ID)
		}
	}
	return list, err
}

func hotlineVerified(ls []index.Listing, institution string) bool {
	return slices.ContainsFunc(ls, func(l index.Listing) bool {
		return l.Verified && l.Kind == index.Registered && l.Institution == institution
	})
}

// institution is the record as the index has it.
func (r *Institution) institution() index.Institution {
	hotline, _ := numbering.ParseCanonical(r.Hotline)
	return index.Institution{
		ID: r.ID, NameZH: r.NameZH, NameEN: r.NameEN, Kind: r.Kind, Country: r.Country, Hotline: hotline,
		Names: slices.Concat(r.Aliases, r.Confusable), NeverAsks: r.NeverAsks,
	}
}

// prefixNumbers finds the numbers that are prefixes, by their own index.
const prefixNumbers = `SELECT id, doc FROM numbers WHERE substr(pack, 1, 1) = x'03' ORDER BY id`

func loadPatterns(ctx context.Context, q queryer) ([]index.Pattern, error) {
	var list []index.Pattern
	add := func(_ int64, rec record) error { return addPattern(rec, &list) }
	if err := eachDoc(ctx, q, Patterns, add); err != nil {
		return nil, err
	}
	return list, eachDocOf(ctx, q, Numbers, add, prefixNumbers)
}

// addPattern adds a Pattern, or a Number that is a prefix, as the index has it.
func addPattern(rec record, list *[]index.Pattern) error {
	if !rec.review().served() {
		return nil
	}
	var p index.Pattern
	var err error
	switch r := rec.(type) {
	case *Pattern:
		p, err = r.pattern()
	case *Number:
		var n numbering.Number
		n, err = parseNumber("number", r.Number)
		first, last := n.Range()
		p = index.Pattern{ID: r.ID, First: first, Last: last, Digits: uint8(r.Digits), Listing: r.listing(), Form: r.Number + "*"}
	}
	*list = append(*list, p)
	return err
}

func loadSaved(ctx context.Context, q queryer, add savedAdder) error {
	return eachDoc(ctx, q, SavedNumbers, func(_ int64, rec record) error { return addSaved(rec.(*Saved), add) })
}

// savedAdder is index.Builder's and index.Editor's AddSaved.
type savedAdder = func(line string, k numbering.Key, s index.Saved)

func addSaved(r *Saved, add savedAdder) error {
	n, err := parseNumber("number", r.Number)
	if err != nil {
		return err
	}
	relation, _ := parseRelation(r.Relation)
	add(r.Line, n.Key(), index.Saved{ID: r.ID, Relation: relation, Label: r.Label, Institution: r.Institution})
	return nil
}

func loadLines(ctx context.Context, q queryer) (*lineSet, error) {
	var list []Line
	err := eachDoc(ctx, q, Lines, func(_ int64, rec record) error {
		list = append(list, *rec.(*Line))
		return nil
	})
	return newLineSet(list), err
}

// listingsOf reads the listings of one number from the tables.
func listingsOf(ctx context.Context, q queryer, k numbering.Key) ([]index.Listing, error) {
	registered, err := listingsIn(ctx, q, Numbers, k)
	if err != nil {
		return nil, err
	}
	scams, err := listingsIn(ctx, q, Scams, k)
	return append(registered, scams...), err
}

func listingsIn(ctx context.Context, q queryer, e Entity, k numbering.Key) ([]index.Listing, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, pack FROM `+tables[e]+` WHERE key = ? AND pack IS NOT NULL ORDER BY id`, int64(k))
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	var out []index.Listing
	for rows.Next() {
		var id int64
		var pack []byte
		if err := rows.Scan(&id, &pack); err != nil {
			return nil, readError(err)
		}
		if len(pack) > 0 && pack[0] == packPrefix {
			continue
		}
		l, err := unpack(id, pack)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, readError(rows.Err())
}
