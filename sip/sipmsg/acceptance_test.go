package sipmsg_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"ringward/sip/sipmsg"
)

func TestCompactNames(t *testing.T) {
	long := map[string]string{
		"a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
		"e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
		"m": "Contact", "n": "Identity-Info", "o": "Event", "r": "Refer-To", "s": "Subject", "t": "To",
		"u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
	}
	for short, name := range long {
		for _, s := range []string{short, strings.ToUpper(short)} {
			in := request("OPTIONS", "-From", "-To", "-Via", "-Call-ID", "-Contact",
				"v: SIP/2.0/UDP h", "f: <sip:a@x>;tag=1", "t: <sip:b@x>", "i: 1", "m: <sip:a@x>")
			if !strings.Contains("vftim", short) {
				in = request("OPTIONS", s+" \t:<sip:x>")
			}
			m := decode(t, in)
			if !m.Has(name) || !m.Has(s) || m.Get(name) != m.Get(s) {
				t.Errorf("%s: %s is not there: %v", s, name, m.Headers)
			}
		}
	}
}

func TestLengthBesideNumbers(t *testing.T) {
	for _, name := range []string{"Max-Forwards", "Expires", "Min-Expires"} {
		for _, lines := range [][]string{{"l: 4", name + ": 61"}, {name + ": 61", "l: 4"}} {
			out := encode(t, decode(t, request("OPTIONS", lines...)+"body"))
			if !strings.Contains(out, name+": 61\r\n") || !strings.HasSuffix(out, "Content-Length: 4\r\n\r\nbody") {
				t.Errorf("%v gives\n%s", lines, out)
			}
		}
	}
}

func TestMaxForwards(t *testing.T) {
	for value, want := range map[string]int{"0": 0, "1": 1, "255": 255, "0068": 68} {
		m := decode(t, request("OPTIONS", "Max-Forwards: "+value))
		if n, ok, err := m.MaxForwards(); n != want || !ok || err != nil {
			t.Errorf("MaxForwards of %q = %d, %v, %v", value, n, ok, err)
		}
	}
	if n, ok, err := decode(t, request("OPTIONS")).MaxForwards(); ok || err != nil {
		t.Errorf("MaxForwards without = %d, %v, %v", n, ok, err)
	}
	for _, value := range []string{"256", "-1", "", "1 ", "0x1", "1,2", "18446744073709551617"} {
		if value == "1 " {
			continue // trimmed
		}
		m, err := sipmsg.Decode([]byte(request("OPTIONS", "Max-Forwards: "+value)), true)
		if got := outcome(t, m, err); got != 400 {
			t.Errorf("Max-Forwards %q: outcome %d, want 400", value, got)
		}
	}
}

func TestExpires(t *testing.T) {
	for _, method := range []string{"REGISTER", "SUBSCRIBE", "PUBLISH", "INVITE"} {
		in := request(method, "Expires: 0")
		out := encode(t, decode(t, in))
		if !strings.Contains(out, "\r\nExpires: 0\r\n") {
			t.Errorf("%s loses Expires 0:\n%s", method, out)
		}
		if out := encode(t, decode(t, request(method))); strings.Contains(out, "Expires") {
			t.Errorf("%s gains Expires:\n%s", method, out)
		}
	}
	if out := encode(t, decode(t, response("CSeq: 1 REGISTER"))); strings.Contains(out, "Expires") {
		t.Errorf("200 to REGISTER gains Expires:\n%s", out)
	}
}

// TestViaInResponse: byte for byte, in order, 1 to 64; more are refused.
func TestViaInResponse(t *testing.T) {
	forms := []string{"h", "h:5060", "h:0", "[2001:db8::1]:5070", "h;received=192.0.2.1", "h;rport", "h ; rport = 5",
		"h;branch=\"x y\"", "My_Host.example;Branch=z9hG4bKa;x"}
	for n := 1; n <= 70; n++ {
		var lines []string
		for i := range n {
			lines = append(lines, "+Via: SIP/2.0/UDP "+forms[i%len(forms)]+";n="+fmt.Sprint(i))
		}
		in := request("OPTIONS", append([]string{"-Via"}, lines...)...)
		m, err := sipmsg.Decode([]byte(in), true)
		if n > 64 {
			if got := outcome(t, m, err); got != 400 {
				t.Errorf("%d Vias: outcome %d", n, got)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%d Vias: %v", n, err)
		}
		out := encode(t, sipmsg.NewResponse(m, 200, ""))
		if want := strings.ReplaceAll(strings.Join(lines, "\r\n"), "+Via", "Via"); !strings.Contains(out, want) {
			t.Fatalf("want\n%s\nin\n%s", want, out)
		}
	}
}

func TestManyOfOneName(t *testing.T) {
	for _, name := range []string{"Route", "Record-Route", "Contact", "P-Asserted-Identity", "Supported", "Require",
		"Allow", "Accept", "WWW-Authenticate", "Proxy-Authorization", "Authorization", "Warning", "Call-Info",
		"Alert-Info", "Diversion", "History-Info", "Reason", "Path", "Identity", "X-Mine"} {
		lines := []string{"-" + name}
		for i := range 20 {
			lines = append(lines, fmt.Sprintf("+%s: <sip:%d@h>;a=\"b,c\", <sip:x,i%d@h>", name, i, i))
		}
		m := decode(t, request("OPTIONS", lines...))
		out := encode(t, m)
		if want := strings.ReplaceAll(strings.Join(lines[1:], "\r\n"), "+", ""); !strings.Contains(out, want) {
			t.Errorf("%s: not in order:\n%s", name, out)
		}
		if got := m.List(name); len(got) != 40 || got[39] != "<sip:x,i19@h>" {
			t.Errorf("List(%s) has %d elements: %q", name, len(got), got)
		}
	}
}

func TestNumbers(t *testing.T) {
	const p31, p32, p63, p64 = "2147483648", "4294967296", "9223372036854775808", "18446744073709551616"
	over := []string{p31, p32, p63, p64, "18446744073709551623", "-1", "+1", "0x1", "1e3", ""}
	for _, s := range over {
		for _, in := range []string{
			request("OPTIONS", "CSeq: "+s+" OPTIONS"),
			request("OPTIONS", "Content-Length: "+s),
			request("OPTIONS", "Via: SIP/2.0/UDP h", "+Via: SIP/2.0/UDP h:"+s),
			strings.Replace(request("OPTIONS"), "b@x.example ", "b@x.example:"+s+" ", 1),
			request("OPTIONS", "Max-Forwards: "+s),
		} {
			m, err := sipmsg.Decode([]byte(in), true)
			if got := outcome(t, m, err); got != 400 {
				t.Errorf("outcome %d (%v), want 400 for\n%s", got, err, in)
			}
		}
		status := strings.Replace(response(), "200", s, 1)
		if m, err := sipmsg.Decode([]byte(status), true); outcome(t, m, err) != dropped {
			t.Errorf("status %s is not dropped", s)
		}
	}
	if seq, _, err := decode(t, request("OPTIONS", "CSeq: 2147483647 OPTIONS")).CSeq(); seq != 1<<31-1 || err != nil {
		t.Errorf("CSeq 2^31-1 = %d, %v", seq, err)
	}
	for s, ok := range map[string]bool{"4294967295": true, p32: false, p64: false, "-1": false, "": false} {
		m := decode(t, request("OPTIONS", "Expires: "+s))
		if _, has, err := m.Expires(); !has || (err == nil) != ok {
			t.Errorf("Expires %q: %v", s, err)
		}
	}
	for version, want := range map[string]int{"2.0": accepted, "2.00": 505, "4294967298.0": 505, "2.": 400, "2": 400, ".0": 400} {
		m, err := sipmsg.Decode([]byte(strings.Replace(request("OPTIONS"), "SIP/2.0\r", "SIP/"+version+"\r", 1)), true)
		if got := outcome(t, m, err); got != want {
			t.Errorf("version %q: outcome %d, want %d", version, got, want)
		}
	}
}

// TestDisplayNames: no name refuses the call, none is cut.
func TestDisplayNames(t *testing.T) {
	long := strings.Repeat("银", 66) + "xx"
	for in, want := range map[string]string{
		`"张三"`: "张三", `张三`: "张三", `"张三 Zhang"`: "张三 Zhang", `Zhang San`: "Zhang San", `""`: "", ``: "",
		`"a \"b\" \\c"`: `a "b" \c`, `"` + long + `"`: long, `O'Neil (Sales) [1]`: "O'Neil (Sales) [1]",
		"\"\xd5\xc5\"": "\ufffd\ufffd", "caf\xe9": "caf\ufffd", `"a` + "\t" + `b"`: "a b",
		`"封停 ✓ <b>"`: "封停 ✓ <b>", `"x, y"`: "x, y", "\"a\u202eb\"": "ab",
	} {
		m := decode(t, request("INVITE", "From: "+in+" <sip:a@x>;tag=1"))
		a, err := m.From()
		if err != nil || a.Display != want || a.Tag() != "1" {
			t.Errorf("%q: Display %q, tag %q, %v; want %q", in, a.Display, a.Tag(), err, want)
		}
		if got := m.Get("From"); got != strings.TrimSpace(in+" <sip:a@x>;tag=1") {
			t.Errorf("%q is kept as %q", in, got)
		}
		again, err := sipmsg.ParseNameAddr(a.String())
		if err != nil || again.Display != want {
			t.Errorf("%q: String %q gives %q, %v", in, a, again.Display, err)
		}
	}
}

// TestNothingBreaksLines offers CR, LF and NUL to every setter: it is refused or
// escaped, never written.
func TestNothingBreaksLines(t *testing.T) {
	for _, evil := range []string{"a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\x00b", "\r\n\r\nINVITE", "a\x0bb", "a\x7fb"} {
		base := func() *sipmsg.Message { return decode(t, request("OPTIONS")) }
		for name, change := range map[string]func(m *sipmsg.Message){
			"method": func(m *sipmsg.Message) { m.Method = evil },
			"uri":    func(m *sipmsg.Message) { m.RequestURI = evil },
			"name":   func(m *sipmsg.Message) { m.Add(evil, "x") },
			"set":    func(m *sipmsg.Message) { m.Set("Subject", evil) },
			"add":    func(m *sipmsg.Message) { m.Add("Subject", evil) },
			"top":    func(m *sipmsg.Message) { m.Prepend("Via", evil) },
			"reason": func(m *sipmsg.Message) { m.Method, m.Status, m.Reason = "", 200, evil },
			"display": func(m *sipmsg.Message) {
				m.Set("From", sipmsg.NameAddr{Display: evil, URI: sipmsg.URI{Scheme: "sip", Host: "h"}}.String())
			},
			"param": func(m *sipmsg.Message) {
				a := sipmsg.NameAddr{URI: sipmsg.URI{Scheme: "sip", Host: "h"}}
				a.Params.Set("x", evil)
				m.Set("From", a.String())
			},
			"param name": func(m *sipmsg.Message) {
				m.Set("Via", sipmsg.Via{Transport: "UDP", Host: "h", Params: sipmsg.Params{{Name: evil}}}.String())
			},
		} {
			m := base()
			change(m)
			if out, err := m.Append(nil); err == nil || len(out) != 0 {
				t.Errorf("%s %q: Append = %q, %v", name, evil, out, err)
			}
		}
		m := base()
		u := sipmsg.URI{Scheme: "sip", User: evil, Password: evil, Host: "h" + evil, Headers: evil}
		u.Params.Set(evil, evil)
		m.RequestURI = u.String()
		out := encode(t, m)
		if strings.Count(out, "\r\n") != strings.Count(encode(t, base()), "\r\n") || strings.ContainsAny(out, "\x00\x0b\x7f") {
			t.Errorf("URI of %q gives\n%q", evil, out)
		}
		if text := sipmsg.CleanText(evil); strings.ContainsAny(text, "\r\n\x00\x0b\x7f") {
			t.Errorf("CleanText(%q) = %q", evil, text)
		}
		for _, in := range []string{
			request("OPTIONS", "Subject: "+evil), strings.Replace(response(), "200 OK", "200 "+evil, 1),
			strings.Replace(request("OPTIONS"), "sip:b@", "sip:"+evil+"@", 1),
		} {
			m, err := sipmsg.Decode([]byte(in), true)
			if err != nil {
				continue
			}
			for _, h := range m.Headers {
				if strings.ContainsAny(h.Name+h.Value+m.Reason+m.RequestURI, "\r\n\x00\x0b\x7f") {
					t.Errorf("decoded from %q: %+v", in, h)
				}
			}
		}
	}
}

func TestSchemes(t *testing.T) {
	for uri, want := range map[string]int{
		"sip:b@h": accepted, "sips:b@h": accepted, "tel:+8610": accepted, "TEL:*69": accepted, "SIP:h": accepted,
		"urn:service:sos": 416, "http://x.example/": 416, "nobodyKnowsThisScheme:x": 416, "im:a@h": 416,
		"b@h": 400, "sip:": 400, "sip:@h": 400, "sip:a@": 400, "tel:": 400, "tel:abc-xyz": 400, "<sip:b@h>": 400,
		"sip:a@b@c": 400, "sip:a@h:": 400, "sip:a@h:0": 400, "sip:a@2001:db8::1": 400, "sip:a@[::1": 400,
		"sip:a%@h": 400, "sip:a%0g@h": 400, "sip:a@h;": 400, "sip:a@h;=x": 400, "sip:a@h?": 400, "sip:a@h?x=y": 400,
	} {
		m, err := sipmsg.Decode([]byte(strings.Replace(request("OPTIONS"), "sip:b@x.example", uri, 1)), true)
		if got := outcome(t, m, err); got != want {
			t.Errorf("Request-URI %q: outcome %d (%v), want %d", uri, got, err, want)
		}
	}
}

func TestContacts(t *testing.T) {
	m := decode(t, request("REGISTER", `Contact: sip:a@h;expires=60, "B, C" <sip:b@h;x=1>;q=0.5;+sip.instance="<urn:uuid:1>"`, "m: <sip:c@h>"))
	list, err := m.Contacts()
	if err != nil || len(list) != 3 {
		t.Fatalf("Contacts = %v, %v", list, err)
	}
	if v, _ := list[0].Params.Get("expires"); v != "60" || len(list[0].URI.Params) != 0 {
		t.Errorf("parameters without brackets belong to the field: %+v", list[0])
	}
	if v, _ := list[1].Params.Get("+sip.instance"); v != "<urn:uuid:1>" || list[1].Display != "B, C" {
		t.Errorf("second contact: %+v", list[1])
	}
	for _, lines := range [][]string{
		{"Contact: *"}, {"Contact: *", "Expires: 5"}, {"Contact: *, <sip:a@h>", "Expires: 0"},
		{"Contact: *", "m: <sip:a@h>", "Expires: 0"}, {"Contact: sip:a@h?x=y"}, {"Contact: <sip:a@h"}, {"Contact:"},
	} {
		m, err := sipmsg.Decode([]byte(request("REGISTER", lines...)), true)
		if got := outcome(t, m, err); got != 400 {
			t.Errorf("%v: outcome %d, want 400", lines, got)
		}
	}
	if m := decode(t, request("REGISTER", "Contact: *", "Expires: 0")); !m.ContactStar() {
		t.Error("ContactStar is false")
	}
	m2, err := sipmsg.Decode([]byte(request("INVITE", "Contact: *", "Expires: 0")), true)
	if got := outcome(t, m2, err); got != 400 {
		t.Errorf("INVITE with *: outcome %d", got)
	}
}

// TestEncodeTogether encodes one message from 8 goroutines; -race watches.
func TestEncodeTogether(t *testing.T) {
	m := decode(t, benchMessages()["INVITE"])
	want := encode(t, m)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				out, err := m.Append(nil)
				if err != nil || !bytes.Equal(out, []byte(want)) {
					t.Errorf("Append: %v\n%s", err, out)
					return
				}
				useAll(m)
				_ = sipmsg.NewResponse(m, 180, "")
				_ = m.Clone()
			}
		})
	}
	group.Wait()
}
