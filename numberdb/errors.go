package numberdb

import (
	"errors"
	"fmt"
)

// What the store refuses, for errors.Is.
var (
	ErrCorrupt   = errors.New("number database is damaged")
	ErrBusy      = errors.New("number database is locked by another writer")
	ErrFull      = errors.New("number database cannot be written: disk is full")
	ErrReadOnly  = errors.New("number database cannot be written")
	ErrNotFound  = errors.New("no such record")
	ErrInvalid   = errors.New("record is not valid")
	ErrReview    = errors.New("review refused")
	ErrConflict  = errors.New("edit conflicts with a later one")
	ErrNoAuthor  = errors.New("every edit needs an author and a reason")
	ErrNewer     = errors.New("number database was made by a newer version of the program")
	ErrInterrupt = errors.New("interrupted")
)

func fieldError(field, what string) error {
	return fmt.Errorf("%w: %s %s", ErrInvalid, field, what)
}
