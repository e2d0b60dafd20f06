package media

import (
	"net/netip"
	"time"
)

// Bridge is the media of one call. Its methods may be used from any goroutine.
type Bridge struct{}

// Local is the address and the ports that side s is to send to: what goes into
// the session description that it gets.
func (b *Bridge) Local(s Side) (addr netip.Addr, rtp, rtcp uint16) { return }

// Set takes over what side s's session description says, at set-up and again
// whenever it changes.
func (b *Bridge) Set(s Side, f Flow) {}

// Connect lets the two sides hear each other, or parts them: then nothing
// crosses, while prompts still play.
func (b *Bridge) Connect(on bool) {}

// Play starts a prompt towards side s; one that runs there is replaced.
func (b *Bridge) Play(s Side, p Playback) error { return ErrNoFlow }

// Stop ends the prompt that plays to side s, if any.
func (b *Bridge) Stop(s Side) {}

// Digit is one RFC 4733 event that was a key.
type Digit struct {
	Rune     rune // '0'-'9', '*', '#', 'A'-'D'
	Duration time.Duration
}

// Digits gives the keys that side s presses, each once, at its end. Capacity
// 32; what nobody reads is dropped and counted. Closed with the bridge.
func (b *Bridge) Digits(s Side) <-chan Digit { return nil }

// CaptureDigits makes the keys of side s control input: they are not relayed
// to the other side, which gets silence instead.
func (b *Bridge) CaptureDigits(s Side, on bool) {}

// SendDigits sends keys to side s as RFC 4733 events, 100 ms each and 100 ms
// apart, after those already under way.
func (b *Bridge) SendDigits(s Side, digits string) error { return ErrEvents }

// Tap copies what side s says to q; nil ends it.
func (b *Bridge) Tap(s Side, q *TapQueue) {}

// Stats counts what passed between us and side s.
func (b *Bridge) Stats(s Side) FlowStats { return FlowStats{} }

// Analysable reports whether what side s sends is G.711, so that it can be
// tapped and mixed. Any other codec is passed through untouched.
func (b *Bridge) Analysable(s Side) bool { return false }

// Close ends the bridge and gives its ports back. It may be called twice.
func (b *Bridge) Close() {}
