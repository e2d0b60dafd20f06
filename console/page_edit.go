package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"ringward/console/people"
	"ringward/numberdb"
)

type editPage struct {
	Tab, ID, Reason string
	Entity          numberdb.Entity
	Title           string
	Fields          []formField
	Seq             int64
	Evidence        bool
	Wrong           string // what the register says against it, in English
}

// pageEdit is the form of a record.
func pageEdit(v *view) error {
	entity, err := registerEntity(v.PathValue("entity"))
	if err != nil {
		return err
	}
	r, err := v.c.o.Numbers.Get(v.Context(), entity, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.editForm(entity, &r, "")
}

// editForm shows the form of a record, or of a new one; wrong says why what was
// sent was refused.
func (v *view) editForm(entity numberdb.Entity, r *numberdb.Record, wrong string) error {
	if forms[entity] == nil || !v.reader.Can(people.Edit) {
		return notFound
	}
	given := v.URL.Query()
	if v.Method == http.MethodPost {
		given = v.PostForm
	}
	p := editPage{Tab: string(entity), Entity: entity, Wrong: wrong, Reason: given.Get("reason"), Evidence: entity == numberdb.Numbers}
	if r == nil {
		p.Fields = formFor(entity, nil, given)
	} else {
		p.ID, p.Seq, p.Title, p.Fields = r.ID, r.Seq, rowOf(*r).Title, formFor(entity, r.Doc, nil)
	}
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusUnprocessableEntity
		for i, f := range p.Fields {
			p.Fields[i].Value = given.Get(f.Name)
		}
	}
	return v.render(status, "edit", p)
}

// postRecord puts what the form says, as a draft of the signed-in person's.
func postRecord(v *view) error {
	entity, err := registerEntity(v.PathValue("entity"))
	if err != nil || forms[entity] == nil {
		return notFound
	}
	id, old := v.PostFormValue("id"), (*numberdb.Record)(nil)
	var doc json.RawMessage
	if id != "" {
		r, err := v.c.o.Numbers.Get(v.Context(), entity, id)
		if err != nil {
			return err
		}
		if strconv.FormatInt(r.Seq, 10) != v.PostFormValue("seq") {
			return v.editForm(entity, &r, "somebody changed this record while you edited it; look at it anew")
		}
		old, doc = &r, r.Doc
	}
	doc, err = v.c.filled(entity, doc, v.PostForm, v.reader.User)
	if err == nil {
		id, err = v.c.putDoc(v.Context(), v.author(v.PostFormValue("reason")), entity, id, doc)
	}
	if refused(err) {
		return v.editForm(entity, old, err.Error())
	}
	if err != nil {
		return err
	}
	return v.to("/numbers/"+string(entity)+"/"+url.PathEscape(id), "done", "proposed")
}

// refused reports whether the register refused an edit for its content.
func refused(err error) bool {
	for _, e := range []error{numberdb.ErrInvalid, numberdb.ErrNoAuthor, numberdb.ErrNotFound, numberdb.ErrConflict, numberdb.ErrReview} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// postRecordAct retires a record, or turns a pattern's shadow on and off.
func postRecordAct(v *view) error {
	entity, err := registerEntity(v.PathValue("entity"))
	if err != nil {
		return err
	}
	id, edit := v.PathValue("id"), v.author(v.PostFormValue("reason"))
	at := "/numbers/" + string(entity) + "/" + url.PathEscape(id)
	switch v.PathValue("act") {
	case "retire":
		err = v.c.o.Numbers.Retire(v.Context(), edit, entity, id)
	case "shadow":
		err = v.toggleShadow(edit, entity, id)
	default:
		return notFound
	}
	if refused(err) {
		return v.to(at, "err", "refused")
	}
	if err != nil {
		return err
	}
	return v.to(at, "done", "proposed")
}

func (v *view) toggleShadow(e numberdb.Edit, entity numberdb.Entity, id string) error {
	if entity != numberdb.Patterns {
		return notFound
	}
	r, err := v.c.o.Numbers.Get(v.Context(), entity, id)
	if err != nil {
		return err
	}
	m := docMap(r.Doc)
	on, _ := m["shadow"].(bool)
	m["shadow"] = !on
	doc, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = v.c.putDoc(v.Context(), e, entity, id, doc)
	return err
}
