package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ringward/console/people"
	"ringward/numberdb"
	"ringward/numbering"
)

// Saved is a number that a merchant saved for a line.
type Saved struct {
	ID       int64  `json:"id"`
	Number   string `json:"number" doc:"canonical"`
	National string `json:"national" doc:"as people write it"`
	Relation string `json:"relation" enum:"customer,agent,acquirer,refused"`
	Label    string `json:"label,omitempty" doc:"the merchant's own word for it"`
}

// SavedInput saves a number.
type SavedInput struct {
	Number   string `json:"number" doc:"in any spelling"`
	Relation string `json:"relation" enum:"customer,agent,acquirer,refused"`
	Label    string `json:"label,omitempty"`
}

// SavedList is the answer of savedNumbers.
type SavedList struct {
	Items []Saved `json:"items"`
}

// relations are what a merchant may say of a number.
var relations = []string{"customer", "agent", "acquirer", "refused"}

func (c *Console) apiSaved(a *ask) (any, error) {
	line, err := c.lineToSave(a.reader, a.PathValue("line"))
	if err != nil {
		return nil, err
	}
	items, err := c.savedOf(a.Context(), line)
	return SavedList{items}, err
}

func (c *Console) apiSave(a *ask) (any, error) {
	var in SavedInput
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	return c.save(a.Request, a.reader, a.PathValue("line"), in)
}

func (c *Console) apiForget(a *ask) (any, error) {
	id, err := strconv.ParseInt(a.PathValue("id"), 10, 64)
	if err != nil {
		return nil, notFound
	}
	return nil, c.forget(a.Request, a.reader, a.PathValue("line"), id)
}

// lineToSave finds the line among the reader's own, with its one number.
func (c *Console) lineToSave(who people.Reader, id string) (Line, error) {
	for _, l := range c.linesOf(who) {
		if l.ID != id || !who.Can(people.Save) {
			continue
		}
		if l.Number == "" {
			return l, problem(422, "line", "This line stands for many numbers; nothing can be saved for it.")
		}
		return l, nil
	}
	return Line{}, notFound
}

// savedOf lists what was saved for a line, by number.
func (c *Console) savedOf(ctx context.Context, line Line) ([]Saved, error) {
	const page = 1000
	out := []Saved{}
	for after := int64(0); ; {
		records, err := c.o.Numbers.List(ctx, numberdb.SavedNumbers, numberdb.Filter{After: after, Limit: page})
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			var s numberdb.Saved
			if err := json.Unmarshal(r.Doc, &s); err != nil {
				return nil, fmt.Errorf("saved number %s: %w", r.ID, err)
			}
			id, err := strconv.ParseInt(r.ID, 10, 64)
			if err != nil || id <= after {
				return nil, fmt.Errorf("saved number %q: not in the order of ids", r.ID)
			}
			if after = id; s.Line == line.Number {
				out = append(out, Saved{id, s.Number, forPeople(s.Number), s.Relation, s.Label})
			}
		}
		if len(records) < page {
			slices.SortFunc(out, func(a, b Saved) int { return strings.Compare(a.Number, b.Number) })
			return out, nil
		}
	}
}

func (c *Console) save(r *http.Request, who people.Reader, lineID string, in SavedInput) (Saved, error) {
	line, err := c.lineToSave(who, lineID)
	if err != nil {
		return Saved{}, err
	}
	p := numbering.Parse(in.Number, numbering.Options{Country: c.o.Country})
	in.Label = strings.TrimSpace(in.Label)
	switch {
	case p.Number.IsZero():
		return Saved{}, problem(422, "number", "That is no telephone number.")
	case !slices.Contains(relations, in.Relation):
		return Saved{}, problem(422, "relation", "relation is customer, agent, acquirer or refused.")
	case utf8.RuneCountInString(in.Label) > 40 || !utf8.ValidString(in.Label):
		return Saved{}, problem(422, "label", "A label has at most 40 characters.")
	}
	edit := numberdb.Edit{Author: "console:" + who.Name(), Reason: "saved by the merchant of line " + line.ID}
	id, err := c.o.Numbers.PutSaved(r.Context(), edit, numberdb.Saved{Line: line.Number, Number: p.Number.String(), Relation: in.Relation, Label: in.Label})
	if err != nil {
		return Saved{}, err
	}
	return Saved{id, p.Number.String(), numbering.FormatNational(p.Number), in.Relation, in.Label}, nil
}

// forget takes a saved number back, if it belongs to the line.
func (c *Console) forget(r *http.Request, who people.Reader, lineID string, id int64) error {
	line, err := c.lineToSave(who, lineID)
	if err != nil {
		return err
	}
	key := strconv.FormatInt(id, 10)
	rec, err := c.o.Numbers.Get(r.Context(), numberdb.SavedNumbers, key)
	if err != nil {
		return err
	}
	var s numberdb.Saved
	if err := json.Unmarshal(rec.Doc, &s); err != nil || s.Line != line.Number {
		return notFound
	}
	edit := numberdb.Edit{Author: "console:" + who.Name(), Reason: "forgotten by the merchant of line " + line.ID}
	return c.o.Numbers.Retire(r.Context(), edit, numberdb.SavedNumbers, key)
}

func (c *Console) apiVerdict(a *ask) (any, error) {
	var q Question
	if err := a.decode(&q); err != nil {
		return nil, err
	}
	return c.verdict(a.Request, a.reader, q)
}

// verdict asks what would happen to a caller on a line within reach.
func (c *Console) verdict(r *http.Request, who people.Reader, q Question) (Answer, error) {
	if q.Line == "" && len(who.Lines) > 0 {
		q.Line = who.Lines[0]
	}
	if q.Line != "" && !who.Reaches(q.Line) || q.Line == "" && !who.Can(people.AllLines) && !who.Can(people.Register) {
		return Answer{}, notFound
	}
	if len(q.Number) > numbering.MaxInput || len(q.Name) > numbering.MaxInput {
		return Answer{}, problem(422, "number", "That is too long for a number or a name.")
	}
	ans, err := c.o.Verdicts.Verdict(r.Context(), q)
	if err != nil {
		return Answer{}, err
	}
	if ans.Raw != nil {
		ans.Verdict, ans.Institution = verdictOf(*ans.Raw), c.institution(ans.Raw.Institution)
	}
	return ans, nil
}
