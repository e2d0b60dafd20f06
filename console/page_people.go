package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"ringward/console/people"
)

type peoplePage struct {
	Users []people.User
	Roles []people.Role
	Lines []Line
}

func pagePeople(v *view) error {
	users, err := v.c.o.People.Users(v.Context())
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "people", peoplePage{users, people.Roles(), v.c.o.Lines.Lines()})
}

// userOf reads the form of a user.
func (v *view) userOf(name string) people.User {
	return people.User{Name: name, Role: people.Role(v.PostFormValue("role")), Lang: v.PostFormValue("lang"),
		Lines: v.PostForm["line"], Disabled: v.PostFormValue("disabled") != ""}
}

type linkPage struct {
	User, URL string
	Hours     int
}

// postPeople adds a user and shows the link that he chooses his password by.
func postPeople(v *view) error {
	u := v.userOf(strings.ToLower(strings.TrimSpace(v.PostFormValue("name"))))
	u.Disabled = false
	if err := v.ownLines(u); err != nil {
		return v.to("/people", "err", "user")
	}
	link, err := v.c.o.People.Add(v.Context(), u)
	switch {
	case errors.Is(err, people.ErrTaken):
		return v.to("/people", "err", "taken")
	case errors.Is(err, people.ErrInvalid):
		return v.to("/people", "err", "user")
	case err != nil:
		return err
	}
	if err := v.c.note(v.Request, v.reader.User, "add user", u.Name+" as "+string(u.Role)+" of "+strings.Join(u.Lines, " ")); err != nil {
		return err
	}
	return v.render(http.StatusOK, "link", linkPage{u.Name, v.c.SetupURL(link), int(people.LinkLife.Hours())})
}

// ownLines refuses lines that there are not, and those that share their id
// with another: whoever owned one would see the calls of both.
func (v *view) ownLines(u people.User) error {
	count := map[string]int{}
	for _, l := range v.c.o.Lines.Lines() {
		count[l.ID]++
	}
	for _, l := range u.Lines {
		if count[l] != 1 {
			return people.ErrInvalid
		}
	}
	return nil
}

type personPage struct {
	User  people.User
	Roles []people.Role
	Lines []pickedLine
	Self  bool
}

type pickedLine struct {
	Line
	Picked bool
}

func pagePerson(v *view) error {
	u, err := v.c.o.People.User(v.Context(), v.PathValue("user"))
	if err != nil {
		return err
	}
	p := personPage{User: u, Roles: people.Roles(), Self: u.Name == v.reader.User}
	has := map[string]bool{}
	for _, l := range u.Lines {
		has[l] = true
	}
	for _, l := range v.c.o.Lines.Lines() {
		p.Lines = append(p.Lines, pickedLine{l, has[l.ID]})
		delete(has, l.ID)
	}
	for _, l := range u.Lines {
		if has[l] { // of a line that is gone
			p.Lines = append(p.Lines, pickedLine{Line{ID: l}, true})
		}
	}
	return v.render(http.StatusOK, "person", p)
}

func postPerson(v *view) error {
	u := v.userOf(v.PathValue("user"))
	at := "/people/" + u.Name
	if err := v.ownLines(u); err != nil {
		return v.to(at, "err", "user")
	}
	err := v.c.o.People.Update(v.Context(), u)
	switch {
	case errors.Is(err, people.ErrLastOperator):
		return v.to(at, "err", "last")
	case errors.Is(err, people.ErrInvalid):
		return v.to(at, "err", "user")
	case err != nil:
		return err
	}
	what := string(u.Role) + " of " + strings.Join(u.Lines, " ")
	if u.Disabled {
		what += ", disabled"
	}
	if err := v.c.note(v.Request, v.reader.User, "change user", u.Name+" to "+what); err != nil {
		return err
	}
	return v.to("/people", "done", "user")
}

// postPersonLink makes a new one-time link for a user who lost his password.
func postPersonLink(v *view) error {
	name := v.PathValue("user")
	link, err := v.c.o.People.Link(v.Context(), name)
	if err != nil {
		return err
	}
	if err := v.c.note(v.Request, v.reader.User, "new link for user", name); err != nil {
		return err
	}
	return v.render(http.StatusOK, "link", linkPage{name, v.c.SetupURL(link), int(people.LinkLife.Hours())})
}

type auditPage struct {
	Entries []people.Entry
	Before  int64
	Rows    int64
	Head    string
	Broken  string
}

func pageAudit(v *view) error {
	before, _ := strconv.ParseInt(v.URL.Query().Get("before"), 10, 64) // anything else is the end
	const page = 100
	entries, err := v.c.o.People.Entries(v.Context(), before, page)
	if err != nil {
		return err
	}
	p := auditPage{Entries: entries}
	if len(entries) == page {
		p.Before = entries[page-1].Seq
	}
	return v.render(http.StatusOK, "audit", p)
}

func postVerify(v *view) error {
	rows, head, err := v.c.o.People.VerifyAudit(v.Context())
	p := auditPage{Rows: rows, Head: head}
	if errors.Is(err, people.ErrDamaged) {
		p.Broken = strconv.FormatInt(rows, 10)
	} else if err != nil {
		return err
	}
	return v.render(http.StatusOK, "verified", p)
}
