package calllog

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	batchSize  = 128 // records in one transaction
	pruneBatch = 500 // calls deleted in one transaction

	firstRetry  = 100 * time.Millisecond
	lastRetry   = 5 * time.Second
	reportEvery = time.Minute
	closeLimit  = 10 * time.Second // Close without a deadline of its own
)

// Run writes what Keep took and deletes what is too old, until ctx ends or Close is called. It returns nil, or
// ErrClosed if the log is closed or Run runs already. It does not flush: Close does.
func (l *Log) Run(ctx context.Context) error {
	l.mu.Lock()
	refuse := l.closed || l.running
	l.running = l.running || !refuse
	l.mu.Unlock()
	if refuse {
		return ErrClosed
	}
	defer close(l.stopped)
	w := writer{Log: l, delay: firstRetry}
	w.loop(ctx)
	return nil
}

// writer is the state of Run.
type writer struct {
	*Log
	delay   time.Duration // before the next attempt after a failed one
	last    time.Time     // when a failure was last logged
	told    bool          // a failure was logged and its end was not
	dropped uint64        // as last logged
}

func (w *writer) loop(ctx context.Context) {
	retry := time.NewTimer(lastRetry) // an attempt with nothing to write costs nothing
	defer retry.Stop()
	prune := time.NewTimer(0)
	defer prune.Stop()
	wake := (<-chan struct{})(w.wake) // nil while waiting for the next attempt
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.closing:
			return
		case <-wake:
		case <-retry.C:
		case <-prune.C:
			w.prune(ctx)
			prune.Reset(w.opts.PruneEvery)
			continue
		}
		wake = w.wake
		if err := w.flush(ctx); err != nil {
			w.report(err)
			wake = nil
			retry.Reset(w.delay)
			w.delay = min(2*w.delay, lastRetry)
			continue
		}
		w.recovered()
	}
}

// flush writes until nothing waits or an attempt fails.
func (l *Log) flush(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-l.closing: // Close goes on
			return nil
		default:
		}
		if done, err := l.writeBatch(); done || err != nil {
			return err
		}
	}
	return nil
}

// writeBatch writes one batch and reports whether nothing is left. A record that cannot be written is given up and
// holds none of the others up.
func (l *Log) writeBatch() (done bool, err error) {
	batch := l.batch()
	if len(batch) == 0 {
		return true, nil
	}
	rows := make([]row, 0, len(batch))
	for _, r := range batch {
		if row, err := newRow(r); err == nil {
			rows = append(rows, row)
		}
	}
	if err := l.insert(rows); err != nil {
		l.settle(0, func(c *Counters) { c.Failing = err })
		return false, err
	}
	l.settle(len(batch), func(c *Counters) {
		c.Written += uint64(len(rows))
		c.Refused += uint64(len(batch) - len(rows))
		c.Failing = nil
	})
	return false, nil
}

// report logs a failure, at most once per reportEvery.
func (w *writer) report(err error) {
	if !w.due() {
		return
	}
	w.told = true
	w.opts.Log.Error("call log not written, calls go on", "file", w.opts.Path, "err", err,
		"waiting", w.Counters().Waiting, "dropped", w.dropped)
}

// recovered logs the end of a failure that was logged, and records that were dropped although the disk works.
func (w *writer) recovered() {
	w.delay = firstRetry
	if w.told || w.Counters().Dropped > w.dropped && w.due() {
		w.told = false
		w.dropped = w.Counters().Dropped
		w.opts.Log.Warn("call log written again", "file", w.opts.Path, "dropped", w.dropped)
	}
}

// due reports whether a line may be logged again, and notes that it is.
func (w *writer) due() bool {
	now := w.opts.Now()
	if !w.last.IsZero() && now.Sub(w.last) < reportEvery {
		return false
	}
	w.last, w.dropped = now, w.Counters().Dropped
	return true
}

// prune deletes calls past their retention in small transactions, writing in between.
func (w *writer) prune(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := w.deleteBefore(w.opts.Now().Add(-w.opts.Retention))
		if err != nil {
			w.report(fmt.Errorf("delete old calls: %w", err))
			return
		}
		w.settle(0, func(c *Counters) { c.Pruned += uint64(n) })
		if n < pruneBatch {
			return
		}
		if err := w.flush(ctx); err != nil {
			w.report(err)
			return
		}
	}
}

// Close stops the writer, writes what still waits until ctx ends (10 s if it has no end), and closes the file. What
// could not be written is counted as dropped and named in the error, which unwraps to ErrLost. Keep drops from now on.
func (l *Log) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeLimit)
	defer cancel()
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return ErrClosed
	}
	l.closed = true
	running := l.running
	l.mu.Unlock()
	close(l.closing)
	if running {
		select {
		case <-l.stopped:
		case <-ctx.Done():
			return fmt.Errorf("close call log: the disk does not answer: %w", l.giveUp(ctx.Err()))
		}
	}
	err := l.drain(ctx)
	if err != nil {
		err = fmt.Errorf("close call log: %w", l.giveUp(err))
	}
	return errors.Join(err, l.read.Close(), l.write.Close())
}

// drain writes what waits, trying again until ctx ends.
func (l *Log) drain(ctx context.Context) error {
	for {
		done, err := l.writeBatch()
		if done {
			return nil
		}
		if err == nil {
			err = ctx.Err()
			if err == nil {
				continue
			}
		}
		pause := time.NewTimer(firstRetry)
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

// giveUp counts what waits as dropped.
func (l *Log) giveUp(cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.waiting)
	l.counters.Dropped += uint64(n)
	return fmt.Errorf("%w: %d: %w", ErrLost, n, cause)
}
