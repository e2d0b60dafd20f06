package numberdb

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// AsOf returns the index as it was after the last change made at or before a
// moment: what a call that was judged then was judged by. It works back from
// now, so that it costs what has changed since.
func (s *Store) AsOf(ctx context.Context, at time.Time) (*index.Index, error) {
	return s.past(ctx, `SELECT seq, at, hash FROM changes WHERE at <= ? ORDER BY seq DESC LIMIT 1`, at.UnixMilli())
}

// AsOfChange returns the index as it was after a change; 0 is before the first.
// A call's record names the change at the beginning of its index version.
func (s *Store) AsOfChange(ctx context.Context, seq int64) (*index.Index, error) {
	return s.past(ctx, `SELECT seq, at, hash FROM changes WHERE seq <= ? ORDER BY seq DESC LIMIT 1`, seq)
}

func (s *Store) past(ctx context.Context, query string, arg int64) (*index.Index, error) {
	tx, now, err := s.moment(ctx)
	if err != nil {
		return nil, err
	}
	defer rollback(tx)
	then := head{hash: make([]byte, 32)}
	if err := tx.QueryRowContext(ctx, query, arg).Scan(&then.seq, &then.at, &then.hash); err != nil && err != sql.ErrNoRows {
		return nil, readError(err)
	}
	p := past{q: tx, docs: map[Entity]map[int64][]byte{}, keys: map[numbering.Key]bool{}}
	err = eachChange(ctx, tx, p.takeBack, `SELECT `+changeColumns+` FROM changes WHERE seq > ? AND seq <= ? ORDER BY seq DESC`, then.seq, now.seq)
	if err != nil {
		return nil, err
	}
	x, err := s.indexAt(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	return p.rewind(ctx, x, then.version())
}

// indexAt returns the index of the state that tx sees: the one that serves, if
// it is that far and no further, else one built for it.
func (s *Store) indexAt(ctx context.Context, tx *sql.Tx, h head) (*index.Index, error) {
	if x := s.Index(); x.Version() == h.version() && !s.o.NoListings {
		return x, nil
	}
	return loadIndex(ctx, []*sql.Tx{tx}, h.version(), true)
}

// past is the records that are not now as they were then.
type past struct {
	q    queryer
	docs map[Entity]map[int64][]byte // as they were; nil: not there
	keys map[numbering.Key]bool      // of numbers and scam listings among them, then and now
}

// takeBack notes the records before c. Changes come newest first, so that the
// oldest state wins.
func (p *past) takeBack(c *rawChange) error {
	ch, err := c.change()
	if err != nil {
		return err
	}
	for i := range ch.Items {
		it := &ch.Items[i]
		if p.docs[it.Entity] == nil {
			p.docs[it.Entity] = map[int64][]byte{}
		}
		p.docs[it.Entity][it.ID] = it.Before
		if it.Entity != Numbers && it.Entity != Scams {
			continue
		}
		for _, doc := range [][]byte{it.Before, it.After} {
			if doc == nil {
				continue
			}
			r, err := derive(it.Entity, it.ID, doc)
			if err != nil {
				return err
			}
			p.keys[r.key] = true
		}
	}
	return nil
}

// rewind makes the index of then out of the index of now.
func (p *past) rewind(ctx context.Context, x *index.Index, version string) (*index.Index, error) {
	e := x.Edit()
	listings, err := p.listings(ctx)
	if err != nil {
		return nil, err
	}
	for k := range p.keys {
		e.SetListings(k, listings[k])
	}
	institutions, err := p.institutions(ctx, listings)
	if err != nil {
		return nil, err
	}
	e.SetInstitutions(institutions)
	if err := p.patterns(ctx, e); err != nil {
		return nil, err
	}
	if len(p.docs[SavedNumbers]) > 0 {
		e.ClearSaved()
		err = p.each(ctx, SavedNumbers, func(_ int64, rec record) error { return addSaved(rec.(*Saved), e.AddSaved) })
	}
	return e.Done(version), err
}

// listings works out the listings of the keys that something was changed about.
func (p *past) listings(ctx context.Context) (map[numbering.Key][]index.Listing, error) {
	out := map[numbering.Key][]index.Listing{}
	for k := range p.keys {
		for _, e := range []Entity{Numbers, Scams} {
			rows, err := listingsIn(ctx, p.q, e, k)
			if err != nil {
				return nil, err
			}
			rows = slices.DeleteFunc(rows, func(l index.Listing) bool { _, differs := p.docs[e][l.ID]; return differs })
			out[k] = append(out[k], rows...)
		}
	}
	for _, e := range []Entity{Numbers, Scams} {
		for id, doc := range p.docs[e] {
			if doc == nil {
				continue
			}
			r, err := derive(e, id, doc)
			if err != nil {
				return nil, err
			}
			if r.pack == nil || r.pack[0] == packPrefix {
				continue
			}
			l, err := unpack(id, r.pack)
			if err != nil {
				return nil, err
			}
			out[r.key] = append(out[r.key], l)
		}
	}
	return out, nil
}

func (p *past) institutions(ctx context.Context, listings map[numbering.Key][]index.Listing) ([]index.Institution, error) {
	var list []index.Institution
	err := p.each(ctx, Institutions, func(_ int64, rec record) error {
		if r := rec.(*Institution); r.served() {
			list = append(list, r.institution())
		}
		return nil
	})
	for i := range list {
		if err != nil || list[i].Hotline.IsZero() {
			continue
		}
		k := list[i].Hotline.Key()
		ls, changed := listings[k], p.keys[k]
		if !changed {
			ls, err = listingsOf(ctx, p.q, k)
		}
		list[i].HotlineVerified = hotlineVerified(ls, list[i].ID)
	}
	return list, err
}

func (p *past) patterns(ctx context.Context, e *index.Editor) error {
	var list []index.Pattern
	err := p.each(ctx, Patterns, func(_ int64, rec record) error { return addPattern(rec, &list) })
	if err != nil {
		return err
	}
	err = eachDocOf(ctx, p.q, Numbers, func(id int64, rec record) error {
		if _, differs := p.docs[Numbers][id]; differs {
			return nil
		}
		return addPattern(rec, &list)
	}, prefixNumbers)
	for _, id := range slices.Sorted(maps.Keys(p.docs[Numbers])) {
		doc := p.docs[Numbers][id]
		if err != nil || doc == nil {
			continue
		}
		var rec record
		if rec, err = decode(Numbers, id, doc); err == nil && rec.(*Number).Match == "prefix" {
			err = addPattern(rec, &list)
		}
	}
	e.SetPatterns(list)
	return err
}

// each calls f for every record of a table as it was.
func (p *past) each(ctx context.Context, e Entity, f func(int64, record) error) error {
	err := eachDoc(ctx, p.q, e, func(id int64, rec record) error {
		if _, differs := p.docs[e][id]; differs {
			return nil
		}
		return f(id, rec)
	})
	for _, id := range slices.Sorted(maps.Keys(p.docs[e])) {
		if err != nil || p.docs[e][id] == nil {
			continue
		}
		rec, derr := decode(e, id, p.docs[e][id])
		if derr != nil {
			return fmt.Errorf("record of the past: %w", derr)
		}
		err = f(id, rec)
	}
	return err
}
