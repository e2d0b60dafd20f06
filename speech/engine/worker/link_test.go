package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringward/speech/engine"
)

// slow is a library that waits before it works.
type slow struct{ hold chan struct{} }

func (s slow) Load(ModelConfig) (Model, error) { return s, nil }
func (s slow) NewDecoder() (Decoder, error)    { return s, nil }
func (s slow) Accept([]int16) []engine.Result  { <-s.hold; return []engine.Result{{Text: "x"}} }
func (s slow) Finish() []engine.Result         { return nil }
func (s slow) Close()                          {}

// connected runs a child in a bubble, over pipes in memory.
func connected(t *testing.T, test func(l *link, fault <-chan error, hold chan struct{})) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		b := slow{hold}
		childIn, in := io.Pipe()
		out, childOut := io.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() { _ = Serve(childIn, childOut, b, nil); childOut.Close() })
		fs := newFrames(out)
		if err := greet(in, fs, hello{Magic: magic, Version: Version, Threads: 1, Models: []ModelConfig{{Name: "m"}}}); err != nil {
			t.Fatal(err)
		}
		l := newLink()
		fault := make(chan error, 1)
		wg.Go(func() { l.read(fs) })
		wg.Go(func() { l.write(in) })
		wg.Go(func() { fault <- l.watch() })
		test(l, fault, hold)
		l.end(io.EOF)
		in.Close()
		wg.Wait()
	})
}

// TestBackPressure: a second of sound may be unanswered, no more.
func TestBackPressure(t *testing.T) {
	connected(t, func(l *link, _ <-chan error, hold chan struct{}) {
		s, err := l.open(context.Background(), open{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := s.Write(context.Background(), make([]int16, 1600)); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.Write(ctx, make([]int16, 1600)); !errors.Is(err, engine.ErrSlow) {
			t.Errorf("sixth piece: %v, want ErrSlow", err)
		}
		hold <- struct{}{}
		if err := s.Write(context.Background(), make([]int16, 1600)); err != nil {
			t.Errorf("after an answer: %v", err)
		}
		close(hold)
	})
}

// TestStuckChildIsNoticed: it answers pings, but no stream gets its turn.
func TestStuckChildIsNoticed(t *testing.T) {
	connected(t, func(l *link, fault <-chan error, hold chan struct{}) {
		s, err := l.open(context.Background(), open{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Write(context.Background(), make([]int16, 1600))
		began := time.Now()
		err = <-fault
		if d := time.Since(began); d > 25*time.Second {
			t.Errorf("noticed after %v", d)
		}
		t.Log(err)
		close(hold)
	})
}

// TestDeafChildIsNoticed: one that reads nothing at all.
func TestDeafChildIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink()
		began := time.Now()
		err := l.watch()
		if d := time.Since(began); err == nil || d > 25*time.Second {
			t.Errorf("%v after %v", err, d)
		}
	})
}

// TestReaderThatIsSlow loses old partial texts, not the newest, and holds up
// nobody else.
func TestReaderThatIsSlow(t *testing.T) {
	s := &session{results: make(chan engine.Result, resultRoom)}
	for i := range 1000 {
		s.push(engine.Result{Segment: i})
	}
	var last engine.Result
	for range resultRoom {
		last = <-s.results
	}
	if last.Segment != 999 {
		t.Errorf("newest is %d", last.Segment)
	}
}

func TestServeRefuses(t *testing.T) {
	for name, in := range map[string][]byte{
		"nothing":      nil,
		"text":         []byte("GET / HTTP/1.1\r\n\r\n"),
		"no hello":     frame{kind: kindPing}.append(nil),
		"old version":  message(kindHello, 0, hello{Magic: magic, Version: 0}).append(nil),
		"audio flood":  append(greeting(), flood()...),
		"opened twice": append(greeting(), append(message(kindOpen, 1, open{Model: "m"}).append(nil), message(kindOpen, 1, open{Model: "m"}).append(nil)...)...),
		"cut short":    append(greeting(), 9, 0, 0, 0, 'A'),
		"bad kind":     append(greeting(), append(message(kindOpen, 1, open{Model: "m"}).append(nil), frame{kind: 'x', stream: 1}.append(nil)...)...),
	} {
		hold := make(chan struct{})
		close(hold)
		if name == "audio flood" {
			hold = make(chan struct{})
			time.AfterFunc(50*time.Millisecond, func() { close(hold) })
		}
		if err := Serve(bytes.NewReader(in), io.Discard, slow{hold}, nil); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func greeting() []byte {
	return message(kindHello, 0, hello{Magic: magic, Version: Version, Models: []ModelConfig{{Name: "m"}}}).append(nil)
}

func flood() []byte {
	b := message(kindOpen, 1, open{Model: "m"}).append(nil)
	for range 30 {
		b = frame{kindAudio, 1, make([]byte, 3200)}.append(b)
	}
	return b
}

// FuzzFrames: whatever comes, reading ends, and what is read is what was there.
func FuzzFrames(f *testing.F) {
	f.Add(greeting())
	f.Add(flood()[:100])
	f.Add([]byte{5, 0, 0, 0, 1, 2, 3, 4, 5, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		fs := newFrames(bytes.NewReader(b))
		var again []byte
		for {
			fr, err := fs.next()
			if err != nil {
				break
			}
			again = fr.append(again)
		}
		if !bytes.HasPrefix(b, again) {
			t.Errorf("read %x from %x", again, b)
		}
		if cap(fs.buf) > maxFrame {
			t.Errorf("buffer of %d", cap(fs.buf))
		}
	})
}
