package speech_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/engine"
)

const frame = 160 // samples, 20 ms

// source is a tap that a test speaks into.
type source struct {
	ready chan struct{}

	mu      sync.Mutex
	frames  []speech.Frame
	sound   [][]int16
	closed  bool
	dropped uint64
}

func newSource() *source { return &source{ready: make(chan struct{}, 1)} }

func (s *source) Ready() <-chan struct{} { return s.ready }

func (s *source) Read(pcm []int16) (speech.Frame, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) == 0 {
		return speech.Frame{}, false
	}
	f := s.frames[0]
	f.Samples = copy(pcm, s.sound[0])
	s.frames, s.sound = s.frames[1:], s.sound[1:]
	return f, true
}

func (s *source) Closed() bool    { s.mu.Lock(); defer s.mu.Unlock(); return s.closed }
func (s *source) Dropped() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.dropped }

func (s *source) do(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *source) close() { s.do(func() { s.closed = true }) }

// side speaks on one side, in time.
type side struct {
	*source
	by screening.Party
	ts uint32
}

// say sends d of sound at the given level, frame by frame.
func (s *side) say(d time.Duration, level int16) {
	for range int(d / (20 * time.Millisecond)) {
		pcm := make([]int16, frame)
		for i := range pcm {
			pcm[i] = level
		}
		f := speech.Frame{By: s.by, Timestamp: s.ts}
		s.do(func() { s.frames = append(s.frames, f); s.sound = append(s.sound, pcm) })
		s.ts += frame
		time.Sleep(20 * time.Millisecond) // inside a synctest bubble
	}
}

// rest sends nothing for d, as in DTX.
func (s *side) rest(d time.Duration) {
	time.Sleep(d)
	s.ts += uint32(d.Seconds() * 8000)
}

// loud is a gate: speech is what is not silent.
type loud struct{}

func (loud) Speech(pcm []int16) bool { return pcm[0] != 0 }

// clerk is a recogniser: a word for each half second of sound (the level of its
// first sample), a final sentence at Finish.
type clerk struct {
	mu       sync.Mutex
	sessions []*desk
	refuse   error                                    // what Open answers
	write    func(ctx context.Context, d *desk) error // before sound is taken
}

func (c *clerk) Open(ctx context.Context, o engine.Options) (engine.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse != nil {
		return nil, c.refuse
	}
	d := &desk{clerk: c, opts: o, n: len(c.sessions), out: make(chan engine.Result, 1000), gone: make(chan struct{}), finished: make(chan struct{})}
	c.sessions = append(c.sessions, d)
	return d, nil
}

func (c *clerk) set(err error) { c.mu.Lock(); c.refuse = err; c.mu.Unlock() }

func (c *clerk) desk(i int) *desk {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i >= len(c.sessions) {
		return &desk{}
	}
	return c.sessions[i]
}

func (c *clerk) opened() int { c.mu.Lock(); defer c.mu.Unlock(); return len(c.sessions) }

// desk is one session of a clerk.
type desk struct {
	clerk    *clerk
	opts     engine.Options
	n        int
	out      chan engine.Result
	gone     chan struct{}
	once     sync.Once
	finished chan struct{}

	mu    sync.Mutex
	heard []int16
	words []engine.Word
	dead  bool
	mute  bool // no words come
}

func (d *desk) Write(ctx context.Context, pcm []int16) error {
	if d.clerk.write != nil {
		if err := d.clerk.write(ctx, d); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return engine.ErrGone
	}
	for _, s := range pcm {
		d.heard = append(d.heard, s)
		if n := len(d.heard); n%4000 == 0 {
			d.words = append(d.words, engine.Word{Text: fmt.Sprint(d.heard[n-4000]), Start: engine.Span(n - 4000), End: engine.Span(n)})
			if d.mute {
				continue
			}
			d.out <- engine.Result{Text: engine.Spoken(d.words), Words: append([]engine.Word(nil), d.words...)}
		}
	}
	return nil
}

func (d *desk) Finish(context.Context) error {
	d.mu.Lock()
	d.out <- engine.Result{Text: engine.Spoken(d.words), Words: d.words, Final: true}
	d.mu.Unlock()
	close(d.finished)
	return nil
}

func (d *desk) Read(ctx context.Context) (engine.Result, error) {
	select {
	case r := <-d.out:
		return r, nil
	default:
	}
	select {
	case r := <-d.out:
		return r, nil
	case <-d.finished:
		return engine.Result{}, io.EOF
	case <-d.gone:
		return engine.Result{}, engine.ErrGone
	case <-ctx.Done():
		return engine.Result{}, ctx.Err()
	}
}

func (d *desk) Close() { d.once.Do(func() { close(d.gone) }) }

func (d *desk) die() { d.mu.Lock(); d.dead = true; d.mu.Unlock(); d.Close() }

// samples is how much sound the session was given.
func (d *desk) samples() int { d.mu.Lock(); defer d.mu.Unlock(); return len(d.heard) }

// notes keeps what a word detector is told.
type notes struct {
	mu   sync.Mutex
	list []speech.Heard
}

func (n *notes) Hear(h speech.Heard) []screening.Evidence {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, h)
	return nil
}

// last is the last text of each segment.
func (n *notes) last() map[int]speech.Heard {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := map[int]speech.Heard{}
	for _, h := range n.list {
		if !h.Spotted { // they have numbers of their own
			m[h.Segment] = h
		}
	}
	return m
}

// call runs an ear in a bubble while talk speaks; it returns the evidence and
// the summary.
type call struct {
	t *testing.T
	*source
	caller, merchant *side
	clerk            *clerk
	notes            *notes
	cfg              speech.Config
	ctx              context.Context
	hangup           context.CancelFunc
}

func (c *call) run(talk func()) (list []screening.Evidence, sum speech.Summary) {
	e := speech.New(c.cfg)
	go e.Run(c.ctx)
	talk()
	c.source.close()
	for ev := range e.Evidence() {
		list = append(list, ev)
	}
	return list, e.Summary()
}

func inCall(t *testing.T, test func(t *testing.T, c *call)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		c := &call{t: t, source: src, clerk: &clerk{}, notes: &notes{},
			caller: &side{source: src, by: screening.PartyCaller, ts: 1 << 31}, merchant: &side{source: src, by: screening.PartyMerchant, ts: 4e9}}
		c.ctx, c.hangup = context.WithCancel(context.Background())
		defer c.hangup()
		c.cfg = speech.Config{Source: src, NewVoice: func() speech.Voice { return loud{} }, Words: []speech.WordDetector{c.notes},
			Recognisers: map[screening.Party][]speech.Named{screening.PartyCaller: {{Name: "clerk", Recogniser: c.clerk}}},
			Options:     engine.Options{ID: "c1"}}
		test(t, c)
	})
}

// brief is evidence as one line.
func brief(list []screening.Evidence) string {
	var lines []string
	for _, e := range list {
		lines = append(lines, fmt.Sprintf("%v %v %v %s", e.At.Round(100*time.Millisecond), e.By, e.Kind, e.Text.EN))
	}
	return strings.Join(lines, "\n")
}

func near(got, want time.Duration) bool {
	d := got - want
	return d > -150*time.Millisecond && d < 150*time.Millisecond
}
