package speech

import (
	"context"
	"io"
	"sync"
	"time"

	"ringward/speech/engine"
)

// maxJumps bounds what a listener remembers of a session's time.
const maxJumps = 256

// listener reads one session and puts its results into the call's time.
type listener struct {
	*stream
	ses  engine.Session
	done chan struct{} // closed when hear has ended

	// owned by hear until done is closed
	err      error
	segments int   // seen so far
	last     Heard // partial text that no final one has replaced
	partial  bool
	life     time.Duration // in the call: up to here the engine surely listened

	mu    sync.Mutex
	given int    // samples written
	jumps []jump // where the session's time and the call's part
}

// jump says that the session's sample at pos was heard at at.
type jump struct {
	pos int
	at  time.Duration
}

// put notes that the next n samples were heard at at.
func (l *listener) put(at time.Duration, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := at - l.callTime(l.given); len(l.jumps) == 0 || d > slack || d < -slack {
		if len(l.jumps) == maxJumps {
			l.jumps = append(l.jumps[:0], l.jumps[1:]...)
		}
		l.jumps = append(l.jumps, jump{l.given, at})
	}
	l.given += n
}

// callTime is when the session's sample at pos was heard.
func (l *listener) callTime(pos int) time.Duration {
	var j jump
	for i := len(l.jumps) - 1; i >= 0; i-- {
		if j = l.jumps[i]; j.pos <= pos {
			break
		}
	}
	return j.at + engine.Span(pos-j.pos)
}

// hear reads results until there are no more.
func (l *listener) hear(ctx context.Context) {
	defer close(l.done)
	defer recovered(&l.err)
	for {
		r, err := l.ses.Read(ctx)
		if err != nil {
			l.err = err
			return
		}
		l.tell(ctx, event{from: l.stream, heard: l.heard(r.Tidy())})
	}
}

// gather waits for some more sound; false when there is nobody to give it to.
func (l *listener) gather(ctx context.Context) bool {
	t := time.NewTimer(batch)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.done:
	case <-ctx.Done():
	}
	return false
}

// ended is why hear has ended when nobody asked for it, or the call has.
func (l *listener) ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if l.err == io.EOF {
		return engine.ErrGone
	}
	return l.err
}

// heard puts a result into the call.
func (l *listener) heard(r engine.Result) Heard {
	l.mu.Lock()
	h := Heard{By: l.by, Engine: l.Name, Segment: l.segment + r.Segment, Text: r.Text, Words: r.Words,
		Final: r.Final, Spotted: r.Spotted, Pinyin: r.Pinyin, At: l.callTime(l.given)}
	l.life = h.At
	for i, w := range r.Words {
		h.Words[i].Start, h.Words[i].End = l.callTimeOf(w.Start), l.callTimeOf(w.End)
	}
	l.mu.Unlock()
	if n := len(h.Words); n > 0 {
		h.At = h.Words[n-1].End
	}
	l.segments = max(l.segments, r.Segment+1)
	if !h.Spotted {
		l.last, l.partial = h, !h.Final
	}
	return h
}

// callTimeOf takes an engine's time, which may lie beyond what it was given.
func (l *listener) callTimeOf(d time.Duration) time.Duration {
	return l.callTime(min(int(d.Seconds()*engine.Rate), l.given))
}

// breakOff ends the sentence that the session was in the middle of: what was
// understood of it stands.
func (l *listener) breakOff() {
	if !l.partial {
		return
	}
	l.last.Final = true
	select {
	case l.out <- event{from: l.stream, heard: l.last}:
	default: // the ear is busy or gone; the partial text has been told
	}
}
