package numberdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"ringward/numberdb/index"
)

// Options for Open. The zero value is useful.
type Options struct {
	Log          *slog.Logger     // nil: nothing is logged
	Now          func() time.Time // nil: time.Now
	Poll         time.Duration    // how often Run looks for edits of other processes; 0: 100 ms
	BusyTimeout  time.Duration    // how long a write waits for another writer; 0: 5 s
	Serve        bool             // a file that is locked or cannot be written is served as far as it can be read, and Run tries again (see Store.Trouble)
	NoListings   bool             // the index goes without listings: for tools that look at records and judge no calls, so that they start at once
	SeedExamples bool             // load the embedded example institutions and numbers, unverified, into an empty database
}

// Edit says who edits, and why; both are required and kept for ever.
type Edit struct {
	Author string
	Reason string
}

// Store is an open number database. Its methods may be called from any goroutine.
type Store struct {
	path string
	o    Options
	w    *sql.DB // one connection: one writer
	r    *sql.DB // readers, which cannot write

	index  atomic.Pointer[index.Index]
	lines  atomic.Pointer[lineSet]
	sounds atomic.Pointer[RecordingSet]
	spoken atomic.Pointer[RuleSet]
	edited chan struct{} // capacity 1: this process has edited, Run looks at once
	runs   atomic.Int32  // Runs at work

	trouble atomic.Pointer[error] // not nil: open by half, see half.go
	retry   time.Duration         // between tries to open it whole

	mu      sync.Mutex // held while the index is brought up to date; guards what follows
	applied int64      // the last change in index
	imports int        // at work in this process: the index is not built anew before they end
	behind  bool       // a change too large for the overlay is not in index yet
	stale   bool       // index has to be built anew
}

// overlayMax is how many keys the overlay of the index takes before all of it
// is built anew.
const overlayMax = 20_000

// Open opens or creates the database and builds its index. A file that is
// damaged, or was made by a newer program, is refused with advice (ErrCorrupt,
// ErrNewer).
func Open(path string, o Options) (*Store, error) {
	s := &Store{path: path, o: withDefaults(o), edited: make(chan struct{}, 1), retry: halfRetry}
	s.init()
	if err := s.open(context.Background()); err != nil {
		_ = s.Close()
		if errors.Is(err, ErrCorrupt) {
			err = fmt.Errorf("open %s: %w; keep the file, and put the last good backup in its place (see ringward numbers backup)", path, err)
		}
		return nil, err
	}
	return s, nil
}

func withDefaults(o Options) Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll <= 0 {
		o.Poll = 100 * time.Millisecond
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	return o
}

// init makes an empty store answer.
func (s *Store) init() {
	s.index.Store(index.Empty())
	s.lines.Store(&lineSet{})
	s.sounds.Store(&RecordingSet{})
	s.spoken.Store(&RuleSet{})
}

func (s *Store) open(ctx context.Context) error {
	if err := s.connect(); err != nil {
		return err
	}
	if err := s.openFile(ctx); err != nil {
		return s.openHalf(ctx, err)
	}
	return nil
}

// openFile makes sure of the file and builds its index.
func (s *Store) openFile(ctx context.Context) error {
	if err := s.w.PingContext(ctx); err != nil {
		return fmt.Errorf("open %s: %w", s.path, readError(err))
	}
	if err := os.Chmod(s.path, 0o600); err != nil { // other people's numbers
		s.o.Log.Debug("number database keeps its file mode", "path", s.path, "err", err)
	}
	if err := s.check(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if s.o.SeedExamples {
		if err := s.seed(ctx); err != nil {
			return fmt.Errorf("load examples: %w", err)
		}
	}
	return s.rebuild(ctx)
}

// Close closes the database. The index stays valid.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.r, s.w} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Index returns the current index, never nil. A call keeps the one it began with.
func (s *Store) Index() *index.Index { return s.index.Load() }
