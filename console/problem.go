package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"ringward/calllog"
	"ringward/console/hooks"
	"ringward/console/people"
	"ringward/numberdb"
)

// Problem is an error as the API answers it (RFC 9457).
type Problem struct {
	Type   string `json:"type" doc:"about:blank, or urn:ringward:problem: and a stable word"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty" doc:"what to do"`
	after  int    // seconds, for Retry-After
}

// Error is the problem in one line.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

func problem(status int, word, detail string) *Problem {
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
	if word != "" {
		p.Type = "urn:ringward:problem:" + word
	}
	return p
}

// The problems that many requests meet.
var (
	notFound     = problem(404, "", "There is nothing here that you may see.")
	unauthorised = problem(401, "", "Log in, or send a token: Authorization: Bearer rw_...")
	forbidden    = problem(403, "", "Your role or the token's scopes do not allow this.")
	noAudit      = problem(503, "audit", "The read could not be written into the audit, so nothing is shown. Try again.")
)

// problemOf turns any error into what may be told of it. The second value says
// that it is our own fault and belongs in the log.
func problemOf(err error) (p *Problem, ours bool) {
	if errors.As(err, &p) {
		return p, p == noAudit
	}
	tooBig := new(http.MaxBytesError)
	switch {
	case errors.As(err, &tooBig):
		return problem(413, "", "At most "+strconv.FormatInt(tooBig.Limit, 10)+" octets."), false
	case errors.Is(err, people.ErrThrottled):
		p = problem(429, "throttled", "Too many failures from your address. Wait a minute.")
		p.after = 60
		return p, false
	case errors.Is(err, people.ErrNotFound), errors.Is(err, calllog.ErrNotFound), errors.Is(err, numberdb.ErrNotFound), errors.Is(err, ErrNoCall), errors.Is(err, hooks.ErrNotFound):
		return notFound, false
	case errors.Is(err, people.ErrInvalid), errors.Is(err, people.ErrTaken), errors.Is(err, people.ErrLastOperator),
		errors.Is(err, ErrQuestion), errors.Is(err, numberdb.ErrInvalid), errors.Is(err, numberdb.ErrReview), errors.Is(err, numberdb.ErrNoAuthor):
		return problem(422, "invalid", err.Error()), false
	case errors.Is(err, ErrBrowser):
		return problem(422, "browser", err.Error()), false
	case errors.Is(err, ErrBusy):
		return problem(409, "busy", "One runs already."), false
	case errors.Is(err, numberdb.ErrConflict):
		return problem(409, "conflict", err.Error()), false
	case errors.Is(err, people.ErrRefused):
		return problem(403, "refused", "Name, password or code is wrong."), false
	case errors.Is(err, calllog.ErrCursor):
		return problem(400, "cursor", "The cursor was not given out by this list."), false
	case errors.Is(err, numberdb.ErrBusy), errors.Is(err, numberdb.ErrFull), errors.Is(err, numberdb.ErrReadOnly), errors.Is(err, context.DeadlineExceeded):
		return problem(503, "storage", "The database cannot be used now. Nothing was changed. Try again."), true
	case errors.Is(err, context.Canceled):
		return problem(503, "", "The request was given up."), false
	}
	return problem(500, "", "Something went wrong on our side. It is in the log."), true
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="ringward"`)
	}
	if p.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.after))
	}
	b, _ := json.Marshal(p) // of strings and a number
	writeBody(w, "application/problem+json", p.Status, b)
}

func writeBody(w http.ResponseWriter, kind string, status int, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a reader that is gone is his own loss
}
