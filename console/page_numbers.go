package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"ringward/console/people"
	"ringward/numberdb"
	"ringward/numbering"
)

type numbersPage struct {
	Query string
	Found []recordRow
	More  bool
	Tab   string
}

// recordRow is a record of the register in a list.
type recordRow struct {
	Entity     numberdb.Entity
	ID         string
	Title      string
	Status     string
	About      string
	Campaign   string
	ProposedBy string
	Shadow     bool
	Seq        int64
}

const maxFound = 100

func pageNumbers(v *view) error {
	p := numbersPage{Query: v.URL.Query().Get("q"), Tab: "search"}
	if len(p.Query) > 200 || !utf8.ValidString(p.Query) {
		return problem(http.StatusBadRequest, "", "At most 200 octets of text.")
	}
	if p.Query != "" {
		found, err := v.c.o.Numbers.Search(v.Context(), p.Query, maxFound)
		if err != nil {
			return err
		}
		p.More = len(found) == maxFound
		for _, r := range found {
			if _, err := registerEntity(string(r.Entity)); err == nil {
				p.Found = append(p.Found, rowOf(r))
			}
		}
	}
	return v.render(http.StatusOK, "numbers", p)
}

// rowOf reads what a list shows of any record.
func rowOf(r numberdb.Record) recordRow {
	var d struct {
		NameZH      string `json:"name_zh"`
		NameEN      string `json:"name_en"`
		Number      string `json:"number"`
		Institution string `json:"institution"`
		Prefix      string `json:"prefix"`
		First       string `json:"first"`
		Last        string `json:"last"`
		Status      string `json:"status"`
		Direction   string `json:"direction"`
		Purpose     string `json:"purpose"`
		Category    string `json:"category"`
		Campaign    string `json:"campaign"`
		Kind        string `json:"kind"`
		Title       string `json:"title"`
		Name        string `json:"name"`
		Note        string `json:"note"`
		By          string `json:"by"`
		Outcome     string `json:"outcome"`
		ProposedBy  string `json:"proposed_by"`
		Source      string `json:"source"`
		Shadow      bool   `json:"shadow"`
	}
	_ = json.Unmarshal(r.Doc, &d) // what is missing stays empty
	row := recordRow{Entity: r.Entity, ID: r.ID, Status: d.Status, Campaign: d.Campaign, ProposedBy: d.ProposedBy, Shadow: d.Shadow, Seq: r.Seq}
	switch r.Entity {
	case numberdb.Institutions:
		row.Title, row.About = joined(d.NameZH, d.NameEN), d.Kind
	case numberdb.Numbers:
		row.Title, row.About = forPeople(d.Number), joined(d.Institution, d.Direction, d.Purpose)
	case numberdb.Scams:
		row.Title, row.About = forPeople(d.Number), joined(d.Category, d.Source)
	case numberdb.Patterns:
		row.Title, row.About = joined(d.Prefix, d.First, d.Last), joined(d.Kind, d.Category)
	case numberdb.Rules:
		row.Title, row.About = d.Name, d.Note
	case numberdb.Recordings:
		row.Title, row.About = d.Title, joined(d.Kind, d.Institution)
	case numberdb.Appeals:
		row.Title, row.About, row.Status = forPeople(d.Number), d.By, d.Outcome
		if row.Status == "" {
			row.Status = "open"
		}
	}
	return row
}

func joined(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p != "" && out != "" {
			out += " · "
		}
		out += p
	}
	return out
}

// listPage is one table of the register.
type listPage struct {
	Tab      string
	Entity   numberdb.Entity
	Rows     []recordRow
	Filter   numberdb.Filter
	Query    url.Values
	Next     string // address of the next page
	MayEdit  bool
	Reviewed bool // its records pass review
	Statuses []numberdb.Status
}

// pageRecords lists a table, or shows the form of a new record.
func pageRecords(v *view) error {
	entity, err := registerEntity(v.PathValue("entity"))
	if err != nil {
		return err
	}
	q := v.URL.Query()
	p := listPage{Tab: string(entity), Entity: entity, Query: q, MayEdit: v.reader.Can(people.Edit) && forms[entity] != nil, Reviewed: entity != numberdb.Appeals,
		Statuses: []numberdb.Status{numberdb.Draft, numberdb.Verified, numberdb.Rejected, numberdb.Retired}}
	p.Filter = numberdb.Filter{Status: numberdb.Status(q.Get("status")), Institution: q.Get("institution"), Source: q.Get("source"), Campaign: q.Get("campaign"), Limit: maxFound}
	p.Filter.After, _ = strconv.ParseInt(q.Get("after"), 10, 64) // anything else is the beginning
	found, err := v.c.o.Numbers.List(v.Context(), entity, p.Filter)
	if err != nil {
		return err
	}
	for _, r := range found {
		p.Rows = append(p.Rows, rowOf(r))
	}
	if n := len(found); n == maxFound {
		next := url.Values{}
		for _, k := range []string{"status", "institution", "source", "campaign"} {
			if q.Get(k) != "" {
				next.Set(k, q.Get(k))
			}
		}
		next.Set("after", strconv.FormatInt(found[n-1].Row, 10))
		p.Next = "/numbers/" + string(entity) + "?" + next.Encode()
	}
	return v.render(http.StatusOK, "records", p)
}

type campaignsPage struct {
	Tab       string
	Campaigns []numberdb.Campaign
}

func pageCampaigns(v *view) error {
	list, err := v.c.o.Numbers.Campaigns(v.Context(), 200)
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "campaigns", campaignsPage{"campaigns", list})
}

// changeRow is an entry of a record's history.
type changeRow struct {
	numberdb.Change
	Fields []fieldChange
}

type recordPage struct {
	recordRow
	Tab      string
	Facts    []fact
	Verified []string
	History  []changeRow
	Numbers  []recordRow // of an institution
	Number   string      // canonical, of those that have one
	MayEdit  bool
	MayDrop  bool
	MayJudge bool
}

func pageRecord(v *view) error {
	entity, err := registerEntity(v.PathValue("entity"))
	if err != nil {
		return err
	}
	if v.PathValue("id") == "new" {
		return v.editForm(entity, nil, "")
	}
	r, err := v.c.o.Numbers.Get(v.Context(), entity, v.PathValue("id"))
	if err != nil {
		return err
	}
	p := recordPage{recordRow: rowOf(r), Tab: string(entity), Facts: factsOf(entity, r.Doc)}
	if p.History, err = v.history(entity, r.ID); err != nil {
		return err
	}
	var d struct {
		Number     string
		VerifiedBy []string `json:"verified_by"`
	}
	_ = json.Unmarshal(r.Doc, &d) // checked when it was put
	p.Number, p.Verified = d.Number, d.VerifiedBy
	p.MayEdit = v.reader.Can(people.Edit) && forms[entity] != nil
	p.MayDrop = v.reader.Can(people.Edit) && (p.Status == string(numberdb.Draft) || p.Status == string(numberdb.Verified))
	p.MayJudge = v.reader.Can(people.Review) && p.Status == string(numberdb.Draft)
	if entity == numberdb.Institutions {
		found, err := v.c.o.Numbers.List(v.Context(), numberdb.Numbers, numberdb.Filter{Institution: r.ID, Limit: 200})
		if err != nil {
			return err
		}
		for _, n := range found {
			p.Numbers = append(p.Numbers, rowOf(n))
		}
	}
	return v.render(http.StatusOK, "record", p)
}

func (v *view) history(entity numberdb.Entity, id string) ([]changeRow, error) {
	h, err := v.c.o.Numbers.History(v.Context(), entity, id)
	if err != nil {
		return nil, err
	}
	var out []changeRow
	for _, c := range h {
		row := changeRow{Change: c}
		for _, it := range c.Items {
			row.Fields = append(row.Fields, diffDocs(entity, it.Before, it.After)...)
		}
		out = append(out, row)
	}
	return out, nil
}

type numberPage struct {
	Tab           string
	Number, Shown string
	Class         string
	Region        string
	RegionZH      string
	Records       []recordPage
	MayEdit       bool
	Bench         bool
}

// pageNumber is all that is recorded of one number.
func pageNumber(v *view) error {
	p := numbering.Parse(v.URL.Query().Get("number"), numbering.Options{Country: v.c.o.Country})
	if n, err := numbering.ParseCanonical(v.URL.Query().Get("number")); err == nil && !n.IsZero() {
		p.Number = n
	}
	if p.Number.IsZero() {
		return v.to("/numbers", "err", "number")
	}
	found, err := v.c.o.Numbers.Of(v.Context(), p.Number)
	if err != nil {
		return err
	}
	out := numberPage{Tab: "search", Number: p.Number.String(), Shown: forPeople(p.Number.String()), Class: p.Class.String(), Region: p.Region, RegionZH: p.RegionChinese,
		MayEdit: v.reader.Can(people.Edit), Bench: v.c.o.Bench != nil && v.reader.Can(people.AskVerdict)}
	for _, r := range found {
		if _, err := registerEntity(string(r.Entity)); err != nil {
			continue // a merchant's own
		}
		one := recordPage{recordRow: rowOf(r), Facts: factsOf(r.Entity, r.Doc)}
		if one.History, err = v.history(r.Entity, r.ID); err != nil {
			return err
		}
		out.Records = append(out.Records, one)
	}
	return v.render(http.StatusOK, "number", out)
}
