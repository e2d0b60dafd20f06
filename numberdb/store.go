package numberdb

import (
	"context"
	"log/slog"
	"time"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// Options for Open. The zero value is useful.
type Options struct {
	Log          *slog.Logger     // nil: nothing is logged
	Now          func() time.Time // nil: time.Now
	Poll         time.Duration    // how often Run looks for edits of other processes; 0: 100 ms
	BusyTimeout  time.Duration    // how long a write waits for another writer; 0: 5 s
	SeedExamples bool             // load the embedded example institutions and numbers, unverified, into an empty database
}

// Edit says who edits, and why; both are required and kept for ever.
type Edit struct {
	Author string
	Reason string
}

// Store is an open number database. Its methods may be called from any goroutine.
type Store struct{}

// Open opens or creates the database and builds its index. A file that is
// damaged, or was made by a newer program, is refused with advice (ErrCorrupt,
// ErrNewer).
func Open(path string, o Options) (*Store, error) { return &Store{}, nil }

// Close closes the database. The index stays valid.
func (s *Store) Close() error { return nil }

// Index returns the current index, never nil. A call keeps the one it began with.
func (s *Store) Index() *index.Index { return &index.Index{} }

// Run watches for edits, of this and of other processes, and swaps the index
// and the lines within a second, until ctx ends. Trouble with the file is
// logged once and the last good index keeps serving.
func (s *Store) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Line finds the line that a called number belongs to: the line with that very
// number, else the one with the longest prefix. It never touches the file.
func (s *Store) Line(called numbering.Number) (Line, bool) { return Line{}, false }

// Lines returns all lines in the order of their numbers.
func (s *Store) Lines() []Line { return nil }

// PutInstitution adds or replaces the institution with that ID.
func (s *Store) PutInstitution(ctx context.Context, e Edit, r Institution) error { return nil }

// PutNumber adds a number (ID 0) or replaces one, as a draft by e.Author, and returns its ID.
func (s *Store) PutNumber(ctx context.Context, e Edit, r Number) (int64, error) { return 0, nil }

// PutScam adds or replaces a scam listing; one per number and source.
func (s *Store) PutScam(ctx context.Context, e Edit, r Scam) (int64, error) { return 0, nil }

// ReportScam adds one household's report to the listing of number (source
// "reports"), creating it if needed. A household that reports again moves its
// one report to today.
func (s *Store) ReportScam(ctx context.Context, e Edit, number numbering.Number, household, category string) (int64, error) {
	return 0, nil
}

// PutPattern adds or replaces a pattern.
func (s *Store) PutPattern(ctx context.Context, e Edit, r Pattern) (int64, error) { return 0, nil }

// PutLine adds or replaces a line.
func (s *Store) PutLine(ctx context.Context, e Edit, r Line) (int64, error) { return 0, nil }

// PutSaved adds or replaces a merchant's saved number.
func (s *Store) PutSaved(ctx context.Context, e Edit, r Saved) (int64, error) { return 0, nil }

// Retire says that a record no longer holds; it stays in the history. id is an
// institution's id or the decimal ID of another record.
func (s *Store) Retire(ctx context.Context, e Edit, entity Entity, id string) error { return nil }

// Approve makes a draft verified. The approver (e.Author) must not be the one
// who proposed it (ErrReview).
func (s *Store) Approve(ctx context.Context, e Edit, entity Entity, id string) error { return nil }

// Reject refuses a draft.
func (s *Store) Reject(ctx context.Context, e Edit, entity Entity, id string) error { return nil }
