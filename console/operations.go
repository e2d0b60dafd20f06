package console

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"ringward/calllog"
	"ringward/console/people"
)

func contextThatStays(a *ask) context.Context { return context.WithoutCancel(a.Context()) }

// operations is the API. What the console was not given (a call log, a
// look-up) is not offered.
func (c *Console) operations() []operation {
	line := parameter{name: "line", doc: "only this line"}
	limit := parameter{name: "limit", doc: "of one page, 1 to 200; 50 when absent", integer: true}
	cursor := parameter{name: "cursor", doc: "next of the page before"}
	ops := []operation{
		{method: "GET", path: "/v1/me", id: "me", summary: "Who asks, and what he may do", answer: Me{}, do: c.apiMe},
		{method: "GET", path: "/v1/lines", id: "lines", summary: "The lines within reach", scope: people.ScopeLines, answer: LineList{}, do: c.apiLines},
		{method: "GET", path: "/v1/calls/running", id: "runningCalls", summary: "The calls that run now", scope: people.ScopeEvents, answer: LiveList{}, do: c.apiRunning},
		{method: "GET", path: "/v1/events", id: "events", summary: "Live events as server-sent events: snapshot first, then each event (LiveEvent)", scope: people.ScopeEvents,
			query: []parameter{line}, answer: LiveEvent{}, kind: "text/event-stream", do: c.apiEvents},
		{method: "GET", path: "/v1/lines/{line}/saved", id: "savedNumbers", summary: "What the merchant saved for a line", scope: people.ScopeSaved, answer: SavedList{}, do: c.apiSaved},
		{method: "POST", path: "/v1/lines/{line}/saved", id: "saveNumber", summary: "Save a number for a line, or change what was saved", scope: people.ScopeSaved,
			body: SavedInput{}, answer: Saved{}, status: http.StatusCreated, do: c.apiSave},
		{method: "DELETE", path: "/v1/lines/{line}/saved/{id}", id: "forgetNumber", summary: "Forget a saved number", scope: people.ScopeSaved, do: c.apiForget},
		{method: "POST", path: "/v1/calls/{call}/report", id: "reportCall", summary: "Report the caller of a running or past call as scam", scope: people.ScopeAct, answer: Done{}, do: c.apiReport},
		{method: "GET", path: "/v1/openapi.json", id: "openapi", summary: "This document", do: c.apiOpenAPI, answer: map[string]any{}},
	}
	if c.o.Calls != nil {
		ops = append(ops,
			operation{method: "GET", path: "/v1/calls", id: "calls", summary: "Past calls, the latest first", scope: people.ScopeCalls, answer: CallList{}, do: c.apiCalls,
				query: []parameter{line, {name: "caller", doc: "canonical number"}, {name: "since", doc: "started then or later, RFC 3339"}, {name: "until", doc: "started before, RFC 3339"},
					{name: "level", doc: "at least", enum: []string{"clear", "notice", "warning", "alarm"}}, limit, cursor}},
			operation{method: "GET", path: "/v1/calls/{call}", id: "call", summary: "All that is kept of a call", scope: people.ScopeCalls, answer: CallRecord{}, do: c.apiCall},
			operation{method: "POST", path: "/v1/calls/{call}/feedback", id: "callFeedback", summary: "Say of a running or past call whether it was a scam", scope: people.ScopeAct,
				body: CallFeedback{}, answer: Done{}, do: c.apiFeedback})
	}
	if c.o.Verdicts != nil {
		ops = append(ops, operation{method: "POST", path: "/v1/verdict", id: "verdict", summary: "What would happen to a caller, and why", scope: people.ScopeVerdict,
			body: Question{}, answer: Answer{}, do: c.apiVerdict})
	}
	if c.o.Dismiss != nil {
		ops = append(ops, operation{method: "POST", path: "/v1/calls/{call}/dismiss", id: "dismissCall", summary: "Say of a running call that it is no scam", scope: people.ScopeAct, answer: Done{}, do: c.apiDismiss})
	}
	if c.o.Refuse != nil {
		ops = append(ops, operation{method: "POST", path: "/v1/calls/{call}/refuse", id: "refuseCall", summary: "End a running call and report its caller as scam", scope: people.ScopeAct, answer: Done{}, do: c.apiRefuse})
	}
	if c.o.Choices != nil {
		ops = append(ops, operation{method: "PUT", path: "/v1/lines/{line}/choice", id: "choose", summary: "What the line's owner allows: analysis of what the caller says, keeping of words", scope: people.ScopeSaved,
			body: Choice{}, answer: Done{}, do: c.apiChoose})
	}
	if c.o.Tests != nil {
		ops = append(ops, operation{method: "POST", path: "/v1/lines/{line}/test", id: "testCall", summary: "Ring the line's telephone and play every warning to it", scope: people.ScopeAct, answer: Done{}, do: c.apiTest})
	}
	ops = append(append(ops, c.registerOperations(limit, cursor)...), c.operatorOperations()...)
	if c.o.Hooks != nil {
		ops = append(ops, c.hookOperations(limit, cursor)...)
	}
	if c.o.Phone != nil {
		ops = append(ops, c.phoneOperations()...)
	}
	for i := range ops {
		if ops[i].status == 0 {
			ops[i].status = http.StatusOK
		}
	}
	return ops
}

// Done answers an act that has no other answer.
type Done struct {
	Done bool `json:"done"`
}

// Me is who asks.
type Me struct {
	User   string         `json:"user"`
	Role   people.Role    `json:"role" enum:"merchant,analyst,reviewer,operator,auditor"`
	Lines  []string       `json:"lines" doc:"own lines of a merchant; others reach all"`
	Scopes []people.Scope `json:"scopes" doc:"that count for this reader"`
}

func (c *Console) apiMe(a *ask) (any, error) {
	m := Me{User: a.reader.User, Role: a.reader.Role, Lines: a.reader.Lines, Scopes: []people.Scope{}}
	if m.Lines == nil {
		m.Lines = []string{}
	}
	for _, s := range people.Scopes() {
		if a.reader.May(s) {
			m.Scopes = append(m.Scopes, s)
		}
	}
	return m, nil
}

// LineList is the answer of lines.
type LineList struct {
	Items []Line `json:"items"`
}

func (c *Console) apiLines(a *ask) (any, error) { return LineList{c.linesOf(a.reader)}, nil }

// LiveList is the answer of runningCalls.
type LiveList struct {
	Items []LiveCall `json:"items"`
}

func (c *Console) apiRunning(a *ask) (any, error) {
	live := c.hub.calls(a.reader.Reaches)
	if err := c.noteLive(a.Request, a.reader, live); err != nil {
		return nil, err
	}
	return LiveList{live}, nil
}

func (c *Console) apiOpenAPI(*ask) (any, error) { return openAPI(c.ops, c.base), nil }

func (c *Console) apiCalls(a *ask) (any, error) {
	f, err := callFilter(a)
	if err != nil {
		return nil, err
	}
	return c.listCalls(a.Request, a.reader, f)
}

func (c *Console) apiCall(a *ask) (any, error) {
	return c.readCall(a.Request, a.reader, a.PathValue("call"))
}

// callFilter reads the parameters of a list of calls.
func callFilter(a *ask) (calllog.Filter, error) {
	q := a.URL.Query()
	f := calllog.Filter{Caller: q.Get("caller"), Cursor: q.Get("cursor"), Limit: 50}
	if l := q.Get("line"); l != "" {
		f.Lines = []string{l}
	}
	var err error
	for name, t := range map[string]*time.Time{"since": &f.Since, "until": &f.Until} {
		if v := q.Get(name); v != "" {
			if *t, err = time.Parse(time.RFC3339, v); err != nil {
				return f, problem(400, "parameter", name+": write a time as 2026-01-31T08:00:00+08:00.")
			}
		}
	}
	if v := q.Get("limit"); v != "" {
		if f.Limit, err = strconv.Atoi(v); err != nil || f.Limit < 1 || f.Limit > 200 {
			return f, problem(400, "parameter", "limit: 1 to 200.")
		}
	}
	if v := q.Get("level"); v != "" {
		if f.AtLeast = levelNamed(v); f.AtLeast == calllog.Unknown {
			return f, problem(400, "parameter", "level: clear, notice, warning or alarm.")
		}
	}
	return f, nil
}

func levelNamed(s string) calllog.Level {
	for l := calllog.Clear; l <= calllog.Alarm; l++ {
		if l.String() == s {
			return l
		}
	}
	return calllog.Unknown
}
