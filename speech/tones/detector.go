package tones

import (
	"math"
	"time"
)

// Kind is what was heard.
type Kind uint8

const (
	// FaxCalling is the tone of a calling fax machine, 1100 Hz (T.30 §4.3.3.3, CNG).
	FaxCalling Kind = iota + 1
	// Answer is the tone of an answering modem or fax, 2100 Hz (V.25).
	Answer
	// AnswerReversed is an Answer whose phase turns, to disable echo cancellers
	// (V.25, G.168).
	AnswerReversed
	// AnswerModulated is ANSam: an Answer that swells 15 times a second (V.8).
	AnswerModulated
	// Modem is a carrier of V.21, V.22 or Bell 103/212, as payment terminals use.
	Modem
	// FaxPreamble is the V.21 signal at 300 bit/s that begins each fax message.
	FaxPreamble
	// Progress is a call progress tone (E.180), not yet known which.
	Progress
	// Ringback is Progress with long tones.
	Ringback
	// Busy is Progress with short tones and pauses, congestion too.
	Busy
	// SpecialInformation is the three rising tones before an announcement (E.180 §10).
	SpecialInformation
)

var kindNames = [...]string{"none", "fax calling tone", "answer tone", "answer tone with phase reversals", "modulated answer tone",
	"modem carrier", "fax preamble", "progress tone", "ringback", "busy tone", "special information tone"}

// String is a short English name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// IsData says that machines talk here: stop listening, never whisper.
func (k Kind) IsData() bool { return k >= FaxCalling && k <= FaxPreamble }

// Event says that a signal was recognised.
type Event struct {
	Kind Kind
	At   time.Duration // of the call, when it was decided
	Hz   float64       // mean frequency, of the lower tone if two
}

// Detector follows one direction of one call. The zero value is ready. It
// allocates nothing.
type Detector struct {
	x        [frameSamples]float64
	n        int
	frames   int64
	run      run
	pairs    [len(pairs)]int // frames in a row that each pair was heard
	preamble preamble
	turns    turns
	cadence  cadence
	special  special
}

// Feed takes the next samples, in pieces of any size, and appends what they
// complete. Each Kind is told once for each time that it begins.
func (d *Detector) Feed(pcm []int16, events []Event) []Event {
	for _, s := range pcm {
		d.x[d.n] = float64(s)
		if d.n++; d.n == frameSamples {
			d.n = 0
			events = d.frame(events)
		}
	}
	return events
}

func (d *Detector) frame(events []Event) []Event {
	f := analyse(&d.x)
	f.index = d.frames
	d.frames++
	tell := func(k Kind, hz float64) {
		if k != 0 {
			events = append(events, Event{Kind: k, At: time.Duration(d.frames) * 20 * time.Millisecond, Hz: hz})
		}
	}
	on := d.run.add(f)
	tell(d.run.kind(), d.run.mean)
	if d.run.is(2100, 25) || d.turns.open(d.frames) {
		tell(d.turns.add(&d.x, f, &d.run))
	}
	tell(d.special.add(f, &d.run))
	kind, hz, pair := d.both(f)
	tell(kind, hz)
	tell(d.cadence.add(pair || on && d.run.progress(), f.energy), d.run.mean)
	return events
}

// run is one pure tone that lasts.
type run struct {
	frames int     // heard
	gap    int     // frames missed since
	mean   float64 // Hz
	early  float64 // mean after 80 ms
	size   float64 // energy of the last frame
	told   bool
}

const (
	pure      = 0.93
	steady    = 22.0 // Hz from the mean, for a frame to continue a run
	mostGap   = 2    // frames that loss or a phase reversal may take out
	dataNeeds = 20   // frames, 400 ms
	sameLevel = 4.0  // times the energy of the frame before, at most
)

// add continues the run or begins another. It is true while a tone sounds.
func (r *run) add(f frame) bool {
	match := f.purity > pure && f.energy >= quiet
	switch {
	case match && r.frames > 0 && math.Abs(f.hz-r.mean) < steady && f.energy < sameLevel*r.size && f.energy > r.size/sameLevel:
		r.frames++
		r.gap = 0
		r.mean += (f.hz - r.mean) / float64(min(r.frames, 25))
		r.size = f.energy
		if r.frames <= 4 {
			r.early = r.mean
		}
	case r.frames > 1 && r.gap < mostGap:
		r.gap++
	case match:
		*r = run{frames: 1, mean: f.hz, size: f.energy}
	default:
		*r = run{}
	}
	return match && r.frames > 0 && r.gap == 0
}

// is says that the run is of that frequency, within tol.
func (r *run) is(hz, tol float64) bool {
	return r.frames > 0 && math.Abs(r.mean-hz) <= tol
}

// single are the tones that stand alone.
var single = []struct {
	kind    Kind
	hz, tol float64
}{
	{FaxCalling, 1100, 42},
	{Answer, 2100, 25},
	{Modem, 2237, 32}, // Bell 103/212 answer 2225, V.22 unscrambled ones 2250
	{Modem, 1270, 18}, // Bell 103 originating, mark
	{Modem, 980, 16},  // V.21 channel 1, mark
	{Modem, 1650, 18}, // V.21 channel 2, mark
}

// kind is told once for a run, when it has lasted.
func (r *run) kind() Kind {
	if r.told || r.frames < dataNeeds || r.gap > 0 {
		return 0
	}
	for _, s := range single {
		if r.is(s.hz, s.tol) {
			r.told = true
			return s.kind
		}
	}
	return 0
}
