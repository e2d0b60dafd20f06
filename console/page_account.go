package console

import (
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"ringward/console/people"
)

type accountPage struct {
	User   people.User
	Secret string // that waits for its first code
	Link   template.URL
	Min    int
	Tokens bool // may have tokens
}

func pageAccount(v *view) error {
	u, err := v.c.o.People.User(v.Context(), v.reader.User)
	if err != nil {
		return err
	}
	p := accountPage{User: u, Min: people.MinPassword, Tokens: v.reader.Can(people.Tokens)}
	if p.Secret, err = v.c.o.People.PendingTOTP(v.Context(), u.Name); err != nil {
		return err
	}
	if p.Secret != "" {
		p.Link = template.URL(people.TOTPLink(u.Name, p.Secret)) // of our own making: otpauth:
	}
	return v.render(http.StatusOK, "account", p)
}

// postAccount is the buttons of one's own account.
func postAccount(v *view) error {
	s, ctx, from := v.c.o.People, v.Context(), addrOf(v.RemoteAddr)
	var err error
	act := v.PathValue("act")
	switch act {
	case "password":
		if v.PostFormValue("password") != v.PostFormValue("again") {
			return v.to("/account", "err", "differ")
		}
		err = s.ChangePassword(ctx, v.reader, v.PostFormValue("old"), v.PostFormValue("password"), from)
	case "lang":
		err = s.SetLang(ctx, v.reader.User, v.PostFormValue("lang"))
	case "totp-propose":
		_, err = s.ProposeTOTP(ctx, v.reader.User)
	case "totp-confirm":
		err = s.ConfirmTOTP(ctx, v.reader.User, v.PostFormValue("code"), from)
	case "totp-drop":
		err = s.DropTOTP(ctx, v.reader.User, v.PostFormValue("old"), from)
	case "others":
		_, err = s.LogoutOthers(ctx, v.reader)
	default:
		return notFound
	}
	switch {
	case errors.Is(err, people.ErrRefused):
		return v.to("/account", "err", "confirm")
	case errors.Is(err, people.ErrThrottled):
		return v.to("/account", "err", "throttled")
	case errors.Is(err, people.ErrInvalid):
		return v.to("/account", "err", "password")
	case err != nil:
		return err
	}
	if err := v.c.note(v.Request, v.reader.User, "own account: "+act, ""); err != nil {
		return err
	}
	if act == "totp-propose" {
		return v.to("/account", "", "")
	}
	return v.to("/account", "done", "account")
}

type apiPage struct {
	Base   string
	Tokens []people.Token
	Scopes []people.Scope
	Ops    []apiOperation
	New    string // text of a token that was just made, shown once
	Days   []int
}

type apiOperation struct{ Method, Path, Summary, Scope string }

func pageAPI(v *view) error { return v.apiPage("") }

func (v *view) apiPage(text string) error {
	tokens, err := v.c.o.People.TokensOf(v.Context(), v.reader.User)
	if err != nil {
		return err
	}
	p := apiPage{Base: v.c.base, Tokens: tokens, New: text, Days: []int{7, 30, 90, 365}}
	for _, s := range people.Scopes() {
		if v.reader.Can(s.Needs()) {
			p.Scopes = append(p.Scopes, s)
		}
	}
	for _, op := range v.c.ops {
		p.Ops = append(p.Ops, apiOperation{op.method, op.path, op.summary, string(op.scope)})
	}
	return v.render(http.StatusOK, "api", p)
}

func postToken(v *view) error {
	days, err := strconv.Atoi(v.PostFormValue("days"))
	if err != nil {
		return v.to("/api", "err", "token")
	}
	var scopes []people.Scope
	for _, s := range v.PostForm["scope"] {
		scopes = append(scopes, people.Scope(s))
	}
	name := v.PostFormValue("name")
	text, err := v.c.o.People.AddToken(v.Context(), v.reader, name, scopes, time.Duration(days)*24*time.Hour)
	if errors.Is(err, people.ErrInvalid) {
		return v.to("/api", "err", "token")
	}
	if err != nil {
		return err
	}
	if err := v.c.note(v.Request, v.reader.User, "add token", name); err != nil {
		return err
	}
	return v.apiPage(text)
}

func postTokenDelete(v *view) error {
	id, err := strconv.ParseInt(v.PostFormValue("id"), 10, 64)
	if err != nil {
		return notFound
	}
	if err := v.c.o.People.DeleteToken(v.Context(), v.reader.User, id); err != nil {
		return err
	}
	if err := v.c.note(v.Request, v.reader.User, "delete token", strconv.FormatInt(id, 10)); err != nil {
		return err
	}
	return v.to("/api", "done", "token")
}
