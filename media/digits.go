package media

import (
	"time"

	"ringward/media/dtmf"
)

// digitsKept is how many keys wait for a reader.
const digitsKept = 32

// Digit is one RFC 4733 event that was a key.
type Digit struct {
	Rune     rune // '0'-'9', '*', '#', 'A'-'D'
	Duration time.Duration
}

// Digits gives the keys that side s presses, each once, at its end. Capacity
// 32; what nobody reads is dropped and counted. Closed with the bridge.
func (b *Bridge) Digits(s Side) <-chan Digit {
	b.mu.Lock()
	defer b.unlock()
	l := &b.legs[s]
	if l.digits == nil {
		l.digits = make(chan Digit, digitsKept)
		if b.closed {
			close(l.digits)
		}
	}
	return l.digits
}

// CaptureDigits makes the keys of side s control input: they are not relayed
// to the other side, which gets silence instead.
func (b *Bridge) CaptureDigits(s Side, on bool) {
	b.mu.Lock()
	defer b.unlock()
	b.legs[s].capture = on
}

// detect follows a telephone-event of this side.
func (l *leg) detect(p packet) {
	e, ok := dtmf.Parse(p.payload)
	if !ok {
		l.stats.Malformed++
		return
	}
	found, n := l.keys.Event(p.ts, e)
	for _, k := range found[:n] {
		l.report(k)
	}
}

// keyOver ends a key whose end packets were lost, with the first sound after it.
func (l *leg) keyOver(p packet) {
	if l.keys.Past(p.ts) {
		if k, ok := l.keys.Flush(); ok {
			l.report(k)
		}
	}
}

func (l *leg) report(k dtmf.Key) {
	if l.digits == nil {
		return
	}
	d := Digit{Rune: k.Rune, Duration: time.Duration(k.Duration) * time.Second / clock8k}
	select {
	case l.digits <- d:
	default:
		l.stats.DigitsDropped++
	}
}

// eventLength is how long the event has run, for the time stamp after it.
func eventLength(p packet) uint32 {
	e, _ := dtmf.Parse(p.payload)
	return uint32(e.Duration)
}
