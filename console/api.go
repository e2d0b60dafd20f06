package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"ringward/console/people"
)

// operation is one thing that the API does. The table of operations is what
// is served and what the OpenAPI document is made of, so that the two agree.
type operation struct {
	method, path string // as http.ServeMux takes them
	id, summary  string
	scope        people.Scope // "": any reader
	query        []parameter
	body         any // prototype; nil: none
	answer       any // prototype; nil: none
	status       int
	kind         string // media type of the answer; "" is application/json
	do           func(*ask) (any, error)
}

type parameter struct {
	name, doc string
	enum      []string
	integer   bool
}

// ask is one request of an operation.
type ask struct {
	*http.Request
	w      http.ResponseWriter
	reader people.Reader
	body   []byte
}

func (op operation) write() bool { return op.method != http.MethodGet }

func (c *Console) serve(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := &ask{Request: r, w: w}
		if err := c.admit(op, a); err != nil {
			c.fail(a, err)
			return
		}
		if op.kind != "" { // a stream writes by itself
			if _, err := op.do(a); err != nil {
				c.fail(a, err)
			}
			return
		}
		if op.write() {
			c.serveWrite(op, a)
			return
		}
		status, kind, body := c.answer(op, a)
		writeBody(w, kind, status, body)
	}
}

// admit finds who asks and whether he may.
func (c *Console) admit(op operation, a *ask) (err error) {
	if a.reader, err = c.who(a.Request, true); errors.Is(err, people.ErrNotFound) {
		if wait, ok := c.rate.take("from "+addrOf(a.RemoteAddr).String(), c.o.Now()); !ok {
			return tooMany(wait.Seconds())
		}
		return unauthorised
	}
	if err != nil {
		return err
	}
	if wait, ok := c.rate.take(a.reader.Name(), c.o.Now()); !ok {
		return tooMany(wait.Seconds())
	}
	if op.scope != "" && !a.reader.May(op.scope) {
		return forbidden
	}
	if a.reader.Token == 0 {
		ok := c.sameSite(a.Request)
		if op.write() {
			ok = c.csrfOK(a.Request, a.Header.Get("X-CSRF-Token"))
		}
		if !ok {
			return problem(403, "origin", "Not from one of the console's own pages, or without its X-CSRF-Token.")
		}
	}
	for name := range a.URL.Query() {
		if !slices.ContainsFunc(op.query, func(p parameter) bool { return p.name == name }) {
			return problem(400, "parameter", "Unknown parameter; see /v1/openapi.json.")
		}
	}
	return nil
}

func tooMany(seconds float64) *Problem {
	p := problem(429, "rate", "Too many requests. Wait as long as Retry-After says.")
	p.after = int(seconds) + 1
	return p
}

// answer runs the operation and writes its answer down.
func (c *Console) answer(op operation, a *ask) (status int, kind string, body []byte) {
	v, err := op.do(a)
	if err == nil && v == nil {
		return http.StatusNoContent, "application/json", nil
	}
	if err == nil {
		if body, err = json.Marshal(v); err == nil {
			return op.status, "application/json", body
		}
	}
	p := c.problem(a.Request, err)
	body, _ = json.Marshal(p) // of strings and a number
	return p.Status, "application/problem+json", body
}

// serveWrite runs a write once, however often it is sent with one key
// (draft-ietf-httpapi-idempotency-key-header).
func (c *Console) serveWrite(op operation, a *ask) {
	var err error
	if a.body, err = io.ReadAll(a.Body); err != nil {
		c.fail(a, err)
		return
	}
	key := a.Header.Get("Idempotency-Key")
	if key == "" {
		status, kind, body := c.answer(op, a)
		writeBody(a.w, kind, status, body)
		return
	}
	if len(key) > 64 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		c.fail(a, problem(400, "idempotency-key", "A key has 1 to 64 visible ASCII characters."))
		return
	}
	if err := c.once(op, a, key); err != nil {
		c.fail(a, err)
	}
}

func (c *Console) once(op operation, a *ask, key string) error {
	ctx, who := a.Context(), a.reader.Name()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s\n%s", a.Method, a.URL.RequestURI(), a.body))
	request := hex.EncodeToString(sum[:])
	before, first, err := c.o.People.BeginAnswer(ctx, who, key, request)
	switch {
	case err != nil:
		return err
	case !first && before.Request != request:
		return problem(422, "idempotency-key", "The key was used for another request.")
	case !first && before.Status == 0:
		return problem(409, "idempotency-key", "The first request with this key is still at work.")
	case !first:
		a.w.Header().Set("Idempotent-Replayed", "true")
		writeBody(a.w, kindOf(before.Status), before.Status, before.Body)
		return nil
	}
	status, kind, body := c.answer(op, a)
	kept := status
	if status >= 500 || status == http.StatusTooManyRequests {
		kept = 0 // nothing was done: the key is free for another try
	}
	if err := c.o.People.EndAnswer(contextThatStays(a), who, key, kept, body); err != nil {
		c.o.Log.Error("the answer to a write could not be kept for its repetition", "err", err)
	}
	writeBody(a.w, kind, status, body)
	return nil
}

func kindOf(status int) string {
	if status >= 400 {
		return "application/problem+json"
	}
	return "application/json"
}

// decode reads the body into v: one JSON document with known members only.
func (a *ask) decode(v any) error {
	if kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return problem(415, "", "Send the body as application/json.")
	}
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return problem(400, "body", "The body is not the JSON that is described in /v1/openapi.json.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return problem(400, "body", "Something follows the JSON document.")
	}
	return nil
}

// problem turns an error into what is told of it, and logs our own faults.
func (c *Console) problem(r *http.Request, err error) *Problem {
	p, ours := problemOf(err)
	if ours && r.Context().Err() == nil {
		c.o.Log.Error("a request could not be answered", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	return p
}

func (c *Console) fail(a *ask, err error) { writeProblem(a.w, c.problem(a.Request, err)) }
