package calllog

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// The errors of this package; test for them with errors.Is.
var (
	// ErrDamaged: the file is not a readable call log. The text says what to do; the gateway can run without a log.
	ErrDamaged = errors.New("call log damaged")
	// ErrNewer: the file was written by a later version of this program.
	ErrNewer = errors.New("call log is of a newer version")
	// ErrNotFound: no such call is kept.
	ErrNotFound = errors.New("no such call in the log")
	// ErrCursor: a Filter.Cursor that List did not give out.
	ErrCursor = errors.New("cursor not understood")
	// ErrClosed: the log is closed.
	ErrClosed = errors.New("call log closed")
	// ErrLost: Close could not write everything in time.
	ErrLost = errors.New("call records lost")
)

// advise turns SQLite's word for a broken file into one that says what to do.
func advise(path string, err error) error {
	switch code(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s: %v: move the file away (with its -wal and -shm) and start again, a new one is made",
			ErrDamaged, path, err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("open call log %s: another program holds it locked: %w", path, err)
	}
	return fmt.Errorf("open call log %s: %w", path, err)
}

// code is SQLite's primary result code, 0 if the error is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}
