package worker

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"ringward/speech/engine"
)

// How the parent watches the child.
const (
	helloTimeout = 60 * time.Second // models of 200 MB on a slow disk
	pingEvery    = 5 * time.Second
	pongTimeout  = 10 * time.Second
	stuckAfter   = 10 * time.Second // a stream waits so long for its turn: the child is stuck or hopelessly behind
)

// link is the conversation with one child: one goroutine reads, one writes.
type link struct {
	out  chan []byte
	dead chan struct{} // closed when the child is gone

	mu       sync.Mutex
	sessions map[uint32]*session
	next     uint32
	health   pong
	pongAt   time.Time
	ponged   chan struct{} // closed and made anew by each pong
	err      error         // why it is dead
}

func newLink() *link {
	return &link{out: make(chan []byte, 64), dead: make(chan struct{}), sessions: map[uint32]*session{}, pongAt: time.Now(), ponged: make(chan struct{})}
}

// greet exchanges hellos.
func greet(w io.Writer, in *frames, h hello) error {
	if _, err := w.Write(message(kindHello, 0, h).append(nil)); err != nil {
		return fmt.Errorf("greet asr-worker: %w", err)
	}
	f, err := in.next()
	if err != nil {
		return fmt.Errorf("greet asr-worker: %w", err)
	}
	var a hello
	if f.kind != kindHello || json.Unmarshal(f.payload, &a) != nil || a.Magic != magic {
		return errors.New("greet asr-worker: it does not answer as one")
	}
	if a.Error != "" {
		return fmt.Errorf("asr-worker: %s", a.Error)
	}
	if a.Version != Version {
		return fmt.Errorf("asr-worker speaks version %d of its protocol, ringward version %d: install both from one release", a.Version, Version)
	}
	return nil
}

// end declares the child gone, once, and wakes everybody who waits for it.
func (l *link) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = fmt.Errorf("%w: %w", engine.ErrGone, err)
		close(l.dead)
	}
}

func (l *link) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// write writes what sessions have to say.
func (l *link) write(w io.Writer) {
	for {
		select {
		case b := <-l.out:
			if _, err := w.Write(b); err != nil {
				l.end(fmt.Errorf("write to asr-worker: %w", err))
				return
			}
		case <-l.dead:
			return
		}
	}
}

func (l *link) send(ctx context.Context, f frame) error {
	if err := l.why(); err != nil {
		return err
	}
	select {
	case l.out <- f.append(nil):
		return nil
	case <-l.dead:
		return l.why()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", engine.ErrSlow, ctx.Err())
	}
}

// read hands out what the child says.
func (l *link) read(in *frames) {
	for {
		f, err := in.next()
		if err == nil {
			err = l.handle(f)
		}
		if err != nil {
			l.end(fmt.Errorf("read from asr-worker: %w", err))
			return
		}
	}
}

func (l *link) handle(f frame) error {
	if f.kind == kindPong {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.pongAt = time.Now()
		close(l.ponged)
		l.ponged = make(chan struct{})
		if err := json.Unmarshal(f.payload, &l.health); err != nil {
			return fmt.Errorf("%w: pong: %w", errFrame, err)
		}
		return nil
	}
	l.mu.Lock()
	s := l.sessions[f.stream]
	l.mu.Unlock()
	if s == nil {
		return nil // closed meanwhile
	}
	return s.handle(f)
}

// watch pings and judges the answers.
func (l *link) watch() error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-l.dead:
			return l.why()
		}
		l.mu.Lock()
		silent, oldest := time.Since(l.pongAt), time.Duration(l.health.OldestMS)*time.Millisecond
		l.mu.Unlock()
		switch {
		case silent > pongTimeout+pingEvery:
			return fmt.Errorf("asr-worker answers no ping for %v", silent.Round(time.Second))
		case oldest > stuckAfter:
			return fmt.Errorf("asr-worker is stuck: a stream has waited %v for its turn", oldest.Round(time.Second))
		}
		select {
		case l.out <- frame{kind: kindPing}.append(nil):
		default: // it takes nothing: the missing pong tells
		}
	}
}

// cpu pings and returns what the pong says.
func (l *link) cpu(ctx context.Context) (time.Duration, error) {
	l.mu.Lock()
	ponged := l.ponged
	l.mu.Unlock()
	if err := l.send(ctx, frame{kind: kindPing}); err != nil {
		return 0, err
	}
	select {
	case <-ponged:
	case <-l.dead:
		return 0, l.why()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(l.health.CPUMS) * time.Millisecond, nil
}

// open opens a stream.
func (l *link) open(ctx context.Context, o open) (*session, error) {
	s := &session{link: l, results: make(chan engine.Result, resultRoom), opened: make(chan struct{}), over: make(chan struct{}), acked: make(chan struct{}, 1)}
	l.mu.Lock()
	l.next++
	s.id = l.next
	l.sessions[s.id] = s
	l.mu.Unlock()
	if err := l.send(ctx, message(kindOpen, s.id, o)); err != nil {
		l.forget(s.id)
		return nil, err
	}
	select {
	case <-s.opened:
		return s, nil
	case <-s.over:
		l.forget(s.id)
		return nil, s.end()
	case <-l.dead:
		return nil, l.why()
	case <-ctx.Done():
		s.Close()
		return nil, fmt.Errorf("open stream: %w", ctx.Err())
	}
}

func (l *link) forget(id uint32) {
	l.mu.Lock()
	delete(l.sessions, id)
	l.mu.Unlock()
}

// resultRoom is how many results may wait to be read. When it is full the
// oldest partial text gives way: a newer one replaces it anyway.
const resultRoom = 64

// session is one stream of a child.
type session struct {
	link    *link
	id      uint32
	results chan engine.Result
	opened  chan struct{} // closed by Opened
	over    chan struct{} // closed by End or Failed
	acked   chan struct{} // signalled when sound was worked off

	mu      sync.Mutex
	pending int   // samples without an answer
	err     error // why it is over
	closed  bool
}

// handle takes a frame from the reader's goroutine.
func (s *session) handle(f frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	switch f.kind {
	case kindOpened:
		return once(s.opened)
	case kindAck:
		if len(f.payload) != 4 {
			return fmt.Errorf("%w: ack", errFrame)
		}
		s.pending = max(0, s.pending-int(binary.LittleEndian.Uint32(f.payload)))
		select {
		case s.acked <- struct{}{}:
		default:
		}
	case kindResult:
		var r engine.Result
		if err := json.Unmarshal(f.payload, &r); err != nil {
			return fmt.Errorf("%w: result: %w", errFrame, err)
		}
		s.push(r)
	case kindEnd:
		s.err = io.EOF
		return once(s.over)
	case kindFailed:
		s.err = fmt.Errorf("%w: asr-worker: %s", engine.ErrGone, f.payload)
		if string(f.payload) == busyText {
			s.err = engine.ErrBusy
		}
		return once(s.over)
	default:
		return fmt.Errorf("%w: kind %q", errFrame, f.kind)
	}
	return nil
}

// push never waits: one slow reader must not hold up all streams of the child.
func (s *session) push(r engine.Result) {
	for {
		select {
		case s.results <- r:
			return
		default:
		}
		select {
		case <-s.results:
		default:
		}
	}
}

// once closes c, which only one frame may do.
func once(c chan struct{}) error {
	select {
	case <-c:
		return fmt.Errorf("%w: said twice", errFrame)
	default:
		close(c)
		return nil
	}
}

func (s *session) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Write waits while a second of sound is unanswered.
func (s *session) Write(ctx context.Context, pcm []int16) error {
	if len(pcm) == 0 {
		return nil
	}
	for !s.reserve(len(pcm)) {
		select {
		case <-s.acked:
		case <-s.over:
			return s.end()
		case <-s.link.dead:
			return s.link.why()
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", engine.ErrSlow, ctx.Err())
		}
	}
	return s.link.send(ctx, frame{kindAudio, s.id, engine.AppendLE(nil, pcm)})
}

func (s *session) reserve(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending > 0 && s.pending+n > window {
		return false
	}
	s.pending += n
	return true
}

func (s *session) Finish(ctx context.Context) error {
	return s.link.send(ctx, frame{kind: kindFinish, stream: s.id})
}

func (s *session) Read(ctx context.Context) (engine.Result, error) {
	select {
	case r := <-s.results:
		return r, nil
	default:
	}
	select {
	case r := <-s.results:
		return r, nil
	case <-s.over:
		select {
		case r := <-s.results: // came before the end
			return r, nil
		default:
			return engine.Result{}, s.end()
		}
	case <-s.link.dead:
		return engine.Result{}, s.link.why()
	case <-ctx.Done():
		return engine.Result{}, ctx.Err()
	}
}

// Close forgets the stream; the child is told if it takes the message within a
// moment, and is stuck otherwise.
func (s *session) Close() {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	if s.err == nil {
		s.err = engine.ErrGone
		close(s.over)
	}
	s.mu.Unlock()
	if was {
		return
	}
	s.link.forget(s.id)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.link.send(ctx, frame{kind: kindClose, stream: s.id})
}
