package console

import (
	"net/http"
	"strconv"

	"ringward/console/hooks"
	"ringward/console/people"
)

// tellHooks hands an event over to the hooks, if it is one of theirs. Who may
// read more follows its link.
func (c *Console) tellHooks(l LiveEvent, raised bool) {
	kind := map[Kind]string{Warned: hooks.Warning, Ended: hooks.Ended}[l.Kind]
	if kind == "" && raised {
		kind = hooks.Verdict
	}
	if kind == "" {
		return
	}
	e := hooks.Event{Kind: kind, At: l.At.UTC(), Call: l.Call.Call, Line: l.Call.Line, Caller: l.Call.Caller, Level: l.Call.Verdict.Level, Action: l.Call.Action,
		Outcome: l.Call.Outcome, Warnings: l.Call.Warnings, Page: c.base + "/calls/" + l.Call.Call}
	if i := l.Call.Institution; i != nil {
		e.Institution = &hooks.Name{ZH: i.In("zh-CN"), EN: i.In("en")}
	}
	for n, r := range l.Call.Verdict.Reasons {
		if n == 3 {
			break
		}
		e.Reasons = append(e.Reasons, hooks.EventReason{Rule: r.Rule, ZH: r.In("zh-CN"), EN: r.In("en")})
	}
	c.o.Hooks.Take(e)
}

type hooksPage struct {
	Hooks []hookCard
	Lost  uint64
}

type hookCard struct {
	hooks.Status
	Failed, Queue []hooks.Delivery
}

func pageHooks(v *view) error {
	if v.c.o.Hooks == nil {
		return notFound
	}
	list, lost, err := v.c.o.Hooks.Status(v.Context())
	if err != nil {
		return err
	}
	p := hooksPage{Lost: lost}
	for _, s := range list {
		card := hookCard{Status: s}
		if card.Failed, err = v.c.o.Hooks.Deliveries(v.Context(), s.Name, hooks.Dead, 0, 20); err != nil {
			return err
		}
		if card.Queue, err = v.c.o.Hooks.Deliveries(v.Context(), s.Name, hooks.Waiting, 0, 5); err != nil {
			return err
		}
		p.Hooks = append(p.Hooks, card)
	}
	return v.render(http.StatusOK, "hooks", p)
}

// postHook is a button of the hooks' page: again, all, drop, test.
func postHook(v *view) error {
	if v.c.o.Hooks == nil {
		return notFound
	}
	name, act := v.PathValue("hook"), v.PathValue("act")
	id, _ := strconv.ParseInt(v.PostFormValue("id"), 10, 64) // 0 is none
	if err := v.c.hookAct(v.Request, v.reader, name, act, id); err != nil {
		return err
	}
	done := map[string]string{"again": "hookagain", "all": "hookall", "drop": "hookdrop", "test": "hooktest"}
	return v.to("/hooks", "done", done[act])
}

func (c *Console) hookAct(r *http.Request, who people.Reader, name, act string, id int64) error {
	if err := c.note(r, who.Name(), "hook "+act, name+" "+strconv.FormatInt(id, 10)); err != nil {
		return err
	}
	switch {
	case act == "again" && id > 0:
		_, err := c.o.Hooks.Again(r.Context(), name, id)
		return err
	case act == "all":
		_, err := c.o.Hooks.Again(r.Context(), name, 0)
		return err
	case act == "drop" && id > 0:
		return c.o.Hooks.Drop(r.Context(), id)
	case act == "test":
		return c.o.Hooks.Test(r.Context(), name)
	}
	return notFound
}

// HookList is the answer of hooks.
type HookList struct {
	Items []hooks.Status `json:"items"`
	Lost  uint64         `json:"lost" doc:"events that could not be kept, since the start"`
}

// DeliveryList is a page of deliveries.
type DeliveryList struct {
	Items []hooks.Delivery `json:"items"`
	Next  string           `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
}

func (c *Console) hookOperations(limit, cursor parameter) []operation {
	return []operation{
		{method: "GET", path: "/v1/hooks", id: "hooks", summary: "The webhooks and how they are doing", scope: people.ScopeHooks, answer: HookList{}, do: c.apiHooks},
		{method: "GET", path: "/v1/hooks/{hook}/deliveries", id: "hookDeliveries", summary: "What waits for a webhook, or did not get there", scope: people.ScopeHooks, answer: DeliveryList{},
			query: []parameter{{name: "state", doc: "dead when absent", enum: []string{"dead", "waiting"}}, limit, cursor}, do: c.apiDeliveries},
		{method: "POST", path: "/v1/hooks/{hook}/deliveries/{id}/again", id: "hookAgain", summary: "Send a dead delivery once more", scope: people.ScopeHooks, answer: Done{}, do: c.apiHookAct("again")},
		{method: "DELETE", path: "/v1/hooks/{hook}/deliveries/{id}", id: "hookDrop", summary: "Take a delivery off the list", scope: people.ScopeHooks, do: c.apiHookAct("drop")},
		{method: "POST", path: "/v1/hooks/{hook}/test", id: "hookTest", summary: "Send a test message", scope: people.ScopeHooks, answer: Done{}, do: c.apiHookAct("test")},
	}
}

func (c *Console) apiHooks(a *ask) (any, error) {
	list, lost, err := c.o.Hooks.Status(a.Context())
	return HookList{list, lost}, err
}

func (c *Console) apiDeliveries(a *ask) (any, error) {
	q := a.URL.Query()
	state, limit, before := hooks.Dead, 50, int64(0)
	if v := q.Get("state"); v == "waiting" {
		state = hooks.Waiting
	} else if v != "" && v != "dead" {
		return nil, problem(400, "parameter", "state: dead or waiting.")
	}
	var err error
	if limit, err = limitOf(q.Get("limit")); err != nil {
		return nil, err
	}
	if v := q.Get("cursor"); v != "" {
		if before, err = strconv.ParseInt(v, 10, 64); err != nil || before < 1 {
			return nil, problem(400, "cursor", "The cursor was not given out by this list.")
		}
	}
	items, err := c.o.Hooks.Deliveries(a.Context(), a.PathValue("hook"), state, before, limit)
	out := DeliveryList{Items: items}
	if len(items) == limit {
		out.Next = strconv.FormatInt(items[limit-1].ID, 10)
	}
	return out, err
}

func (c *Console) apiHookAct(act string) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		id, err := strconv.ParseInt(a.PathValue("id"), 10, 64)
		if err != nil && act != "test" {
			return nil, notFound
		}
		if err := c.hookAct(a.Request, a.reader, a.PathValue("hook"), act, id); err != nil || act == "drop" {
			return nil, err
		}
		return Done{true}, nil
	}
}

// limitOf reads the length of a page.
func limitOf(v string) (int, error) {
	if v == "" {
		return 50, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 200 {
		return 0, problem(400, "parameter", "limit: 1 to 200.")
	}
	return n, nil
}
