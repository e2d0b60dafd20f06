package sipmsg_test

import (
	"strings"
	"testing"

	"ringward/sip/sipmsg"
)

// TestGosipFaults holds a message against each fault that gosip has as shipped
// (security-relevant ones S, losses and refusals D): literal input, literal
// output. Lines that are not given come from request.
func TestGosipFaults(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want []string // lines that the output has
		not  []string // text that the output has not
	}{
		{name: "S1 escapes in the reason are not decoded",
			in:   strings.Replace(response(), "200 OK", "200 OK%0d%0aX-Evil:%201", 1),
			want: []string{"SIP/2.0 200 OK%0d%0aX-Evil:%201"}, not: []string{"\nX-Evil"}},
		{name: "S2 l: writes Content-Length alone",
			in:   request("INVITE", "Max-Forwards: 70", "Expires: 60", "Min-Expires: 30", "c: a/b", "l: 4") + "body",
			want: []string{"Max-Forwards: 70", "Expires: 60", "Min-Expires: 30", "Content-Length: 4"}},
		{name: "S3 Max-Forwards 0 stays", in: request("OPTIONS", "Max-Forwards: 0"),
			want: []string{"Max-Forwards: 0"}, not: []string{"70"}},
		{name: "S3 no Max-Forwards is added", in: request("OPTIONS"), not: []string{"Max-Forwards"}},
		{name: "S4 Via keeps no port, 5060 and 0",
			in: request("OPTIONS", "Via: SIP/2.0/UDP h;branch=z9hG4bKa", "+Via: SIP/2.0/UDP h:5060", "+Via: SIP/2.0/UDP h:0"),
			want: []string{"Via: SIP/2.0/UDP h;branch=z9hG4bKa", "Via: SIP/2.0/UDP h:5060",
				"Via: SIP/2.0/UDP h:0"}},
		{name: "S5 IPv6 Via",
			in:   request("OPTIONS", "Via: SIP/2.0/UDP [2001:db8::1]:5070;received=2001:db8::9"),
			want: []string{"Via: SIP/2.0/UDP [2001:db8::1]:5070;received=2001:db8::9"}},
		{name: "S8 repeated fields stay",
			in: request("OPTIONS", "Supported: timer", "+Supported: 100rel", "WWW-Authenticate: Digest a=b",
				"+WWW-Authenticate: Digest c=d"),
			want: []string{"Supported: timer", "Supported: 100rel", "WWW-Authenticate: Digest a=b",
				"WWW-Authenticate: Digest c=d"}},
		{name: "S9 REGISTER gets no Expires", in: request("REGISTER"), not: []string{"Expires"}},
		{name: "S9 SUBSCRIBE keeps Expires 0", in: request("SUBSCRIBE", "Expires: 0"), want: []string{"Expires: 0"}},
		{name: "S10 a datagram needs no Content-Length",
			in: request("INVITE", "Content-Type: application/sdp") + "v=0\r\n", want: []string{"Content-Length: 5", "v=0"}},
		{name: "S10 octets behind the body are ignored",
			in: request("INVITE", "Content-Length: 2") + "abINVITE", want: []string{"Content-Length: 2", "ab"},
			not: []string{"abI"}},
		{name: "S11 the body is opaque",
			in:   request("INVITE", "Content-Type: application/sdp") + "v=0\nm=image 1 udptl t38\n",
			want: []string{"v=0\nm=image 1 udptl t38\n"}},
		{name: "S13 names in GBK and Latin-1",
			in:   request("OPTIONS", "From: \"\xd5\xc5\xc8\xfd\" <sip:a@x>;tag=1", "Subject: caf\xe9"),
			want: []string{"From: \"\xd5\xc5\xc8\xfd\" <sip:a@x>;tag=1", "Subject: caf\xe9"}},
		{name: "S14 UTF-8 is not cut",
			in:   request("OPTIONS", `From: "张三 Zhang" <sip:a@x>;tag=1;x="é1"`),
			want: []string{`From: "张三 Zhang" <sip:a@x>;tag=1;x="é1"`}},
		{name: "S15 Contact *", in: request("REGISTER", "Contact: *", "Expires: 0"), want: []string{"Contact: *"}},
		{name: "S16 no defaults", in: request("OPTIONS"), not: []string{"nasa", "69.28"}},

		{name: "D1 Retry-After", in: request("OPTIONS", "Retry-After: 5"), want: []string{"Retry-After: 5"}},
		{name: "D2 Accept-Contact", in: request("OPTIONS", "a: *;audio"), want: []string{"Accept-Contact: *;audio"}},
		{name: "D3 u: is Allow-Events", in: request("OPTIONS", "u: presence"), want: []string{"Allow-Events: presence"}},
		{name: "D4 Content-Type parameters",
			in:   request("INVITE", `Content-Type: multipart/mixed;boundary="b c"`) + "--b c--",
			want: []string{`Content-Type: multipart/mixed;boundary="b c"`}},
		{name: "D4 Content-Type without body", in: request("OPTIONS", "c: a/b"), want: []string{"Content-Type: a/b"}},
		{name: "D5 names that begin a known one",
			in:   request("OPTIONS", "d: fork", "p: 1", "w: 2", "Min: 3"),
			want: []string{"Request-Disposition: fork", "p: 1", "w: 2", "Min: 3"}},
		{name: "D6 parameters as they are",
			in:   request("OPTIONS", `From: <sip:a@x>;tag=1:2;x="a b";y="";z`, `Contact: <sip:a@x>;+sip.src="TRUE"`),
			want: []string{`From: <sip:a@x>;tag=1:2;x="a b";y="";z`, `Contact: <sip:a@x>;+sip.src="TRUE"`}},
		{name: "D9 escapes in the Request-URI",
			in:   strings.Replace(request("OPTIONS"), "sip:b@", "sip:b%0d%0ab@", 1),
			want: []string{"OPTIONS sip:b%0d%0ab@x.example SIP/2.0"}},
		{name: "D11 folded values", in: request("OPTIONS", "Subject: a\r\n \t b\r\n  c"), want: []string{"Subject: a b c"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := encode(t, decode(t, test.in))
			for _, line := range test.want {
				if !strings.Contains("\r\n"+out+"\r\n", "\r\n"+line+"\r\n") {
					t.Errorf("no line %q in\n%s", line, out)
				}
			}
			for _, text := range test.not {
				if strings.Contains(out, text) {
					t.Errorf("%q in\n%s", text, out)
				}
			}
		})
	}
}

func response(lines ...string) string {
	s := request("INVITE", lines...)
	return "SIP/2.0 200 OK" + s[strings.Index(s, "\r\n"):]
}

// TestGosipRefusals: what gosip refuses though it is legal or common (D9), what
// it takes though it is not (S6, S7).
func TestGosipRefusals(t *testing.T) {
	tests := []struct {
		in   string
		want int
	}{
		{request("OPTIONS", "From: Alice<sip:a@x>;tag=1"), accepted},
		{request("OPTIONS", "From: 张三 <sip:a@x>;tag=1"), accepted},
		{request("OPTIONS", "Contact: sip:a@h, sip:b@h"), accepted},
		{strings.Replace(response(), "200 OK", "200 ", 1), accepted},
		{strings.Replace(response(), "200 OK", `200 50% "[a]" #<|`, 1), accepted},
		{request("OPTIONS", "Call-ID: a=b#c$d,e;f&g|h^i@x"), accepted},
		{request("OPTIONS", "Via: SIP/2.0/UDP h;branch=z9hG4bKab=="), accepted},
		{request("OPTIONS", "Via: SIP/2.0/UDP my_host;branch=z9hG4bKa"), accepted},
		{request("OPTIONS", "Route: <sip:h;lr=>"), accepted},
		{request("OPTIONS", "From: <sip:a:@my_host>;tag=1"), accepted},
		{request("OPTIONS", "From: <tel:*69>;tag=1", "To: <tel:+1-(201)555-0123>"), accepted},
		{request("OPTIONS", "To: <urn:service:sos>", "From: <http://x.example/a>;tag=1"), accepted},
		{"\r\n\r\n" + request("OPTIONS"), accepted},
		{strings.Replace(request("OPTIONS"), "SIP/2.0", "sip/2.0", 1), accepted},
		{strings.Replace(request("OPTIONS"), "sip:b@x.example", "tel:*69", 1), accepted},

		{response("Session-Expires: 90", "+x: 90", "Max-Forwards: x", "Contact: <"), accepted}, // for the dialog to judge
		{response("+CSeq: 2 INVITE"), dropped},
		{response("+Content-Length: 0", "+l: 0"), dropped},
		{request("INVITE", "Session-Expires: 90", "+x: 90"), 400},
		{request("REFER", "Refer-To: <sip:c@x>", "+r: <sip:d@x>"), 400},
		{request("OPTIONS", "CSeq: 18446744073709551623 OPTIONS"), 400},
		{request("OPTIONS", "Content-Length: 18446744073709551621") + "abcde", 400},
		{request("OPTIONS", "Content-Length: 9223372036854775808"), 400},
		{strings.Replace(request("OPTIONS"), "b@x.example", "b@x.example:70596", 1), 400},
		{strings.Replace(request("OPTIONS"), "SIP/2.0", "SIP/258.256", 1), 505},
		{request("OPTIONS", "+CSeq: 2 OPTIONS"), 400},
		{request("OPTIONS", "Content-Length: 4", "+l: 0") + "body", 400},
		{request("OPTIONS", "+f: <sip:c@x>;tag=2"), 400},
		{request("OPTIONS", "+i: 2"), 400},
		{request("OPTIONS", "Max-Forwards: 1", "+Max-Forwards: 2"), 400},
	}
	for _, test := range tests {
		m, err := sipmsg.Decode([]byte(test.in), true)
		if got := outcome(t, m, err); got != test.want {
			t.Errorf("outcome %d (%v), want %d for\n%s", got, err, test.want, test.in)
		}
	}
}

// TestNothingShared: a message does not change with the buffer that it came in
// (S12), and a clone not with the message (D7).
func TestNothingShared(t *testing.T) {
	buf := []byte(request("INVITE", "X-A: AAAA", "Content-Type: text/plain") + "AAAA")
	m, err := sipmsg.Decode(buf, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range buf {
		buf[i] = 'B'
	}
	if got := m.Get("X-A") + string(m.Body); got != "AAAAAAAA" {
		t.Errorf("after the buffer was overwritten: %q", got)
	}
	c := m.Clone()
	c.Set("X-A", "C")
	c.Prepend("Via", "SIP/2.0/UDP c")
	c.Del("Subject")
	if m.Get("X-A") != "AAAA" || len(m.Values("Via")) != 1 {
		t.Errorf("message changed with its clone: %v", m.Headers)
	}
}

// TestParamOrder: lists are in wire order and Get returns the first (D8); an
// escaped URI is not decoded into another one (D10).
func TestParamOrder(t *testing.T) {
	a, err := sipmsg.ParseNameAddr(`<sip:a@b>;expires=60;x="a b";x=2`)
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := a.Params.Get("X"); v != "a b" || a.Params[0].Name != "expires" {
		t.Errorf("Params = %+v", a.Params)
	}
	for _, s := range []string{"sip:a%3Bb@h", "sip:h?x=%26", "sip:h?x=1%26Route%3D2", "sip:a@h;lr=", "sip:a:@h"} {
		u, err := sipmsg.ParseURI(s)
		if err != nil || u.String() != s {
			t.Errorf("ParseURI(%q) = %q, %v", s, u, err)
		}
	}
}
