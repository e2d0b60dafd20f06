package speech

import (
	"sync"
	"time"

	"ringward/speech/engine"
)

// The tape's measures, in samples.
const (
	tapeLen   = 6 * engine.Rate      // what is in memory of one side, for one recogniser
	maxLag    = 2 * engine.Rate      // a recogniser may be this far behind
	replay    = 2 * engine.Rate      // what a new session hears again
	keepOnLag = engine.Rate / 2      // what is kept when sound is dropped: one long gap instead of many
	caughtUp  = engine.Rate / 5      // the backlog of a replay is worked off
	maxMarks  = 64                   // jumps in time on the tape
	slack     = 5 * time.Millisecond // two pieces are one when their times differ by less
)

// tape holds the last seconds of one side's voiced sound for one recogniser.
// The ear writes and never waits; the stream reads. Positions count samples
// since the call began; marks say when in the call they were heard.
//
//	… dropped │ replay │ given to the session │ to be given │
//	                                          read          end
type tape struct {
	ready chan struct{} // signalled when there is something new

	mu      sync.Mutex
	buf     [tapeLen]int16
	end     int64
	read    int64
	marks   []mark
	live    bool  // a session reads
	backlog int64 // lag that a replay began with
	closed  bool
	gap     span // sound that was dropped and not yet told
}

// mark says that the sample at pos was heard at at; those after it follow.
type mark struct {
	pos int64
	at  time.Duration
}

// span is a stretch of call time; open from the first drop until it is told.
type span struct {
	open     bool
	from, to time.Duration
}

func newTape() *tape { return &tape{ready: make(chan struct{}, 1)} }

// write appends sound heard at at. It reports whether a gap has begun: sound
// had to be dropped because the recogniser lags or is not there.
func (t *tape) write(at time.Duration, pcm []int16) (gapBegan bool) {
	t.mu.Lock()
	t.mark(at)
	for len(pcm) > 0 {
		n := copy(t.buf[t.end%tapeLen:], pcm)
		pcm = pcm[n:]
		t.end += int64(n)
	}
	was := t.gap.open
	switch lag := t.end - t.read; {
	case !t.live && lag > replay:
		t.dropTo(t.end - replay)
	case t.live && lag > maxLag+t.backlog:
		t.dropTo(t.end - keepOnLag)
		t.backlog = 0
	}
	gapBegan = t.gap.open && !was
	t.mu.Unlock()
	t.wake()
	return gapBegan
}

// mark notes where the tape's time jumps. Marks that lie before all that can be
// read are of no use any more.
func (t *tape) mark(at time.Duration) {
	if n := len(t.marks); n > 0 {
		if d := at - t.timeAt(t.end); d > -slack && d < slack {
			return
		}
	}
	for len(t.marks) > 1 && (t.marks[1].pos <= t.end-tapeLen || len(t.marks) >= maxMarks) {
		t.marks = append(t.marks[:0], t.marks[1:]...)
	}
	t.marks = append(t.marks, mark{t.end, at})
}

// timeAt is when the sample at pos was heard.
func (t *tape) timeAt(pos int64) time.Duration {
	var m mark
	for i := len(t.marks) - 1; i >= 0; i-- {
		if m = t.marks[i]; m.pos <= pos {
			break
		}
	}
	return m.at + engine.Span(int(pos-m.pos))
}

func (t *tape) dropTo(pos int64) {
	if !t.gap.open {
		t.gap = span{open: true, from: t.timeAt(t.read)}
	}
	t.read = pos
	t.gap.to = t.timeAt(pos)
}

// take copies what is to be given next, no further than to the next jump in
// time: n samples heard at at. n is 0 when there is nothing.
func (t *tape) take(pcm []int16) (n int, at time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n = int(min(int64(len(pcm)), t.end-t.read))
	for _, m := range t.marks {
		if m.pos > t.read && m.pos < t.read+int64(n) {
			n = int(m.pos - t.read)
			break
		}
	}
	at = t.timeAt(t.read)
	for i := 0; i < n; {
		i += copy(pcm[i:n], t.buf[(t.read+int64(i))%tapeLen:])
	}
	t.read += int64(n)
	if t.end-t.read < caughtUp {
		t.backlog = 0
	}
	return n, at
}

// connect begins a session: the last two seconds are given again.
func (t *tape) connect(again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if again {
		t.read = min(t.read, max(t.end-replay, 0))
	}
	t.live = true
	t.backlog = t.end - t.read
}

// disconnect ends a session.
func (t *tape) disconnect() {
	t.mu.Lock()
	t.live = false
	t.mu.Unlock()
}

// lose declares everything since from, but for what will be replayed, unheard:
// the session had been dead for a while before it was noticed.
func (t *tape) lose(from time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to := t.timeAt(max(t.end-replay, 0))
	if from >= to {
		return
	}
	if !t.gap.open {
		t.gap = span{open: true, from: from, to: to}
	}
	t.gap.from = min(t.gap.from, from)
}

// told returns a gap that is over and forgets it.
func (t *tape) told() (span, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gap
	t.gap = span{}
	return g, g.open
}

// rest is told at the end of the call: a gap that is still open lasts to the
// end of what was said, and when the last session failed, what nobody took is
// one.
func (t *tape) rest(failed bool) (span, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gap
	if !g.open && failed && t.end > t.read {
		g = span{open: true, from: t.timeAt(t.read)}
	}
	if g.open && t.end > t.read {
		g.to = t.timeAt(t.end)
	}
	return g, g.open
}

// close says that no more comes.
func (t *tape) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wake()
}

// state reports whether there is something to take, and whether more may come.
func (t *tape) state() (waiting, closed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.end > t.read, t.closed
}

// forget wipes the sound.
func (t *tape) forget() {
	t.mu.Lock()
	clear(t.buf[:])
	t.mu.Unlock()
}

func (t *tape) wake() {
	select {
	case t.ready <- struct{}{}:
	default:
	}
}
