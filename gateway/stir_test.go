package gateway_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/softphone"
	"ringward/stir"
	"ringward/stir/certs"
	"ringward/stir/stirtest"
)

const (
	certURL    = "https://certs.example/sp.pem"
	signedFrom = "8613800138000"
	signedTo   = "862155550100"
)

// shelf is a store of certificates that were all fetched before; what is not on
// it comes when ready is closed, or never.
type shelf struct {
	chain []*x509.Certificate
	err   error
	ready chan struct{} // nil: at once
}

func (s shelf) Cached(string) ([]*x509.Certificate, bool, error) {
	if s.ready != nil {
		return nil, false, nil
	}
	return s.chain, true, s.err
}

func (s shelf) Get(ctx context.Context, _ string) ([]*x509.Certificate, error) {
	if s.ready != nil {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", stir.ErrNotYet, ctx.Err())
		case <-s.ready:
		}
	}
	return s.chain, s.err
}

// signing is an authority with a signer, and a gateway that believes it.
type signing struct {
	*stirtest.Authority
	*stirtest.Signer
}

func newSigning(t *testing.T) signing {
	a := stirtest.NewAuthority(t)
	return signing{a, a.Signer(stirtest.Provider(t, "1234"), nil)}
}

func (s signing) config(on shelf) func(*gateway.Config) {
	return func(c *gateway.Config) {
		c.Identities = gateway.Identities{Certificates: on, Roots: s.Roots(), Wait: 30 * time.Millisecond}
	}
}

func (s signing) shelf() shelf { return shelf{chain: s.Chain} }

func checks(more ...func(*gateway.Trunk)) func(*gateway.Trunk) {
	return func(t *gateway.Trunk) {
		t.Identity = gateway.IdentityChecked
		for _, m := range more {
			m(t)
		}
	}
}

func identity(v string) func(*softphone.Outgoing) { return hdr("Identity", v) }

func shaken(t *testing.T, s signing, from, level string) string {
	t.Helper()
	return s.Identity(t, "shaken", certURL, stirtest.Call(from, signedTo, time.Now()).With("attest", level).With("origid", "x"))
}

// What a signed identity is evidence of, and what goes back to who signed it.
func TestSignedIdentityIsEvidence(t *testing.T) {
	s := newSigning(t)
	thief := newSigning(t)
	for _, c := range []struct {
		name   string
		value  string
		on     shelf
		trunk  func(*gateway.Trunk)
		rule   string
		text   string // in the reason
		reason string // of STIR, in the first response; "" none
		shown  string // verstat at the phone
	}{
		{"attestation A", shaken(t, s, signedFrom, "A"), s.shelf(), checks(), screening.RuleIdentityVerified, "attestation A", "", "TN-Validation-Passed"},
		{"attestation C", shaken(t, s, signedFrom, "C"), s.shelf(), checks(), screening.RuleIdentityPartial, "attestation C", "", ""},
		{"stranger's signature", shaken(t, thief, signedFrom, "A"), s.shelf(), checks(), screening.RuleIdentityFailed, "signature", `STIR;cause=438;text="Invalid Identity Header";ppi="..`, "TN-Validation-Failed"},
		{"another number", shaken(t, s, "8613900139000", "A"), s.shelf(), checks(), screening.RuleIdentityFailed, "another caller", "STIR;cause=438", "TN-Validation-Failed"},
		{"stranger's certificate", shaken(t, thief, signedFrom, "A"), thief.shelf(), checks(), screening.RuleIdentityFailed, "root", `STIR;cause=437;text="Unsupported Credential"`, "TN-Validation-Failed"},
		{"no certificate to be had", shaken(t, s, signedFrom, "A"), shelf{err: errors.New("404")}, checks(), screening.RuleIdentityLate, "fetched", `STIR;cause=436;text="Bad Identity Info"`, ""},
		{"malformed", "nonsense", s.shelf(), checks(), screening.RuleIdentityFailed, "malformed", "STIR;cause=438", "TN-Validation-Failed"},
		{"not looked at", shaken(t, thief, signedFrom, "A"), s.shelf(), nil, screening.RuleOrdinary, "", "", ""},
		{"none, and none expected", "", s.shelf(), checks(), screening.RuleOrdinary, "", "", ""},
		{"none, where one is expected", "", s.shelf(), checks(func(t *gateway.Trunk) { t.Identity = gateway.IdentityExpected }), screening.RuleIdentityFailed, "expected", `STIR;cause=428;text="Use Identity Header"`, "TN-Validation-Failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{trunk: c.trunk, config: s.config(c.on)})
			var more []func(*softphone.Outgoing)
			if c.value != "" {
				more = append(more, identity(c.value))
			}
			caller, merchant := w.call(ordinary, more...)
			must(t, merchant.Reject(486))
			done(t, caller.Over(), "the end")
			r := w.record()
			var texts strings.Builder
			for _, reason := range r.Verdict.Reasons {
				texts.WriteString(reason.Text.EN + "\n")
			}
			if !r.Verdict.Has(c.rule) || !strings.Contains(texts.String(), c.text) {
				t.Errorf("got %s, want %s with %q", texts.String(), c.rule, c.text)
			}
			got := ""
			for _, v := range caller.Failure().Message.Values("Reason") {
				if strings.HasPrefix(v, "STIR") {
					got = v
				}
			}
			if !strings.HasPrefix(got, c.reason) || (got == "") != (c.reason == "") {
				t.Errorf("Reason: got %q, want %q", got, c.reason)
			}
			if shown := merchant.Invite().Get("From"); strings.Contains(shown, "verstat") != (c.shown != "") || !strings.Contains(shown, c.shown) {
				t.Errorf("the phone gets %s, want verstat %q", shown, c.shown)
			}
		})
	}
}

// By policy of the trunk a call is refused; never by default.
func TestSignedIdentityByPolicy(t *testing.T) {
	s, thief := newSigning(t), newSigning(t)
	refuses := func(t *gateway.Trunk) { t.IdentityRefuse = true }
	expects := func(t *gateway.Trunk) { t.Identity = gateway.IdentityExpected }
	old := s.Identity(t, "shaken", certURL, stirtest.Call(signedFrom, signedTo, time.Now().Add(-time.Hour)).With("attest", "A"))
	for _, c := range []struct {
		name   string
		value  string
		on     shelf
		trunk  func(*gateway.Trunk)
		status int
		phrase string
	}{
		{"bad signature", shaken(t, thief, signedFrom, "A"), s.shelf(), checks(refuses), 438, "Invalid Identity Header"},
		{"bad certificate", shaken(t, thief, signedFrom, "A"), thief.shelf(), checks(refuses), 437, "Unsupported Credential"},
		{"stale", old, s.shelf(), checks(refuses), 403, "Stale Date"},
		{"none", "", s.shelf(), checks(refuses, expects), 428, "Use Identity Header"},
		{"no certificate, one expected", shaken(t, s, signedFrom, "A"), shelf{err: errors.New("x")}, checks(refuses, expects), 436, "Bad Identity Info"},
		{"redirect mode", shaken(t, thief, signedFrom, "A"), s.shelf(), checks(refuses, redirecting(gateway.Redirect{})), 438, "Invalid Identity Header"},
		{"redirect mode, told", shaken(t, thief, signedFrom, "A"), s.shelf(), checks(redirecting(gateway.Redirect{})), 302, "Moved Temporarily"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{trunk: c.trunk, config: s.config(c.on)})
			var more []func(*softphone.Outgoing)
			if c.value != "" {
				more = append(more, identity(c.value))
			}
			call := w.dial(ordinary, more...)
			done(t, call.Over(), "the refusal")
			f := call.Failure()
			if f.Status != c.status || f.Reason != c.phrase || !strings.HasPrefix(f.Message.Get("Reason"), "STIR;cause=") {
				t.Errorf("got %d %q, Reason %q", f.Status, f.Reason, f.Message.Get("Reason"))
			}
		})
	}
}

// A certificate that takes its time holds nobody up, and counts when it is there.
func TestSignedIdentityThatComesLate(t *testing.T) {
	s, thief := newSigning(t), newSigning(t)
	on := shelf{chain: s.Chain, ready: make(chan struct{})}
	w := newWorld(t, options{trunk: checks(), config: s.config(on)})
	caller, merchant := w.call(ordinary, identity(shaken(t, thief, signedFrom, "A")))
	e := w.event(gateway.EventVerdict)
	if !e.Verdict.Has(screening.RuleIdentityLate) {
		t.Errorf("got %v", e.Verdict.Reasons)
	}
	must(t, merchant.Answer())
	done(t, caller.Answered(), "the answer, without the certificate")
	close(on.ready)
	if e := w.event(gateway.EventVerdict); !e.Verdict.Has(screening.RuleIdentityFailed) || e.Verdict.Level != screening.LevelNotice {
		t.Errorf("after the certificate came: %s, %v", e.Verdict.Level, e.Verdict.Reasons)
	}
	caller.Hangup()
	done(t, merchant.Over(), "the end")
}

// A call whose certificate never comes leaves nothing behind.
func TestSignedIdentityThatNeverComes(t *testing.T) {
	s := newSigning(t)
	w := newWorld(t, options{trunk: checks(), config: s.config(shelf{ready: make(chan struct{})})})
	caller, merchant := w.call(ordinary, identity(shaken(t, s, signedFrom, "A")))
	must(t, merchant.Reject(486))
	done(t, caller.Over(), "the end")
	if r := w.record(); !hasEvent(r, "identity", "not in time") {
		t.Errorf("got %+v", r.Events)
	}
}

// In redirect mode nothing is waited for: what is kept counts, else the verdict
// says that the signature was not checked, and the next call finds it kept.
func TestSignedIdentityInRedirectMode(t *testing.T) {
	s := newSigning(t)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(stirtest.Encode(s.Chain...))
	}))
	t.Cleanup(srv.Close)
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	store := certs.New(certs.Options{TLS: pool, Inside: true})
	t.Cleanup(store.Close)
	url := srv.URL + "/sp.pem"
	w := newWorld(t, options{trunk: checks(redirecting(gateway.Redirect{})), config: func(c *gateway.Config) {
		c.Identities = gateway.Identities{Certificates: store, Roots: s.Roots()}
	}})
	shown := func() string { // of a caller who is labelled, so that he is shown in the answer
		call := w.dial("+85321095588", identity(s.Identity(t, "shaken", url, stirtest.Call("85321095588", signedTo, time.Now()).With("attest", "A"))))
		done(t, call.Over(), "the verdict")
		return call.Failure().Message.Get("P-Asserted-Identity")
	}
	if got := shown(); got == "" || strings.Contains(got, "verstat") {
		t.Errorf("the first call: %s, before the certificate was fetched", got)
	}
	until(t, "the certificate to be kept", func() bool { _, known, _ := store.Cached(url); return known })
	if got := shown(); !strings.Contains(got, "verstat=TN-Validation-Passed") {
		t.Errorf("the second call: %s, with the certificate kept", got)
	}
}

// A diverted call is bound to the number called first, by its div PASSporT.
func TestSignedDiversion(t *testing.T) {
	s := newSigning(t)
	const office = "862155550188"
	first := s.Identity(t, "shaken", certURL, stirtest.Call(signedFrom, office, time.Now()).With("attest", "A"))
	div := s.Identity(t, "div", certURL, stirtest.Call(signedFrom, signedTo, time.Now()).With("div", map[string]any{"tn": office}))
	for _, c := range []struct {
		values []string
		rule   string
	}{{[]string{first, div}, screening.RuleIdentityVerified}, {[]string{first}, screening.RuleIdentityFailed}} {
		w := newWorld(t, options{trunk: checks(), config: s.config(s.shelf())})
		var more []func(*softphone.Outgoing)
		for _, v := range c.values {
			more = append(more, identity(v))
		}
		_, merchant := w.call(ordinary, more...)
		must(t, merchant.Reject(486))
		if r := w.record(); !r.Verdict.Has(c.rule) {
			t.Errorf("%d identities: got %v", len(c.values), r.Verdict.Reasons)
		}
	}
}
