package digest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
)

// TestVectors are those of RFC 2617 §3.5 and RFC 7616 §3.9.1; the SHA-512-256
// one checks the form alone.
func TestVectors(t *testing.T) {
	for _, c := range []struct {
		alg                            Algorithm
		realm, password, nonce, cnonce string
		want                           string
	}{
		{MD5, "testrealm@host.com", "Circle Of Life", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "6629fae49393a05397450978507c4ef1"},
		{MD5, "http-auth@example.org", "Circle of Life", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "8ca523f5e9506fed4657c9700eebdbec"},
		{SHA256, "http-auth@example.org", "Circle of Life", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
	} {
		ha1 := NewSecret("Mufasa", c.realm, c.password).ha1(c.alg)
		if got := c.alg.response(ha1, c.nonce, "00000001", c.cnonce, "GET", "/dir/index.html"); got != c.want {
			t.Errorf("%v at %s: got %s, want %s", c.alg, c.realm, got, c.want)
		}
		creds := Credentials{c.realm, "Mufasa", c.password}
		p := params{"nonce": c.nonce, "qop": "auth", "algorithm": c.alg.String(), "opaque": "o"}
		got, err := parse(creds.answer(p, c.alg, "GET", "/dir/index.html", c.cnonce))
		if err != nil || got["response"] != c.want || got["opaque"] != "o" || got["nc"] != "00000001" {
			t.Errorf("client, %v: got %v, %v; want %s", c.alg, got, err, c.want)
		}
	}
	if got := len(SHA512256.hash("a")); got != 64 {
		t.Errorf("SHA-512-256 has %d digits, want 64", got)
	}
}

// bench is a server with a clock of the test's.
type bench struct {
	*Server
	t      testing.TB
	now    time.Time
	source netip.Addr
	alarms []Alarm
}

const password = "s3cret"

func newBench(t testing.TB, edits ...func(*Config)) *bench {
	b := &bench{t: t, now: time.Unix(1_790_000_000, 0), source: netip.MustParseAddr("192.0.2.1")}
	cfg := Config{
		Realm: "gw.example", Now: func() time.Time { return b.now }, Alarm: func(a Alarm) { b.alarms = append(b.alarms, a) },
		Lookup: func(user string) (Secret, bool) {
			return NewSecret(user, "gw.example", password), user == "1000" || user == "1001"
		},
	}
	for _, e := range edits {
		e(&cfg)
	}
	b.Server = NewServer(cfg)
	return b
}

func (b *bench) request(method string, source netip.Addr) *sipmsg.Message {
	m := sipmsg.NewRequest(method, "sip:gw.example")
	m.Add("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
	m.Add("From", "<sip:1000@gw.example>;tag=1")
	m.Add("To", "<sip:1000@gw.example>")
	m.Add("Call-ID", "c")
	m.Add("CSeq", "1 "+method)
	m.Source = netip.AddrPortFrom(source, 5060)
	return m
}

// nonce gets a challenge for the request.
func (b *bench) nonce(req *sipmsg.Message) string {
	b.t.Helper()
	v := b.Check(req)
	if v.Outcome != Challenged || v.Answer.Status != 401 {
		b.t.Fatalf("got %v, want a challenge", v.Outcome)
	}
	p, err := parse(v.Answer.Get("WWW-Authenticate"))
	if err != nil {
		b.t.Fatal(err)
	}
	return p["nonce"]
}

// sign is the field that a phone would send.
func (b *bench) sign(req *sipmsg.Message, nonce, password string, alg Algorithm, nc int) string {
	return b.signAs("1000", req, nonce, password, alg, nc)
}

func (b *bench) signAs(user string, req *sipmsg.Message, nonce, password string, alg Algorithm, nc int) string {
	count := fmt.Sprintf("%08x", nc)
	r := alg.response(alg.hash(user, "gw.example", password), nonce, count, "cn", req.Method, req.RequestURI)
	return fmt.Sprintf(`Digest username="%s",realm="gw.example",nonce="%s",uri="%s",response="%s",algorithm=%v,qop=auth,nc=%s,cnonce="cn"`,
		user, nonce, req.RequestURI, r, alg, count)
}

// try sends a request with that field.
func (b *bench) try(source netip.Addr, field string) Verdict {
	req := b.request("REGISTER", source)
	req.Add("Authorization", field)
	return b.Check(req)
}

// guess challenges and answers with that password.
func (b *bench) guess(source netip.Addr, user, password string) Verdict {
	req := b.request("REGISTER", source)
	req.Set("From", "<sip:"+user+"@gw.example>;tag=1")
	v := b.Check(req)
	if v.Outcome != Challenged {
		return v
	}
	p, err := parse(v.Answer.Get("WWW-Authenticate"))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Add("Authorization", b.signAs(user, req, p["nonce"], password, SHA256, 1))
	return b.Check(req)
}

// TestCheck goes through what a server must tell apart (security D1).
func TestCheck(t *testing.T) {
	b := newBench(t)
	req := b.request("REGISTER", b.source)
	nonce := b.nonce(req)
	good := b.sign(req, nonce, password, SHA256, 1)
	swap := func(field, from, to string) string {
		t.Helper()
		if !strings.Contains(field, from) {
			t.Fatalf("%q is not in %q", from, field)
		}
		return strings.Replace(field, from, to, 1)
	}
	fresh := func() string { return b.nonce(b.request("REGISTER", b.source)) }
	other := netip.MustParseAddr("192.0.2.2")
	for _, c := range []struct {
		name   string
		source netip.Addr
		field  string
		want   Outcome
	}{
		{"right", b.source, good, Accepted},
		{"the same again", b.source, good, Stale},
		{"replay from another address", other, good, Stale},
		{"next count", b.source, b.sign(req, nonce, password, SHA256, 2), Accepted},
		{"count back", b.source, b.sign(req, nonce, password, SHA256, 1), Stale},
		{"MD5", b.source, b.sign(req, fresh(), password, MD5, 1), Accepted},
		{"unused nonce from another address", other, b.sign(req, fresh(), password, SHA256, 1), Stale},
		{"wrong password", b.source, b.sign(req, fresh(), "guess", SHA256, 1), Wrong},
		{"empty password", b.source, b.sign(req, fresh(), "", SHA256, 1), Wrong},
		{"unknown user", b.source, b.signAs("9999", req, fresh(), password, SHA256, 1), Wrong},
		{"another user's name", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), "1000", "1001"), Wrong},
		{"made-up nonce", b.source, b.sign(req, strings.Repeat("A", nonceText), password, SHA256, 1), Stale},
		{"empty nonce", b.source, b.sign(req, "", password, SHA256, 1), Stale},
		{"no qop", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), "qop=auth,", ""), Malformed},
		{"auth-int", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), "qop=auth", "qop=auth-int"), Malformed},
		{"no count", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), "nc=00000001,", ""), Malformed},
		{"count 0", b.source, b.sign(req, fresh(), password, SHA256, 0), Malformed},
		{"no cnonce", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), `"cn"`, `""`), Malformed},
		{"algorithm not offered", b.source, b.sign(req, fresh(), password, SHA512256, 1), Malformed},
		{"unknown algorithm", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), "SHA-256", "CRC32"), Malformed},
		{"uri of another request", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), "sip:gw.example", "sip:elsewhere.example"), Malformed},
		{"long name", b.source, b.signAs(strings.Repeat("x", 200), req, fresh(), password, SHA256, 1), Malformed},
		{"foreign realm", b.source, swap(b.sign(req, fresh(), password, SHA256, 1), `realm="gw.example"`, `realm="elsewhere"`), Challenged},
		{"Basic", b.source, "Basic MTAwMDpzM2NyZXQ=", Challenged},
		{"no fields", b.source, `Digest username="1000"`, Challenged},
		{"digest of another method", b.source, b.sign(b.request("INVITE", b.source), fresh(), password, SHA256, 1), Wrong},
	} {
		v := b.try(c.source, c.field)
		if v.Outcome != c.want || (v.User == "1000") != (c.want == Accepted) || (v.Answer == nil) != (c.want == Accepted) {
			t.Errorf("%s: %v for user %q, want %v", c.name, v.Outcome, v.User, c.want)
		}
		if v.Answer != nil && (v.Answer.Status != 401 || strings.Contains(v.Answer.Get("WWW-Authenticate"), "stale=true") != (c.want == Stale)) {
			t.Errorf("%s: answered %d, %s", c.name, v.Answer.Status, v.Answer.Get("WWW-Authenticate"))
		}
	}
	two := b.request("REGISTER", b.source)
	two.Add("Authorization", b.sign(two, fresh(), password, SHA256, 1))
	two.Add("Authorization", b.sign(two, fresh(), password, MD5, 1))
	if v := b.Check(two); v.Outcome != Challenged {
		t.Errorf("two answers for our realm: %v, want challenged", v.Outcome)
	}
}

// TestNonceAge: 60 seconds, and not from the future.
func TestNonceAge(t *testing.T) {
	for age, want := range map[time.Duration]Outcome{0: Accepted, 60 * time.Second: Accepted, 61 * time.Second: Stale, -2 * time.Second: Stale} {
		b := newBench(t)
		req := b.request("REGISTER", b.source)
		nonce := b.nonce(req)
		b.now = b.now.Add(age)
		if v := b.try(b.source, b.sign(req, nonce, password, SHA256, 1)); v.Outcome != want {
			t.Errorf("after %v: %v, want %v", age, v.Outcome, want)
		}
	}
}

// TestNoncesBounded: with the table full, nonces forgotten stay used.
func TestNoncesBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxEntries = 2 })
	req := b.request("REGISTER", b.source)
	var fields []string
	for range 4 {
		b.now = b.now.Add(time.Second)
		f := b.sign(req, b.nonce(req), password, SHA256, 1)
		if v := b.try(b.source, f); v.Outcome != Accepted {
			t.Fatal(v.Outcome)
		}
		fields = append(fields, f)
	}
	for i, f := range fields {
		if v := b.try(b.source, f); v.Outcome != Stale {
			t.Errorf("answer %d again: %v, want stale", i, v.Outcome)
		}
	}
	if n := len(b.counts.used.items); n != 2 {
		t.Errorf("%d nonces kept, want 2", n)
	}
	b.now = b.now.Add(time.Hour)
	b.guess(b.source, "1000", password)
	if n := len(b.counts.used.items); n != 1 {
		t.Errorf("%d nonces kept an hour later, want 1", n)
	}
}

// TestOffer: the strongest first, and MD5 only if wanted.
func TestOffer(t *testing.T) {
	for _, noMD5 := range []bool{false, true} {
		b := newBench(t, func(c *Config) { c.NoMD5 = noMD5 })
		req := b.request("REGISTER", b.source)
		offers := b.Check(req).Answer.Values("WWW-Authenticate")
		if want := map[bool]int{false: 2, true: 1}[noMD5]; len(offers) != want || !strings.Contains(offers[0], "algorithm=SHA-256") {
			t.Errorf("offers %q, want %d, SHA-256 first", offers, want)
		}
		v := b.try(b.source, b.sign(req, b.nonce(req), password, MD5, 1))
		if (v.Outcome == Accepted) == noMD5 {
			t.Errorf("MD5 with NoMD5 %v: %v", noMD5, v.Outcome)
		}
	}
}

// TestOldPhones that know no SHA-256 are offered what they know.
func TestOldPhones(t *testing.T) {
	for _, noMD5 := range []bool{false, true} {
		b := newBench(t, func(c *Config) {
			c.NoMD5, c.OnlyMD5 = noMD5, func(agent string) bool { return strings.HasPrefix(agent, "old/") }
		})
		for agent, want := range map[string]string{"old/1.0": "MD5", "new/2.0": "SHA-256", "": "SHA-256"} {
			req := b.request("REGISTER", b.source)
			req.Add("User-Agent", agent)
			if noMD5 {
				want = "SHA-256"
			}
			if got := b.Check(req).Answer.Get("WWW-Authenticate"); !strings.Contains(got, "algorithm="+want) {
				t.Errorf("%q, NoMD5 %v: offered %s first, want %s", agent, noMD5, got, want)
			}
		}
	}
}

// TestParseSecret keeps hashes, and an algorithm without one fails.
func TestParseSecret(t *testing.T) {
	whole := NewSecret("1000", "gw.example", password)
	m, s := whole.Hashes()
	if got, err := ParseSecret(strings.ToUpper(m), s); err != nil || got != whole {
		t.Errorf("got %v, want the same secret", err)
	}
	half, err := ParseSecret(m, "")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(c *Config) { c.Lookup = func(string) (Secret, bool) { return half, true } })
	req := b.request("REGISTER", b.source)
	if v := b.try(b.source, b.sign(req, b.nonce(req), password, MD5, 1)); v.Outcome != Accepted {
		t.Errorf("MD5: %v", v.Outcome)
	}
	if v := b.try(b.source, b.sign(req, b.nonce(req), password, SHA256, 1)); v.Outcome != Wrong {
		t.Errorf("SHA-256 without its hash: %v, want wrong", v.Outcome)
	}
	for _, bad := range [][2]string{{"xyz", ""}, {m[1:], s}, {s, m}} {
		if _, err := ParseSecret(bad[0], bad[1]); err == nil {
			t.Errorf("ParseSecret(%q, %q) accepted", bad[0], bad[1])
		}
	}
	if got := fmt.Sprintf("%v %+v %#v", whole, whole, whole); strings.Contains(got, m) {
		t.Errorf("the secret prints as %q", got)
	}
}

func BenchmarkCheck(bb *testing.B) {
	b := newBench(bb)
	req := b.request("REGISTER", b.source)
	nonce := b.nonce(req)
	bb.ReportAllocs()
	for i := 1; bb.Loop(); i++ {
		m := b.request("REGISTER", b.source)
		m.Add("Authorization", b.sign(m, nonce, password, SHA256, i))
		b.Check(m)
	}
}
