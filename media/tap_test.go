package media

import (
	"testing"

	"ringward/media/g711"
)

// A tap hears one side, decoded, and never the prompt.
func TestTap(t *testing.T) {
	r, src := talking(t), newSource()
	q := NewTapQueue(50)
	r.b.Tap(Caller, q)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(1600)}); err != nil {
		t.Fatal(err)
	}
	sent := r.talk(Caller, src, 10)
	other := newSource()
	r.talk(Merchant, other, 5)
	pcm := make([]int16, maxTapPayload)
	for i, payload := range sent {
		f, ok := q.Read(pcm)
		if !ok || f.Samples != 160 || f.Side != Caller || f.Restart != (i == 0) {
			t.Fatalf("frame %d: got %+v %v", i, f, ok)
		}
		for k, c := range payload {
			if pcm[k] != g711.A.Sample(c) {
				t.Fatalf("frame %d sample %d differs from what was sent", i, k)
			}
		}
	}
	if f, ok := q.Read(pcm); ok {
		t.Errorf("heard %+v of somebody else", f)
	}
	r.b.Close()
	if !q.Closed() {
		t.Error("the tap was not told of the end")
	}
}

// A reader that is slow loses the newest and costs the relay nothing.
func TestTapIsLossy(t *testing.T) {
	r, src := talking(t), newSource()
	q := NewTapQueue(3)
	r.b.Tap(Caller, q)
	r.talk(Caller, src, 10)
	if got := len(r.out(Merchant)); got != 10 {
		t.Errorf("relayed %d packets, want 10", got)
	}
	if q.Dropped() != 7 || r.b.Stats(Caller).TapDropped != 7 {
		t.Errorf("dropped %d and %d, want 7", q.Dropped(), r.b.Stats(Caller).TapDropped)
	}
	pcm, n := make([]int16, maxTapPayload), 0
	for {
		f, ok := q.Read(pcm)
		if !ok {
			break
		}
		if f.Timestamp != 0xfffffc00+uint32(160*n) {
			t.Errorf("frame %d: time stamp %x", n, f.Timestamp)
		}
		n++
	}
	if n != 3 {
		t.Errorf("read %d frames, want 3", n)
	}
	select {
	case <-q.Ready():
	default:
		t.Error("Ready was not signalled")
	}
}

func TestTapCutsLongPackets(t *testing.T) {
	q := NewTapQueue(4)
	q.push(TapFrame{Timestamp: 7, Restart: true}, g711.Mu, make([]byte, 1000))
	for i, want := range []TapFrame{{Samples: 480, Timestamp: 7, Restart: true}, {Samples: 480, Timestamp: 487}, {Samples: 40, Timestamp: 967}} {
		if f, ok := q.Read(make([]int16, maxTapPayload)); !ok || f != want {
			t.Errorf("frame %d: got %+v %v, want %+v", i, f, ok, want)
		}
	}
}
