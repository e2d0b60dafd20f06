package numberdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// maxChanges bounds what one call to Changes returns.
const maxChanges = 10_000

// Changes returns the changes after the one numbered after, oldest first, at
// most limit (1 to 10,000) of them.
func (s *Store) Changes(ctx context.Context, after int64, limit int) ([]Change, error) {
	limit = min(max(limit, 1), maxChanges)
	var out []Change
	err := eachChange(ctx, s.r, func(c *rawChange) error {
		ch, err := c.change()
		out = append(out, ch)
		return err
	}, `SELECT `+changeColumns+` FROM changes WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
	return out, err
}

// History returns the changes of one record, newest first, each with only the
// items of that record. id is as for Retire; also of a record taken back.
func (s *Store) History(ctx context.Context, entity Entity, id string) ([]Change, error) {
	if tables[entity] == "" {
		return nil, fieldError("table", fmt.Sprintf("%.40q does not exist", entity))
	}
	where, arg := `id = ?`, any(id)
	if entity == Institutions {
		where = `key = 0 AND scope = ?`
	} else if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		arg = n
	}
	var rowID, seq int64
	if err := s.r.QueryRowContext(ctx, `SELECT id, seq FROM `+tables[entity]+` WHERE `+where, arg).Scan(&rowID, &seq); err != nil {
		return nil, notFound(err, entity, id)
	}
	var out []Change
	for seq > 0 && len(out) < maxChanges {
		c, err := changeBySeq(ctx, s.r, seq)
		if err != nil {
			return nil, err
		}
		ch, err := c.change()
		if err != nil {
			return nil, err
		}
		seq = 0
		for _, it := range ch.Items {
			if it.Entity == entity && it.ID == rowID {
				ch.Items, seq = []Item{it}, it.Prev
				break
			}
		}
		out = append(out, ch)
	}
	return out, nil
}

func changeBySeq(ctx context.Context, q queryer, seq int64) (*rawChange, error) {
	var found *rawChange
	err := eachChange(ctx, q, func(c *rawChange) error { found = c; return nil }, `SELECT `+changeColumns+` FROM changes WHERE seq = ?`, seq)
	if err == nil && found == nil {
		err = fmt.Errorf("%w: change %d", ErrNotFound, seq)
	}
	return found, err
}

// Undo takes a change back: each record gets the content that it had before. It
// is refused (ErrConflict) if one of them was changed again since. Undo is
// itself a change and can be undone.
func (s *Store) Undo(ctx context.Context, e Edit, seq int64) error {
	return s.transact(ctx, e, func(w *write) error {
		c, err := changeBySeq(ctx, w.tx, seq)
		if err != nil {
			return err
		}
		if err := w.undo(c, nil); err != nil {
			return err
		}
		return w.log("undo", "change:"+strconv.FormatInt(seq, 10))
	})
}

// UndoImport takes back every change of an import, the last first, in one
// transaction. Records that were changed again since stay as they are and are
// counted in kept.
func (s *Store) UndoImport(ctx context.Context, e Edit, name string) (kept int, err error) {
	err = s.transact(ctx, e, func(w *write) error {
		seqs, err := w.importSeqs(name)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			c, err := changeBySeq(ctx, w.tx, seq)
			if err != nil {
				return err
			}
			if err := w.undo(c, &kept); err != nil {
				return err
			}
			if err := w.log("undo", importSubject(name)); err != nil {
				return err
			}
		}
		_, err = w.exec(`DELETE FROM imports WHERE name = ?`, name)
		return err
	})
	return kept, err
}

func importSubject(name string) string { return "import:" + name }

// importSeqs finds the changes of an import that were not undone yet.
func (w *write) importSeqs(name string) ([]int64, error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT seq FROM changes WHERE subject = ?1 AND action = 'import'
		AND seq > coalesce((SELECT max(seq) FROM changes WHERE subject = ?1 AND action = 'undo'), 0) ORDER BY seq DESC`, importSubject(name))
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	var seqs []int64
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, readError(err)
		}
		seqs = append(seqs, seq)
	}
	if len(seqs) == 0 && rows.Err() == nil {
		return nil, fmt.Errorf("%w: import %q, or all of it was undone", ErrNotFound, name)
	}
	return seqs, readError(rows.Err())
}

// undo sets the records of c back, the last first. A record changed since is an
// error if kept is nil, else counted and left.
func (w *write) undo(c *rawChange, kept *int) error {
	ch, err := c.change()
	if err != nil {
		return err
	}
	for i := len(ch.Items) - 1; i >= 0; i-- {
		it := &ch.Items[i]
		err := w.restore(c.seq, it)
		if errors.Is(err, ErrConflict) && kept != nil {
			*kept++
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *write) restore(seq int64, it *Item) error {
	now, err := w.byID(it.Entity, it.ID)
	if err != nil {
		return err
	}
	if now.seq != seq {
		return fmt.Errorf("%w: %s %d was changed again by change %d; undo that first", ErrConflict, it.Entity, it.ID, now.seq)
	}
	r := gone(it.ID)
	if it.Before != nil {
		if r, err = derive(it.Entity, it.ID, it.Before); err != nil {
			return err
		}
	}
	r.seq = w.head.seq + 1
	if err := w.store(it.Entity, r); err != nil {
		return err
	}
	w.note(&Item{Entity: it.Entity, ID: it.ID, Prev: now.seq, Before: now.doc, After: json.RawMessage(r.doc)})
	return nil
}
