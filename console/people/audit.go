package people

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Entry is one row of the audit: who did or read what, and from where.
type Entry struct {
	Seq     int64
	At      time.Time
	Who     string // user, "user/token 7", or "" for nobody who is known
	Action  string // "read call", "list calls", "watch call", "login", "add user" ...
	Subject string
	Source  string // address
}

// Name is how the audit calls a reader.
func (r Reader) Name() string {
	if r.Token != 0 {
		return fmt.Sprintf("%s/token %d", r.User, r.Token)
	}
	return r.User
}

const maxSubject = 16 << 10

// Note adds a row to the audit. A reader is given nothing before it is
// written. The row's hash covers the one before it.
func (s *Store) Note(ctx context.Context, e Entry) error {
	if len(e.Subject) > maxSubject {
		e.Subject = e.Subject[:maxSubject]
	}
	s.auditing.Lock()
	defer s.auditing.Unlock()
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var prev string
		err := tx.QueryRow("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").Scan(&e.Seq, &prev)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		e.Seq++
		at := s.now()
		_, err = tx.Exec("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", e.Seq, at, e.Who, e.Action, e.Subject, e.Source, e.hash(prev, at))
		return err
	})
}

// hash binds the row to its place. Lengths stand before the texts, so that no
// two rows are written alike.
func (e Entry) hash(prev string, at int64) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d", prev, e.Seq, at)
	for _, t := range []string{e.Who, e.Action, e.Subject, e.Source} {
		fmt.Fprintf(h, " %d %s", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Entries returns the audit, the latest first, from before a row (0: from the
// end), at most limit rows (1 to 1,000).
func (s *Store) Entries(ctx context.Context, before int64, limit int) ([]Entry, error) {
	if before <= 0 {
		before = 1 << 62
	}
	rows, err := s.db.QueryContext(ctx, "SELECT seq, at, who, action, subject, source FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
		before, min(max(limit, 1), 1000))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Entry
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&e.Seq, &at, &e.Who, &e.Action, &e.Subject, &e.Source); err != nil {
			return nil, err
		}
		e.At = time.UnixMilli(at)
		all = append(all, e)
	}
	return all, rows.Err()
}

// VerifyAudit reads the whole audit and returns the number of rows and the
// last row's hash, or what is wrong. Rows cut off at the end show only to one
// who noted the hash elsewhere.
func (s *Store) VerifyAudit(ctx context.Context) (rows int64, head string, err error) {
	all, err := s.db.QueryContext(ctx, "SELECT seq, at, who, action, subject, source, hash FROM audit ORDER BY seq")
	if err != nil {
		return 0, "", err
	}
	defer all.Close()
	for all.Next() {
		var e Entry
		var at int64
		var hash string
		if err := all.Scan(&e.Seq, &at, &e.Who, &e.Action, &e.Subject, &e.Source, &hash); err != nil {
			return rows, head, err
		}
		if rows++; e.Seq != rows {
			return rows, head, fmt.Errorf("%w: row %d of the audit is missing", ErrDamaged, rows)
		}
		if e.hash(head, at) != hash {
			return rows, head, fmt.Errorf("%w: row %d of the audit was changed", ErrDamaged, rows)
		}
		head = hash
	}
	return rows, head, all.Err()
}
