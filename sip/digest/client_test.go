package digest

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ringward/sip/sipmsg"
)

// TestClientAnswers only whom it should, and once (security D4).
func TestClientAnswers(t *testing.T) {
	c := Credentials{"carrier.example", "acct", "pw"}
	if got := fmt.Sprintf("%v %#v", c, c); strings.Contains(got, "pw") {
		t.Errorf("the credentials print as %q", got)
	}
	b := newBench(t)
	peer := netip.MustParseAddr("203.0.113.5")
	ch := func(realm, more string) string { return `Digest realm="` + realm + `",nonce="n"` + more }
	for _, tc := range []struct {
		name   string
		status int
		from   string
		fields []string
		had    string
		want   error
		alg    string
	}{
		{"SHA-256 before MD5", 401, "203.0.113.5", []string{ch(c.Realm, `,qop="auth",algorithm=MD5`), ch(c.Realm, `,qop="auth",algorithm=SHA-256`)}, "", nil, "SHA-256"},
		{"MD5 without qop", 401, "203.0.113.5", []string{ch(c.Realm, "")}, "", nil, ""},
		{"proxy", 407, "203.0.113.5", []string{ch(c.Realm, `,qop="auth-int,auth"`)}, "", nil, ""},
		{"ours among others", 401, "203.0.113.5", []string{ch("other", ""), "Basic x", ch(c.Realm, "")}, "", nil, ""},
		{"another realm", 401, "203.0.113.5", []string{ch("evil.example", "")}, "", ErrRealm, ""},
		{"no challenge in it", 401, "203.0.113.5", nil, "", ErrRealm, ""},
		{"another peer", 401, "203.0.113.6", []string{ch(c.Realm, "")}, "", ErrPeer, ""},
		{"fresh nonce again", 401, "203.0.113.5", []string{ch(c.Realm, ",stale=true")}, "Authorization", ErrTried, ""},
		{"proxy after that", 407, "203.0.113.5", []string{ch(c.Realm, "")}, "Authorization", ErrTried, ""},
		{"auth-int alone", 401, "203.0.113.5", []string{ch(c.Realm, `,qop="auth-int"`)}, "", ErrUnsupported, ""},
		{"unknown algorithm", 401, "203.0.113.5", []string{ch(c.Realm, `,algorithm=MD5-sess`)}, "", ErrUnsupported, ""},
		{"no challenge", 403, "203.0.113.5", []string{ch(c.Realm, "")}, "", ErrUnsupported, ""},
	} {
		req := b.request("REGISTER", b.source)
		if tc.had != "" {
			req.Add(tc.had, "Digest x=y")
		}
		r := sipmsg.NewResponse(req, tc.status, "")
		r.Source = netip.AddrPortFrom(netip.MustParseAddr(tc.from), 5060)
		name, want := "WWW-Authenticate", "Authorization"
		if tc.status == 407 {
			name, want = "Proxy-Authenticate", "Proxy-Authorization"
		}
		for _, f := range tc.fields {
			r.Add(name, f)
		}
		m, err := c.Retry(req, r, peer)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if err != nil {
			continue
		}
		p, err := parse(m.Get(want))
		if err != nil || p["username"] != "acct" || p["algorithm"] != tc.alg {
			t.Errorf("%s: answered %q, %v", tc.name, m.Get(want), err)
		}
		if seq, _, _ := m.CSeq(); seq != 2 || m.Has("Via") {
			t.Errorf("%s: CSeq %d, Via %q; want 2 and none", tc.name, seq, m.Get("Via"))
		}
	}
}

// TestBothEnds agree, in each algorithm.
func TestBothEnds(t *testing.T) {
	for _, noMD5 := range []bool{true, false} {
		b := newBench(t, func(c *Config) { c.NoMD5 = noMD5 })
		c := Credentials{"gw.example", "1000", password}
		req := b.request("REGISTER", b.source)
		m, err := c.Retry(req, b.Check(req).Answer, b.source)
		if err != nil {
			t.Fatal(err)
		}
		if v := b.Check(m); v.Outcome != Accepted {
			t.Errorf("NoMD5 %v: %v", noMD5, v.Outcome)
		}
	}
}
