package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"unicode/utf8"

	"ringward/numberdb"
)

// registerEntities are the tables that the register's pages show. What
// merchants saved is theirs and not shown.
var registerEntities = []numberdb.Entity{numberdb.Institutions, numberdb.Numbers, numberdb.Scams, numberdb.Patterns}

type numbersPage struct {
	Query string
	Found []recordRow
	More  bool
}

// recordRow is a record of the register in a list.
type recordRow struct {
	Entity numberdb.Entity
	ID     string
	Title  string
	Status string
	About  string
}

const maxFound = 100

func pageNumbers(v *view) error {
	p := numbersPage{Query: v.URL.Query().Get("q")}
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
			if slices.Contains(registerEntities, r.Entity) {
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
		Kind        string `json:"kind"`
	}
	_ = json.Unmarshal(r.Doc, &d) // what is missing stays empty
	row := recordRow{Entity: r.Entity, ID: r.ID, Status: d.Status}
	switch r.Entity {
	case numberdb.Institutions:
		row.Title, row.About = joined(d.NameZH, d.NameEN), d.Kind
	case numberdb.Numbers:
		row.Title, row.About = forPeople(d.Number), joined(d.Institution, d.Direction, d.Purpose)
	case numberdb.Scams:
		row.Title, row.About = forPeople(d.Number), d.Category
	case numberdb.Patterns:
		row.Title, row.About = joined(d.Prefix, d.First, d.Last), joined(d.Kind, d.Category)
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

type recordPage struct {
	recordRow
	Doc     string
	History []numberdb.Change
}

func pageRecord(v *view) error {
	entity := numberdb.Entity(v.PathValue("entity"))
	if !slices.Contains(registerEntities, entity) {
		return notFound
	}
	r, err := v.c.o.Numbers.Get(v.Context(), entity, v.PathValue("id"))
	if err != nil {
		return err
	}
	h, err := v.c.o.Numbers.History(v.Context(), entity, v.PathValue("id"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, r.Doc, "", "  "); err != nil {
		return err
	}
	return v.render(http.StatusOK, "record", recordPage{rowOf(r), b.String(), h})
}
