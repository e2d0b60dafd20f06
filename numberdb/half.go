package numberdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"
)

// A store that was opened with Options.Serve although the file is locked, or
// cannot be written, is open by half: it serves what could be read, refuses
// edits, and Run goes on trying to open it whole.

// halfRetry is the time between these tries.
const halfRetry = 10 * time.Second

// Trouble says why the store is open by half: what could be read is served, and
// edits are refused with this error. nil when it is open as it should be.
func (s *Store) Trouble() error {
	if err := s.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// openHalf serves what can be read of a file that could not be opened because
// of err. A damaged file, or one of a newer program, is refused all the same.
func (s *Store) openHalf(ctx context.Context, err error) error {
	if !s.o.Serve || !errors.Is(err, ErrBusy) && !errors.Is(err, ErrReadOnly) && !errors.Is(err, ErrFull) {
		return err
	}
	if _, missing := os.Stat(s.path); missing != nil {
		return err // nothing to serve: the place is wrong
	}
	s.trouble.Store(&err)
	read := s.rebuild(ctx)
	if read != nil {
		read = s.readFrozen(ctx)
	}
	x := s.Index()
	if read != nil {
		s.o.Log.Error("number database can be neither written nor read: calls are judged without it until it can be", "path", s.path, "err", err, "read", read)
		return nil
	}
	s.o.Log.Error("number database cannot be written: what is in it serves, edits are refused until it can be", "path", s.path, "index", x.Version(), "listings", x.Size().Listings, "err", err)
	return nil
}

// readFrozen reads a file on a medium that takes no lock file, if nothing waits
// in its write-ahead log: then nobody can be writing to it.
func (s *Store) readFrozen(ctx context.Context) error {
	if st, err := os.Stat(s.path + "-wal"); err == nil && st.Size() > 0 {
		return fmt.Errorf("%w: its write-ahead log cannot be read without writing beside it", ErrReadOnly)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: s.path}).EscapedPath()+"?immutable=1&mode=ro&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	frozen := &Store{path: s.path, o: s.o, r: db}
	frozen.init()
	if err := frozen.rebuild(ctx); err != nil {
		return err
	}
	s.index.Store(frozen.Index())
	s.lines.Store(frozen.lines.Load())
	s.sounds.Store(frozen.sounds.Load())
	s.spoken.Store(frozen.spoken.Load())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applied = frozen.applied
	return nil
}

// openWhole tries to open a store that is open by half. It reports whether it
// is open now.
func (s *Store) openWhole(ctx context.Context) bool {
	err := s.openFile(ctx)
	if err == nil {
		s.trouble.Store(nil)
		s.o.Log.Info("number database is open now, edits are taken", "path", s.path, "index", s.Index().Version())
		return true
	}
	if was := s.Trouble(); ctx.Err() == nil && was != nil && was.Error() != err.Error() {
		s.trouble.Store(&err)
		s.o.Log.Error("number database still cannot be opened", "path", s.path, "err", err)
	}
	return false
}

// runHalf tries to open the store whole until that is done; false if ctx ended.
func (s *Store) runHalf(ctx context.Context) bool {
	if s.Trouble() == nil {
		return true
	}
	tick := time.NewTicker(s.retry)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
			if s.openWhole(ctx) {
				return true
			}
		}
	}
}
