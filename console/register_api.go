package console

import (
	"encoding/json"
	"strconv"
	"time"

	"ringward/console/people"
	"ringward/numberdb"
)

// RegisterRecord is a record of the register.
type RegisterRecord struct {
	Entity string         `json:"entity" enum:"institution,number,scam,pattern,recording,rule,appeal"`
	ID     string         `json:"id"`
	Status string         `json:"status,omitempty" enum:"draft,verified,rejected,retired"`
	Seq    int64          `json:"seq" doc:"of its last change"`
	Doc    map[string]any `json:"doc" doc:"its content, by field"`
}

// RegisterList is a page of records.
type RegisterList struct {
	Items []RegisterRecord `json:"items"`
	Next  string           `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
}

// RegisterChange is an entry of a record's history.
type RegisterChange struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	Reason string    `json:"reason"`
	Action string    `json:"action"`
}

// RegisterHistory is a record with its history.
type RegisterHistory struct {
	Record  RegisterRecord   `json:"record"`
	History []RegisterChange `json:"history" doc:"the latest first"`
}

// Proposal is a record as somebody proposes it.
type Proposal struct {
	ID     string         `json:"id,omitempty" doc:"of the record to change; a new one when empty"`
	Reason string         `json:"reason" doc:"kept for ever"`
	Doc    map[string]any `json:"doc" doc:"its content, by field, whole"`
}

// Proposed is the answer to a proposal.
type Proposed struct {
	Entity string `json:"entity"`
	ID     string `json:"id"`
	Status string `json:"status" enum:"draft"`
}

func (c *Console) registerOperations(limit, cursor parameter) []operation {
	return []operation{
		{method: "GET", path: "/v1/register", id: "searchRegister", summary: "Search the register by number or name", scope: people.ScopeRead, answer: RegisterList{},
			query: []parameter{{name: "q", doc: "a number or its beginning, or a name"}, limit}, do: c.apiSearch},
		{method: "GET", path: "/v1/register/{entity}", id: "registerRecords", summary: "The records of a table", scope: people.ScopeRead, answer: RegisterList{},
			query: []parameter{{name: "status", doc: "of review", enum: []string{"draft", "verified", "rejected", "retired"}}, {name: "institution", doc: "id"}, {name: "source", doc: "where it comes from"},
				{name: "campaign", doc: "of scam listings and recordings"}, limit, cursor}, do: c.apiRecords},
		{method: "GET", path: "/v1/register/{entity}/{id}", id: "registerRecord", summary: "A record and its history", scope: people.ScopeRead, answer: RegisterHistory{}, do: c.apiRecord},
		{method: "POST", path: "/v1/register/{entity}", id: "propose", summary: "Propose a record or a change of one; another person approves it", scope: people.ScopePropose,
			body: Proposal{}, answer: Proposed{}, status: 201, do: c.apiPropose},
	}
}

func registerRecord(r numberdb.Record) RegisterRecord {
	m := docMap(r.Doc)
	delete(m, "fingerprint")
	if reports, ok := m["reports"].([]any); ok { // who reported is nobody's business
		m["reports"] = len(reports)
	}
	status, _ := m["status"].(string)
	return RegisterRecord{string(r.Entity), r.ID, status, r.Seq, m}
}

func (c *Console) apiSearch(a *ask) (any, error) {
	limit, err := limitOf(a.URL.Query().Get("limit"))
	if err != nil {
		return nil, err
	}
	found, err := c.o.Numbers.Search(a.Context(), a.URL.Query().Get("q"), limit)
	out := RegisterList{Items: []RegisterRecord{}}
	for _, r := range found {
		if _, hidden := registerEntity(string(r.Entity)); hidden == nil {
			out.Items = append(out.Items, registerRecord(r))
		}
	}
	return out, err
}

func (c *Console) apiRecords(a *ask) (any, error) {
	entity, err := registerEntity(a.PathValue("entity"))
	if err != nil {
		return nil, err
	}
	q := a.URL.Query()
	f := numberdb.Filter{Status: numberdb.Status(q.Get("status")), Institution: q.Get("institution"), Source: q.Get("source"), Campaign: q.Get("campaign")}
	if f.Limit, err = limitOf(q.Get("limit")); err != nil {
		return nil, err
	}
	if v := q.Get("cursor"); v != "" {
		if f.After, err = strconv.ParseInt(v, 10, 64); err != nil || f.After < 1 {
			return nil, problem(400, "cursor", "The cursor was not given out by this list.")
		}
	}
	found, err := c.o.Numbers.List(a.Context(), entity, f)
	out := RegisterList{Items: []RegisterRecord{}}
	for _, r := range found {
		out.Items = append(out.Items, registerRecord(r))
	}
	if n := len(found); n == f.Limit {
		out.Next = strconv.FormatInt(found[n-1].Row, 10)
	}
	return out, err
}

func (c *Console) apiRecord(a *ask) (any, error) {
	entity, err := registerEntity(a.PathValue("entity"))
	if err != nil {
		return nil, err
	}
	r, err := c.o.Numbers.Get(a.Context(), entity, a.PathValue("id"))
	if err != nil {
		return nil, err
	}
	h, err := c.o.Numbers.History(a.Context(), entity, r.ID)
	if err != nil {
		return nil, err
	}
	out := RegisterHistory{Record: registerRecord(r), History: []RegisterChange{}}
	for _, ch := range h {
		out.History = append(out.History, RegisterChange{ch.Seq, ch.At, ch.Author, ch.Reason, ch.Action})
	}
	return out, nil
}

func (c *Console) apiPropose(a *ask) (any, error) {
	entity, err := registerEntity(a.PathValue("entity"))
	if err != nil || forms[entity] == nil {
		return nil, notFound
	}
	var in Proposal
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	// Review is the store's, reports are the merchants': neither is proposed.
	for _, k := range []string{"id", "status", "proposed_by", "verified_by", "reports"} {
		if k != "id" || entity != numberdb.Institutions {
			delete(in.Doc, k)
		}
	}
	if in.ID != "" && entity == numberdb.Scams {
		old, err := c.o.Numbers.Get(a.Context(), entity, in.ID)
		if err != nil {
			return nil, err
		}
		if reports, ok := docMap(old.Doc)["reports"]; ok {
			in.Doc["reports"] = reports
		}
	}
	doc, err := json.Marshal(in.Doc)
	if err != nil {
		return nil, err
	}
	id, err := c.putDoc(a.Context(), numberdb.Edit{Author: a.reader.User, Reason: in.Reason}, entity, in.ID, doc)
	if err != nil {
		return nil, err
	}
	return Proposed{string(entity), id, string(numberdb.Draft)}, nil
}
