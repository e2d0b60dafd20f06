package console

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"

	"ringward/console/people"
)

// formCookie binds the forms before login to a browser.
const formCookie = "ringward_csrf"

// form gives the page its token, and the browser the cookie that goes with it.
func (v *view) form() string {
	value := ""
	if k, err := v.Cookie(formCookie); err == nil && len(k.Value) == 22 {
		value = k.Value
	} else {
		b := make([]byte, 16)
		_, _ = rand.Read(b) // never fails (crypto/rand)
		value = base64.RawURLEncoding.EncodeToString(b)
		v.c.setCookie(v.w, formCookie, value, 0)
	}
	return v.c.preCSRF(value)
}

// formOK reports whether a form before login is one of ours.
func (v *view) formOK() (bool, error) {
	if err := v.ParseForm(); err != nil {
		return false, badForm(err)
	}
	k, err := v.Cookie(formCookie)
	return err == nil && v.c.fromOwnPage(v.Request) && sameText(v.PostForm.Get("csrf_token"), v.c.preCSRF(k.Value)), nil
}

func pageLogin(v *view) error { return v.loginForm(http.StatusOK, "") }

func (v *view) loginForm(status int, errKey string) error {
	return v.write(status, "login", layout{Lang: v.lang, Title: "login", Path: "/login", CSRF: v.form(), Err: errKey})
}

func postLogin(v *view) error {
	ok, err := v.formOK()
	if err != nil {
		return err
	}
	if !ok {
		return v.loginForm(http.StatusForbidden, "err.form")
	}
	name := v.PostForm.Get("username")
	session, err := v.c.o.People.Login(v.Context(), name, v.PostForm.Get("password"), v.PostForm.Get("code"), addrOf(v.RemoteAddr))
	switch {
	case errors.Is(err, people.ErrThrottled):
		v.w.Header().Set("Retry-After", "60")
		return v.loginForm(http.StatusTooManyRequests, "err.throttled")
	case errors.Is(err, people.ErrRefused):
		// The name may be a password that slipped into the wrong field: not kept.
		if err := v.c.note(v.Request, "", "login refused", ""); err != nil {
			return err
		}
		return v.loginForm(http.StatusUnauthorized, "err.login")
	case err != nil:
		return err
	}
	if err := v.c.note(v.Request, name, "login", ""); err != nil {
		return errors.Join(err, v.c.o.People.Logout(v.Context(), session))
	}
	if old := v.c.session(v.Request); old != "" {
		if err := v.c.o.People.Logout(v.Context(), old); err != nil {
			return err
		}
	}
	v.c.setCookie(v.w, v.c.cookieName(), session, 0)
	// Readable, unlike the session: a script of ours sends it back as X-CSRF-Token.
	http.SetCookie(v.w, &http.Cookie{Name: formCookie, Value: v.c.csrf(session), Path: "/", Secure: v.c.secure, SameSite: http.SameSiteStrictMode})
	return v.to("/", "", "")
}

func postLogout(v *view) error {
	if err := v.c.o.People.Logout(v.Context(), v.c.session(v.Request)); err != nil {
		return err
	}
	v.c.setCookie(v.w, v.c.cookieName(), "", -1)
	v.c.setCookie(v.w, formCookie, "", -1)
	if err := v.c.note(v.Request, v.reader.User, "logout", ""); err != nil {
		return err
	}
	return v.to("/login", "", "")
}

type setupPage struct{ User string }

func pageSetup(v *view) error { return v.setupForm(http.StatusOK, "") }

func (v *view) setupForm(status int, errKey string) error {
	user, err := v.c.o.People.LinkUser(v.Context(), v.PathValue("link"))
	if errors.Is(err, people.ErrNotFound) {
		return v.write(http.StatusNotFound, "setup", layout{Lang: v.lang, Title: "setup", Err: "err.link", D: setupPage{}})
	}
	if err != nil {
		return err
	}
	return v.write(status, "setup", layout{Lang: v.lang, Title: "setup", Path: v.URL.Path, CSRF: v.form(), Err: errKey, D: setupPage{user}})
}

func postSetup(v *view) error {
	ok, err := v.formOK()
	if err != nil {
		return err
	}
	if !ok {
		return v.setupForm(http.StatusForbidden, "err.form")
	}
	if v.PostForm.Get("password") != v.PostForm.Get("again") {
		return v.setupForm(http.StatusUnprocessableEntity, "err.differ")
	}
	user, err := v.c.o.People.UseLink(v.Context(), v.PathValue("link"), v.PostForm.Get("password"))
	switch {
	case errors.Is(err, people.ErrInvalid):
		return v.setupForm(http.StatusUnprocessableEntity, "err.password")
	case errors.Is(err, people.ErrNotFound):
		return v.setupForm(http.StatusNotFound, "err.link")
	case err != nil:
		return err
	}
	if err := v.c.note(v.Request, user, "password set by link", ""); err != nil {
		return err
	}
	return v.to("/login", "", "")
}
