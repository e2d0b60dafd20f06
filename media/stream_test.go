package media

import (
	"testing"
	"time"
)

// FuzzStream does to a stream what networks and gateways do, in any order: the
// receiver must see one stream whose numbers never repeat, whose newest packets
// go on by one and the losses, and whose sound never goes back in time.
func FuzzStream(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 3, 3, 0, 0})          // loss, made packets
	f.Add([]byte{0, 3, 3, 3, 2, 0, 0})                // late original
	f.Add([]byte{0, 4, 4, 4, 0, 5, 5, 0})             // left out, then an event
	f.Add([]byte{0, 6, 0, 7, 0, 8, 3, 0})             // new source, jump, standstill
	f.Add([]byte{3, 3, 0, 0, 9, 3, 0, 2, 2, 0, 5, 3}) // all sorts
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) > 500 {
			return
		}
		w := streamWatch{t: t, s: newStream(), used: map[uint16]bool{}}
		src, now := newSource(), time.Unix(1000, 0)
		held := []packet{}
		for _, op := range ops {
			p := packet{ssrc: src.ssrc, seq: src.seq, ts: src.ts}
			switch op % 10 {
			case 0: // a packet in time
				at, ok := w.s.relay(p, 160, now)
				w.relayed(at, ok, 160)
				src.skip(1)
			case 1: // lost
				w.lost++
				src.skip(1)
			case 2: // overtaken: comes later, or now
				if len(held) == 0 {
					held = append(held, p)
					w.lost++
					src.skip(1)
					break
				}
				at, ok := w.s.relay(held[0], 160, now)
				w.relayed(at, ok, 160)
				held = held[1:]
			case 3: // made
				at, _ := w.s.make(160, now)
				w.relayed(at, true, 160)
			case 4: // left out
				w.s.absorb(p)
				if !w.s.known { // of a source that is not followed yet
					w.lost++
				}
				src.skip(1)
			case 5: // telephone-event, two packets
				for range 2 {
					p.seq = src.seq
					at, ok := w.s.relayEvent(p, 160, now)
					w.relayed(at, ok, 0)
					src.seq++
				}
				src.ts += 320
			case 6: // another source
				src.ssrc++
				src.seq, src.ts, held = uint16(op)*257, uint32(op)*65537, nil
			case 7: // a jump; several may add up to what looks like losses
				src.seq, held = src.seq+10000, nil
				w.lost += maxDropout
			case 8: // time passes, the source stands still
				now = now.Add(500 * time.Millisecond)
			case 9: // time passes
				now = now.Add(500 * time.Millisecond)
				src.ts += 4000
			}
			now = now.Add(20 * time.Millisecond)
		}
	})
}

// streamWatch sees a stream as its receiver does.
type streamWatch struct {
	t    *testing.T
	s    stream
	used map[uint16]bool
	last slot
	any  bool
	lost int // losses that may still show
}

func (w *streamWatch) relayed(at slot, ok bool, length uint32) {
	if !ok {
		return
	}
	if w.used[at.seq] {
		w.t.Fatalf("number %d was used before", at.seq)
	}
	w.used[at.seq] = true
	ahead := int16(at.seq - w.last.seq)
	if w.any && ahead <= 0 {
		return // a gap that is filled late
	}
	if w.any && int(ahead)-1 > w.lost {
		w.t.Fatalf("number went on by %d, with %d losses", ahead, w.lost)
	}
	if back := int32(at.ts - w.last.ts); w.any && (back < 0 || back == 0 && length > 0) {
		w.t.Fatalf("time stamp went on by %d", back)
	}
	w.any, w.last = true, at
}
