package calllog

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Level is the level of a verdict, numbered as screening numbers it.
type Level uint8

// The levels in rising order.
const (
	Unknown Level = iota // not judged
	Clear
	Notice
	Warning
	Alarm
)

// String returns the stable name, "unknown" for a value out of range.
func (l Level) String() string {
	switch l {
	case Clear:
		return "clear"
	case Notice:
		return "notice"
	case Warning:
		return "warning"
	case Alarm:
		return "alarm"
	}
	return "unknown"
}

// Summary is the head of a record: what a list of calls shows.
type Summary struct {
	ID         string    `json:"id"` // the gateway's own call id, unique
	Trunk      string    `json:"trunk,omitempty"`
	Line       string    `json:"line,omitempty"`
	Caller     string    `json:"caller,omitempty"` // normal form, "" when withheld or malformed
	CallerName string    `json:"caller_name,omitempty"`
	Start      time.Time `json:"start"`             // kept to the millisecond, in UTC
	Answered   time.Time `json:"answered,omitzero"` // zero: never
	End        time.Time `json:"end,omitzero"`      // zero: not ended when it was written
	Level      Level     `json:"level"`             // of the last verdict
	Action     string    `json:"action,omitempty"`
	Outcome    string    `json:"outcome,omitempty"`
	Status     int       `json:"status,omitempty"`   // final SIP status that the caller got, 0 for none
	EndedBy    string    `json:"ended_by,omitempty"` // "caller", "merchant", "gateway"
}

// Record is all that is kept of a call.
type Record struct {
	Summary
	CallerRaw    string   `json:"caller_raw,omitempty"` // as signalled, cleaned
	Called       string   `json:"called,omitempty"`
	Screened     bool     `json:"screened"` // false: the call went through without a verdict
	Institution  string   `json:"institution,omitempty"`
	Reasons      []Reason `json:"reasons,omitempty"` // of the last verdict, the heaviest first
	IndexVersion string   `json:"index_version,omitempty"`
	RulesVersion string   `json:"rules_version,omitempty"`
	Events       []Event  `json:"events,omitempty"` // the timeline, in order
	Cut          int      `json:"cut,omitempty"`    // events left out because there were more than maxEvents
	Media        Media    `json:"media"`
}

// Reason is one reason of a verdict.
type Reason struct {
	Rule string `json:"rule"`
	ZH   string `json:"zh,omitempty"` // zh-CN
	EN   string `json:"en,omitempty"`
}

// Event is one entry of a call's timeline: a verdict, an action, a warning played, a key pressed, a SIP outcome.
type Event struct {
	At      time.Duration `json:"at"`               // since the INVITE arrived, in nanoseconds
	Kind    string        `json:"kind"`             // "verdict", "action", "warning", "key", "ringing", "answer", "end" ...
	Detail  string        `json:"detail,omitempty"` // short and machine readable: a prompt id, a key, a status
	Level   Level         `json:"level,omitempty"`  // with a verdict
	Reasons []Reason      `json:"reasons,omitempty"`
}

// Media is what the media side counted.
type Media struct {
	Codec          string        `json:"codec,omitempty"`
	FromCaller     uint64        `json:"from_caller"`   // RTP packets
	FromMerchant   uint64        `json:"from_merchant"` // RTP packets
	Lost           uint64        `json:"lost"`
	Foreign        uint64        `json:"foreign"` // dropped: they came from elsewhere
	NotAnalysed    bool          `json:"not_analysed,omitempty"`
	CallerJitter   time.Duration `json:"caller_jitter"`
	MerchantJitter time.Duration `json:"merchant_jitter"`
}

// What a record may hold at most. What is longer is cut, so that no caller decides how large the log grows.
const (
	maxWord    = 256 // octets of an id, number, name, version
	maxText    = 1024
	maxEvents  = 500
	maxReasons = 32
	maxDetail  = 128 << 10 // of the whole, as JSON; the end of the timeline is cut to fit
)

var errRecord = errors.New("record not fit to be kept")

// bounded returns the record cut to the limits, without control characters and with valid UTF-8. The slices are copied,
// never changed in place: the call's owner may still read them.
func (r Record) bounded() (Record, error) {
	if r.ID == "" || len(r.ID) > maxWord || r.Start.IsZero() {
		return Record{}, errRecord
	}
	for _, t := range []*time.Time{&r.Start, &r.Answered, &r.End} {
		*t = fromMillis(millis(*t))
	}
	for _, s := range []*string{&r.ID, &r.Trunk, &r.Line, &r.Caller, &r.CallerName, &r.Action, &r.Outcome, &r.EndedBy,
		&r.CallerRaw, &r.Called, &r.Institution, &r.IndexVersion, &r.RulesVersion, &r.Media.Codec} {
		*s = clean(*s, maxWord)
	}
	r.Reasons = boundedReasons(r.Reasons)
	if n := len(r.Events); n > maxEvents {
		r.Cut += n - maxEvents
	}
	events := make([]Event, min(len(r.Events), maxEvents))
	for i := range events {
		e := r.Events[i]
		e.Kind, e.Detail, e.Reasons = clean(e.Kind, maxWord), clean(e.Detail, maxWord), boundedReasons(e.Reasons)
		events[i] = e
	}
	r.Events = events
	return r, nil
}

// encode writes the bounded record as JSON, with as much of its timeline as fits.
func (r Record) encode() (string, error) {
	for {
		b, err := json.Marshal(r)
		if err != nil {
			return "", fmt.Errorf("%w: %w", errRecord, err)
		}
		if len(b) <= maxDetail || len(r.Events) == 0 {
			return string(b), nil
		}
		keep := len(r.Events) / 2
		r.Cut += len(r.Events) - keep
		r.Events = r.Events[:keep]
	}
}

func boundedReasons(in []Reason) []Reason {
	if len(in) == 0 {
		return nil
	}
	out := make([]Reason, min(len(in), maxReasons))
	for i := range out {
		out[i] = Reason{Rule: clean(in[i].Rule, maxWord), ZH: clean(in[i].ZH, maxText), EN: clean(in[i].EN, maxText)}
	}
	return out
}

// clean cuts s to limit octets on a rune's edge and puts a blank for control characters.
func clean(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	s = strings.ToValidUTF8(s, "")
	if !strings.ContainsFunc(s, control) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if control(r) {
			return ' '
		}
		return r
	}, s)
}

func control(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
