package speech

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ringward/screening"
	"ringward/speech/engine"
)

// Frame describes one piece of sound of one side.
type Frame struct {
	By        screening.Party
	Samples   int    // read
	Timestamp uint32 // RTP time stamp of the first sample, 8 kHz; gaps are silence or loss
	Restart   bool   // Timestamp has no relation to earlier ones
}

// Source is where an ear gets the sound of both sides from: a bounded queue
// that drops what the ear does not take in time. media.TapQueue is one but for
// naming the sides.
type Source interface {
	Ready() <-chan struct{}              // signalled when there may be something, or the end
	Read(pcm []int16) (f Frame, ok bool) // the oldest frame; false when there is none
	Closed() bool                        // no more will come; frames may be left
	Dropped() uint64                     // frames lost so far
}

// Voice tells speech from silence: one for each side. nil in Config listens to
// everything.
type Voice interface {
	// Speech reports whether there is speech in these samples, which follow the last ones.
	Speech(pcm []int16) bool
}

// WordDetector finds evidence in words. The ear calls it from one goroutine,
// with partial texts too: its bounds are its own business.
type WordDetector interface {
	Hear(h Heard) []screening.Evidence
}

// Sound is a piece of one side's sound, silence and filled gaps included.
type Sound struct {
	By    screening.Party
	At    time.Duration // in the call, of its first sample
	PCM   []int16       // valid during the call of Listen
	Voice bool          // there is speech in it
}

// SoundDetector finds evidence in sound. The ear calls it from one goroutine.
type SoundDetector interface {
	Listen(s Sound) []screening.Evidence
}

// Stopper is a SoundDetector that knows when listening is pointless: a fax.
type Stopper interface {
	Stop() bool // listen no further
}

// Config is what an Ear is made of. Source is required.
type Config struct {
	Source      Source
	Recognisers map[screening.Party][]Named // of each side; may be nil
	Options     engine.Options              // for every session; ID gets the side appended
	NewVoice    func() Voice                // nil: no gate
	Words       []WordDetector
	Sounds      []SoundDetector
	Transcript  func(Heard)          // digits masked, Words left out; called from Run; may be nil
	Now         func() time.Duration // since the INVITE; nil counts from Run
	Log         *slog.Logger         // nil: none
}

// evidenceRoom is how much evidence may wait to be read; what comes beyond is
// counted and dropped, so that a call that does not read never holds up the ear.
const evidenceRoom = 256

// Ear listens to one call.
type Ear struct {
	cfg      Config
	legs     [3]*leg // by party; made by the first frame
	evidence chan screening.Evidence
	events   chan event
	streams  sync.WaitGroup
	broken   []bool // word and sound detectors that panicked
	dropped  uint64
	lastTick time.Duration
	stopped  bool

	lost atomic.Uint64
	done chan struct{}
	sum  Summary
}

// Summary is what an Ear has to say of a call when it is over.
type Summary struct {
	Gaps         []Gap                             // from when to when nobody listened; at most 64
	Voice        map[screening.Party]time.Duration // how long each side's gate was open
	EvidenceLost uint64                            // evidence that nobody read
	Stopped      bool                              // a Stopper ended it
}

// New returns an ear; Run listens.
func New(c Config) *Ear {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Ear{cfg: c, evidence: make(chan screening.Evidence, evidenceRoom), events: make(chan event, 64),
		broken: make([]bool, len(c.Words)+len(c.Sounds)), done: make(chan struct{}),
		sum: Summary{Voice: map[screening.Party]time.Duration{}}}
}

// Evidence is what is found, in order; closed when Run ends.
func (e *Ear) Evidence() <-chan screening.Evidence { return e.evidence }

// Summary waits for Run to end.
func (e *Ear) Summary() Summary {
	<-e.done
	return e.sum
}

// tickEvery is how often an ear looks for sides that fell silent without a
// packet, and for frames that its source dropped.
const tickEvery = 250 * time.Millisecond

// Run listens until the source ends (and then for the last words, a few
// seconds at most) or ctx does. It waits for every goroutine it started.
func (e *Ear) Run(ctx context.Context) {
	began := time.Now()
	if e.cfg.Now == nil {
		e.cfg.Now = func() time.Duration { return time.Since(began) }
	}
	ctx, cancel := context.WithCancel(ctx)
	defer close(e.done)
	defer close(e.evidence)
	defer cancel()
	e.listen(ctx)
	if e.stopped {
		cancel()
	}
	e.hearOut(cancel)
	e.settle()
}

func (e *Ear) listen(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	e.lastTick = e.cfg.Now()
	for !e.stopped {
		select {
		case <-e.cfg.Source.Ready():
			if e.drainSource(ctx) {
				return
			}
		case ev := <-e.events:
			e.take(ev)
		case <-tick.C:
			e.tick()
		case <-ctx.Done():
			return
		}
	}
}

// burst is how many frames are read before words get their turn.
const burst = 32

// drainSource reads what is there; true when that was the end.
func (e *Ear) drainSource(ctx context.Context) (ended bool) {
	var pcm [480]int16
	defer clear(pcm[:])
	for n := 1; !e.stopped; n++ {
		closed := e.cfg.Source.Closed() // asked first: nothing comes after it
		f, ok := e.cfg.Source.Read(pcm[:])
		if !ok {
			return closed
		}
		if f.By == screening.PartyCaller || f.By == screening.PartyMerchant {
			e.leg(ctx, f.By).frame(f, pcm[:f.Samples])
		}
		if n%burst == 0 {
			e.takeWaiting()
			if ctx.Err() != nil {
				return false
			}
		}
	}
	return false
}

func (e *Ear) takeWaiting() {
	for {
		select {
		case ev := <-e.events:
			e.take(ev)
		default:
			return
		}
	}
}

// leg returns a side's leg and starts its streams when it is first heard.
func (e *Ear) leg(ctx context.Context, by screening.Party) *leg {
	if l := e.legs[by]; l != nil {
		return l
	}
	l := &leg{ear: e, by: by}
	if e.cfg.NewVoice != nil {
		l.voice = e.cfg.NewVoice()
	}
	o := e.cfg.Options
	o.ID += "-" + by.String()
	for n, r := range e.cfg.Recognisers[by] {
		s := &stream{Named: r, by: by, n: n, opts: o, tape: newTape(), out: e.events, why: whyLag}
		l.streams = append(l.streams, s)
		e.streams.Go(func() { s.run(ctx) })
	}
	l.mute = make([]bool, len(l.streams))
	e.legs[by] = l
	return l
}

// hearOutTimeout bounds the wait for the last words of a call.
const hearOutTimeout = 5 * time.Second

// hearOut closes the tapes and takes what the streams still have to say.
func (e *Ear) hearOut(giveUp func()) {
	defer time.AfterFunc(hearOutTimeout, giveUp).Stop()
	for _, l := range e.legs {
		if l != nil {
			l.close()
		}
	}
	all := make(chan struct{})
	go func() { e.streams.Wait(); close(all) }()
	for {
		select {
		case ev := <-e.events:
			e.take(ev)
		case <-all:
			e.takeWaiting()
			return
		}
	}
}

// settle puts the gaps that were open to the end into the summary.
func (e *Ear) settle() {
	for _, l := range e.legs {
		if l == nil {
			continue
		}
		e.sum.Voice[l.by] = engine.Span(l.voiced)
		for _, s := range l.streams {
			if g, ok := s.tape.rest(s.failed); ok {
				e.gap(s, Gap{By: s.by, Engine: s.Name, From: g.from, To: g.to, Why: s.why})
			}
		}
	}
	e.sum.EvidenceLost = e.lost.Load()
	e.sum.Stopped = e.stopped
}
