package media

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// Limits of what counts as one source going on (RFC 3550 A.1).
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// An original that comes when its place is already filled is dropped, but not
// for longer than this: a source that stood still and goes on with its old time
// stamps must be heard again.
const (
	maxLate    = 1600 // samples
	maxLateRun = 8
)

// stream is the RTP stream that we send towards one side. Packets of the other
// side are moved into it by a constant offset of sequence number and time
// stamp; a packet that we make takes the next place, and the offset is found
// anew with the first original after it.
type stream struct {
	ssrc    uint32
	started bool
	last    slot      // newest sent
	next    uint32    // time stamp after it
	at      time.Time // when it was sent
	clock   uint32    // Hz of the time stamps

	known  bool // a source is being relayed
	source uint32
	seq    uint16 // its newest
	strays bool   // a very old packet came from the source
	probe  uint16 // follows the newest of them
	dSeq   uint16 // out - in
	dTS    uint32
	resync bool // offsets are to be checked: something was made or left out
	made   int  // packets made since the source's newest
	late   int  // originals dropped in a row

	// The source's numbers before floor fall on places that are taken or not to
	// be filled any more. floored ends when no packet that old is sent anyway.
	floored bool
	floor   uint16

	eventIn, eventOut uint32 // time stamps of the running telephone-event
	inEvent           bool
}

// newStream draws SSRC, sequence number and time stamp at random (RFC 3550
// §5.1).
func newStream() stream {
	var b [10]byte
	rand.Read(b[:]) // never fails
	be := binary.BigEndian
	ts := be.Uint32(b[4:])
	return stream{ssrc: be.Uint32(b[:]), last: slot{seq: be.Uint16(b[8:]), ts: ts}, next: ts, clock: clock8k}
}

// adopt begins to relay a source: the next sequence number, and the time stamp
// that the time since our last packet makes.
func (s *stream) adopt(p packet, now time.Time) {
	ts := s.next
	if s.started {
		ts += s.idle(now)
	}
	s.known, s.source, s.seq = true, p.ssrc, p.seq-1
	s.dSeq, s.dTS = s.last.seq+1-p.seq, ts-p.ts
	s.resync, s.made, s.late, s.inEvent, s.strays = false, 0, 0, false, false
	s.floored, s.floor = true, p.seq
}

// idle is how many time stamp units have passed since the end of the newest
// packet, in whole 10 ms.
func (s *stream) idle(now time.Time) uint32 {
	step := s.clock / 100
	steps := uint32(max(now.Sub(s.at), 0) / (10 * time.Millisecond))
	return max(steps*step, s.next-s.last.ts) - (s.next - s.last.ts)
}

// follow finds the offsets for p and reports how far it is past the newest
// packet of its source; 0 or less means that it is old.
func (s *stream) follow(p packet, now time.Time) (gap int) {
	gap, began := s.gap(p)
	if began {
		s.adopt(p, now)
		return 1
	}
	return gap
}

// gap is how far p is past the newest packet of its source, or began: it is the
// first of a new one. A single very old packet is a straggler, two in a row are
// a source that began anew.
func (s *stream) gap(p packet) (gap int, began bool) {
	gap = int(int16(p.seq - s.seq))
	switch {
	case !s.known || p.ssrc != s.source || gap > maxDropout || gap < -maxDropout:
		return gap, true
	case gap < -maxMisorder:
		began = s.strays && p.seq == s.probe
		s.strays, s.probe = true, p.seq+1
	}
	return gap, began
}

// relay gives p its place; ok is false when it comes too late for one. length
// is its duration in time stamp units.
func (s *stream) relay(p packet, length uint32, now time.Time) (at slot, ok bool) {
	gap := s.follow(p, now)
	at = slot{seq: p.seq + s.dSeq, ts: p.ts + s.dTS}
	if gap <= 0 {
		return at, !s.tooOld(p, gap)
	}
	if s.resync {
		if behind := int32(s.next - at.ts); behind > 0 {
			if behind <= maxLate && s.late < maxLateRun {
				s.skip(p.seq, gap)
				s.late++
				return at, false
			}
			s.dTS += uint32(behind)
		}
		s.renumber(p, gap)
		at = slot{seq: p.seq + s.dSeq, ts: p.ts + s.dTS}
		s.floored, s.floor = true, p.seq
	} else if s.floored && int16(p.seq-s.floor) > maxMisorder {
		s.floored = false
	}
	s.inEvent = false
	s.seq = p.seq
	s.sent(at, length, now)
	return at, true
}

// tooOld reports whether a packet that was overtaken by gap others finds its
// place taken.
func (s *stream) tooOld(p packet, gap int) bool {
	return s.resync || gap < -maxMisorder || s.floored && int16(p.seq-s.floor) < 0
}

// renumber lets p follow our newest packet. Packets that we made stand for as
// many that were lost on the way.
func (s *stream) renumber(p packet, gap int) {
	lost := max(gap-1-s.made, 0)
	s.dSeq = s.last.seq + 1 + uint16(lost) - p.seq
	s.resync, s.made, s.late = false, 0, 0
}

// relayEvent gives a telephone-event its place: every packet of one event has
// the time stamp of its start (RFC 4733 §2.5.1.2), and none is too late: if its
// place is filled, the source moves on by as much.
func (s *stream) relayEvent(p packet, length uint32, now time.Time) (at slot, ok bool) {
	gap := s.follow(p, now)
	if gap <= 0 && s.tooOld(p, gap) {
		return at, false
	}
	if !s.inEvent || p.ts != s.eventIn {
		if behind := int32(s.next - p.ts - s.dTS); s.resync && behind > 0 {
			s.dTS += uint32(behind)
		}
		s.inEvent, s.eventIn, s.eventOut = true, p.ts, p.ts+s.dTS
	}
	if gap <= 0 {
		return slot{seq: p.seq + s.dSeq, ts: s.eventOut}, true
	}
	if s.resync {
		s.renumber(p, gap)
		s.floored, s.floor = true, p.seq
	}
	at = slot{seq: p.seq + s.dSeq, ts: s.eventOut}
	s.seq = p.seq
	s.sent(at, length, now)
	return at, true
}

// skip notes that a packet of the source is not sent on.
func (s *stream) skip(seq uint16, gap int) {
	if gap > 0 {
		s.seq = seq
		s.made = max(s.made-gap, 0)
	}
	s.resync = true
}

// absorb leaves p out.
func (s *stream) absorb(p packet) {
	gap, began := s.gap(p)
	if began {
		s.known = false
		return
	}
	s.skip(p.seq, gap)
}

// make gives a packet of our own the next place. After a silence it stands
// where time says, and begins a talkspurt (marker, RFC 3551 §4.1).
func (s *stream) make(length uint32, now time.Time) (at slot, marker bool) {
	ts := s.next
	marker = !s.started
	if s.started {
		if idle := s.idle(now); idle >= 3*length {
			ts += idle / length * length
			marker = true
		}
	}
	at = slot{seq: s.last.seq + 1, ts: ts}
	s.sent(at, length, now)
	s.resync, s.inEvent = true, false
	s.made++
	return at, marker
}

func (s *stream) sent(at slot, length uint32, now time.Time) {
	s.started, s.last, s.at = true, at, now
	s.next = at.ts + length
}
