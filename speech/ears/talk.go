package ears

import (
	"time"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/engine"
	"ringward/speech/turns"
)

const (
	slotSamples = engine.Rate / 50 // of turns.FrameTime
	slots       = 128              // kept while the other side has not come so far: 2.56 s
	patience    = 15               // slots that a side is waited for; after that it is silent
	longestGap  = 3000             // slots of silence that are told after a pause: a minute
)

// talk follows who speaks when. The two sides come each by itself; talk brings
// them side by side in the call's time.
type talk struct {
	tracker turns.Tracker
	voice   [2][slots]bool // ring, by slot of the call's time
	until   [2]int         // slots heard of each side
	told    int            // slots that the tracker has
	begun   bool
	events  []turns.Event
}

// listen takes a piece of one side's sound.
func (t *talk) listen(s speech.Sound, out []screening.Evidence) []screening.Evidence {
	side := sideOf(s.By)
	first := int(s.At / turns.FrameTime)
	n := (len(s.PCM) + slotSamples - 1) / slotSamples
	if !t.begun || first > t.told+longestGap {
		t.begun, t.told = true, first
		t.until = [2]int{first, first}
		t.voice = [2][slots]bool{}
	}
	out = t.feed(first+n-slots, out) // what would be overwritten
	for i := range n {
		if at := first + i; at >= t.told {
			t.voice[side][at%slots] = s.Voice
			t.until[side] = max(t.until[side], at+1)
		}
	}
	both, any := min(t.until[0], t.until[1]), max(t.until[0], t.until[1])
	return t.feed(max(both, any-patience), out)
}

// feed tells the tracker all slots before upTo.
func (t *talk) feed(upTo int, out []screening.Evidence) []screening.Evidence {
	for ; t.told < upTo; t.told++ {
		i := t.told % slots
		t.events = t.tracker.Feed(t.voice[0][i], t.voice[1][i], t.events[:0])
		t.voice[0][i], t.voice[1][i] = false, false
		out = t.evidence(time.Duration(t.told)*turns.FrameTime, out)
	}
	return out
}

// key takes a key of the merchant.
func (t *talk) key(at time.Duration, out []screening.Evidence) []screening.Evidence {
	t.events = t.tracker.Key(t.events[:0])
	return t.evidence(at, out)
}

func (t *talk) evidence(at time.Duration, out []screening.Evidence) []screening.Evidence {
	for _, e := range t.events {
		ev := screening.Evidence{At: at, Source: screening.SourceBehaviour, By: screening.PartyCaller, Kind: screening.Monologue, Text: screening.Monologue.Text()}
		switch e.Kind {
		case turns.Monologue:
			ev.Rule, ev.Strength = RuleMonologue, screening.Weak
			ev.Text = screening.Text{ZH: "对方连续说了二十秒，没有停下来等您回答。", EN: "The caller has talked for twenty seconds without an answer."}
		case turns.TalkOver:
			ev.Rule = RuleTalkOver
		case turns.MenuKey:
			ev.Rule, ev.Kind, ev.Strength = RuleMenu, screening.RobocallMenu, screening.Weak
			ev.Text = screening.Text{ZH: "对方像录音一样连续说话时，您按了键。", EN: "You pressed a key while a voice talked on like a recording."}
		}
		out = append(out, ev)
	}
	return out
}
