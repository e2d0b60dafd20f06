package numberdb

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringward/numbering"
)

// tables maps each entity to its table. The names are constants of this
// program, never input, and the only text that goes into SQL by itself.
var tables = map[Entity]string{
	Institutions: "institutions", Numbers: "numbers", Scams: "scams", Patterns: "patterns",
	Lines: "lines", SavedNumbers: "saved", Appeals: "appeals", Recordings: "recordings", Rules: "rules",
}

// entities is every table, in the order in which replay and export go.
var entities = []Entity{Institutions, Numbers, Scams, Patterns, Lines, SavedNumbers, Appeals, Recordings, Rules}

// row is a record as its table has it. doc is nil for one that was taken back.
type row struct {
	id    int64
	key   numbering.Key
	scope string
	doc   []byte
	pack  []byte
	seq   int64
}

// write is one transaction of the writer. The changes made in it are added to
// the log with the rows; nothing is seen by others before commit.
type write struct {
	ctx   context.Context
	tx    *sql.Tx
	e     Edit
	at    int64
	head  head // the log's end, this transaction's changes included
	stmts map[string]*sql.Stmt
	next  map[Entity]int64 // ids given out
	items []byte           // of the change that is being made
	count int
	wrote bool
}

// edit runs f in a transaction of the writer and appends what it did to the log
// as one change. If f changed nothing there is no change. It returns once the
// edit is safe on disk and, if it is small, in the index.
func (s *Store) edit(ctx context.Context, e Edit, action, subject string, f func(*write) (string, error)) error {
	return s.transact(ctx, e, func(w *write) error {
		named, err := f(w)
		if err != nil {
			return err
		}
		if subject == "" {
			subject = named
		}
		return w.log(action, subject)
	})
}

// transact runs f in a transaction of the writer; f logs its changes itself.
func (s *Store) transact(ctx context.Context, e Edit, f func(*write) error) error {
	e.Author, e.Reason = strings.TrimSpace(e.Author), strings.TrimSpace(e.Reason)
	if e.Author == "" || e.Reason == "" {
		return ErrNoAuthor
	}
	if err := checkTexts(maxText, e.Author, e.Reason); err != nil {
		return err
	}
	if err := s.Trouble(); err != nil {
		return err
	}
	err := s.transactIn(ctx, e, f)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // and not what the broken transaction says
	}
	return err
}

func (s *Store) transactIn(ctx context.Context, e Edit, f func(*write) error) error {
	tx, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return readError(err)
	}
	defer rollback(tx)
	w := &write{ctx: ctx, tx: tx, e: e, stmts: map[string]*sql.Stmt{}, next: map[Entity]int64{}}
	if w.head, err = readHead(ctx, tx); err != nil {
		return err
	}
	before := w.head.seq
	w.at = max(s.o.Now().UnixMilli(), w.head.at)
	if err := f(w); err != nil {
		return err
	}
	if w.head.seq == before && !w.wrote {
		return nil
	}
	if _, err := w.exec(`UPDATE head SET seq = ?, at = ?, hash = ? WHERE one = 1`, w.head.seq, w.head.at, w.head.hash); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return readError(err)
	}
	return s.afterWrite(ctx)
}

// stmt prepares a query once in a transaction.
func (w *write) stmt(query string) (*sql.Stmt, error) {
	if st, ok := w.stmts[query]; ok {
		return st, nil
	}
	st, err := w.tx.PrepareContext(w.ctx, query)
	if err != nil {
		return nil, readError(err)
	}
	w.stmts[query] = st
	return st, nil
}

func (w *write) exec(query string, args ...any) (sql.Result, error) {
	st, err := w.stmt(query)
	if err != nil {
		return nil, err
	}
	w.wrote = true
	res, err := st.ExecContext(w.ctx, args...)
	return res, readError(err)
}

const rowColumns = `id, key, scope, seq, pack, doc`

// get finds a row, also one that was taken back; sql.ErrNoRows if there is none.
func (w *write) get(e Entity, where string, args ...any) (row, error) {
	st, err := w.stmt(`SELECT ` + rowColumns + ` FROM ` + tables[e] + ` WHERE ` + where)
	if err != nil {
		return row{}, err
	}
	return scanRow(st.QueryRowContext(w.ctx, args...))
}

func scanRow(sc interface{ Scan(...any) error }) (row, error) {
	var r row
	err := sc.Scan(&r.id, &r.key, &r.scope, &r.seq, &r.pack, &r.doc)
	return r, err
}

// byID finds the row of an ID.
func (w *write) byID(e Entity, id int64) (row, error) {
	r, err := w.get(e, `id = ?`, id)
	if err != nil {
		return row{}, notFound(err, e, fmt.Sprint(id))
	}
	return r, nil
}

// newID gives out the next ID of a table. IDs are never used again.
func (w *write) newID(e Entity) (int64, error) {
	if w.next[e] == 0 {
		var last int64
		if err := w.tx.QueryRowContext(w.ctx, `SELECT coalesce(max(id), 0) FROM `+tables[e]).Scan(&last); err != nil {
			return 0, readError(err)
		}
		w.next[e] = last
	}
	w.next[e]++
	return w.next[e], nil
}

// set makes rec (nil: nothing) the content of row old and notes the item for
// the log. old.seq is 0 for a new row.
func (w *write) set(e Entity, old row, rec record) error {
	fresh := gone(old.id)
	fresh.seq = w.head.seq + 1
	if rec != nil {
		var err error
		if fresh.key, fresh.scope, err = rec.place(); err != nil {
			return err
		}
		fresh.pack = rec.pack()
		if fresh.doc, err = encode(rec); err != nil {
			return err
		}
	}
	if err := w.store(e, fresh); err != nil {
		return err
	}
	w.note(&Item{Entity: e, ID: old.id, Prev: old.seq, Before: old.doc, After: fresh.doc})
	return nil
}

// gone is the place of a record that was taken back, free for no other.
func gone(id int64) row { return row{id: id, scope: "gone:" + strconv.FormatInt(id, 10)} }

func (w *write) store(e Entity, r row) error {
	_, err := w.exec(`INSERT INTO `+tables[e]+` (`+rowColumns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET key = excluded.key, scope = excluded.scope, doc = excluded.doc, pack = excluded.pack, seq = excluded.seq`,
		r.id, int64(r.key), r.scope, r.seq, r.pack, nullable(r.doc))
	return err
}

// nullable keeps a document as text, so that people who open the file read it.
func nullable(doc []byte) any {
	if doc == nil {
		return nil
	}
	return string(doc)
}

func (w *write) note(it *Item) {
	if w.count == 0 {
		w.items = append(w.items[:0], '[')
	} else {
		w.items = append(w.items, ',', '\n')
	}
	w.items = appendItem(w.items, it)
	w.count++
}

// log appends the items noted since the last call as one change.
func (w *write) log(action, subject string) error {
	if w.count == 0 {
		return nil
	}
	c := rawChange{
		seq: w.head.seq + 1, at: w.at, author: w.e.Author, reason: w.e.Reason, action: action, subject: subject,
		count: w.count, items: append(w.items, ']'), prev: w.head.hash,
	}
	c.hash = c.sum()
	_, err := w.exec(`INSERT INTO changes (`+changeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.seq, c.at, c.author, c.reason, c.action, c.subject, c.count, string(c.items), c.prev, c.hash)
	if err != nil {
		return err
	}
	w.head = head{seq: c.seq, at: c.at, hash: c.hash}
	w.items, w.count = w.items[:0], 0
	return nil
}

// day is a moment as records write days.
func day(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }
