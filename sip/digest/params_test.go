package digest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
)

// TestParse reads what peers write and refuses what could be read twice.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want params // nil: refused
	}{
		{`Digest realm="a b", nonce="x"`, params{"realm": "a b", "nonce": "x"}},
		{`digest  Realm = "a\"b" ,QOP=auth`, params{"realm": `a"b`, "qop": "auth"}},
		{`Digest qop="auth,auth-int",algorithm=SHA-256`, params{"qop": "auth,auth-int", "algorithm": "SHA-256"}},
		{`Digest uri=sip:gw.example;transport=tls`, params{"uri": "sip:gw.example;transport=tls"}},
		{`Digest realm=""`, params{"realm": ""}},
		{`Basic MTIz`, nil},
		{`Digest`, nil},
		{`Digest realm`, nil},
		{`Digest realm="a`, nil},
		{`Digest realm="a\`, nil},
		{`Digest realm="a" nonce="b"`, nil},
		{`Digest realm="a",`, nil},
		{`Digest realm="a",,nonce="b"`, nil},
		{`Digest realm="a",realm="b"`, nil},
		{`Digest realm="a",REALM="a"`, nil},
		{`Digest realm=`, nil},
		{`Digest re alm=x`, nil},
		{`Digest realm=x"y"`, nil},
		{"Digest " + strings.Repeat("a=b,", 40) + "c=d", nil},
		{"Digest " + manyParams(33), nil},
	} {
		got, err := parse(c.in)
		if (err == nil) != (c.want != nil) {
			t.Errorf("%s: got %v, %v", c.in, got, err)
			continue
		}
		for k, v := range c.want {
			if got[k] != v {
				t.Errorf("%s: %s is %q, want %q", c.in, k, got[k], v)
			}
		}
	}
}

func manyParams(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("p%d=x", i))
	}
	return strings.Join(out, ",")
}

// FuzzParse: what is read can be written and read again the same.
func FuzzParse(f *testing.F) {
	f.Add(`Digest username="1000", realm="r", nonce="n", uri="sip:x", response="00", qop=auth, nc=00000001, cnonce="c"`)
	f.Add(`Digest a="\\\"", b=c`)
	f.Fuzz(func(t *testing.T, field string) {
		p, err := parse(field)
		if err != nil {
			return
		}
		if len(p) > maxParams {
			t.Fatalf("%d parameters", len(p))
		}
		var out []string
		for k, v := range p {
			out = append(out, k+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v)+`"`)
		}
		again, err := parse("Digest " + strings.Join(out, ","))
		if err != nil || len(again) != len(p) {
			t.Fatalf("%q became %q: %v", field, out, err)
		}
		for k, v := range p {
			if again[k] != v {
				t.Errorf("%q: %s is %q, then %q", field, k, v, again[k])
			}
		}
	})
}

// FuzzCheck: no request of a stranger is accepted, and what is refused gets 401.
func FuzzCheck(f *testing.F) {
	b := newBench(f)
	req := b.request("REGISTER", b.source)
	f.Add(b.sign(req, b.nonce(req), "wrong", SHA256, 1))
	f.Add(`Digest username="1000",realm="gw.example",nonce="",uri="sip:gw.example",response="",qop=auth,nc=00000001,cnonce="c"`)
	f.Fuzz(func(t *testing.T, field string) {
		req := b.request("REGISTER", b.source)
		req.Add("Authorization", field)
		b.now = b.now.Add(time.Hour)
		if v := b.Check(req); v.Outcome == Accepted || v.Answer == nil || v.Answer.Status == 200 {
			t.Errorf("%q: %v", field, v.Outcome)
		}
	})
}

// FuzzAnswer: a client answers with a field that the server's end can read.
func FuzzAnswer(f *testing.F) {
	f.Add(`Digest realm="carrier",nonce="n",qop="auth",algorithm=SHA-256`)
	f.Add(`Digest realm="carrier",nonce="a\\b",opaque="\""`)
	c := Credentials{"carrier", "u", "p"}
	b := newBench(f)
	f.Fuzz(func(t *testing.T, field string) {
		req := b.request("REGISTER", b.source)
		r := sipmsg.NewResponse(req, 401, "")
		r.Add("WWW-Authenticate", field)
		h, err := c.Answer(req, r, b.source)
		if err != nil {
			return
		}
		p, err := parse(h.Value)
		if err != nil || p["realm"] != "carrier" || p["username"] != "u" {
			t.Errorf("%q answered by %q: %v", field, h.Value, err)
		}
	})
}
