package speech

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"ringward/screening"
	"ringward/speech/engine"
)

// A stream's patience. Every wait on a recogniser has an end.
const (
	openTimeout  = 8 * time.Second
	stallTimeout = 5 * time.Second  // a session that takes no sound for so long is given up
	idleTimeout  = 15 * time.Second // a session that nobody speaks to gives its place back
	drainTimeout = 3 * time.Second  // wait for the last words after Finish
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 15 * time.Second
	soundLife    = 10 * time.Second       // a session that lived so long resets the backoff
	piece        = engine.Rate / 5        // samples of one Write, at most
	batch        = 100 * time.Millisecond // between two, when the tape is read up: servers answer each
)

// Named is a recogniser with the name that records and settings call it by.
type Named struct {
	Name       string
	Recogniser engine.Recogniser
}

// stream keeps one recogniser listening to one side: it opens sessions when
// there is something to hear, gives them the tape, opens new ones when they
// die. Two goroutines: run writes, listener.hear reads.
type stream struct {
	Named
	by   screening.Party
	n    int // of the side's streams
	opts engine.Options
	tape *tape
	out  chan<- event // read by the ear until all streams have ended

	// owned by run, read by the ear after it
	segment int    // first of the session at hand
	failed  bool   // the last session ended badly
	why     string // and how
}

// event is what a stream tells its ear: words, or a gap that is over.
type event struct {
	from  *stream
	heard Heard
	gap   *Gap
}

// run ends when the tape is closed and heard to its end, or with ctx.
func (s *stream) run(ctx context.Context) {
	defer s.tape.forget()
	for wait := firstBackoff; s.sound(ctx); {
		began := time.Now()
		err := s.session(ctx)
		s.tape.disconnect()
		if err == nil || ctx.Err() != nil {
			s.failed = false
			continue
		}
		s.failed, s.why = true, reason(err)
		if time.Since(began) >= soundLife {
			wait = firstBackoff
		}
		if _, closed := s.tape.state(); closed || !pause(ctx, wait+rand.N(wait/4)) {
			return
		}
		wait = min(2*wait, maxBackoff)
	}
}

// reason is the short form of an error for the record: no addresses, no text
// that a server made up.
func reason(err error) string {
	switch {
	case errors.Is(err, engine.ErrBusy):
		return "recogniser busy"
	case errors.Is(err, engine.ErrSlow), errors.Is(err, context.DeadlineExceeded):
		return whyLag
	case errors.Is(err, engine.ErrGone):
		return "recogniser gone"
	}
	return "recogniser out of reach"
}

const whyLag = "recogniser lagging"

// sound waits for something to hear; false when nothing will come.
func (s *stream) sound(ctx context.Context) bool {
	for {
		waiting, closed := s.tape.state()
		if waiting || closed || ctx.Err() != nil {
			return waiting && ctx.Err() == nil
		}
		select {
		case <-s.tape.ready:
		case <-ctx.Done():
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// session opens one session and sees it through. nil: it ended in good order.
func (s *stream) session(ctx context.Context) error {
	ses, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer ses.Close()
	s.tape.connect(s.failed)
	if !s.failed {
		s.why = whyLag // of gaps to come
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &listener{stream: s, ses: ses, done: make(chan struct{})}
	go l.hear(ctx)
	err = s.feed(ctx, l)
	cancel()
	ses.Close()
	<-l.done
	if err != nil {
		l.breakOff()
	}
	if errors.Is(err, engine.ErrSilent) {
		s.tape.lose(l.life)
	}
	s.segment += l.segments
	return err
}

func (s *stream) open(ctx context.Context) (engine.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	return openSafely(ctx, s.Recogniser, s.opts)
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: panic: %v", engine.ErrGone, p)
	}
}

// feed gives the tape to the session until nobody has spoken for a while, the
// tape is closed, or something fails.
func (s *stream) feed(ctx context.Context, l *listener) (err error) {
	defer recovered(&err)
	idle := time.NewTimer(idleTimeout)
	defer idle.Stop()
	pcm := make([]int16, piece)
	defer clear(pcm)
	for {
		if n, at := s.tape.take(pcm); n > 0 {
			s.tellGap(ctx)
			l.put(at, n)
			if err := s.write(ctx, l.ses, pcm[:n]); err != nil {
				return err
			}
			idle.Reset(idleTimeout)
			if n < piece && !l.gather(ctx) {
				return l.ended(ctx)
			}
			continue
		}
		if waiting, closed := s.tape.state(); closed && !waiting {
			return s.drain(ctx, l)
		}
		select {
		case <-s.tape.ready:
		case <-idle.C:
			return s.drain(ctx, l)
		case <-l.done:
			return l.ended(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *stream) write(ctx context.Context, ses engine.Session, pcm []int16) error {
	ctx, cancel := context.WithTimeout(ctx, stallTimeout)
	defer cancel()
	return ses.Write(ctx, pcm)
}

// drain asks for the last words and waits for them, within bounds: some servers
// say when that was all, some do not.
func (s *stream) drain(ctx context.Context, l *listener) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := l.ses.Finish(ctx); err != nil {
		return err
	}
	select {
	case <-l.done:
		if l.err != io.EOF {
			return l.err
		}
	case <-ctx.Done():
	}
	return nil
}

// tellGap tells the ear of a gap that is over.
func (s *stream) tellGap(ctx context.Context) {
	if g, ok := s.tape.told(); ok {
		s.tell(ctx, event{from: s, gap: &Gap{By: s.by, Engine: s.Name, From: g.from, To: g.to, Why: s.why}})
	}
}

func (s *stream) tell(ctx context.Context, e event) {
	select {
	case s.out <- e:
	case <-ctx.Done():
	}
}
