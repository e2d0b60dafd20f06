package gateway_test

import (
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/softphone"
	"ringward/speech"
	"ringward/speech/ears"
)

// toneEar takes a tone of hz in the caller's voice for a known scam recording:
// the smallest detector that hears real sound.
type toneEar struct {
	hz  float64
	pcm []int16
	hit bool
}

// Listen is speech.SoundDetector.
func (d *toneEar) Listen(s speech.Sound) []screening.Evidence {
	if s.By != screening.PartyCaller || d.hit {
		return nil
	}
	d.pcm = append(d.pcm, s.PCM...)
	if len(d.pcm) < 4000 {
		return nil
	}
	d.hit = power(d.pcm, d.hz) > 0.5
	d.pcm = d.pcm[:0]
	if !d.hit {
		return nil
	}
	return []screening.Evidence{{At: s.At, Source: screening.SourceRecording, Rule: "recording.match", Kind: screening.KnownRecording,
		By: screening.PartyCaller, Strength: screening.Strong, Text: screening.KnownRecording.Text()}}
}

type toneEars float64

func (hz toneEars) Ear(string, gateway.Line) (speech.Config, bool) {
	return speech.Config{Sounds: []speech.SoundDetector{&toneEar{hz: float64(hz)}}}, true
}

func TestWhatIsHeardBecomesAWhisper(t *testing.T) {
	w := newWorld(t, options{config: func(c *gateway.Config) { c.Ears = toneEars(300) },
		line: func(l *gateway.Line) { l.Listen = gateway.ListenUnverified }})
	caller, merchant := talking(t, w)
	e := w.event(gateway.EventWarned)
	if e.Verdict.Level < screening.LevelWarning {
		t.Errorf("level %s", e.Verdict.Level)
	}
	until(t, "the merchant to hear the warning", func() bool { return power(merchant.Heard(), promptHz) > 0.05 })
	caller.Hangup()
	done(t, merchant.Over(), "the end")
	done(t, caller.Over(), "the end")
	onlyWhatWasSent(t, merchant, caller)
	if r := w.record(); !hasEvent(r, "heard", "recording.match") || !hasEvent(r, "whisper", "warn.recording") {
		t.Errorf("got %+v", r.Events)
	}
}

func TestNobodyListensUnlessTheOwnerAgreed(t *testing.T) {
	for _, c := range []struct {
		name   string
		listen gateway.Listening
		caller string
		heard  bool
	}{
		{"never", gateway.ListenNever, ordinary, false},
		{"unverified, unknown caller", gateway.ListenUnverified, ordinary, true},
		{"always", gateway.ListenAlways, ordinary, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{config: func(g *gateway.Config) { g.Ears = toneEars(300) }, line: func(l *gateway.Line) { l.Listen = c.listen }})
			caller, merchant := w.call(c.caller, func(*softphone.Outgoing) {})
			caller.Say(sine(300, time.Minute))
			must(t, merchant.Answer())
			done(t, caller.Answered(), "the answer")
			packets(t, merchant, 60)
			caller.Hangup()
			done(t, merchant.Over(), "the end")
			if r := w.record(); hasEvent(r, "listen", "") != c.heard || hasEvent(r, "heard", "") != c.heard {
				t.Errorf("got %+v, want heard=%v", r.Events, c.heard)
			}
		})
	}
}

func TestTheCallerIsToldWhereTheLineSaysSo(t *testing.T) {
	w := newWorld(t, options{config: func(g *gateway.Config) { g.Ears = toneEars(1) },
		line: func(l *gateway.Line) { l.Listen, l.TellCaller = gateway.ListenAlways, true }})
	caller, merchant := talking(t, w)
	until(t, "the caller to be told", func() bool { return power(caller.Heard(), promptHz) > 0.02 })
	if p := power(merchant.Heard(), promptHz); p > 0.01 {
		t.Errorf("the merchant hears the notice at %.3f", p)
	}
	caller.Hangup()
	done(t, merchant.Over(), "the end")
}

// dataEar takes the caller's first sound for a modem's.
type dataEar struct{ said bool }

// Listen is speech.SoundDetector.
func (d *dataEar) Listen(s speech.Sound) []screening.Evidence {
	if d.said || s.By != screening.PartyCaller {
		return nil
	}
	d.said = true
	return []screening.Evidence{{At: s.At, Source: screening.SourceBehaviour, Rule: ears.RuleData, Kind: screening.NotHeard}}
}

type dataEars struct{}

func (dataEars) Ear(string, gateway.Line) (speech.Config, bool) {
	return speech.Config{Sounds: []speech.SoundDetector{&dataEar{}}}, true
}

// A dial-up terminal's call must never be spoken into.
func TestDataCallsAreNeverWhisperedInto(t *testing.T) {
	w := newWorld(t, options{config: func(c *gateway.Config) { c.Ears = dataEars{} }, line: func(l *gateway.Line) { l.Listen = gateway.ListenAlways }})
	caller, merchant := talking(t, w)
	packets(t, merchant, 30)
	must(t, w.gateway.Warn(w.gateway.Calls()[0], screening.Evidence{Source: screening.SourceRecording, Rule: "recording.match",
		Kind: screening.KnownRecording, By: screening.PartyCaller, Strength: screening.Strong}))
	packets(t, merchant, 30)
	caller.Hangup()
	done(t, merchant.Over(), "the end")
	bitExact(t, "caller to merchant", caller, merchant)
	if r := w.record(); !hasEvent(r, "heard", ears.RuleData) || hasEvent(r, "whisper", "") {
		t.Errorf("got %+v", r.Events)
	}
}

func TestKeysAreEvidenceWhileSomebodyListens(t *testing.T) {
	w := newWorld(t, options{config: func(c *gateway.Config) { c.Ears = toneEars(1) }, line: func(l *gateway.Line) { l.Listen = gateway.ListenAlways }})
	caller, merchant := talking(t, w)
	must(t, merchant.Press('1'))
	packets(t, merchant, 40)
	caller.Hangup()
	done(t, merchant.Over(), "the end")
	r := w.record()
	found := false
	for _, reason := range r.Verdict.Reasons {
		found = found || reason.Rule == ears.RuleKey
	}
	if !found || hasEvent(r, "key", "") {
		t.Errorf("reasons %+v, events %+v; want the key as evidence and not by name", r.Verdict.Reasons, r.Events)
	}
}
