package people

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// answerLife is how long the answer to a write is kept for its repetition.
const answerLife = 24 * time.Hour

// Answer is what a write with an Idempotency-Key was answered.
type Answer struct {
	Request string // hash of what was asked
	Status  int    // 0: the first one is still at work
	Body    []byte
}

// BeginAnswer takes the key for a write. first is false when it was used
// before: then the answer of that time comes with it.
func (s *Store) BeginAnswer(ctx context.Context, reader, key, request string) (a Answer, first bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRow("SELECT request, status, body FROM answers WHERE reader = ? AND key = ? AND created > ?",
			reader, key, s.opts.Now().Add(-answerLife).UnixMilli())
		err := row.Scan(&a.Request, &a.Status, &a.Body)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		first = true
		_, err = tx.Exec("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, 0, x'', ?)", reader, key, request, s.now())
		return err
	})
	return a, first, err
}

// EndAnswer keeps the answer; with status 0 the key is free again.
func (s *Store) EndAnswer(ctx context.Context, reader, key string, status int, body []byte) error {
	if status == 0 {
		_, err := s.db.ExecContext(ctx, "DELETE FROM answers WHERE reader = ? AND key = ?", reader, key)
		return err
	}
	if body == nil {
		body = []byte{}
	}
	_, err := s.db.ExecContext(ctx, "UPDATE answers SET status = ?, body = ? WHERE reader = ? AND key = ?", status, body, reader, key)
	return err
}
