package ears

import (
	"time"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/tones"
	"ringward/speech/vad"
)

// Rules of the evidence that is found in how the call is made.
const (
	// RuleData says that machines talk: a fax or a modem. Listening ends, and
	// nothing may be whispered into the call from then on.
	RuleData = "behaviour.data"
	// RuleKey says that the merchant pressed a key.
	RuleKey = "behaviour.key_pressed"
	// RuleMenu says that he did so while a voice talked on like a recorded menu.
	RuleMenu = "behaviour.menu"
	// RuleMonologue and RuleTalkOver say that the caller talks like a recording.
	RuleMonologue = "behaviour.monologue"
	RuleTalkOver  = "behaviour.talk_over"
)

// listenToBehaviour adds what listens to how the call is made.
func (e *Ears) listenToBehaviour(c *speech.Config) {
	c.NewVoice = func() speech.Voice { return new(voice) }
	c.Sounds = append(c.Sounds, new(signals))
}

// sides of what is kept for each: the caller's first.
func sideOf(by screening.Party) int {
	if by == screening.PartyMerchant {
		return 1
	}
	return 0
}

// voice is the gate of one side (speech.Voice).
type voice struct {
	detector vad.Detector
	frames   []bool
}

// Speech is speech.Voice.
func (v *voice) Speech(pcm []int16) bool {
	v.frames = v.detector.Feed(pcm, v.frames[:0])
	for _, voiced := range v.frames {
		if voiced {
			return true
		}
	}
	return len(v.frames) == 0 && v.detector.Active()
}

// signals hears what is no speech, on both sides (speech.SoundDetector): data
// tones, and the merchant's keys where they come as tones.
type signals struct {
	tones  [2]tones.Detector // caller, merchant
	keys   tones.Digits      // the merchant's
	events []tones.Event
	digits []tones.Digit
	talk   talk
	data   bool
}

// Listen is speech.SoundDetector.
func (d *signals) Listen(s speech.Sound) []screening.Evidence {
	side := sideOf(s.By)
	var out []screening.Evidence
	d.events = d.tones[side].Feed(s.PCM, d.events[:0])
	for _, e := range d.events {
		if e.Kind.IsData() && !d.data {
			d.data = true
			out = append(out, screening.Evidence{At: s.At, Source: screening.SourceBehaviour, Rule: RuleData, Kind: screening.NotHeard, By: s.By,
				Text: screening.Text{ZH: "这是传真或数据通话，停止识别，不再提醒。", EN: "This is a fax or data call: nobody listens any more, and nothing is whispered."}})
		}
	}
	out = d.talk.listen(s, out)
	if side == 1 {
		d.digits = d.keys.Feed(s.PCM, d.digits[:0])
		for range d.digits {
			out = append(out, KeyPressed(s.At))
			out = d.talk.key(s.At, out)
		}
	}
	return out
}

// Stop is speech.Stopper.
func (d *signals) Stop() bool { return d.data }

// KeyPressed is the evidence that the merchant pressed a key, at a time of the
// call; which one is nobody's business, it may be a digit of a code.
func KeyPressed(at time.Duration) screening.Evidence {
	return screening.Evidence{At: at, Source: screening.SourceBehaviour, Rule: RuleKey, Kind: screening.KeyPressed,
		By: screening.PartyMerchant, Text: screening.KeyPressed.Text()}
}
