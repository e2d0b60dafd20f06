package media

import (
	"testing"
	"time"
)

// press sends a key of 100 ms with three end packets.
func (r *rig) press(s Side, src *source, code byte) {
	for d := uint16(160); d <= 640; d += 160 {
		r.in(s, src.key(code, d, false))
		r.pass(20 * time.Millisecond)
	}
	for range 3 {
		r.in(s, src.key(code, 800, true))
	}
	src.ts += 800
	r.pass(20 * time.Millisecond)
}

func (r *rig) digits(s Side) (got string) {
	for {
		select {
		case d, ok := <-r.b.Digits(s):
			if !ok {
				return got
			}
			got += string(d.Rune)
			if d.Duration != 100*time.Millisecond {
				r.t.Errorf("%q lasted %v, want 100ms", d.Rune, d.Duration)
			}
		default:
			return got
		}
	}
}

// An event passes with one time stamp, the payload type of that leg, and the
// numbers of our stream.
func TestEventsPass(t *testing.T) {
	r, src := talking(t), newSource()
	f := pcma(Caller)
	f.Events = 96
	r.b.Set(Caller, f)
	r.b.Digits(Merchant)
	r.talk(Merchant, src, 5)
	r.press(Merchant, src, 1)
	r.talk(Merchant, src, 5)
	got := r.out(Caller)
	if len(got) != 17 {
		t.Fatalf("got %d packets, want 17", len(got))
	}
	for i, p := range got {
		if p.seq != got[0].seq+uint16(i) {
			t.Errorf("packet %d: seq +%d", i, p.seq-got[0].seq)
		}
		wantPT, wantTS := uint8(8), uint32(160*i)
		if i >= 5 && i < 12 {
			wantPT, wantTS = 96, 800
		} else if i >= 12 {
			wantTS = uint32(1600 + 160*(i-12))
		}
		if p.pt != wantPT || p.ts-got[0].ts != wantTS {
			t.Errorf("packet %d: payload type %d, ts +%d; want %d, +%d", i, p.pt, p.ts-got[0].ts, wantPT, wantTS)
		}
		if marked := p.raw[1]&0x80 != 0; marked != (i == 5) {
			t.Errorf("packet %d: marker %v", i, marked)
		}
	}
	if d := r.digits(Merchant); d != "1" {
		t.Errorf("digits: got %q, want 1", d)
	}
}

// A captured key is control input: the caller gets silence in its place, with
// no break in the stream, and not one octet of the event.
func TestCapturedDigits(t *testing.T) {
	r, src := talking(t), newSource()
	r.b.Digits(Merchant)
	r.b.CaptureDigits(Merchant, true)
	r.talk(Merchant, src, 5)
	r.press(Merchant, src, 2)
	r.talk(Merchant, src, 5)
	got := r.out(Caller)
	for i, p := range got {
		if p.pt != 8 {
			t.Errorf("packet %d: payload type %d", i, p.pt)
		}
		if i > 0 && (p.seq != got[i-1].seq+1 || int32(p.ts-got[i-1].ts) < 160 || p.ts-got[i-1].ts > 480) {
			t.Errorf("packet %d: seq +%d ts +%d", i, p.seq-got[i-1].seq, p.ts-got[i-1].ts)
		}
	}
	if made := r.b.Stats(Caller).Generated; made < 3 {
		t.Errorf("made %d packets, want the gap filled", made)
	}
	if d := r.digits(Merchant); d != "2" {
		t.Errorf("digits: got %q, want 2", d)
	}
	r.pass(time.Second)
	if n := r.e.Stats().Playing; n != 0 {
		t.Errorf("%d bridges ticked with nothing to make", n)
	}
}

// While an event crosses to a side, the prompt there stands still.
func TestPromptFreezesDuringEvent(t *testing.T) {
	r, src := talking(t), newSource()
	r.talk(Caller, src, 5)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(16000)}); err != nil {
		t.Fatal(err)
	}
	r.talk(Caller, src, 5)
	r.out(Merchant)
	before := r.b.legs[Merchant].player.pos
	r.press(Caller, src, 5)
	if got := r.b.legs[Merchant].player.pos; got != before {
		t.Errorf("the prompt went on by %d samples", got-before)
	}
	for i, p := range r.out(Merchant) {
		if p.pt != 101 {
			t.Errorf("packet %d: payload type %d, want 101", i, p.pt)
		}
	}
	r.talk(Caller, src, 5)
	continuous(t, r.out(Merchant), 160)
}

// Keys are seen before the sides are connected: "press 1" of an announcement.
func TestDigitsDuringAnnouncement(t *testing.T) {
	r := newRig(t)
	r.b.Set(Merchant, pcma(Merchant))
	r.b.Digits(Merchant)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(16000)}); err != nil {
		t.Fatal(err)
	}
	src := newSource()
	r.talk(Merchant, src, 10)
	r.press(Merchant, src, 1)
	r.press(Merchant, src, 1)
	if d := r.digits(Merchant); d != "11" {
		t.Errorf("digits: got %q, want 11", d)
	}
}

func TestUnreadDigitsAreDropped(t *testing.T) {
	r, src := talking(t), newSource()
	r.b.Digits(Merchant)
	for range digitsKept + 5 {
		r.press(Merchant, src, 0)
	}
	if got := r.b.Stats(Merchant).DigitsDropped; got != 5 {
		t.Errorf("dropped %d, want 5", got)
	}
	r.b.Close()
	if d := r.digits(Merchant); len(d) != digitsKept {
		t.Errorf("%d digits were kept, want %d", len(d), digitsKept)
	}
	if _, ok := <-r.b.Digits(Merchant); ok {
		t.Error("the channel is open after Close")
	}
}

// What SendDigits sends is what a detector hears.
func TestSendDigits(t *testing.T) {
	r := newRig(t)
	r.b.Set(Caller, pcma(Caller))
	if err := r.b.SendDigits(Caller, "12#"); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Second)
	got := r.out(Caller)
	if len(got) != 3*8 {
		t.Fatalf("got %d packets, want 24", len(got))
	}
	listener := newRig(t)
	listener.b.Set(Caller, pcma(Caller))
	listener.b.Digits(Caller)
	for i, p := range got {
		if p.seq != got[0].seq+uint16(i) || p.ts-got[0].ts != uint32(1600*(i/8)) {
			t.Errorf("packet %d: seq +%d ts +%d", i, p.seq-got[0].seq, p.ts-got[0].ts)
		}
		listener.in(Caller, p.raw)
	}
	if d := listener.digits(Caller); d != "12#" {
		t.Errorf("heard %q, want 12#", d)
	}
	if n := r.e.Stats().Playing; n != 0 {
		t.Errorf("%d bridges ticked after the keys", n)
	}
}

func TestSendDigitsErrors(t *testing.T) {
	r := newRig(t)
	if err := r.b.SendDigits(Caller, "1"); err != ErrNoFlow {
		t.Errorf("before Set: got %v", err)
	}
	f := pcma(Caller)
	f.Events = 0
	r.b.Set(Caller, f)
	if err := r.b.SendDigits(Caller, "1"); err != ErrEvents {
		t.Errorf("without telephone-event: got %v", err)
	}
	r.b.Set(Caller, pcma(Caller))
	if err := r.b.SendDigits(Caller, "x"); err == nil {
		t.Error("x was sent")
	}
	if err := r.b.SendDigits(Caller, string(make([]byte, 0))); err != nil {
		t.Errorf("no digits: got %v", err)
	}
}
