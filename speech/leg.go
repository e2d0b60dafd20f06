package speech

import (
	"slices"
	"time"

	"ringward/screening"
	"ringward/speech/engine"
)

// A leg's measures, in samples.
const (
	preRoll  = engine.Rate * 4 / 10  // sound before the gate opened that belongs to the word
	hangover = engine.Rate * 12 / 10 // silence after the last word: engines end a sentence by it
	fillMax  = engine.Rate / 5       // a longer gap in the packets is silence, not loss
)

// drift is how far a side's time stamps may part from the clock before they are
// no longer believed.
const drift = 2 * time.Second

var silence [hangover]int16

// leg is one side of the call as the ear hears it: time, gate, streams.
//
//	frames ─ gaps filled ─ sound detectors
//	                     └ gate (pre-roll, hang-over) ─ tapes
type leg struct {
	ear     *Ear
	by      screening.Party
	voice   Voice
	streams []*stream
	mute    []bool // NotHeard was reported and the gap is not over, by stream

	begun  bool
	next   uint32        // time stamp that should come
	at     time.Duration // in the call, of the sample at next
	heard  time.Duration // clock when the last frame came
	open   bool
	hold   int // samples until the gate closes
	voiced int // samples that passed it

	before [preRoll]int16
	nold   int
}

// frame takes one frame from the source.
func (l *leg) frame(f Frame, pcm []int16) {
	now := l.ear.cfg.Now()
	l.heard = now
	d := int(int32(f.Timestamp - l.next))
	expected := l.at + engine.Span(max(d, 0))
	switch {
	case !l.begun, f.Restart, d < -engine.Rate, expected-now > drift, now-expected > drift:
		l.jump(max(now-engine.Span(len(pcm)), 0))
	case d < 0:
		return // late or twice
	case d <= fillMax:
		l.sound(silence[:d])
	default:
		l.jump(expected)
	}
	l.begun = true
	l.sound(pcm)
	l.next = f.Timestamp + uint32(len(pcm))
}

// jump goes on at another time: what was said before has ended.
func (l *leg) jump(to time.Duration) {
	l.endVoice()
	l.at, l.nold = to, 0
}

// sound takes sound that follows the last.
func (l *leg) sound(pcm []int16) {
	if len(pcm) == 0 {
		return
	}
	voice := l.voice == nil || l.voice.Speech(pcm)
	l.ear.listenTo(Sound{By: l.by, At: l.at, PCM: pcm, Voice: voice})
	if voice {
		if !l.open {
			l.open = true
			l.write(l.at-engine.Span(l.nold), l.before[:l.nold])
			l.nold = 0
		}
		l.hold = hangover
	}
	switch {
	case !l.open:
		l.remember(pcm)
	default:
		l.write(l.at, pcm)
		l.hold -= len(pcm)
		l.open = l.hold > 0
	}
	l.at += engine.Span(len(pcm))
}

// remember keeps the last sound before the gate opens.
func (l *leg) remember(pcm []int16) {
	if over := l.nold + len(pcm) - preRoll; over > 0 {
		over = min(over, l.nold)
		copy(l.before[:], l.before[over:l.nold])
		l.nold -= over
	}
	l.nold += copy(l.before[l.nold:], pcm)
}

// write puts sound on the tapes.
func (l *leg) write(at time.Duration, pcm []int16) {
	if len(pcm) == 0 {
		return
	}
	l.voiced += len(pcm)
	for i, s := range l.streams {
		if s.tape.write(at, pcm) {
			l.deaf(i, at)
		}
	}
}

// deaf reports that a side is not heard, unless another recogniser still hears it.
func (l *leg) deaf(i int, at time.Duration) {
	l.mute[i] = true
	if !slices.Contains(l.mute, false) {
		l.ear.report(notHeard(l.by, at))
	}
}

// endVoice gives the engines the silence that ends a sentence by.
func (l *leg) endVoice() {
	if !l.open {
		return
	}
	l.write(l.at, silence[:min(l.hold, hangover)])
	l.open, l.hold = false, 0
}

// tick ends the sentence of a side that sends no packets any more.
func (l *leg) tick(now time.Duration) {
	if l.open && now-l.heard > tickEvery {
		l.endVoice()
	}
}

func (l *leg) close() {
	l.endVoice()
	clear(l.before[:])
	for _, s := range l.streams {
		s.tape.close()
	}
}
