package media

import (
	"testing"
	"time"

	"ringward/media/g711"
)

func TestRepeatAndGap(t *testing.T) {
	r := newRig(t)
	r.b.Set(Merchant, pcma(Merchant))
	var res PlayResult
	p := Playback{Audio: prompt(320), Repeat: 3, Gap: 100 * time.Millisecond, Done: func(p PlayResult) { res = p }}
	if err := r.b.Play(Merchant, p); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Second)
	got := r.out(Merchant)
	if len(got) != 3*2+2*5 {
		t.Errorf("got %d packets, want 16", len(got))
	}
	for i, p := range got {
		silent := p.payload[10] == g711.A.Silence()
		if want := i%7 >= 2; silent != want {
			t.Errorf("packet %d: silent %v, want %v", i, silent, want)
		}
	}
	if res != (PlayResult{Played, 120 * time.Millisecond}) {
		t.Errorf("result: got %+v", res)
	}
}

func TestHowPlaybacksEnd(t *testing.T) {
	r := talking(t)
	var ends []PlayEnd
	p := Playback{Audio: prompt(160), Repeat: -1, Done: func(p PlayResult) { ends = append(ends, p.End) }}
	play := func() {
		t.Helper()
		if err := r.b.Play(Merchant, p); err != nil {
			t.Fatal(err)
		}
	}
	play()
	play()
	r.b.Stop(Merchant)
	r.b.Stop(Merchant)
	play()
	f := pcma(Merchant)
	f.Codecs = []Codec{{PayloadType: 9, Name: "G722", ClockRate: 8000}}
	r.b.Set(Merchant, f)
	r.b.Set(Merchant, pcma(Merchant))
	play()
	r.b.Close()
	want := []PlayEnd{Replaced, Stopped, Hangup, Hangup}
	if len(ends) != len(want) {
		t.Fatalf("got %v, want %v", ends, want)
	}
	for i := range want {
		if ends[i] != want[i] {
			t.Errorf("got %v, want %v", ends, want)
		}
	}
}

func TestPlayErrors(t *testing.T) {
	g722 := Codec{PayloadType: 9, Name: "G722", ClockRate: 8000}
	audio := prompt(160)
	for _, c := range []struct {
		name   string
		codecs []Codec
		p      Playback
		want   error
	}{
		{"no audio", []Codec{PCMA}, Playback{}, ErrAudio},
		{"G.722 over", []Codec{g722, PCMA}, Playback{Audio: audio}, ErrCodec},
		{"G.722 alone, G.711 second", []Codec{g722, PCMA}, Playback{Audio: audio, Mix: Alone}, nil},
		{"G.722 only", []Codec{g722}, Playback{Audio: audio, Mix: Alone}, ErrCodec},
		{"G.711", []Codec{PCMU}, Playback{Audio: audio}, nil},
	} {
		r := newRig(t)
		if err := r.b.Play(Merchant, Playback{Audio: audio}); err != ErrNoFlow {
			t.Errorf("before Set: got %v, want ErrNoFlow", err)
		}
		r.b.Set(Merchant, Flow{RTP: merchantAt, Send: true, Receive: true, Codecs: c.codecs})
		if err := r.b.Play(Merchant, c.p); err != c.want {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		r.b.Close()
		if err := r.b.Play(Merchant, Playback{Audio: audio}); err != ErrClosed {
			t.Errorf("after Close: got %v, want ErrClosed", err)
		}
	}
}

// A prompt stands still while the side holds and goes on afterwards.
func TestPromptWaitsForHold(t *testing.T) {
	r := newRig(t)
	r.b.Set(Merchant, pcma(Merchant))
	if err := r.b.Play(Merchant, Playback{Audio: prompt(1600)}); err != nil {
		t.Fatal(err)
	}
	r.pass(100 * time.Millisecond)
	hold := pcma(Merchant)
	hold.Send = false
	r.b.Set(Merchant, hold)
	n := len(r.out(Merchant))
	r.pass(time.Second)
	if got := len(r.out(Merchant)); got != 0 {
		t.Errorf("%d packets sent on hold", got)
	}
	if got := r.e.Stats().Playing; got != 0 {
		t.Errorf("%d bridges ticked on hold", got)
	}
	r.b.Set(Merchant, pcma(Merchant))
	r.pass(time.Second)
	if n += len(r.out(Merchant)); n != 10 {
		t.Errorf("got %d packets in all, want 10", n)
	}
}
