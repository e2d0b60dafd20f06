package media

import (
	"bytes"
	"math"
	"testing"
	"time"

	"ringward/media/g711"
)

// whispered runs a call of 100 packets each way with a prompt of 40 packets to
// the merchant from the 20th on, and returns what each side got and was sent.
func whispered(t *testing.T, n int, p Playback) (merchant, caller []packet, said, answered [][]byte) {
	r := talking(t)
	a, b := newSource(), newSource()
	a.n, b.n, b.ssrc = n, n, 0xd00d
	for i := range 100 {
		if i == 20 {
			if err := r.b.Play(Merchant, p); err != nil {
				t.Fatal(err)
			}
		}
		x, y := a.next(), b.next()
		said, answered = append(said, x[rtpHeader:]), append(answered, y[rtpHeader:])
		r.in(Caller, x)
		r.in(Merchant, y)
		r.pass(time.Duration(n) * time.Second / clock8k)
	}
	return r.out(Merchant), r.out(Caller), said, answered
}

// The merchant's stream goes on as if nothing were mixed in, its payloads are
// untouched before and after, and the caller gets what the merchant sent, bit
// by bit.
func TestWhisperIsSeamlessAndStaysOnOneSide(t *testing.T) {
	for _, n := range []int{80, 160, 240, 320} {
		var res []PlayResult
		p := Playback{Audio: prompt(40 * n), Done: func(r PlayResult) { res = append(res, r) }}
		merchant, caller, said, answered := whispered(t, n, p)
		if len(merchant) != 100 || len(caller) != 100 {
			t.Fatalf("%d samples: got %d and %d packets, want 100", n, len(merchant), len(caller))
		}
		continuous(t, merchant, uint32(n))
		continuous(t, caller, uint32(n))
		for i := range answered {
			if !bytes.Equal(caller[i].payload, answered[i]) {
				t.Errorf("%d samples: the caller's packet %d is not what the merchant sent", n, i)
			}
		}
		tail := 60 + (rampSamples+n-1)/n
		for i := range said {
			same := bytes.Equal(merchant[i].payload, said[i])
			if changed := i >= 20 && i < tail; same == changed {
				t.Errorf("%d samples: packet %d: same %v, want %v", n, i, same, !changed)
			}
		}
		want := PlayResult{Played, time.Duration(40*n) * time.Second / clock8k}
		if len(res) != 1 || res[0] != want {
			t.Errorf("%d samples: done %v, want %v once", n, res, want)
		}
	}
}

// level is the RMS of payloads in dB, of A-law.
func level(ps []packet) float64 {
	sum, n := 0.0, 0
	for _, p := range ps {
		for _, c := range p.payload {
			x := float64(g711.A.Sample(c))
			sum += x * x
			n++
		}
	}
	return 10 * math.Log10(sum/float64(n)+1e-9)
}

func TestDucking(t *testing.T) {
	quiet := make([]int16, 40*160) // a silent prompt shows the caller's level
	for _, c := range []struct {
		name string
		p    Playback
		want float64 // dB against the level before
		tol  float64
	}{
		{"default", Playback{Audio: quiet}, -18, 0.5},
		{"12 dB", Playback{Audio: quiet, DuckDB: 12}, -12, 0.5},
		{"alone", Playback{Audio: quiet, Mix: Alone}, -90, 60},
	} {
		merchant, caller, _, _ := whispered(t, 160, c.p)
		before, during, after := level(merchant[:20]), level(merchant[25:60]), level(merchant[70:])
		if got := during - before; math.Abs(got-c.want) > c.tol {
			t.Errorf("%s: caller at %.1f dB, want %.1f", c.name, got, c.want)
		}
		if got := after - before; math.Abs(got) > 0.5 {
			t.Errorf("%s: after the prompt at %.1f dB, want 0", c.name, got)
		}
		if got := level(caller[25:60]) - level(caller[:20]); math.Abs(got) > 0.5 {
			t.Errorf("%s: the merchant is heard at %.1f dB by the caller, want 0", c.name, got)
		}
	}
	_, caller, _, _ := whispered(t, 160, Playback{Audio: quiet, AttenuateBackDB: 15})
	if got := level(caller[25:60]) - level(caller[:20]); math.Abs(got+15) > 0.5 {
		t.Errorf("attenuate back: merchant at %.1f dB, want -15", got)
	}
}

// The gain moves by sample: no step between neighbouring samples of a constant
// sound, at the start or at the end.
func TestRampDoesNotClick(t *testing.T) {
	f := newFade()
	f.to(lower(18))
	pcm := make([]int16, 2*rampSamples)
	for i := range pcm {
		pcm[i] = 10000
	}
	f.apply(pcm)
	for i := 1; i < len(pcm); i++ {
		if d := pcm[i-1] - pcm[i]; d < 0 || d > 15 {
			t.Fatalf("sample %d: step of %d", i, d)
		}
	}
	if got, want := pcm[rampSamples], int16(10000*lower(18)); got != want {
		t.Errorf("after the ramp: got %d, want %d", got, want)
	}
}

func TestMixSaturates(t *testing.T) {
	a := []int16{30000, -30000, 5}
	add(a, []int16{30000, -30000, -6})
	if a[0] != 32767 || a[1] != -32768 || a[2] != -1 {
		t.Errorf("got %v, want [32767 -32768 -1]", a)
	}
}

// Before the other side exists, packets are made every 20 ms, on the dot.
func TestAnnouncementBeforeTheFarSide(t *testing.T) {
	for _, ptime := range []time.Duration{0, 10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 40 * time.Millisecond} {
		r := newRig(t)
		f := pcma(Merchant)
		f.PTime = ptime
		r.b.Set(Merchant, f)
		var res PlayResult
		if err := r.b.Play(Merchant, Playback{Audio: prompt(4800), Mix: Alone, Done: func(p PlayResult) { res = p }}); err != nil {
			t.Fatal(err)
		}
		r.pass(800 * time.Millisecond)
		if ptime == 0 {
			ptime = 20 * time.Millisecond
		}
		got := r.out(Merchant)
		if want := int(600 * time.Millisecond / ptime); len(got) != want {
			t.Fatalf("ptime %v: got %d packets, want %d", ptime, len(got), want)
		}
		continuous(t, got, uint32(samples(ptime)))
		if got[0].raw[1]&0x80 == 0 {
			t.Error("no marker on the first packet")
		}
		if res != (PlayResult{Played, 600 * time.Millisecond}) {
			t.Errorf("result: got %+v", res)
		}
		if got[0].payload[20] != g711.A.Code(prompt(21)[20]) {
			t.Error("the prompt is not what is heard")
		}
		if n := r.e.Stats().Playing; n != 0 {
			t.Errorf("%d bridges are ticked after the prompt", n)
		}
	}
}

// The caller's stream joins the announcement's without a break.
func TestCallerFollowsAnnouncement(t *testing.T) {
	r := newRig(t)
	r.b.Set(Merchant, pcma(Merchant))
	if err := r.b.Play(Merchant, Playback{Audio: prompt(1600)}); err != nil {
		t.Fatal(err)
	}
	r.pass(205 * time.Millisecond)
	r.b.Set(Caller, pcma(Caller))
	r.b.Connect(true)
	r.talk(Caller, newSource(), 20)
	got := r.out(Merchant)
	if len(got) != 30 {
		t.Fatalf("got %d packets, want 30", len(got))
	}
	continuous(t, got, 160)
}

// When packets stop coming, ours take their place; when they come again, seq
// goes on by one and time stamps show the time.
func TestPromptGoesOnThroughSilence(t *testing.T) {
	for _, c := range []struct {
		name string
		dtx  bool // the source's sequence numbers show no loss
	}{{"lost packets", false}, {"silence suppressed", true}} {
		t.Run(c.name, func(t *testing.T) {
			r, src := talking(t), newSource()
			r.talk(Caller, src, 10)
			if err := r.b.Play(Merchant, Playback{Audio: prompt(8000)}); err != nil {
				t.Fatal(err)
			}
			r.talk(Caller, src, 10)
			r.pass(200 * time.Millisecond)
			src.ts += 10 * 160
			if !c.dtx {
				src.seq += 10
			}
			r.talk(Caller, src, 40)
			got := r.out(Merchant)
			for i := 1; i < len(got); i++ {
				if got[i].seq != got[i-1].seq+1 {
					t.Errorf("packet %d: seq +%d", i, got[i].seq-got[i-1].seq)
				}
				if d := got[i].ts - got[i-1].ts; d != 160 && d != 320 {
					t.Errorf("packet %d: ts +%d", i, d)
				}
				if got[i].raw[1]&0x80 != 0 {
					t.Errorf("packet %d: marker", i)
				}
			}
			last := got[len(got)-1]
			if d := last.ts - got[0].ts; d != (10+10+10+40-1)*160 {
				t.Errorf("time stamps over all: +%d, want %d", d, (10+10+10+40-1)*160)
			}
			if st := r.b.Stats(Merchant); st.Generated < 8 || st.Generated > 10 {
				t.Errorf("made %d packets, want about 9", st.Generated)
			}
		})
	}
}

// An original that comes after its place was filled is dropped, and nothing
// goes back.
func TestLateOriginalIsDropped(t *testing.T) {
	r, src := talking(t), newSource()
	r.talk(Caller, src, 5)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(16000)}); err != nil {
		t.Fatal(err)
	}
	r.talk(Caller, src, 5)
	late := src.next()
	r.pass(45 * time.Millisecond) // 65 ms after the newest
	r.in(Caller, late)
	r.talk(Caller, src, 5)
	got := r.out(Merchant)
	for i := 1; i < len(got); i++ {
		if got[i].seq != got[i-1].seq+1 || int32(got[i].ts-got[i-1].ts) <= 0 {
			t.Errorf("packet %d: seq +%d ts +%d", i, got[i].seq-got[i-1].seq, got[i].ts-got[i-1].ts)
		}
	}
	if st := r.b.Stats(Merchant); st.Late == 0 {
		t.Error("nothing counted late")
	}
}

// A source that stood still and goes on with its old time stamps is heard
// again.
func TestFrozenSourceIsHeardAgain(t *testing.T) {
	r, src := talking(t), newSource()
	r.talk(Caller, src, 5)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(16000)}); err != nil {
		t.Fatal(err)
	}
	r.pass(1500 * time.Millisecond)
	r.talk(Caller, src, 30)
	if st := r.b.Stats(Merchant); st.Late > maxLateRun {
		t.Errorf("%d packets dropped", st.Late)
	}
	got := r.out(Merchant)
	for i := 1; i < len(got); i++ {
		if got[i].seq != got[i-1].seq+1 || int32(got[i].ts-got[i-1].ts) <= 0 {
			t.Errorf("packet %d: seq +%d ts +%d", i, got[i].seq-got[i-1].seq, got[i].ts-got[i-1].ts)
		}
	}
}

// A prompt that begins in a long silence stands where the time is and begins a
// talkspurt; afterwards the last comfort noise is repeated.
func TestPromptInComfortNoise(t *testing.T) {
	r, src := talking(t), newSource()
	r.talk(Caller, src, 5)
	r.in(Caller, src.packet(13, false, []byte{70}))
	src.skip(1)
	r.pass(time.Second)
	if err := r.b.Play(Merchant, Playback{Audio: prompt(1600)}); err != nil {
		t.Fatal(err)
	}
	r.in(Caller, src.packet(13, false, []byte{65}))
	src.seq++
	r.pass(400 * time.Millisecond)
	got := r.out(Merchant)
	if len(got) != 5+1+10+1 {
		t.Fatalf("got %d packets, want 17", len(got))
	}
	if first := got[6]; first.raw[1]&0x80 == 0 || first.ts-got[5].ts < 7800 || first.seq != got[5].seq+1 {
		t.Errorf("first of the prompt: marker %v, ts +%d, seq +%d", first.raw[1]&0x80 != 0, first.ts-got[5].ts, first.seq-got[5].seq)
	}
	continuous(t, got[6:], 160)
	if last := got[16]; last.pt != 13 || !bytes.Equal(last.payload, []byte{65}) {
		t.Errorf("after the prompt: payload type %d %x, want comfort noise 65", last.pt, last.payload)
	}
}
