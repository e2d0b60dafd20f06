package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver
)

const (
	applicationID = 0x52575050 // "RWPP": marks the file as ours
	schemaVersion = 1
)

const schema = `
CREATE TABLE users (
	name     TEXT PRIMARY KEY,
	role     TEXT NOT NULL,
	lines    TEXT NOT NULL, -- JSON array of line ids
	lang     TEXT NOT NULL,
	password TEXT NOT NULL, -- PHC string of argon2id; '' until the one-time link was used
	totp     TEXT NOT NULL, -- base32 secret; '' without
	pending  TEXT NOT NULL, -- secret that waits for its first code
	step     INTEGER NOT NULL, -- last TOTP step that was used
	disabled INTEGER NOT NULL,
	created  INTEGER NOT NULL  -- Unix milliseconds, as all times here
) STRICT;
CREATE TABLE sessions (
	hash    TEXT PRIMARY KEY,
	user    TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
	created INTEGER NOT NULL,
	seen    INTEGER NOT NULL,
	source  TEXT NOT NULL
) STRICT;
CREATE TABLE links (
	hash    TEXT PRIMARY KEY,
	user    TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
	expires INTEGER NOT NULL
) STRICT;
CREATE TABLE tokens (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	hash    TEXT NOT NULL UNIQUE,
	user    TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
	name    TEXT NOT NULL,
	scopes  TEXT NOT NULL, -- JSON array
	created INTEGER NOT NULL,
	used    INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT;
CREATE TABLE answers ( -- of writes with an Idempotency-Key
	reader  TEXT NOT NULL,
	key     TEXT NOT NULL,
	request TEXT NOT NULL, -- SHA-256 of method, path and body
	status  INTEGER NOT NULL, -- 0: still being worked on
	body    BLOB NOT NULL,
	created INTEGER NOT NULL,
	PRIMARY KEY (reader, key)
) STRICT;
CREATE TABLE audit (
	seq     INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	who     TEXT NOT NULL,
	action  TEXT NOT NULL,
	subject TEXT NOT NULL,
	source  TEXT NOT NULL,
	hash    TEXT NOT NULL
) STRICT;
`

// Options says where the file is. Only Path is needed.
type Options struct {
	Path     string           // of people.db; its directory must exist
	Now      func() time.Time // nil: time.Now
	Idle     time.Duration    // a session ends when it was not used for so long; 0: 15 min
	Absolute time.Duration    // and so long after the login in any case; 0: 12 h
	Failures int              // failed logins a minute from one source; 0: 10
}

// Store is the open file. Its methods may be called from any goroutine.
type Store struct {
	db       *sql.DB
	opts     Options
	throttle throttle
	hashing  chan struct{} // bounds the memory of argon2id
	auditing sync.Mutex    // one row after the other: each hashes the one before
}

// Open opens or makes the file.
func Open(o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Idle, o.Absolute = orDefault(o.Idle, 15*time.Minute), orDefault(o.Absolute, 12*time.Hour)
	o.Failures = orDefault(o.Failures, 10)
	path, err := filepath.Abs(o.Path)
	if err != nil || o.Path == "" {
		return nil, fmt.Errorf("open people.db: %q is no path", o.Path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open people.db: %w", err)
	}
	f.Close()
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "secure_delete(ON)"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open people.db: %w", err)
	}
	db.SetMaxOpenConns(1) // small tables, short statements: no two ever wait for each other's lock
	s := &Store{db: db, opts: o, throttle: newThrottle(o.Failures), hashing: make(chan struct{}, 2)}
	if err := s.prepare(); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

func (s *Store) prepare() error {
	var app, version, tables int
	if err := s.db.QueryRow("PRAGMA application_id").Scan(&app); err != nil {
		return fmt.Errorf("%w: %v: restore a backup, or move the file away to begin with a new operator", ErrDamaged, err)
	}
	if err := s.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if err := s.db.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	switch {
	case app == applicationID && version > schemaVersion:
		return fmt.Errorf("%w: it has schema %d, this program knows %d", ErrNewer, version, schemaVersion)
	case app == applicationID:
		return nil
	case app != 0 || tables != 0:
		return fmt.Errorf("%w: it belongs to another program", ErrDamaged)
	}
	return s.inTx(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(schema + fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d;", applicationID, schemaVersion))
		return err
	})
}

func (s *Store) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *Store) now() int64 { return s.opts.Now().UnixMilli() }

// Prune deletes what has ended: sessions, links, tokens and answers.
func (s *Store) Prune(ctx context.Context) error {
	now := s.opts.Now()
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for _, d := range []struct {
			query string
			args  []any
		}{
			{"DELETE FROM sessions WHERE seen < ? OR created < ?", []any{now.Add(-s.opts.Idle).UnixMilli(), now.Add(-s.opts.Absolute).UnixMilli()}},
			{"DELETE FROM links WHERE expires < ?", []any{now.UnixMilli()}},
			{"DELETE FROM tokens WHERE expires < ?", []any{now.UnixMilli()}},
			{"DELETE FROM answers WHERE created < ?", []any{now.Add(-answerLife).UnixMilli()}},
		} {
			if _, err := tx.Exec(d.query, d.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// secret returns 256 random bits as text, and the hash that is kept of it.
func secret() (text, hash string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	text = base64.RawURLEncoding.EncodeToString(b)
	return text, hashOf(text)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func orDefault[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}
