package speech

import (
	"time"

	"ringward/screening"
	"ringward/speech/engine"
)

// Heard is what one recogniser has heard of one side so far, in the call's
// time. A later Heard of the same By, Engine and Segment replaces it until
// Final; a Spotted one stands for itself.
//
// Around a reconnect the last two seconds are heard twice: words may come again
// in the next segment, but are not lost.
type Heard struct {
	By      screening.Party
	Engine  string // name of the recogniser
	Segment int    // counted from 0 for each side and engine
	Text    string
	Words   []engine.Word // times in the call; nil when the engine tells none
	Final   bool
	Spotted bool          // Text is the label of a keyword that was listened for
	Pinyin  bool          // Text is pinyin with tone marks
	At      time.Duration // in the call, of the end of what was heard
}

// masked is h as it may be kept.
func (h Heard) masked() Heard {
	h.Text = MaskDigits(h.Text)
	h.Words = nil
	return h
}

// Gap is a stretch of the call in which a side spoke and a recogniser did not
// hear all of it.
type Gap struct {
	By       screening.Party
	Engine   string // "" for the ear itself
	From, To time.Duration
	Why      string
}

// maxGaps bounds the record; the last one takes in what comes after.
const maxGaps = 64

// addGap appends g, joined with the last gap of the same engine and side when
// they touch.
func addGap(list []Gap, g Gap) []Gap {
	for i := len(list) - 1; i >= 0; i-- {
		l := &list[i]
		same := l.By == g.By && l.Engine == g.Engine
		if same && (g.From <= l.To+time.Second || len(list) >= maxGaps) {
			l.To = max(l.To, g.To)
			return list
		}
		if same {
			break
		}
	}
	if len(list) >= maxGaps {
		l := &list[maxGaps-1]
		l.To = max(l.To, g.To)
		return list
	}
	return append(list, g)
}
