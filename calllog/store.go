package calllog

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver
)

const (
	applicationID = 0x52574c47 // "RWLG": marks the file as ours
	schemaVersion = 1
	checkLimit    = 3 * time.Second // of the check at Open; a large file is checked in part
)

// schema: the columns are what lists and statistics select by; everything else is JSON in detail.
const schema = `
CREATE TABLE calls (
	seq      INTEGER PRIMARY KEY,
	id       TEXT    NOT NULL UNIQUE,
	start    INTEGER NOT NULL, -- Unix time in milliseconds, as answered and ended; 0 for none
	answered INTEGER NOT NULL,
	ended    INTEGER NOT NULL,
	trunk    TEXT    NOT NULL,
	line     TEXT    NOT NULL,
	caller   TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	level    INTEGER NOT NULL,
	action   TEXT    NOT NULL,
	outcome  TEXT    NOT NULL,
	status   INTEGER NOT NULL,
	ended_by TEXT    NOT NULL,
	detail   TEXT    NOT NULL
) STRICT;
CREATE INDEX calls_start  ON calls (start, seq);
CREATE INDEX calls_line   ON calls (line, start, seq);
CREATE INDEX calls_caller ON calls (caller, start, seq);
CREATE INDEX calls_doubt  ON calls (start, seq) WHERE level >= 2;
`

// Open opens the log and makes the file if there is none, readable by its owner only. It checks the file (a large one
// for three seconds) and returns ErrDamaged or ErrNewer with advice if it cannot be used. It starts nothing: call Run.
func Open(opts Options) (*Log, error) {
	opts = opts.withDefaults()
	path, err := filepath.Abs(opts.Path)
	if err != nil || opts.Path == "" {
		return nil, fmt.Errorf("open call log %q: not a path", opts.Path)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open call log: %w", err)
	}
	file.Close()
	l := &Log{
		opts: opts,
		write: connect(path, 1, "busy_timeout(20)", "auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(NORMAL)",
			"secure_delete(ON)", "journal_size_limit(16777216)"),
		read:    connect(path, 4, "busy_timeout(200)", "query_only(ON)"),
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	if err := l.prepare(); err != nil {
		l.read.Close()
		l.write.Close()
		return nil, advise(path, err)
	}
	return l, nil
}

// connect makes a pool; nothing is opened before it is used. The writer hardly waits for a lock (busy_timeout, ms): it
// tries again by itself, and Close must keep its deadline.
func connect(path string, size int, pragmas ...string) *sql.DB {
	q := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	file := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		panic(err) // only for a driver that is not there
	}
	db.SetMaxOpenConns(size)
	return db
}

// prepare checks the file and makes the tables of a new one.
func (l *Log) prepare() error {
	var app, version int
	if err := l.write.QueryRow("PRAGMA application_id").Scan(&app); err != nil {
		return err
	}
	if err := l.write.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case app == 0 && version == 0 && l.empty():
		return l.create()
	case app != applicationID:
		return fmt.Errorf("%w: this is another program's database", ErrDamaged)
	case version > schemaVersion:
		return fmt.Errorf("%w: it has schema %d, this program knows %d: use the newer program or another file", ErrNewer, version, schemaVersion)
	}
	if err := l.check(); err != nil {
		return err
	}
	if _, err := l.write.Exec(feedbackSchema); err != nil {
		l.opts.Log.Warn("what merchants say of calls cannot be kept", "file", l.opts.Path, "err", err)
	}
	return nil
}

// empty reports whether the file has no table of anyone's.
func (l *Log) empty() bool {
	n := -1
	return l.write.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&n) == nil && n == 0
}

func (l *Log) create() error {
	tx, err := l.write.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, s := range []string{schema, feedbackSchema, fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)} {
		if _, err := tx.Exec(s); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (l *Log) check() error {
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	var result string
	err := l.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result)
	switch {
	case ctx.Err() != nil:
		return nil // large; what it saw was good
	case err != nil:
		return err
	case result != "ok":
		return fmt.Errorf("%w: %s: move the file away (with its -wal and -shm) and start again", ErrDamaged, strings.TrimSpace(result))
	}
	return nil
}

const upsert = `INSERT INTO calls
	(id, start, answered, ended, trunk, line, caller, name, level, action, outcome, status, ended_by, detail)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET start = excluded.start, answered = excluded.answered, ended = excluded.ended,
	trunk = excluded.trunk, line = excluded.line, caller = excluded.caller, name = excluded.name, level = excluded.level,
	action = excluded.action, outcome = excluded.outcome, status = excluded.status, ended_by = excluded.ended_by,
	detail = excluded.detail`

// row is a record ready to be written.
type row struct {
	Record
	detail string
}

func newRow(r Record) (row, error) {
	r, err := r.bounded()
	if err != nil {
		return row{}, err
	}
	detail, err := r.encode()
	return row{r, detail}, err
}

// insert writes rows in one transaction, all or none.
func (l *Log) insert(rows []row) error {
	tx, err := l.write.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	put, err := tx.Prepare(upsert)
	if err != nil {
		return err
	}
	defer put.Close()
	for _, r := range rows {
		if _, err := put.Exec(r.ID, millis(r.Start), millis(r.Answered), millis(r.End), r.Trunk, r.Line, r.Caller, r.CallerName,
			r.Level, r.Action, r.Outcome, r.Status, r.EndedBy, r.detail); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// deleteBefore deletes one batch of calls that started before t, gives freed pages back to the file system, and returns
// how many calls are gone.
func (l *Log) deleteBefore(t time.Time) (int, error) {
	done, err := l.write.Exec("DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE start < ? ORDER BY start LIMIT ?)",
		millis(t), pruneBatch)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	if err != nil || n == 0 {
		return 0, err
	}
	if _, err := l.write.Exec("DELETE FROM feedback WHERE at < ?", millis(t)); err != nil {
		return int(n), err
	}
	if _, err := l.write.Exec("PRAGMA incremental_vacuum(1000)"); err != nil {
		return int(n), err
	}
	return int(n), nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
