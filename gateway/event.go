package gateway

import (
	"ringward/media"
	"ringward/screening"
)

// EventKind is what happened in a call, for those who watch live.
type EventKind string

// The kinds of events.
const (
	EventVerdict   EventKind = "verdict"   // judged, or judged anew
	EventRinging   EventKind = "ringing"   // the phones ring
	EventAnnounced EventKind = "announced" // the merchant hears what we know
	EventChoice    EventKind = "choice"    // the announcement is over, a key is awaited
	EventAnswered  EventKind = "answered"  // both are connected
	EventWarned    EventKind = "warned"    // a warning plays
	EventEnded     EventKind = "ended"
)

// Event is one thing that happened in a running call.
type Event struct {
	Kind    EventKind
	Call    string // Record.ID
	Line    string
	Caller  string
	Verdict screening.Verdict
	Action  screening.Action
	Browser BrowserState
	Record  *Record // with EventEnded only
}

// tell lets watchers know. Config.Events must not block.
func (c *call) tell(kind EventKind) {
	if c.gw.cfg.Events == nil {
		return
	}
	e := Event{Kind: kind, Call: c.rec.ID, Line: c.line.ID, Caller: c.rec.Caller, Verdict: c.verd, Action: c.do.Action, Browser: c.browserState()}
	if kind == EventEnded {
		r := c.rec
		e.Record = &r
	}
	c.gw.cfg.Events(e)
}

// countMedia writes what the media side counted into the record.
func (c *call) countMedia() {
	m := &c.rec.Media
	caller, merchant := c.bridge.Stats(media.Caller), c.bridge.Stats(media.Merchant)
	m.FromCaller, m.FromMerchant = caller.PacketsIn, merchant.PacketsIn
	m.Lost = caller.Lost + merchant.Lost
	m.Foreign = caller.Foreign + merchant.Foreign
	m.CallerJitterMS = float64(caller.Jitter.Microseconds()) / 1000
	m.MerchantJitMS = float64(merchant.Jitter.Microseconds()) / 1000
}
