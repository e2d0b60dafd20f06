package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"ringward/calllog"
	"ringward/console/people"
	"ringward/numberdb"
	"ringward/numbering"
)

// CallSummary is a past call in a list.
type CallSummary struct {
	ID         string     `json:"id"`
	Line       string     `json:"line"`
	Caller     string     `json:"caller" doc:"canonical; empty when withheld or malformed"`
	CallerName string     `json:"caller_name,omitempty" doc:"as the caller set it: never to be trusted"`
	Start      time.Time  `json:"start"`
	Answered   *time.Time `json:"answered,omitempty"`
	End        *time.Time `json:"end,omitempty"`
	Level      string     `json:"level" enum:"unknown,clear,notice,warning,alarm"`
	Action     string     `json:"action"`
	Outcome    string     `json:"outcome"`
	EndedBy    string     `json:"ended_by,omitempty"`
}

// CallList is a page of past calls.
type CallList struct {
	Items []CallSummary `json:"items"`
	Next  string        `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
}

// CallEvent is an entry of a call's timeline.
type CallEvent struct {
	AtMS   int64  `json:"at_ms" doc:"milliseconds since the call came in"`
	Kind   string `json:"kind"`
	Detail string `json:"detail,omitempty"`
}

// CallRecord is all that is kept of a call.
type CallRecord struct {
	CallSummary
	Trunk       string       `json:"trunk"`
	CallerRaw   string       `json:"caller_raw,omitempty" doc:"as signalled"`
	Called      string       `json:"called,omitempty"`
	Screened    bool         `json:"screened"`
	Institution *Institution `json:"institution,omitempty"`
	Reasons     []Reason     `json:"reasons" doc:"the heaviest first"`
	Timeline    []CallEvent  `json:"timeline"`
	Status      int          `json:"status,omitempty" doc:"SIP status that the caller got"`
	Versions    Versions     `json:"versions"`
}

func summaryOf(s calllog.Summary) CallSummary {
	out := CallSummary{ID: s.ID, Line: s.Line, Caller: s.Caller, CallerName: s.CallerName, Start: s.Start, Level: s.Level.String(), Action: s.Action, Outcome: s.Outcome, EndedBy: s.EndedBy}
	if !s.Answered.IsZero() {
		out.Answered = &s.Answered
	}
	if !s.End.IsZero() {
		out.End = &s.End
	}
	return out
}

// listCalls lists calls within the reader's reach, and writes into the audit
// which ones he was shown.
func (c *Console) listCalls(r *http.Request, who people.Reader, f calllog.Filter) (CallList, error) {
	out := CallList{Items: []CallSummary{}}
	if c.o.Calls == nil {
		return out, nil
	}
	if !who.Can(people.AllLines) {
		// No lines in a filter means all of them: a reader without any gets nothing.
		if len(f.Lines) == 0 {
			f.Lines = who.Lines
		}
		if len(f.Lines) == 0 {
			return out, nil
		}
	}
	for _, l := range f.Lines {
		if !who.Reaches(l) {
			return out, notFound
		}
	}
	page, err := c.o.Calls.List(r.Context(), f)
	if err != nil {
		return out, err
	}
	ids := make([]string, 0, len(page.Calls))
	for _, s := range page.Calls {
		if who.Reaches(s.Line) { // the filter said so; this is the second bolt on the door
			out.Items, ids = append(out.Items, summaryOf(s)), append(ids, s.ID)
		}
	}
	out.Next = page.Next
	if len(ids) == 0 {
		return out, nil
	}
	if err := c.note(r, who.Name(), "list calls", strings.Join(ids, " ")); err != nil {
		return CallList{}, err
	}
	return out, nil
}

// reachedCall gets a call that is within the reader's reach; of any other it
// says the same as of one that is not there.
func (c *Console) reachedCall(ctx context.Context, who people.Reader, id string) (calllog.Record, error) {
	if c.o.Calls == nil || !who.Can(people.ReadCalls) {
		return calllog.Record{}, notFound
	}
	rec, err := c.o.Calls.Get(ctx, id)
	if err != nil {
		return calllog.Record{}, err
	}
	if !who.Reaches(rec.Line) {
		return calllog.Record{}, notFound
	}
	return rec, nil
}

// readCall returns one call; the audit has it first.
func (c *Console) readCall(r *http.Request, who people.Reader, id string) (CallRecord, error) {
	rec, err := c.reachedCall(r.Context(), who, id)
	if err != nil {
		return CallRecord{}, err
	}
	if err := c.note(r, who.Name(), "read call", rec.ID); err != nil {
		return CallRecord{}, err
	}
	out := CallRecord{CallSummary: summaryOf(rec.Summary), Trunk: rec.Trunk, CallerRaw: rec.CallerRaw, Called: rec.Called, Screened: rec.Screened,
		Institution: c.institution(rec.Institution), Reasons: reasonsOf(rec.Reasons), Timeline: []CallEvent{}, Status: rec.Status,
		Versions: Versions{rec.IndexVersion, rec.RulesVersion}}
	for _, e := range rec.Events {
		out.Timeline = append(out.Timeline, CallEvent{e.At.Milliseconds(), e.Kind, e.Detail})
	}
	return out, nil
}

func (c *Console) apiReport(a *ask) (any, error) {
	return Done{true}, c.reportCall(a.Request, a.reader, a.PathValue("call"))
}

// reportCall reports the caller of a call, on the word of the merchant whose
// line it rang.
func (c *Console) reportCall(r *http.Request, who people.Reader, id string) error {
	line, caller, err := c.callerOf(r.Context(), who, id)
	if err != nil {
		return err
	}
	if !c.mayAct(who, line) {
		return forbidden
	}
	n, err := numbering.ParseCanonical(caller)
	if err != nil {
		return problem(422, "no-number", "The call came without a number that could be reported.")
	}
	if err := c.note(r, who.Name(), "report caller", id); err != nil {
		return err
	}
	edit := numberdb.Edit{Author: "console:" + who.Name(), Reason: "reported of call " + id}
	if _, err = c.o.Numbers.ReportScam(r.Context(), edit, n, line, "reported"); err != nil {
		return err
	}
	return c.say(r.Context(), who, id, true)
}

// say keeps what a reader said of a call.
func (c *Console) say(ctx context.Context, who people.Reader, call string, scam bool) error {
	if c.o.Calls == nil {
		return nil
	}
	return c.o.Calls.Say(ctx, calllog.Feedback{Call: call, Who: who.User, Scam: scam, At: c.o.Now()})
}

// feedback takes a merchant's word on a call of his line that runs or is over.
func (c *Console) feedback(r *http.Request, who people.Reader, id string, scam bool) error {
	line, _, err := c.callerOf(r.Context(), who, id)
	if err != nil {
		return err
	}
	if !c.mayAct(who, line) {
		return forbidden
	}
	if err := c.note(r, who.Name(), "say of call: "+map[bool]string{true: "scam", false: "not a scam"}[scam], id); err != nil {
		return err
	}
	return c.say(r.Context(), who, id, scam)
}

// CallFeedback is a merchant's word on a call.
type CallFeedback struct {
	Scam bool `json:"scam" doc:"false: it was no scam"`
}

func (c *Console) apiFeedback(a *ask) (any, error) {
	var in CallFeedback
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	return Done{true}, c.feedback(a.Request, a.reader, a.PathValue("call"), in.Scam)
}

// callerOf finds line and caller of a call within reach that runs or is over.
func (c *Console) callerOf(ctx context.Context, who people.Reader, id string) (line, caller string, err error) {
	if live, ok := c.hub.call(id); ok && who.Reaches(live.Line) {
		return live.Line, live.Caller, nil
	}
	rec, err := c.reachedCall(ctx, who, id)
	return rec.Line, rec.Caller, err
}

func (c *Console) apiDismiss(a *ask) (any, error) {
	return Done{true}, c.actOn(a.Request, a.reader, a.PathValue("call"), "dismiss call")
}

func (c *Console) apiRefuse(a *ask) (any, error) {
	return Done{true}, c.actOn(a.Request, a.reader, a.PathValue("call"), "refuse call")
}

// actOn does what the merchant says about a call that runs on his line.
func (c *Console) actOn(r *http.Request, who people.Reader, id, act string) error {
	live, ok := c.hub.call(id)
	if !ok || !who.Reaches(live.Line) {
		return notFound
	}
	if !c.mayAct(who, live.Line) {
		return forbidden
	}
	if err := c.note(r, who.Name(), act, id); err != nil {
		return err
	}
	now := c.o.Now()
	if act == "refuse call" {
		if err := c.o.Refuse.Refuse(id); err != nil {
			return err
		}
		return c.say(r.Context(), who, id, true)
	}
	if err := c.o.Dismiss.Dismiss(id, now.Sub(live.Started)); err != nil {
		return err
	}
	c.hub.dismissed(id, now)
	return c.say(r.Context(), who, id, false)
}

// seenCalls remembers which running calls a reader's session was shown, so
// that the audit has each once and not at every refresh of the page.
type seenCalls struct {
	mu   sync.Mutex
	seen map[string]bool // "session call"; guarded by mu, at most maxSeen
}

const maxSeen = 50_000

// fresh returns those that the reader was not shown before.
func (s *seenCalls) fresh(who people.Reader, live []LiveCall) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil || len(s.seen) > maxSeen {
		s.seen = map[string]bool{} // the audit gets some twice, never none
	}
	var ids []string
	for _, l := range live {
		if k := s.key(who, l.Call); !s.seen[k] {
			s.seen[k] = true
			ids = append(ids, l.Call)
		}
	}
	return ids
}

// forget takes calls back that could not be written into the audit.
func (s *seenCalls) forget(who people.Reader, ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.seen, s.key(who, id))
	}
}

func (s *seenCalls) key(who people.Reader, id string) string {
	return fmt.Sprintf("%s %d %s", who.Session, who.Token, id)
}

// noteLive writes into the audit that the reader sees running calls.
func (c *Console) noteLive(r *http.Request, who people.Reader, live []LiveCall) error {
	ids := c.seen.fresh(who, live)
	if len(ids) == 0 {
		return nil
	}
	if err := c.note(r, who.Name(), "watch calls", strings.Join(ids, " ")); err != nil {
		c.seen.forget(who, ids)
		return err
	}
	return nil
}
