package worker

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"ringward/speech/engine"
)

// Backend is the library that recognises.
type Backend interface {
	// Load loads a model; a bad one is an error, not the end of the process.
	Load(c ModelConfig) (Model, error)
}

// Model opens streams. It is safe for concurrent use.
type Model interface {
	NewDecoder() (Decoder, error)
}

// Decoder recognises one stream; one goroutine at a time uses it.
type Decoder interface {
	Accept(pcm []int16) []engine.Result // what is new after this sound, 8 kHz, never empty
	Finish() []engine.Result            // what is left
	Close()
}

// maxStreams bounds the child's memory: 0.3 MB each.
const maxStreams = 400

// step is how much sound of one stream is worked off before others have their turn.
const step = engine.Rate / 5

// Serve is the child's life: it loads the models that the parent's hello names
// and serves streams until r ends. broken is told instead of serving when it is
// not nil: a child that was built without the library says so.
func Serve(r io.Reader, w io.Writer, b Backend, broken error) error {
	in := newFrames(r)
	first, err := in.next()
	if err != nil {
		return fmt.Errorf("read hello: %w (this program is started by ringward, not by hand)", err)
	}
	var h hello
	if first.kind != kindHello || json.Unmarshal(first.payload, &h) != nil || h.Magic != magic {
		return errors.New("no hello: this program is started by ringward, not by hand")
	}
	models, err := load(h, b, broken)
	answer := hello{Magic: magic, Version: Version}
	if err != nil {
		answer.Error = err.Error()
	}
	if _, werr := w.Write(message(kindHello, 0, answer).append(nil)); werr != nil || err != nil {
		return errors.Join(err, werr)
	}
	s := &server{models: models, streams: map[uint32]*stream{}, work: make(chan *stream, maxStreams), out: make(chan []byte, 256)}
	return s.serve(in, w, h.Threads)
}

func load(h hello, b Backend, broken error) (map[string]Model, error) {
	switch {
	case h.Version != Version:
		return nil, fmt.Errorf("asr-worker speaks version %d of its protocol, ringward version %d: install both from one release", Version, h.Version)
	case broken != nil:
		return nil, broken
	}
	models := map[string]Model{}
	for _, c := range h.Models {
		m, err := b.Load(c)
		if err != nil {
			return nil, fmt.Errorf("load model %q: %w", c.Name, err)
		}
		models[c.Name] = m
	}
	return models, nil
}

// server is the child: one goroutine reads, one writes, a fixed number decode.
type server struct {
	models map[string]Model
	work   chan *stream // each stream at most once; room for all
	out    chan []byte

	mu      sync.Mutex
	streams map[uint32]*stream
}

// stream is one Decoder with the sound that waits for it.
type stream struct {
	id      uint32
	model   Model
	decoder Decoder // owned by the goroutine that works on it

	mu     sync.Mutex
	pcm    []int16
	since  time.Time // in the queue or being worked on; zero when idle
	finish bool
	closed bool
}

func (s *server) serve(in *frames, w io.Writer, threads int) error {
	if threads <= 0 {
		threads = runtime.NumCPU()
	}
	ctx, cancel := context.WithCancel(context.Background())
	var decoders, writer sync.WaitGroup
	writer.Go(func() { s.write(w, cancel) })
	for range threads {
		decoders.Go(func() { s.decode(ctx) })
	}
	err := s.read(ctx, in)
	cancel()
	decoders.Wait()
	close(s.out)
	writer.Wait()
	return err
}

// read handles frames until the parent closes the pipe.
func (s *server) read(ctx context.Context, in *frames) error {
	for ctx.Err() == nil {
		f, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.handle(f); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) handle(f frame) error {
	switch f.kind {
	case kindPing:
		s.out <- message(kindPong, 0, s.health()).append(nil)
		return nil
	case kindOpen:
		return s.open(f)
	}
	s.mu.Lock()
	st := s.streams[f.stream]
	s.mu.Unlock()
	if st == nil {
		return nil // it has failed; the parent does not know yet
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	switch f.kind {
	case kindAudio:
		if len(st.pcm)+len(f.payload)/2 > maxAudio {
			return fmt.Errorf("%w: more sound than the window allows", errFrame)
		}
		st.pcm = samples(st.pcm, f.payload)
	case kindFinish:
		st.finish = true
	case kindClose:
		st.closed = true
	default:
		return fmt.Errorf("%w: kind %q", errFrame, f.kind)
	}
	s.enqueue(st)
	return nil
}

func (s *server) open(f frame) error {
	var o open
	if err := json.Unmarshal(f.payload, &o); err != nil {
		return fmt.Errorf("%w: open: %w", errFrame, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.models[o.Model]
	switch {
	case m == nil:
		s.fail(f.stream, fmt.Sprintf("no model %q", o.Model))
	case len(s.streams) >= maxStreams:
		s.fail(f.stream, busyText)
	case s.streams[f.stream] != nil:
		return fmt.Errorf("%w: stream %d opened twice", errFrame, f.stream)
	default:
		st := &stream{id: f.stream, model: m}
		s.streams[f.stream] = st
		st.mu.Lock()
		s.enqueue(st)
		st.mu.Unlock()
	}
	return nil
}

const busyText = "busy"

func (s *server) fail(stream uint32, text string) {
	s.out <- frame{kindFailed, stream, []byte(text)}.append(nil)
}

// enqueue lets a stream have its turn. Its mutex is held; the queue has room
// for every stream that counts.
func (s *server) enqueue(st *stream) {
	if st.since.IsZero() {
		st.since = time.Now()
		s.work <- st
	}
}

// decode works on one stream after the other.
func (s *server) decode(ctx context.Context) {
	runtime.LockOSThread()
	var pcm []int16
	for {
		select {
		case st := <-s.work:
			pcm = s.turn(st, pcm[:0])
		case <-ctx.Done():
			return
		}
	}
}

// turn works off one step of a stream's sound.
func (s *server) turn(st *stream, pcm []int16) []int16 {
	st.mu.Lock()
	n := min(len(st.pcm), step)
	pcm = append(pcm, st.pcm[:n]...)
	st.pcm = st.pcm[:copy(st.pcm, st.pcm[n:])]
	last, closed := st.finish && len(st.pcm) == 0, st.closed
	if last {
		st.finish = false
	}
	st.mu.Unlock()
	switch {
	case closed:
		if st.decoder != nil {
			st.decoder.Close()
			st.decoder = nil
		}
		s.drop(st)
		return pcm // stays marked as busy: it has no more turns
	case st.decoder == nil && !s.begin(st):
		return pcm
	}
	if n > 0 {
		s.results(st, st.decoder.Accept(pcm))
		s.out <- frame{kindAck, st.id, binary.LittleEndian.AppendUint32(nil, uint32(n))}.append(nil)
	}
	if last {
		s.results(st, st.decoder.Finish())
		s.out <- frame{kind: kindEnd, stream: st.id}.append(nil)
	}
	st.mu.Lock()
	st.since = time.Time{}
	if len(st.pcm) > 0 || st.finish || st.closed {
		s.enqueue(st)
	}
	st.mu.Unlock()
	return pcm
}

// drop forgets a stream that has had its last turn: until then it counts, so
// that the queue has room for all.
func (s *server) drop(st *stream) {
	s.mu.Lock()
	delete(s.streams, st.id)
	s.mu.Unlock()
}

func (s *server) begin(st *stream) bool {
	d, err := st.model.NewDecoder()
	if err != nil {
		s.drop(st)
		s.fail(st.id, err.Error())
		return false
	}
	st.decoder = d
	s.out <- frame{kind: kindOpened, stream: st.id}.append(nil)
	return true
}

func (s *server) results(st *stream, list []engine.Result) {
	for _, r := range list {
		s.out <- message(kindResult, st.id, r.Tidy()).append(nil)
	}
}

// write writes what the others have to say; when the parent is gone it only
// empties the channel.
func (s *server) write(w io.Writer, gone func()) {
	var failed bool
	for b := range s.out {
		if failed {
			continue
		}
		if _, err := w.Write(b); err != nil {
			failed = true
			gone()
		}
	}
}

func (s *server) health() pong {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := pong{Streams: len(s.streams), CPUMS: cpuTime().Milliseconds()}
	for _, st := range s.streams {
		st.mu.Lock()
		if !st.since.IsZero() {
			p.OldestMS = max(p.OldestMS, time.Since(st.since).Milliseconds())
		}
		st.mu.Unlock()
	}
	return p
}
