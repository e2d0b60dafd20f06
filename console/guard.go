package console

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
)

const (
	maxBody   = 1 << 20
	maxHeader = 32 << 10
)

// policy is the Content-Security-Policy of every answer: our own files and
// nothing else, no inline script or style, and no way to make markup of text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// guard is what every request passes before anything looks at it.
func (c *Console) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.headers(w.Header())
		if len(r.TransferEncoding) > 0 {
			// RFC 9112 §6.1: a message with both framings must end the connection.
			// net/http has dropped the Content-Length by now, so all end it.
			w.Header().Set("Connection", "close")
		}
		defer c.recovered(w, r)
		if p := c.refuse(r); p != nil {
			w.Header().Set("Connection", "close")
			writeProblem(w, p)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		next.ServeHTTP(w, r)
	})
}

func (c *Console) headers(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers say "Origin: null" in our own forms (Fetch, 3.1)
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if c.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// refuse says why a request is not looked at.
func (c *Console) refuse(r *http.Request) *Problem {
	switch {
	case !c.hosts[strings.ToLower(r.Host)]:
		return problem(http.StatusMisdirectedRequest, "host", "This is not the address of the console; see console.public_url in the configuration.")
	case r.URL.IsAbs() || r.Method == http.MethodConnect:
		return problem(http.StatusBadRequest, "", "This is no proxy.")
	case r.Header.Get("Content-Encoding") != "":
		return problem(http.StatusUnsupportedMediaType, "", "Send the body as it is, without Content-Encoding.")
	case r.ContentLength > bodyLimit(r):
		return problem(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("At most %d octets.", bodyLimit(r)))
	case strings.ContainsRune(r.URL.Path, 0):
		return problem(http.StatusBadRequest, "", "The path has a NUL in it.")
	}
	return nil
}

// recovered answers for a fault of ours: the request fails, the console goes on.
func (c *Console) recovered(w http.ResponseWriter, r *http.Request) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v)
	default:
		c.o.Log.Error("a request failed by a fault of the program", "method", r.Method, "path", r.URL.Path, "fault", fmt.Sprint(v), "stack", string(debug.Stack()))
		writeProblem(w, problem(500, "", "Something went wrong on our side. It is in the log."))
	}
}

// sameSite reports whether a request comes from one of our own pages, or from
// no page at all. A browser names the page's origin with every write.
func (c *Console) sameSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || c.origins[strings.ToLower(origin)]
}

// fromOwnPage is sameSite for writes: something has to say that the page is ours.
func (c *Console) fromOwnPage(r *http.Request) bool {
	return c.sameSite(r) && (r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") == "same-origin")
}
