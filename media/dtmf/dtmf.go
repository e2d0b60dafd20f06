// Package dtmf reads and writes RFC 4733 telephone events and turns the packets
// of one sender into keys: each key once, at its end, whichever of its packets
// are lost. It looks at the first event of a payload only, keeps no clock and
// knows no RTP header but the time stamp.
package dtmf

import "encoding/binary"

// Size is the length of one event in octets (RFC 4733 §2.3).
const Size = 4

// Event is the payload of one packet:
//
//	 0               1               2               3
//	+-------+-------+-+-+-----------+---------------+---------------+
//	|     event     |E|R|  volume   |           duration            |
//	+-------+-------+-+-+-----------+---------------+---------------+
type Event struct {
	Code     uint8
	End      bool
	Volume   uint8  // -dBm0, 0..63
	Duration uint16 // in time stamp units, since the event began
}

// Parse reads the first event; ok is false when the payload is too short.
func Parse(payload []byte) (e Event, ok bool) {
	if len(payload) < Size {
		return Event{}, false
	}
	return Event{
		Code:     payload[0],
		End:      payload[1]&0x80 != 0,
		Volume:   payload[1] & 0x3f,
		Duration: binary.BigEndian.Uint16(payload[2:]),
	}, true
}

// Put writes the event into the first four octets of b.
func (e Event) Put(b []byte) {
	b[0], b[1] = e.Code, e.Volume&0x3f
	if e.End {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.Duration)
}

const keys = "0123456789*#ABCD"

// Rune is the key of an event code; ok is false for events that are no key
// (flash, answer tones).
func Rune(code uint8) (r rune, ok bool) {
	if int(code) >= len(keys) {
		return 0, false
	}
	return rune(keys[code]), true
}

// Code is the event code of a key.
func Code(r rune) (code uint8, ok bool) {
	for i, k := range keys {
		if k == r {
			return uint8(i), true
		}
	}
	return 0, false
}

// Key is one key that was pressed.
type Key struct {
	Rune     rune
	Duration uint16 // in time stamp units
}

// Detector follows the events of one sender. The zero value is ready.
type Detector struct {
	begun   bool // an event was seen
	running bool // and is not reported yet
	ts      uint32
	last    Event
}

// Running reports whether an event has begun and not ended.
func (d *Detector) Running() bool { return d.running }

// Past reports whether a time stamp lies after what is known of the running
// event.
func (d *Detector) Past(ts uint32) bool {
	return d.running && int32(ts-d.ts-uint32(d.last.Duration)) >= 0 && ts != d.ts
}

// Event takes one packet. All packets of an event share its time stamp
// (§2.5.1.2), so a repeated end is told from a second press by it. A key is
// reported with its first end packet, or when the next one begins.
func (d *Detector) Event(ts uint32, e Event) (found [2]Key, n int) {
	if d.begun && ts != d.ts && int32(ts-d.ts) < 0 {
		return found, 0 // an old packet that was overtaken
	}
	if !d.begun || ts != d.ts {
		if k, ok := d.Flush(); ok {
			found[n] = k
			n++
		}
		d.begun, d.running, d.ts, d.last = true, true, ts, e
	}
	if !d.running {
		return found, n
	}
	d.last.Duration = max(d.last.Duration, e.Duration)
	if e.End {
		if k, ok := d.Flush(); ok {
			found[n] = k
			n++
		}
	}
	return found, n
}

// Reset forgets the sender, whose time stamps began anew.
func (d *Detector) Reset() { d.begun = false }

// Flush ends the running event, whose end packets were lost.
func (d *Detector) Flush() (Key, bool) {
	if !d.running {
		return Key{}, false
	}
	d.running = false
	r, ok := Rune(d.last.Code)
	return Key{Rune: r, Duration: d.last.Duration}, ok
}
