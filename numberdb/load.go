package numberdb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// rebuild makes the index anew from the tables and installs it, with what was
// edited meanwhile.
func (s *Store) rebuild(ctx context.Context) error {
	tx, err := s.r.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return readError(err)
	}
	defer rollback(tx)
	h, err := readHead(ctx, tx)
	if err != nil {
		return err
	}
	x, err := loadIndex(ctx, tx, h.version())
	if err != nil {
		return err
	}
	lines, err := loadLines(ctx, tx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.Store(x)
	s.lines.Store(lines)
	s.applied, s.stale = h.seq, false
	return s.catchUp(ctx)
}

// loadIndex builds the index of the tables that q sees.
func loadIndex(ctx context.Context, q queryer, version string) (*index.Index, error) {
	var size int
	if err := q.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM numbers), 0) + coalesce((SELECT max(id) FROM scams), 0)`).Scan(&size); err != nil {
		return nil, readError(err)
	}
	b := index.NewBuilder(size)
	for _, e := range []Entity{Numbers, Scams} {
		if err := loadListings(ctx, q, e, b); err != nil {
			return nil, fmt.Errorf("load %s listings: %w", e, err)
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

// loadListings reads the packs of a table. Rows with the same common part share
// one copy of it.
func loadListings(ctx context.Context, q queryer, e Entity, b *index.Builder) error {
	rows, err := q.QueryContext(ctx, `SELECT id, key, pack FROM `+tables[e]+` WHERE pack IS NOT NULL`)
	if err != nil {
		return readError(err)
	}
	defer rows.Close()
	refs := map[string]index.Ref{}
	var id, key int64
	var pack sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&id, &key, &pack); err != nil {
			return readError(err)
		}
		if len(pack) < packHead {
			return fmt.Errorf("%w: row %d has a short pack", ErrCorrupt, id)
		}
		if pack[0] == packPrefix {
			continue // a pattern, see loadPatterns
		}
		ref, ok := refs[string(pack[packHead:])]
		if !ok {
			l, err := unpack(id, pack)
			if err != nil {
				return fmt.Errorf("row %d: %w", id, err)
			}
			ref = b.Intern(l)
			refs[string(pack[packHead:])] = ref
		}
		validTo, reports := packOwn(pack)
		if !b.AddRef(numbering.Key(key), ref, id, validTo, reports) {
			return fmt.Errorf("%w: row %d has no proper key", ErrCorrupt, id)
		}
	}
	return readError(rows.Err())
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
