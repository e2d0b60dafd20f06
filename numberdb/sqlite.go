package numberdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// checkedWhole is the largest file that is read through and held against its
// change log before it is used; a larger one gets SQLite's quick check only up
// to quickChecked, and is for `numbers verify` beyond that.
const (
	checkedWhole = 32 << 20
	quickChecked = 512 << 20
)

// usualCache is the page cache of a connection, in KiB.
const usualCache = 64 << 10

// connect prepares the connections: one that writes, some that only read. The
// file is opened when they are first used.
func (s *Store) connect() error {
	common := []string{
		fmt.Sprintf("busy_timeout(%d)", s.o.BusyTimeout.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", fmt.Sprintf("cache_size(-%d)", usualCache), "journal_size_limit(67108864)", "temp_store(MEMORY)", "trusted_schema(0)",
	}
	var err error
	if s.w, err = sql.Open("sqlite", s.dsn("immediate", common)); err != nil {
		return err
	}
	s.w.SetMaxOpenConns(1)
	if s.r, err = sql.Open("sqlite", s.dsn("deferred", append(common, "query_only(1)"))); err != nil {
		return err
	}
	s.r.SetMaxOpenConns(8)
	return nil
}

func (s *Store) dsn(lock string, pragmas []string) string {
	return "file:" + (&url.URL{Path: s.path}).EscapedPath() + "?" + url.Values{"_pragma": pragmas, "_txlock": {lock}}.Encode()
}

// check refuses a damaged file: by SQLite's own check, and a file that is small
// enough by its change log too.
func (s *Store) check(ctx context.Context) error {
	info, err := os.Stat(s.path)
	if err != nil || info.Size() == 0 || info.Size() > quickChecked {
		return err
	}
	pragma := `PRAGMA quick_check(1)`
	if info.Size() <= checkedWhole {
		pragma = `PRAGMA integrity_check(1)` // indexes against tables too
	}
	var said string
	if err := s.w.QueryRowContext(ctx, pragma).Scan(&said); err != nil {
		return readError(err)
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, said)
	}
	version, err := s.schemaVersion(ctx)
	if err != nil || version == 0 || info.Size() > checkedWhole {
		return err
	}
	report, err := s.Verify(ctx)
	if err == nil && !report.OK() {
		err = fmt.Errorf("%w: %s", ErrCorrupt, report.Problems[0])
	}
	return err
}

func (s *Store) schemaVersion(ctx context.Context) (int, error) {
	var v int
	err := s.w.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&v)
	return v, readError(err)
}

// migrate brings the tables to this program's version, one numbered file at a
// time, each in its own transaction.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil {
		return err
	}
	version, err := s.schemaVersion(ctx)
	if err != nil {
		return err
	}
	if version > len(files) {
		return fmt.Errorf("open %s: %w: its version is %d, this program knows %d; use the newer program", s.path, ErrNewer, version, len(files))
	}
	for ; version < len(files); version++ {
		text, err := schemaFiles.ReadFile(files[version])
		if err != nil {
			return err
		}
		if err := s.migrateOne(ctx, string(text), version); err != nil {
			return fmt.Errorf("apply %s: %w", files[version], err)
		}
	}
	return nil
}

func (s *Store) migrateOne(ctx context.Context, text string, from int) error {
	tx, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return readError(err)
	}
	defer rollback(tx)
	var now int // another process may have been faster
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&now); err != nil {
		return readError(err)
	}
	if now > from {
		return nil
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return readError(err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", from+1)); err != nil {
		return readError(err)
	}
	return readError(tx.Commit())
}

// rollback ends a transaction that was not committed; after a commit it does nothing.
func rollback(tx *sql.Tx) {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return // the connection is gone, and the transaction with it
	}
}
