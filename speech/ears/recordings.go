package ears

import (
	"fmt"
	"time"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/engine"
	"ringward/speech/fingerprint"
)

// Rules of the evidence that is heard in sound.
const (
	RuleRecording     = "recording.match" // a known recording, surely
	RuleRecordingWeak = "recording.weak"  // what sounds much like one
)

// recordings matches the caller's sound with what is known (speech.SoundDetector).
type recordings struct {
	known   Recordings
	matcher *fingerprint.Matcher
	begun   bool
	next    time.Duration // in the call, of the sample that should come
	hits    []fingerprint.Hit
	told    map[fingerprint.ID]fingerprint.Strength
}

func newRecordings(known Recordings) *recordings {
	return &recordings{known: known, matcher: fingerprint.NewMatcher(known.Index), told: map[fingerprint.ID]fingerprint.Strength{}}
}

// A pause in the sound is silence up to bridged: then the recording goes on
// where it would be. After a longer one the match begins anew.
const bridged = 2 * time.Second

var silence [bridged / time.Second * engine.Rate]int16

// maxTold bounds what is remembered of matches in one call.
const maxTold = 16

// Listen is speech.SoundDetector.
func (r *recordings) Listen(s speech.Sound) []screening.Evidence {
	if s.By != screening.PartyCaller {
		return nil
	}
	r.hits = r.hits[:0]
	switch gap := int((s.At - r.next).Seconds() * engine.Rate); {
	case !r.begun, gap == 0:
	case gap > 0 && gap <= len(silence):
		r.hits = r.matcher.Feed(silence[:gap], r.hits)
	default:
		r.matcher = fingerprint.NewMatcher(r.known.Index)
	}
	r.begun = true
	r.next = s.At + engine.Span(len(s.PCM))
	r.hits = r.matcher.Feed(s.PCM, r.hits)
	var out []screening.Evidence
	for _, h := range r.hits {
		if r.told[h.ID] < h.Strength && len(r.told) < maxTold {
			r.told[h.ID] = h.Strength
			out = append(out, r.evidence(h, r.next))
		}
	}
	return out
}

// evidence tells of a match. A strict one is the recording; a weak one counts
// only beside other evidence.
func (r *recordings) evidence(h fingerprint.Hit, at time.Duration) screening.Evidence {
	e := screening.Evidence{At: at, Source: screening.SourceRecording, Rule: RuleRecording, Kind: screening.KnownRecording,
		By: screening.PartyCaller, Strength: screening.Strong}
	zh, en := "电话里的声音与已登记的诈骗录音相同", "The voice is the same as a listed scam recording"
	if h.Strength != fingerprint.Strict {
		e.Rule, e.Strength = RuleRecordingWeak, screening.Weak
		zh, en = "电话里的声音与已登记的诈骗录音相近", "The voice sounds like a listed scam recording"
	}
	known, ok := r.known.Info(h.ID)
	if !ok {
		known.Title = fmt.Sprint(h.ID)
	}
	e.Institution = known.Institution
	second := int(h.Offset.Seconds())
	e.Text = screening.Text{
		ZH: fmt.Sprintf("%s：“%s”（编号%d，第%d秒）。", zh, known.Title, h.ID, second),
		EN: fmt.Sprintf("%s: %q (no. %d, at second %d).", en, known.Title, h.ID, second),
	}
	return e
}
