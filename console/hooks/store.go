package hooks

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver
)

const (
	applicationID = 0x5257484b // "RWHK": marks the file as ours
	schemaVersion = 1

	maxWaiting = 10_000              // deliveries of one hook; more are dropped and counted
	maxDead    = 1_000               // of one hook; the oldest go first
	deadLife   = 30 * 24 * time.Hour // they name numbers
	maxPage    = 200                 // of Deliveries
)

const schema = `
CREATE TABLE deliveries (
	id    INTEGER PRIMARY KEY AUTOINCREMENT,
	hook  TEXT NOT NULL,
	state TEXT NOT NULL, -- waiting, dead
	event TEXT NOT NULL, -- JSON
	made  INTEGER NOT NULL, -- Unix milliseconds, as all times here
	tries INTEGER NOT NULL,
	next  INTEGER NOT NULL,
	why   TEXT NOT NULL  -- the last failure
) STRICT;
CREATE INDEX deliveries_due ON deliveries (hook, state, next);
`

// ErrNotFound says that there is no such delivery or hook.
var ErrNotFound = errors.New("no such delivery")

// State is where a delivery stands. What was delivered is not kept.
type State string

// The states.
const (
	Waiting State = "waiting"
	Dead    State = "dead"
)

// Delivery is an event on its way to a hook, or one that did not get there.
type Delivery struct {
	ID    int64     `json:"id"`
	Hook  string    `json:"hook"`
	State State     `json:"state" enum:"waiting,dead"`
	Event Event     `json:"event"`
	Made  time.Time `json:"made"`
	Tries int       `json:"tries"`
	Next  time.Time `json:"next" doc:"of the next try, if it waits"`
	Why   string    `json:"why,omitempty" doc:"the last try failed"`
}

type store struct {
	db  *sql.DB
	now func() time.Time
}

func openStore(path string, now func() time.Time) (*store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open hooks.db: %w", err)
	}
	f.Close()
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "secure_delete(ON)"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // short statements: none waits for another's lock
	s := &store{db, now}
	if err := s.prepare(); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func (s *store) prepare() error {
	var app, version, tables int
	err := errors.Join(s.db.QueryRow("PRAGMA application_id").Scan(&app), s.db.QueryRow("PRAGMA user_version").Scan(&version),
		s.db.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&tables))
	switch {
	case err != nil:
		return fmt.Errorf("the file is damaged: move it away to begin with an empty one: %w", err)
	case app == applicationID && version == schemaVersion:
		return nil
	case app == applicationID:
		return fmt.Errorf("it has schema %d, this program knows %d: use the newer program", version, schemaVersion)
	case app != 0 || tables != 0:
		return errors.New("it belongs to another program")
	}
	_, err = s.db.Exec(schema + fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d;", applicationID, schemaVersion))
	return err
}

// add puts an event up for delivery; false: too many wait already.
func (s *store) add(ctx context.Context, hook string, e Event) (bool, error) {
	id := make([]byte, 12)
	_, _ = rand.Read(id) // never fails (crypto/rand)
	e.ID = hex.EncodeToString(id)
	doc, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	now := s.now().UnixMilli()
	res, err := s.db.ExecContext(ctx, `INSERT INTO deliveries (hook, state, event, made, tries, next, why)
		SELECT ?1, 'waiting', ?2, ?3, 0, ?3, '' WHERE (SELECT count(*) FROM deliveries WHERE hook = ?1 AND state = 'waiting') < ?4`, hook, string(doc), now, maxWaiting)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

const columns = "id, hook, state, event, made, tries, next, why"

func (s *store) scan(ctx context.Context, query string, args ...any) ([]Delivery, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM deliveries WHERE "+query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []Delivery{}
	for rows.Next() {
		var d Delivery
		var doc []byte
		var made, next int64
		if err := rows.Scan(&d.ID, &d.Hook, &d.State, &doc, &made, &d.Tries, &next, &d.Why); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(doc, &d.Event); err != nil {
			return nil, fmt.Errorf("delivery %d: %w", d.ID, err)
		}
		d.Made, d.Next = time.UnixMilli(made).UTC(), time.UnixMilli(next).UTC()
		out = append(out, d)
	}
	return out, rows.Err()
}

// due is the delivery of a hook that is next, if any waits.
func (s *store) due(ctx context.Context, hook string) (Delivery, bool, error) {
	found, err := s.scan(ctx, "hook = ? AND state = 'waiting' ORDER BY next, id LIMIT 1", hook)
	if err != nil || len(found) == 0 {
		return Delivery{}, false, err
	}
	return found[0], true, nil
}

func (s *store) delivered(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM deliveries WHERE id = ?", id)
	return err
}

// failed notes a failure: the delivery waits until next, or is dead.
func (s *store) failed(ctx context.Context, d Delivery, state State, next time.Time, why string) error {
	_, err := s.db.ExecContext(ctx, "UPDATE deliveries SET state = ?, tries = ?, next = ?, why = ? WHERE id = ?", state, d.Tries+1, next.UnixMilli(), why, d.ID)
	if err == nil && state == Dead {
		_, err = s.db.ExecContext(ctx, `DELETE FROM deliveries WHERE hook = ?1 AND state = 'dead' AND (made < ?2 OR id NOT IN
			(SELECT id FROM deliveries WHERE hook = ?1 AND state = 'dead' ORDER BY id DESC LIMIT ?3))`, d.Hook, s.now().Add(-deadLife).UnixMilli(), maxDead)
	}
	return err
}

// again puts a dead delivery, or with id 0 all of a hook, up once more.
func (s *store) again(ctx context.Context, hook string, id int64) (int64, error) {
	res, err := s.db.ExecContext(ctx, `UPDATE deliveries SET state = 'waiting', tries = 0, next = ?1 WHERE state = 'dead' AND (?2 = 0 AND hook = ?3 OR id = ?2)`,
		s.now().UnixMilli(), id, hook)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *store) drop(ctx context.Context, id int64) error {
	res, err := s.db.ExecContext(ctx, "DELETE FROM deliveries WHERE id = ?", id)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// counts is how many deliveries of a hook wait and are dead.
func (s *store) counts(ctx context.Context, hook string) (waiting, dead int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT coalesce(sum(state = 'waiting'), 0), coalesce(sum(state = 'dead'), 0) FROM deliveries WHERE hook = ?", hook).Scan(&waiting, &dead)
	return waiting, dead, err
}
