package media

import (
	"fmt"
	"time"

	"ringward/media/dtmf"
)

const (
	keyStep    = 20 * time.Millisecond
	keySamples = clock8k / 50
	keySteps   = 5  // packets while the key is down: 100 ms
	keyRepeats = 3  // end packets (RFC 4733 §2.5.1.4)
	keyVolume  = 10 // -dBm0
	maxKeys    = 64
)

// keySender sends keys as telephone-events, 100 ms each and 100 ms apart.
type keySender struct {
	codes []uint8
	step  int
	start slot // of the running event; its time stamp is that of every packet
}

// SendDigits sends keys to side s as RFC 4733 events, 100 ms each and 100 ms
// apart, after those already under way; meanwhile nothing else goes to that
// side. It needs telephone-event in the side's Flow.
func (b *Bridge) SendDigits(s Side, digits string) error {
	var codes []uint8
	for _, r := range digits {
		c, ok := dtmf.Code(r)
		if !ok {
			return fmt.Errorf("%w: %q is no digit", ErrEvents, r)
		}
		codes = append(codes, c)
	}
	b.mu.Lock()
	defer b.unlock()
	l := &b.legs[s]
	switch {
	case b.closed:
		return ErrClosed
	case !l.set:
		return ErrNoFlow
	case l.flow.Events == 0:
		return ErrEvents
	case len(codes) == 0:
		return nil
	}
	if l.sender == nil {
		l.sender = &keySender{}
		l.begin(b.e.now())
	}
	if len(l.sender.codes)+len(codes) > maxKeys {
		return fmt.Errorf("%w: more than %d digits are waiting", ErrEvents, maxKeys)
	}
	l.sender.codes = append(l.sender.codes, codes...)
	return nil
}

// generateKey sends the next packets of the key under way.
func (l *leg) generateKey(buf []byte, now time.Time) time.Duration {
	k := l.sender
	k.step++
	if k.step > keySteps {
		for range keyRepeats {
			l.sendKey(buf, keySteps, true, now)
		}
		l.out.next = k.start.ts + 2*keySteps*keySamples
		k.codes, k.step = k.codes[1:], 0
		if len(k.codes) == 0 {
			l.sender = nil
		}
		return keySteps * keyStep
	}
	l.sendKey(buf, k.step, false, now)
	return keyStep
}

func (l *leg) sendKey(buf []byte, steps int, end bool, now time.Time) {
	k := l.sender
	at, _ := l.out.make(keySamples, now)
	if steps == 1 && !end {
		k.start = at
	}
	at.ts = k.start.ts
	l.out.last.ts, l.out.next = at.ts, at.ts
	e := dtmf.Event{Code: k.codes[0], End: end, Volume: keyVolume, Duration: uint16(steps * keySamples)}
	e.Put(buf[rtpHeader:])
	putHeader(buf, l.flow.Events&127, steps == 1 && !end, at, l.out.ssrc)
	l.stats.Generated++
	l.send(buf[:rtpHeader+dtmf.Size], dtmf.Size)
}
