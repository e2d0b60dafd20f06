package gateway

import (
	"time"

	"ringward/screening"
)

// Outcome is how a call ended, in one word that stays the same over versions.
type Outcome string

// The outcomes of a call.
const (
	OutcomeAnswered   Outcome = "answered"   // both sides talked
	OutcomeBlocked    Outcome = "blocked"    // refused by the line's policy before ringing
	OutcomeRefused    Outcome = "refused"    // the merchant pressed 2, or reported it later
	OutcomeCancelled  Outcome = "cancelled"  // the caller gave up first
	OutcomeBusy       Outcome = "busy"       // the phone was busy or declined
	OutcomeNoAnswer   Outcome = "no-answer"  // nobody took the phone up in time
	OutcomeFailed     Outcome = "failed"     // signalling or media could not be agreed
	OutcomeOverloaded Outcome = "overloaded" // answered 503
)

// Record is what is kept of a call. It holds no sound and nothing that was said.
type Record struct {
	ID           string
	Trunk, Line  string
	Caller       string // canonical form, empty when withheld or malformed
	CallerRaw    string // as signalled, cleaned for writing
	CallerName   string // display name as signalled, cleaned
	Called       string
	Start, End   time.Time
	Answered     time.Time // zero: never
	Verdict      screening.Verdict
	Screened     bool // false: the call went through without a verdict
	Action       screening.Action
	Outcome      Outcome
	Status       int    // SIP status that the caller got, 0 for none
	EndedBy      string // "caller", "merchant", "gateway"
	IndexVersion string
	RulesVersion string
	Events       []RecordEvent
	Media        MediaRecord
}

// RecordEvent is one entry of a call's timeline.
type RecordEvent struct {
	At     time.Duration // since the INVITE arrived
	Kind   string        // "invite", "verdict", "ringing", "answer", "announce", "key", "whisper", "hold", "end", ...
	Detail string        // short, machine readable: a prompt id, a key, a status
}

// MediaRecord is what the media side counted.
type MediaRecord struct {
	Codec                         string
	FromCaller, FromMerchant      uint64 // RTP packets relayed
	Lost                          uint64 // sequence numbers missing, both directions
	Foreign                       uint64 // packets dropped because they came from elsewhere
	AnalysisImpossible            bool   // the codec was passed through untouched
	CallerJitterMS, MerchantJitMS float64
}

// Recorder keeps records. It must not block: a record that cannot be kept is
// its own loss, never the call's.
type Recorder interface {
	Keep(Record)
}

// maxEvents bounds a call's timeline; a call that fills it keeps its beginning
// and counts the rest.
const maxEvents = 500

func (r *Record) note(at time.Duration, kind, detail string) {
	if len(r.Events) < maxEvents {
		r.Events = append(r.Events, RecordEvent{At: at, Kind: kind, Detail: detail})
	}
}
