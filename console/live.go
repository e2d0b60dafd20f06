package console

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ringward/console/hooks"
	"ringward/screening"
)

// Kind is what happened in a call.
type Kind string

// The kinds of live events.
const (
	Started   Kind = "started"
	Judged    Kind = "verdict"
	Ringing   Kind = "ringing"
	Announced Kind = "announced"
	Choosing  Kind = "choice"
	Answered  Kind = "answered"
	Warned    Kind = "warning"
	Ended     Kind = "ended"
)

// Event is one thing that happened in a call, as the gateway tells it.
type Event struct {
	Kind       Kind
	Call       string // id, as the record of the call will have it
	Line       string // id
	Caller     string // canonical, "" when withheld or malformed
	CallerName string
	At         time.Time
	Verdict    screening.Verdict
	Action     string
	Phone      PhoneState // what the owner's browser has to do with it
	Outcome    string     // with Ended
}

// LiveCall is a running call as readers see it.
type LiveCall struct {
	Call        string       `json:"call"`
	Line        string       `json:"line"`
	Caller      string       `json:"caller" doc:"canonical; empty when withheld or malformed"`
	CallerName  string       `json:"caller_name,omitempty" doc:"as the caller set it: never to be trusted"`
	State       Kind         `json:"state" enum:"started,verdict,ringing,announced,choice,answered,warning,ended"`
	Started     time.Time    `json:"started"`
	Verdict     Verdict      `json:"verdict"`
	Institution *Institution `json:"institution,omitempty" doc:"that is claimed or imitated"`
	Action      string       `json:"action"`
	Warnings    int          `json:"warnings" doc:"given so far"`
	Outcome     string       `json:"outcome,omitempty"`
	Phone       PhoneState   `json:"phone,omitempty" enum:"ringing,taken" doc:"it may be answered in the owner's browser, or was"`
	listed      bool         // the number is listed as scam
}

// LiveEvent is one event of the stream.
type LiveEvent struct {
	ID   uint64    `json:"id"`
	Kind Kind      `json:"kind" enum:"started,verdict,ringing,announced,choice,answered,warning,ended"`
	At   time.Time `json:"at"`
	Call LiveCall  `json:"call"`
}

const (
	maxRunning   = 20_000 // calls that are remembered while they run
	eventBacklog = 64     // events that one reader may be behind
)

// hub knows the running calls and hands events to those who watch. Whoever
// falls behind is cut off, and asks again for what runs.
type hub struct {
	institution func(id string) *Institution
	also        func(e LiveEvent, raised bool) // told of every event; must not wait; nil for nobody

	mu       sync.Mutex
	running  map[string]LiveCall // guarded by mu, as all below
	watchers map[*watcher]bool
	last     uint64
}

type watcher struct {
	reaches func(line string) bool
	events  chan LiveEvent // capacity eventBacklog; closed when the reader fell behind
}

func newHub(institution func(string) *Institution) *hub {
	return &hub{institution: institution, running: map[string]LiveCall{}, watchers: map[*watcher]bool{}}
}

// tell takes an event. It never waits.
func (h *hub) tell(e Event) {
	inst := h.institution(e.Verdict.Institution)
	h.mu.Lock()
	defer h.mu.Unlock()
	c, known := h.running[e.Call]
	switch {
	case !known && e.Kind == Ended, !known && len(h.running) >= maxRunning:
		return
	case !known:
		c = LiveCall{Call: e.Call, Line: e.Line, Caller: e.Caller, Started: e.At}
		c.take(e, inst)
		c.State = Started
		h.publish(LiveEvent{Kind: Started, At: e.At, Call: c})
	}
	before := c.Verdict.Level
	if !known {
		before = ""
	}
	c.take(e, inst)
	if e.Kind == Ended {
		delete(h.running, e.Call)
	} else {
		h.running[e.Call] = c
	}
	h.publish(LiveEvent{Kind: e.Kind, At: e.At, Call: c})
	if h.also != nil {
		h.also(LiveEvent{Kind: e.Kind, At: e.At, Call: c}, higher(c.Verdict.Level, before))
	}
}

// higher reports whether a verdict's level is more doubtful than the one before.
func higher(level, before string) bool {
	return slices.Index(hooks.Levels, level) > slices.Index(hooks.Levels, before)
}

func (c *LiveCall) take(e Event, inst *Institution) {
	c.State, c.Action, c.Phone = e.Kind, e.Action, e.Phone
	if e.Verdict.Level != screening.LevelUnknown || len(e.Verdict.Reasons) > 0 {
		c.Verdict, c.Institution = verdictOf(e.Verdict), inst
		c.listed = e.Verdict.Caller == screening.CallerListed
	}
	if e.CallerName != "" {
		c.CallerName = e.CallerName
	}
	if e.Kind == Warned {
		c.Warnings++
	}
	c.Outcome = e.Outcome
}

// dismissed marks a running call as no scam, on its merchant's word.
func (h *hub) dismissed(call string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c, ok := h.running[call]
	if !ok {
		return
	}
	c.Verdict.Dismissed, c.Verdict.Level = true, screening.LevelClear.String()
	h.running[call] = c
	h.publish(LiveEvent{Kind: Judged, At: at, Call: c})
}

// publish hands an event to its readers; mu is held.
func (h *hub) publish(e LiveEvent) {
	h.last++
	e.ID = h.last
	for w := range h.watchers {
		if !w.reaches(e.Call.Line) {
			continue
		}
		select {
		case w.events <- e:
		default:
			delete(h.watchers, w)
			close(w.events)
		}
	}
}

// watch begins to hand events over, and returns the calls that run already.
func (h *hub) watch(reaches func(string) bool) (*watcher, []LiveCall) {
	w := &watcher{reaches: reaches, events: make(chan LiveEvent, eventBacklog)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[w] = true
	return w, h.list(reaches)
}

func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
}

// calls returns the running calls within reach, the latest first.
func (h *hub) calls(reaches func(string) bool) []LiveCall {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.list(reaches)
}

func (h *hub) list(reaches func(string) bool) []LiveCall {
	all := slices.AppendSeq([]LiveCall{}, maps.Values(h.running)) // never null in JSON
	all = slices.DeleteFunc(all, func(c LiveCall) bool { return !reaches(c.Line) })
	slices.SortFunc(all, func(a, b LiveCall) int {
		if n := b.Started.Compare(a.Started); n != 0 {
			return n
		}
		return strings.Compare(a.Call, b.Call)
	})
	return all
}

// call returns one running call.
func (h *hub) call(id string) (LiveCall, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c, ok := h.running[id]
	return c, ok
}
