package numberdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

// ErrExists is returned instead of writing over a file.
var ErrExists = errors.New("file exists already")

// Backup writes a copy of one moment of the database to path while edits go on,
// checks it whole, change log included, and only then gives it its name. It
// never writes over a file.
func (s *Store) Backup(ctx context.Context, path string) (VerifyReport, error) {
	if _, err := os.Stat(path); err == nil {
		return VerifyReport{}, fmt.Errorf("back up to %s: %w", path, ErrExists)
	}
	part := path + ".part"
	_ = os.Remove(part) // of a backup that was interrupted
	defer func() { _ = os.Remove(part) }()
	if err := s.vacuumInto(ctx, part); err != nil {
		return VerifyReport{}, fmt.Errorf("back up to %s: %w", path, err)
	}
	report, err := checkFile(ctx, part)
	if err != nil {
		return report, fmt.Errorf("check backup %s: %w", path, err)
	}
	if err := settle(part, path); err != nil {
		return report, fmt.Errorf("back up to %s: %w", path, err)
	}
	return report, nil
}

// vacuumInto copies the database over a connection of its own: the readers may
// not write, and the writer is not to be kept waiting.
func (s *Store) vacuumInto(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", s.dsn("deferred", []string{fmt.Sprintf("busy_timeout(%d)", s.o.BusyTimeout.Milliseconds())}))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, path)
	return readError(err)
}

// checkFile reads a database file through: SQLite's integrity check, then the
// change log against the tables. It does not change the file.
func checkFile(ctx context.Context, path string) (VerifyReport, error) {
	if _, err := os.Stat(path); err != nil {
		return VerifyReport{}, err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_pragma=query_only(1)")
	if err != nil {
		return VerifyReport{}, err
	}
	defer func() { _ = db.Close() }()
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return VerifyReport{}, readError(err)
	}
	if said != "ok" {
		return VerifyReport{}, fmt.Errorf("%w: %s", ErrCorrupt, said)
	}
	report, err := (&Store{r: db}).Verify(ctx)
	if err == nil && !report.OK() {
		err = fmt.Errorf("%w: %s", ErrCorrupt, report.Problems[0])
	}
	return report, err
}

// settle makes a finished file safe on disk under its name.
func settle(part, path string) error {
	if err := os.Chmod(part, 0o600); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return syncFile(part) },
		func() error { return os.Rename(part, path) },
		func() error { return syncFile(filepath.Dir(path)) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Restore puts a backup in the place of the database at path, after checking it
// whole. No process may have the database open. What was there is kept beside
// it under aside (path with ".before-restore" behind it; ErrExists if that is
// taken).
func Restore(ctx context.Context, backup, path string) (aside string, err error) {
	if _, err := checkFile(ctx, backup); err != nil {
		return "", fmt.Errorf("check backup %s: %w", backup, err)
	}
	part := path + ".part"
	defer func() { _ = os.Remove(part) }()
	if err := copyFile(backup, part); err != nil {
		return "", fmt.Errorf("restore %s: %w", path, err)
	}
	if aside, err = putAside(path); err != nil {
		return "", fmt.Errorf("restore %s: %w", path, err)
	}
	if err := settle(part, path); err != nil {
		return aside, fmt.Errorf("restore %s: %w", path, err)
	}
	return aside, nil
}

// putAside moves a database and the files that SQLite keeps beside it out of the way.
func putAside(path string) (string, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	aside := path + ".before-restore"
	if _, err := os.Stat(aside); err == nil {
		return "", fmt.Errorf("%w: %s; move it away first", ErrExists, aside)
	}
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
