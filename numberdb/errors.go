package numberdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What the store refuses, for errors.Is.
var (
	ErrCorrupt  = errors.New("number database is damaged")
	ErrNewer    = errors.New("number database was made by a newer version of the program")
	ErrBusy     = errors.New("number database is locked by another writer; try again when it has finished")
	ErrFull     = errors.New("number database cannot be written: the disk is full; nothing was changed")
	ErrReadOnly = errors.New("number database cannot be written: the file or its folder is read-only or failing; nothing was changed")
	ErrNotFound = errors.New("no such record")
	ErrInvalid  = errors.New("record is not valid")
	ErrReview   = errors.New("review refused")
	ErrConflict = errors.New("edit conflicts with a later one")
	ErrNoAuthor = errors.New("every edit needs an author and a reason")
)

func fieldError(field, what string) error {
	return fmt.Errorf("%w: %s %s", ErrInvalid, field, what)
}

// readError gives what SQLite says one of the names above.
func readError(err error) error {
	var e *sqlite.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	name := error(nil)
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		name = ErrBusy
	case sqlite3.SQLITE_FULL:
		name = ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		name = ErrReadOnly
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
		name = ErrCorrupt
	case sqlite3.SQLITE_CONSTRAINT:
		name = ErrConflict
	case sqlite3.SQLITE_INTERRUPT:
		name = context.Canceled
	default:
		return err
	}
	return fmt.Errorf("%w (%s)", name, e.Error())
}

// notFound turns an empty answer into ErrNotFound.
func notFound(err error, e Entity, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: %s %s", ErrNotFound, e, id)
	}
	return readError(err)
}
