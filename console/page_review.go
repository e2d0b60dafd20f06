package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringward/console/people"
	"ringward/numberdb"
)

// maxReviewed is how many drafts one decision takes.
const maxReviewed = 200

// reviewed are the tables whose records pass review.
var reviewed = []numberdb.Entity{numberdb.Numbers, numberdb.Scams, numberdb.Institutions, numberdb.Patterns, numberdb.Recordings, numberdb.Rules}

type reviewPage struct {
	Tab      string
	Entity   numberdb.Entity
	Entities []numberdb.Entity
	Source   string
	Rows     []draftRow
	Next     string
	MayJudge bool
}

// draftRow is a draft that waits for a second person.
type draftRow struct {
	recordRow
	Own    bool // proposed by the reader: somebody else's to approve
	Fields []fieldChange
	Why    string
	Since  time.Time
}

func pageReview(v *view) error {
	q := v.URL.Query()
	p := reviewPage{Tab: "review", Entity: numberdb.Numbers, Entities: reviewed, Source: q.Get("source"), MayJudge: v.reader.Can(people.Review)}
	if e := numberdb.Entity(q.Get("entity")); slices.Contains(reviewed, e) {
		p.Entity = e
	}
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64) // anything else is the beginning
	found, err := v.c.o.Numbers.List(v.Context(), p.Entity, numberdb.Filter{Status: numberdb.Draft, Source: p.Source, After: after, Limit: maxFound})
	if err != nil {
		return err
	}
	for _, r := range found {
		p.Rows = append(p.Rows, draftRow{recordRow: rowOf(r), Own: v.own(r)})
	}
	if n := len(found); n == maxFound {
		p.Next = strconv.FormatInt(found[n-1].Row, 10)
	}
	return v.render(http.StatusOK, "review", p)
}

func (v *view) own(r numberdb.Record) bool {
	return strings.EqualFold(rowOf(r).ProposedBy, v.reader.User)
}

type previewPage struct {
	Tab      string
	Entity   numberdb.Entity
	Rows     []draftRow
	Own      int
	Effect   *Effect
	Sizes    []int
	Calls    int
	MayJudge bool
}

// effectSizes are how many past calls a reviewer may have judged anew.
var effectSizes = []int{100, 500, 2000}

// postPreview shows what chosen drafts say, against what was there, and what
// they would change about past calls.
func postPreview(v *view) error {
	entity, ids, err := v.chosen()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return v.to("/review", "err", "nonechosen")
	}
	p := previewPage{Tab: "review", Entity: entity, Sizes: effectSizes, Calls: effectSizes[1], MayJudge: v.reader.Can(people.Review)}
	refs := []string{}
	for _, id := range ids {
		r, err := v.c.o.Numbers.Get(v.Context(), entity, id)
		if err != nil {
			return err
		}
		row := draftRow{recordRow: rowOf(r), Own: v.own(r)}
		if row.Own {
			p.Own++
		}
		if err := v.explainDraft(entity, r, &row); err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
		refs = append(refs, string(entity)+":"+r.ID)
	}
	if n, err := strconv.Atoi(v.PostFormValue("calls")); err == nil && slices.Contains(effectSizes, n) {
		p.Calls = n
	}
	if judged := []numberdb.Entity{numberdb.Numbers, numberdb.Scams, numberdb.Patterns}; v.c.o.Effects != nil && slices.Contains(judged, entity) {
		e, err := v.c.effect(v.Request, v.reader, refs, p.Calls)
		if err != nil {
			return err
		}
		p.Effect = &e
	}
	return v.render(http.StatusOK, "preview", p)
}

// effect judges past calls anew; that is a read of them, and in the audit.
func (c *Console) effect(r *http.Request, who people.Reader, refs []string, calls int) (Effect, error) {
	if err := c.note(r, who.Name(), "judge past calls anew", strings.Join(refs, " ")); err != nil {
		return Effect{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	e, err := c.o.Effects.Effect(ctx, refs, calls)
	if err == nil && !who.Can(people.ReadCalls|people.AllLines) {
		e.Changed = nil // figures are not calls
	}
	return e, err
}

// explainDraft tells what a draft changes since the record was last approved,
// and why.
func (v *view) explainDraft(entity numberdb.Entity, r numberdb.Record, row *draftRow) error {
	h, err := v.c.o.Numbers.History(v.Context(), entity, r.ID)
	if err != nil || len(h) == 0 {
		return err
	}
	row.Why, row.Since = h[0].Reason, h[0].At
	before := h[0].Items
	for _, c := range h { // the latest first
		if c.Action == "approve" || len(c.Items) == 0 {
			break
		}
		before = c.Items
	}
	if len(before) == 0 {
		return nil
	}
	row.Fields = slices.DeleteFunc(diffDocs(entity, before[0].Before, r.Doc), func(f fieldChange) bool { return f.Field == "status" })
	return nil
}

// chosen reads the drafts that a form names.
func (v *view) chosen() (numberdb.Entity, []string, error) {
	entity := numberdb.Entity(v.PostFormValue("entity"))
	ids := v.PostForm["id"]
	if !slices.Contains(reviewed, entity) || len(ids) > maxReviewed {
		return "", nil, notFound
	}
	return entity, ids, nil
}

// postReview approves or rejects the chosen drafts. Approval is of all or none.
func postReview(v *view) error {
	entity, ids, err := v.chosen()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return v.to("/review?entity="+string(entity), "", "")
	}
	edit := v.author(v.PostFormValue("reason"))
	switch v.PathValue("act") {
	case "approve":
		err = v.c.o.Numbers.ApproveMany(v.Context(), edit, entity, ids)
	case "reject":
		for _, id := range ids {
			if err = v.c.o.Numbers.Reject(v.Context(), edit, entity, id); err != nil {
				break
			}
		}
	default:
		return notFound
	}
	if refused(err) {
		return v.render(http.StatusUnprocessableEntity, "refused", refusedPage{"review", err.Error()})
	}
	if err != nil {
		return err
	}
	return v.to("/review", "done", map[string]string{"approve": "approved", "reject": "rejected"}[v.PathValue("act")])
}

type refusedPage struct{ Tab, Why string }

type conflictsPage struct {
	Tab       string
	Conflicts []conflictRow
	MayEdit   bool
	MayJudge  bool
}

type conflictRow struct {
	Number, Kind string
	Rows         []recordRow
}

// pageConflicts lists numbers of which the register says two things.
func pageConflicts(v *view) error {
	list, err := v.c.o.Numbers.Conflicts(v.Context(), maxFound)
	if err != nil {
		return err
	}
	p := conflictsPage{Tab: "conflicts", MayEdit: v.reader.Can(people.Edit), MayJudge: v.reader.Can(people.Review)}
	for _, c := range list {
		row := conflictRow{Number: forPeople(c.Number), Kind: c.Kind}
		for _, r := range c.Records {
			row.Rows = append(row.Rows, rowOf(r))
		}
		p.Conflicts = append(p.Conflicts, row)
	}
	return v.render(http.StatusOK, "conflicts", p)
}

// postConflict settles a conflict against one of its records: an analyst
// retires it, a reviewer rejects it.
func postConflict(v *view) error {
	entity, err := registerEntity(v.PostFormValue("entity"))
	if err != nil {
		return err
	}
	edit, id := v.author(v.PostFormValue("reason")), v.PostFormValue("id")
	if v.reader.Can(people.Review) {
		err = v.c.o.Numbers.Reject(v.Context(), edit, entity, id)
	} else if v.reader.Can(people.Edit) {
		err = v.c.o.Numbers.Retire(v.Context(), edit, entity, id)
	} else {
		return forbidden
	}
	if refused(err) {
		return v.to("/conflicts", "err", "refused")
	}
	if err != nil {
		return err
	}
	return v.to("/conflicts", "done", "settled")
}
