package stir

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Request is the call that identities are held against. Numbers are canonical.
type Request struct {
	Orig   string    // the caller's number that is judged
	Others []string  // other numbers that the request gives for the caller
	Dest   []string  // the called number, as Request-URI and To have it
	Date   time.Time // of the Date header field, zero without one
	Now    time.Time
	Fresh  time.Duration // how far iat and Date may be off; 0 is a minute (RFC 8224 §6.2)
}

// Signed is one Identity with the certificates that its info URL gave; Err is
// why there are none.
type Signed struct {
	*Identity
	Chain []*x509.Certificate
	Err   error
}

// Verify holds all identities of a request together: which is for the caller's
// number and this call, where div ties a diverted call to the number that was
// called first (RFC 8946 §5).
func Verify(list []Signed, roots *x509.CertPool, req Request) Result {
	var r Result
	var held []*Identity
	for _, s := range list[:min(len(list), MaxHeaders)] {
		if f := check(s, roots, req); f.Status != OK {
			f.PPI = s.PPI()
			r.Failures = append(r.Failures, f)
			continue
		}
		held = append(held, s.Identity)
	}
	called := reached(held, req.Dest, &r)
	for _, id := range held {
		if id.Extension == Div {
			continue
		}
		if !slices.ContainsFunc(id.dest(req), func(n string) bool { return slices.Contains(called, n) }) {
			r.Failures = append(r.Failures, Failure{Invalid, "it was signed for a call to another number", id.PPI()})
			continue
		}
		r.take(id, req)
	}
	return r
}

// take adds an identity that holds for this call.
func (r *Result) take(id *Identity, req Request) {
	if id.orig(req) != req.Orig {
		r.Other = true
		return
	}
	if id.Extension != RCD {
		r.Verified = true
	}
	if a := id.claims.Attest; id.Extension == Shaken && (a == "A" || a == "B" || a == "C") {
		r.Attest = a[0]
	}
	var rcd struct {
		Name string `json:"nam"`
	}
	if len(id.claims.RCD) > 0 && json.Unmarshal(id.claims.RCD, &rcd) == nil && rcd.Name != "" {
		r.Name = shown(rcd.Name)
	}
	if id.claims.Reason != "" {
		r.Reason = shown(id.claims.Reason)
	}
}

// reached follows the diversions back: from the numbers that are called now to
// those that were called before.
func reached(held []*Identity, dest []string, r *Result) []string {
	called := slices.Clone(dest)
	for range held { // each round adds one at least, or it is the last
		before := len(called)
		for _, id := range held {
			from := Canonical(id.claims.Div.TN)
			if id.Extension != Div || slices.Contains(called, from) {
				continue
			}
			if slices.ContainsFunc(id.dest(Request{}), func(n string) bool { return slices.Contains(called, n) }) {
				called = append(called, from)
				r.Diverted = append(r.Diverted, from)
			}
		}
		if len(called) == before {
			break
		}
	}
	return called
}

// check holds one identity against its certificate, the caller and the time.
func check(s Signed, roots *x509.CertPool, req Request) Failure {
	if s.Err != nil || len(s.Chain) == 0 {
		return Failure{Status: BadInfo, Why: "its certificate could not be fetched"}
	}
	if f := s.timely(req); f.Status != OK {
		return f
	}
	orig := s.orig(req)
	if orig != req.Orig && !slices.Contains(req.Others, orig) {
		return Failure{Status: Invalid, Why: "it was signed for another caller's number"}
	}
	// A diversion is signed for the number that diverted (RFC 8946 §4).
	number := orig
	if s.Extension == Div {
		number = Canonical(s.claims.Div.TN)
	}
	key, err := believe(s.Chain, roots, number, req.Now)
	if err != nil {
		return Failure{Status: Unsupported, Why: strings.TrimPrefix(err.Error(), errCertificate.Error()+": ")}
	}
	token := s.token
	if s.compact {
		token = token.With(s.rebuild(req))
	}
	if token.Verify(key) != nil {
		return Failure{Status: Invalid, Why: "its signature does not fit"}
	}
	return Failure{}
}

// timely holds iat and Date against the clock.
func (id *Identity) timely(req Request) Failure {
	fresh := req.Fresh
	if fresh <= 0 {
		fresh = time.Minute
	}
	off := func(t time.Time) bool { return req.Now.Sub(t).Abs() > fresh }
	switch at, ok := id.issued(); {
	case id.compact && req.Date.IsZero():
		return Failure{Status: Stale, Why: "the compact form needs a Date"}
	case !req.Date.IsZero() && off(req.Date):
		return Failure{Status: Stale, Why: "its Date is too old or ahead of time"}
	case !id.compact && (!ok || off(at)):
		return Failure{Status: Stale, Why: "it was signed too long ago or ahead of time"}
	}
	return Failure{}
}

// orig is the caller's number that an identity is for. A compact one does not
// say: it is for the one that is judged, or does not verify.
func (id *Identity) orig(req Request) string {
	if id.compact {
		return req.Orig
	}
	return Canonical(id.claims.Orig.TN)
}

func (id *Identity) dest(req Request) []string {
	if id.compact {
		return req.Dest
	}
	out := make([]string, len(id.claims.Dest.TN))
	for i, n := range id.claims.Dest.TN {
		out[i] = Canonical(n)
	}
	return out
}

// rebuild puts header and claims of a compact PASSporT together from the call:
// keys in order, no blanks (RFC 8225 §7, §9).
func (id *Identity) rebuild(req Request) (head, payload []byte) {
	head = compact(struct { // fields in lexicographic order
		Alg string `json:"alg"`
		Typ string `json:"typ"`
		X5U string `json:"x5u"`
	}{"ES256", "passport", id.Info})
	var to string
	if len(req.Dest) > 0 {
		to = req.Dest[len(req.Dest)-1] // To, which the signer read (RFC 8224 §4.1)
	}
	payload = compact(struct {
		Dest dest  `json:"dest"`
		IAT  int64 `json:"iat"`
		Orig party `json:"orig"`
	}{dest{[]string{to}}, req.Date.Unix(), party{req.Orig}})
	return head, payload
}

// compact is v in JSON without blanks and without escapes that RFC 8225 §9 does
// not have.
func compact(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // plain strings and numbers: it cannot fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// shown cleans a signed text that people will read.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return strings.TrimSpace(s)
}
