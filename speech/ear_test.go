package speech_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/engine"
)

const second = time.Second

// TestSilenceCostsNothing: the recogniser gets speech with a little before and
// after it, and its words come out in the call's time.
func TestSilenceCostsNothing(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		_, sum := c.run(func() {
			c.caller.say(3*second, 0)
			c.caller.say(2*second, 7)
			c.caller.say(8*second, 0)
			c.caller.say(2*second, 9)
			c.caller.say(2*second, 0)
		})
		d := c.clerk.desk(0)
		if d.opts.ID != "c1-caller" {
			t.Errorf("session is called %q", d.opts.ID)
		}
		// 0.4 s before, 2 s, 1.2 s after, twice
		if got := engine.Span(d.samples()); !near(got, 7200*time.Millisecond) {
			t.Errorf("%v were given to the recogniser, want 7.2s", got)
		}
		if v := sum.Voice[screening.PartyCaller]; !near(v, 7200*time.Millisecond) {
			t.Errorf("gate open for %v", v)
		}
		h := c.notes.last()[0]
		if !h.Final || h.By != screening.PartyCaller || h.Engine != "clerk" {
			t.Fatalf("last heard: %+v", h)
		}
		// The gate opens at 3 s, the second word begins 0.5 s after its pre-roll.
		if got := h.Words[1].Start; !near(got, 3100*time.Millisecond) {
			t.Errorf("second word at %v, want 3.1s", got)
		}
		// The second talk begins at 13 s; 3.6 s of sound lie before its pre-roll.
		if got := h.Words[8].Start; !near(got, 13*second) {
			t.Errorf("word in the second talk at %v, want 13s", got)
		}
		if len(sum.Gaps) != 0 {
			t.Errorf("gaps %v", sum.Gaps)
		}
	})
}

// TestNoPackets: a side that stops sending ends its sentence like one that is silent.
func TestNoPackets(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.run(func() {
			c.caller.say(1*second, 7)
			c.caller.rest(1 * second)
			if got := engine.Span(c.clerk.desk(0).samples()); !near(got, 2200*time.Millisecond) {
				t.Errorf("%v were given after a rest, want 1 s of speech and 1.2 s of silence", got)
			}
			c.caller.rest(4 * second)
			c.caller.say(1*second, 9)
		})
		// 2.2 s of the first sentence, then what was said from 6 s on.
		if got := c.notes.last()[0].Words[5].Start; !near(got, 6300*time.Millisecond) {
			t.Errorf("word after the rest at %v, want 6.3s", got)
		}
	})
}

// TestLostPackets: short gaps are filled, so that times stay right.
func TestLostPackets(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.run(func() {
			for range 20 {
				c.caller.say(80*time.Millisecond, 7)
				c.caller.rest(20 * time.Millisecond)
			}
			c.caller.ts -= 1600 // late packets
			c.caller.say(100*time.Millisecond, 9)
			c.caller.ts += 800
		})
		if got := engine.Span(c.clerk.desk(0).samples()); !near(got, 3200*time.Millisecond) {
			t.Errorf("%v given, want 2 s and the silence after it", got)
		}
		for _, s := range c.clerk.desk(0).heard {
			if s == 9 {
				t.Fatal("a late packet was heard")
			}
		}
	})
}

func TestTimeStampsThatLie(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.run(func() {
			c.caller.say(1*second, 7)
			c.caller.ts += 1 << 30 // 37 hours
			c.caller.say(1*second, 8)
			c.caller.ts -= 1 << 20
			c.caller.say(1*second, 9)
		})
		for _, h := range c.notes.last() {
			for _, w := range h.Words {
				if w.End > 6*second {
					t.Errorf("word %q at %v in a call of 3 s", w.Text, w.End)
				}
			}
		}
	})
}

// TestRecogniserDies: it is opened again and hears the last two seconds once
// more; what it had understood stands; the call lost nothing.
func TestRecogniserDies(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		list, sum := c.run(func() {
			c.caller.say(4*second, 5)
			c.clerk.desk(0).die()
			c.caller.say(4*second, 6)
		})
		if n := c.clerk.opened(); n != 2 {
			t.Fatalf("%d sessions, want 2", n)
		}
		first := c.clerk.desk(1).heard[0]
		if first != 5 {
			t.Errorf("the second session begins with %d: no replay", first)
		}
		if got := engine.Span(c.clerk.desk(1).samples()); !near(got, 7200*time.Millisecond) && !near(got, 7*second) {
			t.Errorf("second session heard %v, want about 2 s again, 4 s and 1.2 s of silence", got)
		}
		last := c.notes.last()
		if h := last[0]; !h.Final || !strings.HasPrefix(h.Text, "5 5 5") {
			t.Errorf("first segment: %+v", h)
		}
		if h := last[1]; !h.Final || !near(h.Words[0].Start, 2200*time.Millisecond) {
			t.Errorf("second segment begins at %v, want 2.2s", h.Words[0].Start)
		}
		if len(sum.Gaps) != 0 || len(list) != 0 {
			t.Errorf("gaps %v, evidence %s", sum.Gaps, brief(list))
		}
	})
}

// TestRecogniserAway: for six seconds nobody listens. The evidence says so at
// once, and afterwards from when to when.
func TestRecogniserAway(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		list, sum := c.run(func() {
			c.caller.say(3*second, 5)
			c.clerk.set(engine.ErrGone)
			c.clerk.desk(0).die()
			c.caller.say(6*second, 6)
			c.clerk.set(nil)
			c.caller.say(8*second, 7)
		})
		if len(sum.Gaps) != 1 {
			t.Fatalf("gaps %v, want one", sum.Gaps)
		}
		g := sum.Gaps[0]
		if g.By != screening.PartyCaller || g.Engine != "clerk" || g.Why != "recogniser gone" || !near(g.From, 3*second) || g.To < 6*second || g.To > 12*second {
			t.Errorf("gap %+v", g)
		}
		if len(list) != 2 || list[0].Kind != screening.NotHeard || list[0].At > 6*second || list[1].Kind != screening.NotHeard ||
			!strings.HasPrefix(list[1].Text.EN, "Nobody listened to the call from 0:0") {
			t.Errorf("evidence:\n%s", brief(list))
		}
	})
}

// TestRecogniserNeverThere: the whole talk is a gap, and trying is not a storm.
func TestRecogniserNeverThere(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.clerk.set(engine.ErrBusy)
		_, sum := c.run(func() { c.caller.say(1*second, 5) })
		if len(sum.Gaps) != 1 || !near(sum.Gaps[0].From, 0) || sum.Gaps[0].To < 1*second || sum.Gaps[0].Why != "recogniser busy" {
			t.Errorf("gaps %+v", sum.Gaps)
		}
	})
}

// TestRecogniserLags: sound older than two seconds is dropped, in one piece,
// and the session goes on.
func TestRecogniserLags(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		slow := true
		c.clerk.write = func(ctx context.Context, d *desk) error {
			if slow && d.samples() > 8000 {
				slow = false
				time.Sleep(4 * second)
			}
			return nil
		}
		list, sum := c.run(func() { c.caller.say(10*second, 5) })
		if n := c.clerk.opened(); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
		if len(sum.Gaps) != 1 || sum.Gaps[0].Why != "recogniser lagging" {
			t.Fatalf("gaps %+v, want one", sum.Gaps)
		}
		g := sum.Gaps[0]
		if lost := g.To - g.From; lost < 1*second || lost > 3500*time.Millisecond {
			t.Errorf("lost %v to %v", g.From, g.To)
		}
		if len(list) != 2 {
			t.Errorf("evidence:\n%s", brief(list))
		}
		heard := engine.Span(c.clerk.desk(0).samples())
		if lost := g.To - g.From; !near(heard+lost, 11200*time.Millisecond) {
			t.Errorf("heard %v, lost %v: want 11.2 s together", heard, lost)
		}
	})
}

// TestRecogniserHangs: a session that takes nothing is given up.
func TestRecogniserHangs(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.clerk.write = func(ctx context.Context, d *desk) error {
			if d.n == 0 && d.samples() >= 8000 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		_, sum := c.run(func() { c.caller.say(12*second, 5) })
		if n := c.clerk.opened(); n != 2 {
			t.Errorf("%d sessions, want 2", n)
		}
		if len(sum.Gaps) != 1 || !near(sum.Gaps[0].From, 1*second) || sum.Gaps[0].Why != "recogniser lagging" {
			t.Errorf("gaps %+v", sum.Gaps)
		}
	})
}

// TestSilentDeath: a session that had been dead for a while before it was
// noticed leaves a gap, because sound went nowhere.
func TestSilentDeath(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.clerk.write = func(ctx context.Context, d *desk) error {
			switch n := d.samples(); {
			case d.n == 0 && n >= 64000:
				return &silentError{}
			case d.n == 0 && n >= 16000:
				d.mu.Lock()
				d.mute = true
				d.mu.Unlock()
			}
			return nil
		}
		_, sum := c.run(func() { c.caller.say(12*second, 5) })
		if len(sum.Gaps) != 1 || sum.Gaps[0].From > 2500*time.Millisecond || !near(sum.Gaps[0].To, 6*second) {
			t.Errorf("gaps %+v, want about 2 s to 6 s", sum.Gaps)
		}
	})
}

type silentError struct{}

func (*silentError) Error() string   { return "no pong" }
func (*silentError) Unwrap() []error { return []error{engine.ErrSilent, engine.ErrGone} }

// TestTwoRecognisers: while one of two hears, the call is listened to.
func TestTwoRecognisers(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		gone := &clerk{refuse: engine.ErrGone}
		c.cfg.Recognisers[screening.PartyCaller] = append(c.cfg.Recognisers[screening.PartyCaller], speech.Named{Name: "gone", Recogniser: gone})
		list, sum := c.run(func() { c.caller.say(8*second, 5) })
		if len(list) != 0 {
			t.Errorf("evidence:\n%s", brief(list))
		}
		if len(sum.Gaps) != 1 || sum.Gaps[0].Engine != "gone" {
			t.Errorf("gaps %+v", sum.Gaps)
		}
	})
}

// TestIdleSessionGivesItsPlaceBack after fifteen seconds without speech.
func TestIdleSessionGivesItsPlaceBack(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.run(func() {
			c.caller.say(1*second, 5)
			c.caller.say(20*second, 0)
			select {
			case <-c.clerk.desk(0).gone:
			default:
				t.Error("the session is still open")
			}
			c.caller.say(1*second, 6)
		})
		if n := c.clerk.opened(); n != 2 {
			t.Errorf("%d sessions, want 2", n)
		}
		if got := engine.Span(c.clerk.desk(1).samples()); !near(got, 2600*time.Millisecond) {
			t.Errorf("the second heard %v: a good end needs no replay", got)
		}
	})
}

// TestHangUp: the ear ends at once, whatever the recogniser does.
func TestHangUp(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.clerk.write = func(ctx context.Context, _ *desk) error { <-ctx.Done(); return ctx.Err() }
		var at time.Time
		c.run(func() {
			c.caller.say(1*second, 5)
			at = time.Now()
			c.hangup()
		})
		if d := time.Since(at); d > 0 {
			t.Errorf("the ear ended after %v", d)
		}
	})
}

// TestPanics: a recogniser or detector that panics is a fault on record.
func TestPanics(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.cfg.Words = append(c.cfg.Words, panicker{})
		c.clerk.write = func(_ context.Context, d *desk) error {
			if d.n == 0 {
				panic("recogniser")
			}
			return nil
		}
		list, _ := c.run(func() { c.caller.say(3*second, 5) })
		if len(list) != 1 || list[0].Rule != "ear.detector" || list[0].Kind != screening.NotHeard {
			t.Errorf("evidence:\n%s", brief(list))
		}
		if len(c.notes.last()) == 0 {
			t.Error("the other detector heard nothing")
		}
	})
}

type panicker struct{}

func (panicker) Hear(speech.Heard) []screening.Evidence { panic("detector") }

// TestDigitsAreMasked in everything that leaves the ear.
func TestDigitsAreMasked(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		var kept []speech.Heard
		c.cfg.Transcript = func(h speech.Heard) { kept = append(kept, h) }
		c.cfg.Words = append(c.cfg.Words, quoter{})
		list, _ := c.run(func() { c.caller.say(2*second, 4711) })
		if len(kept) == 0 || len(list) == 0 {
			t.Fatal("nothing was heard")
		}
		for _, h := range kept {
			if strings.Contains(h.Text, "4711") || h.Words != nil {
				t.Errorf("transcript %+v", h)
			}
		}
		for _, e := range list {
			if strings.Contains(e.Words, "4711") {
				t.Errorf("evidence %q", e.Words)
			}
		}
	})
}

type quoter struct{}

func (quoter) Hear(h speech.Heard) []screening.Evidence {
	return []screening.Evidence{{Kind: screening.DigitsRead, Words: h.Text}}
}

// TestFax: a detector that has heard enough ends the listening.
func TestFax(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		fax := &fax{}
		c.cfg.Sounds = []speech.SoundDetector{fax}
		_, sum := c.run(func() { c.caller.say(5*second, 5) })
		if !sum.Stopped || fax.sides[screening.PartyCaller] != 50 {
			t.Errorf("stopped %v after %v frames", sum.Stopped, fax.sides)
		}
	})
}

type fax struct{ sides [3]int }

func (f *fax) Listen(s speech.Sound) []screening.Evidence { f.sides[s.By]++; return nil }
func (f *fax) Stop() bool                                 { return f.sides[screening.PartyCaller] >= 50 }

// TestSoundDetectorsHearBothSides, silence included, in the call's time.
func TestSoundDetectorsHearBothSides(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		l := &logger{}
		c.cfg.Sounds = []speech.SoundDetector{l}
		c.run(func() {
			c.merchant.say(1*second, 0)
			c.caller.say(1*second, 3)
		})
		if len(l.list) != 100 || l.list[0].By != screening.PartyMerchant || l.list[99].By != screening.PartyCaller || !l.list[99].Voice || l.list[0].Voice {
			t.Fatalf("%d pieces", len(l.list))
		}
		if at := l.list[99].At; !near(at, 2*second) {
			t.Errorf("last piece at %v", at)
		}
	})
}

type logger struct{ list []speech.Sound }

func (l *logger) Listen(s speech.Sound) []screening.Evidence {
	s.PCM = nil
	l.list = append(l.list, s)
	return nil
}

// TestDroppedFrames: an ear that was too slow says so.
func TestDroppedFrames(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		list, sum := c.run(func() {
			c.caller.say(1*second, 5)
			c.do(func() { c.dropped = 30 })
			c.caller.say(1*second, 5)
		})
		if len(list) != 1 || list[0].Kind != screening.NotHeard || len(sum.Gaps) != 1 || sum.Gaps[0].Why != "ear too slow" {
			t.Errorf("gaps %+v, evidence %s", sum.Gaps, brief(list))
		}
	})
}

// TestEvidenceThatNobodyReads is counted, and the ear goes on.
func TestEvidenceThatNobodyReads(t *testing.T) {
	inCall(t, func(t *testing.T, c *call) {
		c.cfg.Sounds = []speech.SoundDetector{shouter{}}
		list, sum := c.run(func() { c.caller.say(10*second, 5) })
		if len(list) != 256 || sum.EvidenceLost != 500-256 {
			t.Errorf("%d pieces of evidence, %d lost", len(list), sum.EvidenceLost)
		}
	})
}

type shouter struct{}

func (shouter) Listen(speech.Sound) []screening.Evidence {
	return []screening.Evidence{{Kind: screening.Monologue}}
}
