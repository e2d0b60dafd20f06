package speech_test

import (
	"context"
	"io"
	"testing"
	"time"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/engine"
)

// pump is a source that gives a second of both sides' sound at a time.
type pump struct {
	ready chan struct{}
	spent chan struct{}
	more  chan int
	left  int
	ts    [3]uint32
	clock time.Duration
	end   bool
}

func (p *pump) Ready() <-chan struct{} { return p.ready }
func (p *pump) wake() {
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

func (p *pump) Dropped() uint64 { return 0 }
func (p *pump) Closed() bool    { return p.end }

func (p *pump) Read(pcm []int16) (speech.Frame, bool) {
	if p.left == 0 {
		select {
		case p.left = <-p.more:
		default:
			return speech.Frame{}, false
		}
		p.end = p.left < 0
		if p.end {
			p.left = 0
			p.wake() // to be asked again whether it is closed
			return speech.Frame{}, false
		}
	}
	p.left--
	by := screening.PartyCaller + screening.Party(p.left%2)
	f := speech.Frame{By: by, Samples: frame, Timestamp: p.ts[by]}
	p.ts[by] += frame
	if by == screening.PartyCaller {
		p.clock += 20 * time.Millisecond
	}
	for i := range pcm[:frame] {
		pcm[i] = int16(i)
	}
	if p.left == 0 {
		p.spent <- struct{}{}
	}
	return f, true
}

// BenchmarkEar is the ear's own work for a second of a call, both sides heard by
// one recogniser each that costs nothing: 100 frames.
func BenchmarkEar(b *testing.B) {
	p := &pump{ready: make(chan struct{}, 1), spent: make(chan struct{}), more: make(chan int, 1)}
	named := []speech.Named{{Name: "null", Recogniser: null{}}}
	e := speech.New(speech.Config{Source: p, Now: func() time.Duration { return p.clock },
		Recognisers: map[screening.Party][]speech.Named{screening.PartyCaller: named, screening.PartyMerchant: named}})
	go e.Run(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		p.more <- 100
		p.wake()
		<-p.spent
	}
	p.more <- -1
	p.wake()
	e.Summary()
}

// null is a recogniser that hears nothing.
type null struct{}

func (null) Open(context.Context, engine.Options) (engine.Session, error) {
	return &deaf{make(chan struct{})}, nil
}

type deaf struct{ end chan struct{} }

func (d *deaf) Write(context.Context, []int16) error { return nil }
func (d *deaf) Finish(context.Context) error         { close(d.end); return nil }
func (d *deaf) Close()                               {}
func (d *deaf) Read(ctx context.Context) (engine.Result, error) {
	select {
	case <-d.end:
		return engine.Result{}, io.EOF
	case <-ctx.Done():
		return engine.Result{}, ctx.Err()
	}
}

func BenchmarkMaskDigits(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		speech.MaskDigits("您的账户已被冻结，请把验证码三八二九一五告诉我")
	}
}
