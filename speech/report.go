package speech

import (
	"fmt"
	"slices"
	"time"

	"ringward/screening"
)

// Rules of the evidence that the ear finds by itself.
const (
	ruleUnheard  = "ear.unheard"
	ruleDetector = "ear.detector"
)

// lostFrames is how many dropped frames (20 ms each as a rule) in a quarter of
// a second are worth a word.
const lostFrames = 5

func (e *Ear) tick() {
	now := e.cfg.Now()
	for _, l := range e.legs {
		if l != nil {
			l.tick(now)
		}
	}
	if d := e.cfg.Source.Dropped(); d >= e.dropped+lostFrames {
		e.dropped = d
		e.record(Gap{From: e.lastTick, To: now, Why: "ear too slow"})
		e.report(notHeard(screening.PartyNone, e.lastTick))
	}
	e.lastTick = now
}

// take handles what a stream tells.
func (e *Ear) take(ev event) {
	if ev.gap != nil {
		e.gap(ev.from, *ev.gap)
		return
	}
	h := ev.heard
	if h.Text == "" && !h.Final {
		return
	}
	for i, d := range e.cfg.Words {
		e.guard(i, h.At, func() []screening.Evidence { return d.Hear(h) })
	}
	if e.cfg.Transcript != nil {
		e.cfg.Transcript(h.masked())
	}
}

// gap records a gap that is over. Its beginning was reported unless another
// recogniser heard that side, or nobody knew at the time.
func (e *Ear) gap(s *stream, g Gap) {
	e.record(g)
	l := e.legs[s.by]
	if !l.mute[s.n] {
		l.deaf(s.n, g.From)
	}
	if !slices.Contains(l.mute, false) {
		e.report(heardAgain(g))
	}
	l.mute[s.n] = false
}

func (e *Ear) record(g Gap) {
	e.sum.Gaps = addGap(e.sum.Gaps, g)
	e.cfg.Log.Warn("nobody listened", "side", g.By.String(), "engine", g.Engine, "from", g.From, "to", g.To, "why", g.Why)
}

// listenTo lets the sound detectors listen.
func (e *Ear) listenTo(s Sound) {
	for i, d := range e.cfg.Sounds {
		e.guard(len(e.cfg.Words)+i, s.At, func() []screening.Evidence { return d.Listen(s) })
		if st, ok := d.(Stopper); ok && st.Stop() {
			e.stopped = true
		}
	}
}

// guard runs one detector. One that panics is not asked again in this call, and
// the record says that it no longer listens.
func (e *Ear) guard(i int, at time.Duration, detect func() []screening.Evidence) {
	if e.broken[i] {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			e.broken[i] = true
			e.cfg.Log.Error("detector panics", "panic", fmt.Sprintf("%T", p))
			e.report(screening.Evidence{At: at, Source: screening.SourceGateway, Rule: ruleDetector, Kind: screening.NotHeard, Text: screening.Text{
				ZH: "一项通话检测出现故障，从这时起不再工作。", EN: "One of the detectors failed; from here on it does not listen."}})
		}
	}()
	for _, ev := range detect() {
		e.report(ev)
	}
}

// report hands evidence out, its words masked.
func (e *Ear) report(ev screening.Evidence) {
	ev.Words = MaskDigits(ev.Words)
	select {
	case e.evidence <- ev:
	default:
		e.lost.Add(1)
	}
}

// notHeard says that from at on nobody listens.
func notHeard(by screening.Party, at time.Duration) screening.Evidence {
	return screening.Evidence{At: at, Source: screening.SourceGateway, Rule: ruleUnheard, Kind: screening.NotHeard, By: by,
		Text: screening.NotHeard.Text()}
}

// heardAgain says from when to when nobody listened.
func heardAgain(g Gap) screening.Evidence {
	ev := notHeard(g.By, g.To)
	from, to := clock(g.From), clock(g.To)
	ev.Text = screening.Text{
		ZH: fmt.Sprintf("通话的%s至%s没有进行识别。", from, to),
		EN: fmt.Sprintf("Nobody listened to the call from %s to %s.", from, to),
	}
	return ev
}

// clock is a time in the call, minutes and seconds.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
