package calllog

import (
	"database/sql"
	"log/slog"
	"sync"
	"time"
)

// DefaultRetention is how long calls are kept unless Options says otherwise.
const DefaultRetention = 180 * 24 * time.Hour

// Options says where the log is and how it behaves. Only Path is needed.
type Options struct {
	Path       string        // the file; its directory must exist
	Retention  time.Duration // 0: DefaultRetention; calls that started earlier are deleted
	Buffer     int           // records that may wait for the disk, 0: 10,000; more are dropped
	PruneEvery time.Duration // 0: one hour
	Log        *slog.Logger  // nil: nothing is logged
	Now        func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Retention <= 0 {
		o.Retention = DefaultRetention
	}
	if o.Buffer <= 0 {
		o.Buffer = 10_000
	}
	if o.PruneEvery <= 0 {
		o.PruneEvery = time.Hour
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Log is an open call log. Keep, List, Get, Stats, Export and Counters may be called from any goroutine.
type Log struct {
	opts  Options
	write *sql.DB // one connection, the writer's
	read  *sql.DB // read only, so that a long query never holds the writer up

	wake    chan struct{} // capacity 1: something waits
	closing chan struct{} // closed by Close
	stopped chan struct{} // closed when Run has returned

	mu       sync.Mutex // guards what follows
	waiting  []Record   // oldest first, at most opts.Buffer
	counters Counters
	running  bool
	closed   bool
}

// Counters says how the log is doing.
type Counters struct {
	Written uint64 // records on disk
	Dropped uint64 // not taken because the buffer was full, or lost by Close
	Refused uint64 // not fit to be written: no id, no start
	Pruned  uint64 // deleted because they were older than the retention
	Waiting int    // in memory
	Failing error  // of the last attempt to write, nil when it went well
}

// Counters returns the counters as they are now.
func (l *Log) Counters() Counters {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counters
	c.Waiting = len(l.waiting)
	return c
}

// Keep hands a record to the writer and returns at once; a record with the id of an earlier one takes its place. It
// reports false if the record was dropped: the buffer is full or the log is closed. The record's slices must not be
// changed afterwards.
func (l *Log) Keep(r Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting) >= l.opts.Buffer {
		l.counters.Dropped++
		return false
	}
	l.waiting = append(l.waiting, r)
	select {
	case l.wake <- struct{}{}:
	default: // it knows already
	}
	return true
}

// batch returns the records to write next without taking them off the buffer.
func (l *Log) batch() []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting[:min(len(l.waiting), batchSize)]
}

// settle takes the first n records off the buffer after an attempt.
func (l *Log) settle(n int, add func(*Counters)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.waiting[:n]) // let go of what they hold
	l.waiting = l.waiting[n:]
	if len(l.waiting) == 0 {
		l.waiting = nil
	}
	add(&l.counters)
}
