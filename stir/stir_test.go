package stir_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringward/sip/jws"
	"ringward/stir"
	"ringward/stir/stirtest"
)

const (
	info   = "https://certs.example/a?b=1&c=2"
	caller = "8613800138000"
	called = "862155550100"
	office = "862155550188"
)

var now = time.Now()

func request() stir.Request {
	return stir.Request{Orig: caller, Dest: []string{called}, Now: now}
}

// held checks identities as they stand in a request, all by one signer.
func held(t *testing.T, a *stirtest.Authority, s *stirtest.Signer, req stir.Request, values ...string) stir.Result {
	t.Helper()
	var list []stir.Signed
	for _, v := range values {
		id, err := stir.Parse(v)
		if err != nil {
			t.Fatalf("%v: %s", err, v)
		}
		list = append(list, stir.Signed{Identity: id, Chain: s.Chain})
	}
	return stir.Verify(list, a.Roots(), req)
}

func TestVerify(t *testing.T) {
	a := stirtest.NewAuthority(t)
	s := a.Signer(stirtest.Provider(t, "1234"), nil)
	call := stirtest.Call(caller, called, now)
	for _, c := range []struct {
		name   string
		ppt    string
		claims stirtest.Claims
		change func(*stir.Request)
		want   stir.Status
		attest byte
	}{
		{name: "plain", claims: call},
		{name: "shaken A", ppt: "shaken", claims: call.With("attest", "A").With("origid", "x"), attest: 'A'},
		{name: "shaken B", ppt: "shaken", claims: call.With("attest", "B"), attest: 'B'},
		{name: "shaken C", ppt: "shaken", claims: call.With("attest", "C"), attest: 'C'},
		{name: "numbers with a plus", claims: stirtest.Call("+86 138-0013-8000", "+"+called, now)},
		{name: "several called", claims: call.With("dest", map[string]any{"tn": []string{"95588", called}})},
		{name: "another caller", claims: stirtest.Call("8613900139000", called, now), want: stir.Invalid},
		{name: "another called", claims: stirtest.Call(caller, "862155550199", now), want: stir.Invalid},
		{name: "signed two minutes ago", claims: stirtest.Call(caller, called, now.Add(-2*time.Minute)), want: stir.Stale},
		{name: "signed in the future", claims: stirtest.Call(caller, called, now.Add(2*time.Minute)), want: stir.Stale},
		{name: "59 s old", claims: stirtest.Call(caller, called, now.Add(-59*time.Second))},
		{name: "old by a configured limit", claims: stirtest.Call(caller, called, now.Add(-30*time.Second)), change: func(r *stir.Request) { r.Fresh = 10 * time.Second }, want: stir.Stale},
		{name: "Date of yesterday", claims: call, change: func(r *stir.Request) { r.Date = now.Add(-24 * time.Hour) }, want: stir.Stale},
		{name: "Date of now", claims: call, change: func(r *stir.Request) { r.Date = now }},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := request()
			if c.change != nil {
				c.change(&req)
			}
			r := held(t, a, s, req, s.Identity(t, c.ppt, info, c.claims))
			if r.Verified != (c.want == stir.OK) || r.Attest != c.attest || r.Failed() == r.Verified {
				t.Errorf("got %+v", r)
			}
			if c.want != stir.OK && (len(r.Failures) != 1 || r.Failures[0].Status != c.want || !strings.HasPrefix(r.Failures[0].PPI, "..")) {
				t.Errorf("got %+v, want status %d", r.Failures, c.want)
			}
			if vouched := c.attest == 0 || c.attest == 'A'; r.Verified && r.Vouched() != vouched {
				t.Errorf("vouched %v", r.Vouched())
			}
		})
	}
}

// Whom a certificate may speak for (RFC 8226), and that it is one.
func TestCertificates(t *testing.T) {
	a, other := stirtest.NewAuthority(t), stirtest.NewAuthority(t)
	n, _ := strconv.ParseInt(caller, 10, 64)
	for _, c := range []struct {
		name   string
		signer *stirtest.Signer
		want   stir.Status
	}{
		{"a provider", a.Signer(stirtest.Provider(t, "1234"), nil), stir.OK},
		{"the number", a.Signer(stirtest.Number(t, caller), nil), stir.OK},
		{"another number", a.Signer(stirtest.Number(t, office), nil), stir.Unsupported},
		{"first of a range", a.Signer(stirtest.Range(t, caller, 10), nil), stir.OK},
		{"last of a range", a.Signer(stirtest.Range(t, strconv.FormatInt(n-9, 10), 10), nil), stir.OK},
		{"behind a range", a.Signer(stirtest.Range(t, strconv.FormatInt(n-10, 10), 10), nil), stir.Unsupported},
		{"no list", a.Signer(nil, nil), stir.Unsupported},
		{"a list that is none", a.Signer([]byte{0x30, 0x00}, nil), stir.Unsupported},
		{"an unknown root", other.Signer(stirtest.Provider(t, "1234"), nil), stir.Unsupported},
		{"expired", a.Signer(stirtest.Provider(t, "1"), func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) }), stir.Unsupported},
		{"not yet", a.Signer(stirtest.Provider(t, "1"), func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) }), stir.Unsupported},
		{"may not sign", a.Signer(stirtest.Provider(t, "1"), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), stir.Unsupported},
		{"an authority", a.Signer(stirtest.Provider(t, "1"), func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid = true, true
		}), stir.Unsupported},
		{"a critical list", a.Signer(nil, func(c *x509.Certificate) {
			c.ExtraExtensions = a.Signer(stirtest.Provider(t, "1"), nil).Chain[0].Extensions[:0]
			for _, e := range a.Signer(stirtest.Provider(t, "1"), nil).Chain[0].Extensions {
				if e.Id.String() == "1.3.6.1.5.5.7.1.26" {
					e.Critical = true
					c.ExtraExtensions = append(c.ExtraExtensions, e)
				}
			}
		}), stir.OK},
		{"behind a delegate that has the number", between(t, a, stirtest.Range(t, caller, 10)), stir.OK},
		{"behind a delegate that has not", between(t, a, stirtest.Number(t, office)), stir.Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain, err := stir.ParseCertificates(stirtest.Encode(c.signer.Chain...))
			if err != nil {
				t.Fatal(err)
			}
			c.signer.Chain = chain
			r := held(t, a, c.signer, request(), c.signer.Identity(t, "", info, stirtest.Call(caller, called, now)))
			if r.Verified != (c.want == stir.OK) || c.want != stir.OK && r.Failures[0].Status != c.want {
				t.Errorf("got %+v, want %d", r, c.want)
			}
		})
	}
	t.Run("another curve", func(t *testing.T) {
		s := a.SignerWith(stirtest.Key(t, elliptic.P384()), stirtest.Provider(t, "1"), nil)
		good := a.Signer(stirtest.Provider(t, "1"), nil)
		r := held(t, a, s, request(), good.Identity(t, "", info, stirtest.Call(caller, called, now)))
		if r.Verified || r.Failures[0].Status != stir.Unsupported {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("another key", func(t *testing.T) {
		s, thief := a.Signer(stirtest.Provider(t, "1"), nil), a.Signer(stirtest.Provider(t, "1"), nil)
		r := held(t, a, s, request(), thief.Identity(t, "", info, stirtest.Call(caller, called, now)))
		if r.Verified || r.Failures[0].Status != stir.Invalid {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("none", func(t *testing.T) {
		s := a.Signer(stirtest.Provider(t, "1"), nil)
		id, err := stir.Parse(s.Identity(t, "", info, stirtest.Call(caller, called, now)))
		if err != nil {
			t.Fatal(err)
		}
		r := stir.Verify([]stir.Signed{{Identity: id, Err: errors.New("no way there")}}, a.Roots(), request())
		if r.Verified || r.Failures[0].Status != stir.BadInfo {
			t.Errorf("got %+v", r)
		}
	})
}

func between(t *testing.T, root *stirtest.Authority, list []byte) *stirtest.Signer {
	t.Helper()
	mid := root.Below(list)
	s := mid.Signer(stirtest.Provider(t, "1"), nil)
	s.Chain = append(s.Chain, mid.Cert)
	return s
}

// The compact form is put together from the call itself (RFC 8225 §7).
func TestCompactForm(t *testing.T) {
	a := stirtest.NewAuthority(t)
	s := a.Signer(stirtest.Number(t, caller), nil)
	at := now.Truncate(time.Second)
	head := `{"alg":"ES256","typ":"passport","x5u":"` + info + `"}`
	payload := `{"dest":{"tn":["` + called + `"]},"iat":` + strconv.FormatInt(at.Unix(), 10) + `,"orig":{"tn":"` + caller + `"}}`
	token, err := jws.Sign([]byte(head), []byte(payload), s.Key)
	if err != nil {
		t.Fatal(err)
	}
	value := ".." + token[strings.LastIndexByte(token, '.')+1:] + ";info=<" + info + ">;alg=ES256"
	req := request()
	req.Date = at
	if r := held(t, a, s, req, value); !r.Verified || !r.Vouched() {
		t.Errorf("got %+v", r)
	}
	for name, change := range map[string]func(*stir.Request){
		"no Date":        func(r *stir.Request) { r.Date = time.Time{} },
		"another Date":   func(r *stir.Request) { r.Date = at.Add(-time.Second) },
		"another called": func(r *stir.Request) { r.Dest = []string{office} },
	} {
		req := request()
		req.Date = at
		change(&req)
		if r := held(t, a, s, req, value); r.Verified {
			t.Errorf("%s: verified", name)
		}
	}
	if _, err := stir.Parse(value + `;ppt="shaken"`); !errors.Is(err, stir.ErrUnsupported) {
		t.Errorf("compact shaken: %v", err)
	}
}

// A diverted call is bound to the number that was called first (RFC 8946).
func TestDiversions(t *testing.T) {
	a := stirtest.NewAuthority(t)
	s := a.Signer(stirtest.Provider(t, "1"), nil)
	div := func(from, to string) string {
		return s.Identity(t, "div", info, stirtest.Call(caller, to, now).With("div", map[string]any{"tn": from}))
	}
	first := s.Identity(t, "shaken", info, stirtest.Call(caller, office, now).With("attest", "A"))
	for _, c := range []struct {
		name   string
		values []string
		want   bool
		from   []string
	}{
		{"diverted once", []string{first, div(office, called)}, true, []string{office}},
		{"diverted twice", []string{first, div(office, "95588"), div("95588", called)}, true, []string{"95588", office}},
		{"in another order", []string{div("95588", called), div(office, "95588"), first}, true, []string{"95588", office}},
		{"a link is missing", []string{first, div("95588", called)}, false, []string{"95588"}},
		{"no div at all", []string{first}, false, nil},
		{"a ring", []string{first, div("95588", "95599"), div("95599", "95588")}, false, nil},
	} {
		r := held(t, a, s, request(), c.values...)
		if r.Verified != c.want || !slices.Equal(r.Diverted, c.from) {
			t.Errorf("%s: got %+v", c.name, r)
		}
	}
}

func TestRichCallData(t *testing.T) {
	a := stirtest.NewAuthority(t)
	s := a.Signer(stirtest.Provider(t, "1"), nil)
	call := stirtest.Call(caller, called, now).With("rcd", map[string]any{"nam": "中国\u202e银联\n"}).With("crn", "Delivery")
	r := held(t, a, s, request(), s.Identity(t, "shaken", info, call.With("attest", "A")))
	if r.Name != "中国银联" || r.Reason != "Delivery" || !r.Verified {
		t.Errorf("got %+v", r)
	}
	r = held(t, a, s, request(), s.Identity(t, "rcd", info, call))
	if r.Verified || r.Failed() || r.Name == "" {
		t.Errorf("rcd alone: got %+v", r)
	}
	r = held(t, a, s, request(), s.Identity(t, "rcd", info, call.With("rcd", map[string]any{"nam": strings.Repeat("名", 500)})))
	if len(r.Name) > 256 {
		t.Errorf("a name of %d octets", len(r.Name))
	}
}

func TestAnotherNumberOfTheCaller(t *testing.T) {
	a := stirtest.NewAuthority(t)
	s := a.Signer(stirtest.Provider(t, "1"), nil)
	req := request()
	req.Others = []string{office}
	r := held(t, a, s, req, s.Identity(t, "shaken", info, stirtest.Call(office, called, now).With("attest", "A")))
	if r.Verified || r.Failed() || !r.Other || r.Attest != 0 {
		t.Errorf("got %+v", r)
	}
}

// What Parse refuses, and why.
func TestParseRefuses(t *testing.T) {
	a := stirtest.NewAuthority(t)
	s := a.Signer(stirtest.Provider(t, "1"), nil)
	call := stirtest.Call(caller, called, now)
	good := s.Identity(t, "", info, call)
	token, _, _ := strings.Cut(good, ";")
	head := map[string]any{"alg": "ES256", "typ": "passport", "x5u": info}
	with := func(name string, v any) map[string]any {
		h := map[string]any{}
		for k, x := range head {
			h[k] = x
		}
		h[name] = v
		return h
	}
	params := ";info=<" + info + ">"
	for _, c := range []struct {
		name, value string
		want        error
	}{
		{"nothing", "", stir.ErrSyntax},
		{"no info", token, stir.ErrSyntax},
		{"no token", params, stir.ErrSyntax},
		{"another alg", token + params + ";alg=none", stir.ErrUnsupported},
		{"an unknown ppt", s.Identity(t, "msgi", info, call), stir.ErrUnsupported},
		{"ppt in the token alone", s.Sign(t, with("ppt", "shaken"), call) + params, stir.ErrSyntax},
		{"alg none in the token", s.Sign(t, with("alg", "none"), call) + params, stir.ErrUnsupported},
		{"HS256 in the token", s.Sign(t, with("alg", "HS256"), call) + params, stir.ErrUnsupported},
		{"crit", s.Sign(t, with("crit", []string{"exp"}), call) + params, stir.ErrUnsupported},
		{"another typ", s.Sign(t, with("typ", "JWT"), call) + params, stir.ErrSyntax},
		{"x5u is not info", s.Sign(t, with("x5u", "https://other.example/"), call) + params, stir.ErrSyntax},
		{"no orig", s.Identity(t, "", info, call.With("orig", map[string]any{"uri": "sip:a@b"})), stir.ErrUnsupported},
		{"no dest", s.Identity(t, "", info, call.With("dest", map[string]any{})), stir.ErrUnsupported},
		{"no iat", s.Identity(t, "", info, call.With("iat", nil)), stir.ErrSyntax},
		{"iat of text", s.Identity(t, "", info, call.With("iat", "x")), stir.ErrSyntax},
		{"iat of no year", s.Identity(t, "", info, call.With("iat", 1e300)), stir.ErrSyntax},
		{"div without a number", s.Identity(t, "div", info, call), stir.ErrSyntax},
		{"too many called", s.Identity(t, "", info, call.With("dest", map[string]any{"tn": slices.Repeat([]string{called}, 40)})), stir.ErrSyntax},
		{"too long", s.Identity(t, "", info, call.With("x", strings.Repeat("x", stir.MaxHeader))), stir.ErrSyntax},
	} {
		if _, err := stir.Parse(c.value); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := stir.Parse(token + ` ; alg="ES256" ; info = <` + info + `> ; x="a;b"`); err != nil {
		t.Errorf("parameters in another order, with blanks: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	a := stirtest.NewAuthority(f)
	s := a.Signer(stirtest.Provider(f, "1"), nil)
	f.Add(s.Identity(f, "shaken", info, stirtest.Call(caller, called, now).With("attest", "A")))
	f.Add(s.Identity(f, "div", info, stirtest.Call(caller, called, now).With("div", map[string]any{"tn": office})))
	f.Add(".." + strings.Repeat("A", 86) + ";info=<https://a>;alg=ES256")
	thief := a.Signer(stirtest.Provider(f, "1"), nil)
	f.Fuzz(func(t *testing.T, value string) {
		id, err := stir.Parse(value)
		if err != nil {
			if id != nil && !errors.Is(err, stir.ErrSyntax) && !errors.Is(err, stir.ErrUnsupported) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		req := request()
		req.Date = now
		if r := stir.Verify([]stir.Signed{{Identity: id, Chain: thief.Chain}}, a.Roots(), req); r.Verified || r.Name != "" {
			t.Errorf("verified by a key that did not sign: %q", value)
		}
	})
}

func FuzzTNAuthList(f *testing.F) {
	f.Add(stirtest.Provider(f, "1234"), caller)
	f.Add(stirtest.Range(f, caller, 10), caller)
	f.Add(stirtest.Number(f, caller), caller)
	f.Fuzz(func(t *testing.T, der []byte, number string) {
		list, err := stir.ParseTNAuthList(der)
		if err == nil && len(list.Providers)+len(list.Numbers)+len(list.Ranges) > len(der) {
			t.Errorf("%d octets make %v", len(der), list)
		}
		list.Covers(number)
	})
}

func FuzzCertificates(f *testing.F) {
	a := stirtest.NewAuthority(f)
	f.Add(a.PEM())
	f.Add(a.Cert.Raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		if chain, err := stir.ParseCertificates(b); err == nil && (len(chain) == 0 || len(chain) > 8) {
			t.Errorf("%d certificates", len(chain))
		}
	})
}
