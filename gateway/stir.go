package gateway

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"strconv"
	"time"

	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/stir"
)

// Certificates finds the certificates that caller identities are signed with.
type Certificates interface {
	// Cached gives what is known of an https address without waiting.
	Cached(address string) (chain []*x509.Certificate, known bool, err error)
	// Get fetches them, no longer than ctx; the fetch goes on for later calls.
	Get(ctx context.Context, address string) ([]*x509.Certificate, error)
}

// Identities is how signed caller identities are checked (RFC 8224). The zero
// value checks none.
type Identities struct {
	Certificates Certificates
	Roots        *x509.CertPool
	Wait         time.Duration // a call waits for its certificate no longer; 0 is 150 ms
	Fresh        time.Duration // how far iat and Date may be off; 0 is a minute
}

// on reports whether there is something to check with.
func (i *Identities) on() bool { return i.Certificates != nil && i.Roots != nil }

// IdentityCheck is what a trunk's signed identities mean to us.
type IdentityCheck uint8

// The checks.
const (
	IdentityIgnored  IdentityCheck = iota
	IdentityChecked                // evidence, where one comes
	IdentityExpected               // a call without one has failed as well (428)
)

var identityChecks = [...]string{"off", "check", "require"}

// ParseIdentityCheck reads "off" (also ""), "check" or "require".
func ParseIdentityCheck(s string) (IdentityCheck, bool) {
	for i, name := range identityChecks {
		if s == name {
			return IdentityCheck(i), true
		}
	}
	return IdentityIgnored, s == ""
}

// checkedIdentity is what came of a call's signed identities.
type checkedIdentity struct {
	result stir.Result
	late   bool     // a certificate is not there yet: nothing is known
	wanted []string // the addresses that are awaited
}

// checkIdentity holds the Identity header fields of an INVITE against the call.
// fetch gives the certificates of an address; ok is false when they are not
// there yet.
func (g *Gateway) checkIdentity(a *assessment, inv *sipmsg.Message, now time.Time, fetch func(string) (chain []*x509.Certificate, ok bool, err error)) checkedIdentity {
	var out checkedIdentity
	var list []stir.Signed
	values := inv.List("Identity")
	for _, v := range values[:min(len(values), stir.MaxHeaders)] {
		id, err := stir.Parse(v)
		if err != nil {
			out.result.Failures = append(out.result.Failures, stir.Failure{Status: stir.Invalid, Why: "it is malformed or not supported"})
			continue
		}
		chain, ok, err := fetch(id.Info)
		if !ok {
			out.late, out.wanted = true, append(out.wanted, id.Info)
			continue
		}
		list = append(list, stir.Signed{Identity: id, Chain: chain, Err: err})
	}
	if out.late {
		return out
	}
	malformed := out.result.Failures
	out.result = stir.Verify(list, g.cfg.Identities.Roots, g.identityRequest(a, inv, now))
	out.result.Failures = append(malformed, out.result.Failures...)
	if len(values) == 0 && a.trunk.Identity == IdentityExpected {
		out.result.Failures = []stir.Failure{{Status: stir.Missing, Why: "the trunk sends no identity, and is expected to"}}
	}
	return out
}

// identityRequest is the call as signers saw it: canonical numbers and Date.
func (g *Gateway) identityRequest(a *assessment, inv *sipmsg.Message, now time.Time) stir.Request {
	opts := numbering.Options{Country: g.cfg.Country, Area: a.trunk.Area}
	req := stir.Request{Orig: canonical(a.caller.number), Now: now, Fresh: g.cfg.Identities.Fresh}
	req.Dest = append(req.Dest, canonical(numbering.Parse(a.called, opts)))
	if to, err := inv.To(); err == nil {
		req.Dest = append(req.Dest, canonical(numbering.Parse(telephoneOf(to), opts)))
	}
	opts.InternationalTrunk = a.trunk.International
	if from, err := inv.From(); err == nil {
		req.Others = append(req.Others, canonical(numbering.Parse(telephoneOf(from), opts)))
	}
	if pais, err := inv.AddrList("P-Asserted-Identity"); err == nil {
		for _, p := range pais[:min(len(pais), 2)] {
			req.Others = append(req.Others, canonical(numbering.Parse(telephoneOf(p), opts)))
		}
	}
	if at, err := http.ParseTime(inv.Get("Date")); err == nil {
		req.Date = at
	}
	return req
}

// canonical is a number as PASSporTs have it (RFC 8224 §8.3); what is no number
// is itself, and fits nothing that is signed.
func canonical(p numbering.Parsed) string {
	if p.Number.IsZero() {
		return stir.Canonical(p.Raw)
	}
	return p.Number.Digits
}

// believe makes the caller's identity of what came of the check: a fact about
// the number. Where nothing came, what a trusted trunk said stands.
func (id *identity) believe(c checkedIdentity) {
	r := c.result
	switch {
	case c.late:
		if id.verified == screening.IdentityNone {
			id.signed = screening.Signed{Late: true}
		}
	case r.Vouched():
		id.verified, id.signed = screening.IdentityVerified, screening.Signed{Attest: r.Attest, Name: stripMarks(r.Name)}
	case r.Verified:
		id.verified, id.signed = screening.IdentityPartial, screening.Signed{Attest: r.Attest, Name: stripMarks(r.Name)}
	case r.Failed():
		id.verified, id.signed = screening.IdentityFailed, screening.Signed{Problem: r.First().Why}
	case len(r.Failures) > 0 && !r.Other && id.verified == screening.IdentityNone:
		id.signed = screening.Signed{Late: true, Problem: r.First().Why}
	}
}

// stirReasons tell the signer what was wrong with each identity (RFC 9410 §4).
func stirReasons(failures []stir.Failure) []sipmsg.Header {
	var out []sipmsg.Header
	for _, f := range failures {
		v := "STIR;cause=" + strconv.Itoa(int(f.Status)) + `;text="` + f.Status.Phrase() + `"`
		if f.PPI != "" {
			v += `;ppi="` + f.PPI + `"`
		}
		out = append(out, sipmsg.Header{Name: "Reason", Value: v})
	}
	return out
}

// takeSTIR gives the reasons to the next response, once.
func (c *call) takeSTIR() []sipmsg.Header {
	hdr := c.stir
	c.stir = nil
	return hdr
}

// authenticateCaller checks the call's signed identity, waiting a little for the
// certificate. It refuses the call only where the trunk is set to.
func (c *call) authenticateCaller() bool {
	ids := &c.gw.cfg.Identities
	if c.trunk.Identity == IdentityIgnored || !ids.on() {
		return true
	}
	inv := c.in.leg.Invite()
	ctx, cancel := context.WithTimeout(c.ctx, ids.Wait)
	defer cancel()
	got := c.gw.checkIdentity(&c.assessment, inv, c.gw.cfg.Now(), func(address string) ([]*x509.Certificate, bool, error) {
		chain, err := ids.Certificates.Get(ctx, address)
		return chain, !errors.Is(err, stir.ErrNotYet), err
	})
	c.caller.believe(got)
	c.rec.note(c.elapsed(), "identity", got.String())
	if got.late {
		c.awaitIdentity(inv, c.assessment)
		return true
	}
	c.stir = stirReasons(got.result.Failures)
	if got.result.Verified || len(got.result.Failures) == 0 {
		return true
	}
	f := got.result.First()
	c.log.Info("caller identity does not hold", "status", int(f.Status), "why", f.Why)
	if !c.trunk.refusesIdentity(got.result) {
		return true
	}
	c.rejectWith(int(f.Status), f.Status.Phrase(), OutcomeFailed)
	return false
}

// awaitIdentity lets the check that came too late for the verdict raise it when
// the certificate is there.
func (c *call) awaitIdentity(inv *sipmsg.Message, a assessment) {
	ids := &c.gw.cfg.Identities
	c.side.Go(func() {
		got := c.gw.checkIdentity(&a, inv, c.start, func(address string) ([]*x509.Certificate, bool, error) {
			chain, err := ids.Certificates.Get(c.ctx, address) // bounded by the store, and by the call
			return chain, !errors.Is(err, stir.ErrNotYet), err
		})
		if got.late {
			return
		}
		a.caller.believe(got)
		if e, ok := screening.IdentityEvidence(a.caller.verified, a.caller.signed); ok {
			_ = c.gw.command(c.rec.ID, func(c *call) {
				e.At = c.elapsed()
				c.note("identity", got.String()+", late")
				c.learn(e)
			})
		}
	})
}

// String is the outcome for the call's record.
func (c checkedIdentity) String() string {
	r := c.result
	switch {
	case c.late:
		return "not in time"
	case r.Verified && r.Attest != 0:
		return "verified, attestation " + string(rune(r.Attest))
	case r.Verified:
		return "verified"
	case r.Failed():
		return "failed: " + strconv.Itoa(int(r.First().Status)) + ", " + r.First().Why
	case r.Other:
		return "signed for another number of the caller"
	case len(r.Failures) > 0:
		return "not checked: " + r.First().Why
	}
	return "none"
}

// identityAtGate is the check in ModeRedirect, which never waits: with what is
// kept, or not at all; then the certificate is fetched for the next call.
// The status is not 0 where the trunk is set to refuse.
func (g *Gateway) identityAtGate(a *assessment, m *sipmsg.Message) (reasons []sipmsg.Header, refused stir.Status) {
	ids := &g.cfg.Identities
	if a.trunk.Identity == IdentityIgnored || !ids.on() {
		return nil, stir.OK
	}
	got := g.checkIdentity(a, m, g.cfg.Now(), func(address string) ([]*x509.Certificate, bool, error) {
		chain, known, err := ids.Certificates.Cached(address)
		if !known {
			_, err = ids.Certificates.Get(endedContext, address) // begins, and does not wait
			known = !errors.Is(err, stir.ErrNotYet)
		}
		return chain, known, err
	})
	a.caller.believe(got)
	if got.late {
		return nil, stir.OK
	}
	if a.trunk.refusesIdentity(got.result) {
		refused = got.result.First().Status
	}
	return stirReasons(got.result.Failures), refused
}

// refusesIdentity reports whether a call with this identity is refused: one that
// has failed, and where an identity is expected one that could not be checked.
func (t *Trunk) refusesIdentity(r stir.Result) bool {
	return t.IdentityRefuse && (r.Failed() || t.Identity == IdentityExpected && !r.Verified && len(r.Failures) > 0)
}

// endedContext waits for nothing.
var endedContext = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
