package numberdb

import (
	"context"
	"database/sql"
	"time"

	"ringward/numbering"
)

// bulkItems is the size from which a change is not followed record by record
// but by building the index anew.
const bulkItems = 2000

// retryAfter is how long Run waits before it tries again to rebuild the index
// from a file that could not be read.
const retryAfter = 10 * time.Second

// While an import in another process goes on, the index is not built anew all
// the time: between two builds is a rest of so many times what the last took.
const (
	restFactor  = 3
	longestRest = time.Minute
)

// Run watches for edits, of this and of other processes, and swaps the index
// and the lines within a second, until ctx ends. Trouble with the file is
// logged once and the last good index keeps serving. One goroutine more works
// while the index is built anew; Run waits for it.
func (s *Store) Run(ctx context.Context) error {
	s.runs.Add(1)
	defer s.runs.Add(-1)
	tick := time.NewTicker(s.o.Poll)
	defer tick.Stop()
	if !s.runHalf(ctx) {
		return nil
	}
	watch := &watcher{s: s}
	defer watch.close()
	built := make(chan error, 1)
	building, waitTicks, began := false, 0, time.Time{}
	for {
		look := true
		select {
		case <-ctx.Done():
			if building {
				<-built
			}
			return nil
		case <-tick.C:
			look = watch.changed(ctx)
			waitTicks = max(waitTicks-1, 0)
		case <-s.edited:
		case err := <-built:
			building = false
			wait := min(restFactor*time.Since(began), longestRest)
			if watch.report(ctx, err); err != nil {
				wait = retryAfter
			}
			waitTicks = int(wait / s.o.Poll)
		}
		if look {
			watch.report(ctx, s.refresh(ctx))
		}
		if !building && waitTicks == 0 && s.isStale() {
			building, began = true, time.Now()
			go func() { built <- s.rebuild(ctx) }()
		}
	}
}

// watcher notices that the file was changed, by PRAGMA data_version: it differs
// when another connection, of any process, has committed.
type watcher struct {
	s       *Store
	conn    *sql.Conn
	version int64
	trouble bool
}

func (w *watcher) changed(ctx context.Context) bool {
	if w.conn == nil {
		conn, err := w.s.r.Conn(ctx)
		if err != nil {
			w.report(ctx, readError(err))
			return false
		}
		w.conn = conn
	}
	var v int64
	if err := w.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&v); err != nil {
		w.report(ctx, readError(err))
		w.close()
		return false
	}
	changed := v != w.version || w.trouble
	w.version = v
	return changed
}

func (w *watcher) close() {
	if w.conn != nil {
		_ = w.conn.Close() // read only: nothing to lose
		w.conn = nil
	}
}

// report logs trouble when it begins and when it ends, not every time.
func (w *watcher) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !w.trouble:
		w.trouble = true
		w.s.o.Log.Error("number database cannot be read, the last good index keeps serving", "path", w.s.path, "index", w.s.Index().Version(), "err", err)
	case err == nil && w.trouble:
		w.trouble = false
		w.s.o.Log.Info("number database can be read again", "path", w.s.path, "index", w.s.Index().Version())
	}
}

func (s *Store) isStale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stale && s.imports == 0
}

// holdIndex keeps the index from being built anew until release is called.
// Small edits are served meanwhile.
func (s *Store) holdIndex(ctx context.Context) (release func()) {
	count := func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.imports += n
	}
	count(1)
	return func() {
		count(-1)
		s.settle(ctx)
	}
}

// afterWrite makes an edit of this process seen: a small one now, a large one
// by Run, or here if nobody runs. The edit itself is safe on disk, so that
// trouble in reading it back is not the edit's error.
func (s *Store) afterWrite(ctx context.Context) error {
	err := s.refresh(context.WithoutCancel(ctx))
	if err != nil {
		s.o.Log.Error("number database was edited but cannot be read back, the last good index keeps serving", "path", s.path, "err", err)
		return nil
	}
	s.settle(ctx)
	return nil
}

// settle has the index built anew if it has to be: by Run, or here if nobody runs.
func (s *Store) settle(ctx context.Context) {
	if s.runs.Load() == 0 && s.isStale() {
		if err := s.rebuild(context.WithoutCancel(ctx)); err != nil {
			s.o.Log.Error("index of the number database cannot be built, the last good one keeps serving", "path", s.path, "err", err)
		}
	}
	select {
	case s.edited <- struct{}{}:
	default: // Run has been told already
	}
}

func (s *Store) refresh(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.catchUp(ctx)
}

// catchUp brings the index from s.applied to the end of the log. s.mu is held.
func (s *Store) catchUp(ctx context.Context) error {
	tx, h, err := s.moment(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if h.seq == s.applied {
		return nil
	}
	touched, err := touchedSince(ctx, tx, s.applied, h.seq)
	if err != nil {
		return err
	}
	version := h.version()
	if s.behind = s.behind || touched.bulk; s.behind {
		version += "-partial" // an import is still to come
	}
	if err := s.follow(ctx, tx, version, touched); err != nil {
		return err
	}
	s.applied = h.seq
	s.stale = s.behind || s.Index().Size().Edited > overlayMax
	return nil
}

// touched is what some changes were about.
type touched struct {
	keys   map[numbering.Key]bool // whose listings may differ
	tables map[Entity]bool
	bulk   bool // there was more than is worth following
}

// touchedSince reads the changes after seq from up to and with to.
func touchedSince(ctx context.Context, q queryer, from, to int64) (touched, error) {
	t := touched{keys: map[numbering.Key]bool{}, tables: map[Entity]bool{}}
	var items int
	err := q.QueryRowContext(ctx, `SELECT coalesce(sum(count), 0) FROM changes WHERE seq > ? AND seq <= ? AND count < ?`, from, to, bulkItems).Scan(&items)
	if err != nil {
		return t, readError(err)
	}
	limit := bulkItems // larger changes are left to the rebuild
	if items > overlayMax {
		limit = 2 // single edits are always followed
	}
	err = eachChange(ctx, q, func(c *rawChange) error {
		ch, err := c.change()
		if err != nil {
			return err
		}
		for i := range ch.Items {
			if err := t.add(&ch.Items[i]); err != nil {
				return err
			}
		}
		return nil
	}, `SELECT `+changeColumns+` FROM changes WHERE seq > ? AND seq <= ? AND count < ? ORDER BY seq`, from, to, limit)
	if err != nil {
		return t, err
	}
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM changes WHERE seq > ? AND seq <= ? AND count >= ?)`, from, to, limit).Scan(&t.bulk)
	return t, readError(err)
}

func (t *touched) add(it *Item) error {
	t.tables[it.Entity] = true
	if it.Entity != Numbers && it.Entity != Scams {
		return nil
	}
	for _, doc := range [][]byte{it.Before, it.After} {
		if doc == nil {
			continue
		}
		rec, err := decode(it.Entity, it.ID, doc)
		if err != nil {
			return err
		}
		k, _, err := rec.place()
		if err != nil {
			return err
		}
		t.keys[k] = true
		if n, ok := rec.(*Number); ok {
			t.tables[Patterns] = t.tables[Patterns] || n.Match == "prefix"
			t.tables[Institutions] = true // a hotline may have become verified
		}
	}
	return nil
}

// follow installs an index with what was touched read anew.
func (s *Store) follow(ctx context.Context, q queryer, version string, t touched) error {
	e := s.Index().Edit()
	for k := range t.keys {
		ls, err := listingsOf(ctx, q, k)
		if err != nil {
			return err
		}
		e.SetListings(k, ls)
	}
	if t.tables[Institutions] {
		list, err := loadInstitutions(ctx, q)
		if err != nil {
			return err
		}
		e.SetInstitutions(list)
	}
	if t.tables[Patterns] {
		list, err := loadPatterns(ctx, q)
		if err != nil {
			return err
		}
		e.SetPatterns(list)
	}
	if t.tables[SavedNumbers] {
		e.ClearSaved()
		if err := loadSaved(ctx, q, e.AddSaved); err != nil {
			return err
		}
	}
	if t.tables[Lines] {
		lines, err := loadLines(ctx, q)
		if err != nil {
			return err
		}
		s.lines.Store(lines)
	}
	if t.tables[Recordings] {
		if err := s.loadRecordings(ctx, q); err != nil {
			return err
		}
	}
	if t.tables[Rules] {
		if err := s.loadRules(ctx, q); err != nil {
			return err
		}
	}
	s.index.Store(e.Done(version))
	return nil
}
