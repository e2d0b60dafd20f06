package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/numberdb"
	"ringward/numberdb/bundle"
	"ringward/observe/prom"
)

// feeds takes the bundles of other gateways while this one runs. Trouble with a
// feed is told and counted; what was taken before stays.
type feeds struct {
	list []config.Feed
	data string
	db   *numberdb.Store
	log  *slog.Logger

	mu    sync.Mutex
	state map[string]feedState // by name
}

// feedState is what became of a feed's looks.
type feedState struct {
	looks, failures, taken uint64
	trouble                string // of the last look, "" for none
	last                   time.Time
}

func newFeeds(c config.Config, db *numberdb.Store, log *slog.Logger) *feeds {
	f := &feeds{list: c.Feeds, data: c.Data, db: db, log: log, state: map[string]feedState{}}
	for _, feed := range f.list {
		f.state[feed.Name] = feedState{}
	}
	return f
}

// run looks at every feed at once, and then as often as each says, one after
// the other, until ctx ends.
func (f *feeds) run(ctx context.Context) error {
	due := make([]time.Time, len(f.list)) // the zero time: now
	for len(f.list) > 0 {
		next := 0
		for i := range due {
			if due[i].Before(due[next]) {
				next = i
			}
		}
		wait := time.NewTimer(time.Until(due[next]))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
		f.look(ctx, f.list[next])
		due[next] = time.Now().Add(orDuration(f.list[next].Every, time.Hour))
	}
	<-ctx.Done()
	return nil
}

func orDuration(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// look looks at a feed once and notes what became of it.
func (f *feeds) look(ctx context.Context, feed config.Feed) {
	r, taken, err := f.take(ctx, feed)
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	s := f.state[feed.Name]
	before := s.trouble
	s.looks, s.trouble = s.looks+1, ""
	if err != nil {
		s.failures, s.trouble = s.failures+1, err.Error()
	} else {
		s.last = time.Now()
	}
	if taken {
		s.taken++
	}
	f.state[feed.Name] = s
	f.mu.Unlock()
	log := f.log.With("feed", feed.Name)
	switch {
	case err != nil && before != s.trouble: // told when it begins, not at every look
		log.Error("feed of numbers cannot be taken, what was taken before stays", "source", feed.Source, "err", err)
	case err == nil && before != "":
		log.Info("feed of numbers can be taken again")
	}
	if !taken {
		return
	}
	rows, bad := 0, 0
	for _, t := range r.Tables {
		rows, bad = rows+t.Added+t.Changed, bad+t.Bad
	}
	log.Info("bundle of numbers taken", "issuer", r.Issuer, "sequence", r.Sequence, "records", rows, "bad", bad, "withdrawn", r.Withdrawn,
		"take_back", "ringward numbers bundle rollback "+r.Issuer)
}

func (f *feeds) take(ctx context.Context, feed config.Feed) (takingReport, bool, error) {
	var keys []ed25519.PublicKey
	for _, path := range feed.Trust { // read anew: keys change without a restart
		key, err := bundle.ReadPublicKey(path)
		if err != nil {
			return takingReport{}, false, fmt.Errorf("trusted key: %w", err)
		}
		keys = append(keys, key)
	}
	from := &bundle.Feed{Source: feed.Source, Keys: keys, Private: feed.Private, Most: int64(feed.MaxMB) << 20}
	return takeNewest(ctx, f.db, f.data, from, orDuration(feed.MaxAge, bundle.DefaultMaxAge))
}

// ledgerFile is where the bundles that were taken are noted.
func ledgerFile(data string) string { return filepath.Join(data, "bundles.json") }

// takeNewest takes the newest bundle of a feed; false if it is known already.
func takeNewest(ctx context.Context, db *numberdb.Store, data string, f *bundle.Feed, maxAge time.Duration) (takingReport, bool, error) {
	l, err := bundle.OpenLedger(ledgerFile(data))
	if err != nil {
		return takingReport{}, false, err
	}
	dir, err := os.MkdirTemp("", "ringward-feed-*")
	if err != nil {
		return takingReport{}, false, err
	}
	defer os.RemoveAll(dir)
	path, err := f.Newest(ctx, l.Last, dir)
	if path == "" || err != nil {
		return takingReport{}, false, err
	}
	t := &taking{db: db, ledger: l, maxAge: maxAge, by: "feed " + f.Source}
	r, err := t.take(ctx, path, f.Keys)
	return r, err == nil, err
}

// write writes the state of the feeds for machines that watch.
func (f *feeds) write(w io.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	looks, failures, taken, failing, last := map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, feed := range f.list {
		s := f.state[feed.Name]
		looks[feed.Name], failures[feed.Name], taken[feed.Name] = float64(s.looks), float64(s.failures), float64(s.taken)
		failing[feed.Name] = float64(boolInt(s.trouble != ""))
		if !s.last.IsZero() {
			last[feed.Name] = float64(s.last.Unix())
		}
	}
	prom.Labelled(w, "ringward_feed_looks_total", "counter", "feed", looks)
	prom.Labelled(w, "ringward_feed_failures_total", "counter", "feed", failures)
	prom.Labelled(w, "ringward_feed_bundles_total", "counter", "feed", taken)
	prom.Labelled(w, "ringward_feed_failing", "gauge", "feed", failing)
	prom.Labelled(w, "ringward_feed_last_look_seconds", "gauge", "feed", last)
}
