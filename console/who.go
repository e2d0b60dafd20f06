package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"ringward/console/people"
)

// cookieName is the session's cookie; __Host- pins it to this host and https.
func (c *Console) cookieName() string {
	if c.secure {
		return "__Host-ringward"
	}
	return "ringward"
}

func (c *Console) setCookie(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode, MaxAge: age})
}

// session returns the session's secret as the browser sent it.
func (c *Console) session(r *http.Request) string {
	k, err := r.Cookie(c.cookieName())
	if err != nil {
		return ""
	}
	return k.Value
}

// who finds the reader: a token if one is sent, else the session.
func (c *Console) who(r *http.Request, touch bool) (people.Reader, error) {
	if auth := r.Header.Get("Authorization"); auth != "" {
		token, ok := strings.CutPrefix(auth, "Bearer ")
		if !ok {
			return people.Reader{}, unauthorised
		}
		return c.o.People.Token(r.Context(), token)
	}
	sess := c.session(r)
	if sess == "" {
		return people.Reader{}, people.ErrNotFound
	}
	return c.o.People.Session(r.Context(), sess, touch)
}

// csrf is the token that a session's writes have to carry. It needs no
// keeping: only the session's secret gives it.
func (c *Console) csrf(session string) string {
	m := hmac.New(sha256.New, []byte(session))
	m.Write([]byte("ringward csrf"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// preCSRF is the token of a form before login, bound to a cookie and this run.
func (c *Console) preCSRF(cookie string) string {
	m := hmac.New(sha256.New, c.key[:])
	m.Write([]byte(cookie))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// csrfOK reports whether a write in a session comes from one of our pages.
func (c *Console) csrfOK(r *http.Request, token string) bool {
	return c.fromOwnPage(r) && sameText(token, c.csrf(c.session(r)))
}

// note writes into the audit. Whoever asked gets nothing if it fails.
func (c *Console) note(r *http.Request, who, action, subject string) error {
	// The write goes on when the reader goes away: what he saw is kept.
	ctx := context.WithoutCancel(r.Context())
	err := c.o.People.Note(ctx, people.Entry{Who: who, Action: action, Subject: subject, Source: addrOf(r.RemoteAddr).String()})
	if err != nil {
		c.o.Log.Error("the audit cannot be written; reads of calls are refused", "err", err)
		return noAudit
	}
	return nil
}
