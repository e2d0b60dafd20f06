package numberdb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
)

// VerifyReport is what Verify found.
type VerifyReport struct {
	Changes  int64    `json:"changes"`  // read
	Records  int64    `json:"records"`  // rows of the tables, taken-back ones included
	Head     string   `json:"head"`     // hash of the last change: note it elsewhere to prove later that nothing was rewritten
	Problems []string `json:"problems"` // empty: all is as the log says
}

// OK reports whether nothing was found.
func (r *VerifyReport) OK() bool { return len(r.Problems) == 0 }

// maxProblems bounds a report.
const maxProblems = 20

func (r *VerifyReport) problem(format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Verify reads the whole change log and all tables: that every change hashes to
// what it says and follows the one before, that the log ends where its end is
// marked, and that the tables are exactly the result of the log. The error is
// for a file that cannot be read; what was tampered with is in the report.
func (s *Store) Verify(ctx context.Context) (VerifyReport, error) {
	r := VerifyReport{Problems: []string{}}
	tx, err := s.r.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return r, readError(err)
	}
	defer rollback(tx)
	var fromLog, fromTables setSum
	if err := r.chain(ctx, tx, &fromLog); err != nil {
		return r, err
	}
	for _, e := range entities {
		if err := r.table(ctx, tx, e, &fromTables); err != nil {
			return r, err
		}
	}
	if fromLog != fromTables {
		r.problem("the tables are not the result of the change log: a row was added, removed or changed outside of it")
		return r, r.locate(ctx, tx)
	}
	return r, nil
}

// chain checks the log and sums up the records that it leaves.
func (r *VerifyReport) chain(ctx context.Context, q queryer, sum *setSum) error {
	h, err := readHead(ctx, q)
	if err != nil {
		return err
	}
	last := rawChange{hash: make([]byte, sha256.Size)}
	err = eachChange(ctx, q, func(c *rawChange) error {
		r.Changes++
		if c.seq != last.seq+1 {
			r.problem("changes %d to %d are missing", last.seq+1, c.seq-1)
		}
		if !bytes.Equal(c.prev, last.hash) {
			r.problem("change %d does not follow the change before it", c.seq)
		}
		if c.at < last.at {
			r.problem("change %d is older than the change before it", c.seq)
		}
		if !bytes.Equal(c.hash, c.sum()) {
			r.problem("change %d was altered: its hash is not that of its content", c.seq)
		}
		last = rawChange{seq: c.seq, at: c.at, hash: c.hash}
		return r.items(c, sum)
	}, `SELECT `+changeColumns+` FROM changes ORDER BY seq`)
	if err != nil {
		return err
	}
	r.Head = hex.EncodeToString(h.hash)
	if h.seq != last.seq || h.at != last.at || !bytes.Equal(h.hash, last.hash) {
		r.problem("the log ends with change %d, but its end is marked at %d: it was cut or the mark was altered", last.seq, h.seq)
	}
	return nil
}

func (r *VerifyReport) items(c *rawChange, sum *setSum) error {
	ch, err := c.change()
	if err != nil {
		r.problem("change %d: %v", c.seq, err)
		return nil
	}
	if len(ch.Items) != c.count {
		r.problem("change %d has %d items and says %d", c.seq, len(ch.Items), c.count)
	}
	for i := range ch.Items {
		it := &ch.Items[i]
		if it.Prev != 0 {
			sum.remove(recordSum(it.Entity, it.ID, it.Prev, it.Before))
		}
		sum.add(recordSum(it.Entity, it.ID, c.seq, it.After))
	}
	return nil
}

// table checks that the columns of a table follow from its records and sums the
// records up.
func (r *VerifyReport) table(ctx context.Context, q queryer, e Entity, sum *setSum) error {
	rows, err := q.QueryContext(ctx, `SELECT `+rowColumns+` FROM `+tables[e]+` ORDER BY id`)
	if err != nil {
		return readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		got, err := scanRow(rows)
		if err != nil {
			return readError(err)
		}
		r.Records++
		sum.add(recordSum(e, got.id, got.seq, got.doc))
		want := gone(got.id)
		if got.doc != nil {
			want, err = derive(e, got.id, got.doc)
		}
		if err != nil {
			r.problem("%s %d: %v", e, got.id, err)
		} else if want.key != got.key || want.scope != got.scope || !bytes.Equal(want.pack, got.pack) {
			r.problem("%s %d: its key, scope or pack do not follow from its record", e, got.id)
		}
	}
	return readError(rows.Err())
}

// derive works out the row of a record.
func derive(e Entity, id int64, doc []byte) (row, error) {
	rec, err := decode(e, id, doc)
	if err != nil {
		return row{}, err
	}
	key, scope, err := rec.place()
	if err != nil {
		return row{}, fmt.Errorf("%w: %v", ErrCorrupt, err)
	}
	return row{id: id, key: key, scope: scope, doc: doc, pack: rec.pack()}, nil
}

// locate names rows that the log does not speak of as they are. It is called
// once something is known to be wrong, and looks each row up in the log.
func (r *VerifyReport) locate(ctx context.Context, q queryer) error {
	for _, e := range entities {
		var bad []string
		err := eachChange(ctx, q, func(c *rawChange) error {
			ch, err := c.change()
			if err != nil || len(bad) >= maxProblems {
				return nil
			}
			for i := range ch.Items {
				it := &ch.Items[i]
				if it.Entity != e {
					continue
				}
				var seq int64
				var doc []byte
				err := q.QueryRowContext(ctx, `SELECT seq, doc FROM `+tables[e]+` WHERE id = ?`, it.ID).Scan(&seq, &doc)
				if err == sql.ErrNoRows || err == nil && seq == c.seq && !bytes.Equal(doc, it.After) {
					bad = append(bad, fmt.Sprintf("%s %d (change %d)", e, it.ID, c.seq))
				}
			}
			return nil
		}, `SELECT `+changeColumns+` FROM changes ORDER BY seq`)
		if err != nil {
			return err
		}
		for _, b := range slices.Compact(bad) {
			r.problem("%s is not as the log left it", b)
		}
	}
	return nil
}

// setSum is a hash of a set that does not depend on order: the sum of its
// members' SHA-256 modulo 2^256. It lets a log of any length be held against
// tables of any length with no memory.
type setSum [4]uint64

func (s *setSum) add(h [sha256.Size]byte) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], binary.LittleEndian.Uint64(h[8*i:]), carry)
	}
}

func (s *setSum) remove(h [sha256.Size]byte) {
	var borrow uint64
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], binary.LittleEndian.Uint64(h[8*i:]), borrow)
	}
}

// recordSum is the hash of a record in a state.
func recordSum(e Entity, id, seq int64, doc []byte) [sha256.Size]byte {
	b := make([]byte, 0, 64+len(doc))
	b = append(b, e...)
	b = binary.BigEndian.AppendUint64(b, uint64(id))
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	if doc != nil {
		b = append(append(b, 1), doc...)
	}
	return sha256.Sum256(b)
}
