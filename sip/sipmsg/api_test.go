package sipmsg_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
)

// TestURIEqual has the examples of RFC 3261 §19.1.4 and RFC 3966 §4.
func TestURIEqual(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:a@h", "sips:a@h", false}, {"sip:a:b@h", "sip:a@h", false}, {"sip:a:@h", "sip:a@h", false},
		{"sip:a%3Bb@h", "sip:a;b@h", false}, {"sip:a%3bb@h", "sip:a%3Bb@h", true},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]", true}, {"sip:a@h;maddr=x", "sip:a@h", false},
		{"tel:+1-201-555-0123", "tel:+1(201)5550123", true}, {"tel:+1;a=b", "tel:+1", false},
		{"tel:1;phone-context=+86;ext=2", "tel:1;EXT=2;phone-context=+86", true},
		{"urn:a:b", "URN:a:b", true}, {"urn:a:b", "urn:a:c", false},
	}
	for _, test := range tests {
		a, errA := sipmsg.ParseURI(test.a)
		b, errB := sipmsg.ParseURI(test.b)
		if errA != nil || errB != nil {
			t.Errorf("%v, %v", errA, errB)
			continue
		}
		if a.Equal(b) != test.want || b.Equal(a) != test.want {
			t.Errorf("Equal(%q, %q) is not %v", test.a, test.b, test.want)
		}
	}
}

func TestURIBuilt(t *testing.T) {
	u := sipmsg.URI{Scheme: "sip", User: "a b;张@", Password: "p:", Host: "2001:db8::1", Port: 5061,
		Params: sipmsg.Params{{Name: "lr", NoValue: true}, {Name: "x", Value: "a;b"}}, Headers: "a=b c"}
	const want = "sip:a%20b;%E5%BC%A0%40:p%3A@[2001:db8::1]:5061;lr;x=a%3Bb?a=b%20c"
	if got := u.String(); got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
	v, err := sipmsg.ParseURI(want)
	if err != nil || sipmsg.Unescape(v.User) != u.User {
		t.Errorf("ParseURI(%q) = %+v, %v", want, v, err)
	}
}

func TestNewResponse(t *testing.T) {
	req := decode(t, request("INVITE", "Via: SIP/2.0/UDP a, SIP/2.0/UDP b", "+v: SIP/2.0/UDP c", "Record-Route: <sip:r;lr>",
		"Timestamp: 54", "Subject: x", "Route: <sip:q;lr>", "Content-Type: text/plain")+"body")
	req.Source, req.Transport, req.ConnID = netip.MustParseAddrPort("192.0.2.1:5060"), "tcp", 7
	for status, record := range map[int]bool{100: false, 180: true, 183: true, 200: true, 302: false, 404: false, 603: false} {
		res := sipmsg.NewResponse(req, status, "")
		want := []string{"Via", "Via", "Timestamp", "From", "To", "Call-ID", "CSeq"}
		if record {
			want = append(want, "Record-Route")
		}
		var got []string
		for _, h := range res.Headers {
			got = append(got, h.Name)
			if h.Value != req.Get(h.Name) && h.Name != "Via" {
				t.Errorf("%s changed to %q", h.Name, h.Value)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) || res.Reason != sipmsg.ReasonPhrase(status) || res.Body != nil {
			t.Errorf("%d %s: %v, want %v", status, res.Reason, got, want)
		}
		if res.Source != req.Source || res.ConnID != 7 || res.Transport != "tcp" || res.IsRequest() {
			t.Errorf("%d: %+v", status, res)
		}
	}
	options := decode(t, request("OPTIONS", "Record-Route: <sip:r;lr>"))
	if res := sipmsg.NewResponse(options, 200, "Fine"); res.Has("Record-Route") || res.Reason != "Fine" {
		t.Errorf("200 to OPTIONS: %+v", res)
	}
}

func TestHeaderList(t *testing.T) {
	m := sipmsg.NewRequest("OPTIONS", "sip:a@h")
	m.Add("k", "timer, 100rel")
	m.Add("X-a", "1")
	m.Add("supported", "path,,")
	m.Prepend("v", "SIP/2.0/UDP h")
	m.Add("x-A", "2")
	if got := strings.Join(m.List("SUPPORTED"), " "); got != "timer 100rel path" {
		t.Errorf("List = %q", got)
	}
	if m.Headers[0].Name != "Via" || m.Get("X-A") != "1" || len(m.Values("x-a")) != 2 {
		t.Errorf("Headers = %v", m.Headers)
	}
	m.Set("X-A", "3")
	m.Set("Subject", "s")
	m.Del("k")
	m.Add("Content-Length", "99")
	const want = "OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nX-a: 3\r\nSubject: s\r\nContent-Length: 0\r\n\r\n"
	if got := encode(t, m); got != want {
		t.Errorf("encoded\n%s\nwant\n%s", got, want)
	}
}

func TestViaAccessors(t *testing.T) {
	v, err := sipmsg.ParseVia("SIP / 2.0 / tcp h : 5062 ; branch = z9hG4bKa;rport=7;received=192.0.2.9")
	if err != nil {
		t.Fatal(err)
	}
	port, asked := v.RPort()
	if v.Transport != "TCP" || v.Host != "h" || v.Port != 5062 || v.Branch() != "z9hG4bKa" || port != 7 || !asked || v.Received() != "192.0.2.9" {
		t.Errorf("%+v", v)
	}
	v.Params.Set("rport", "8")
	v.Params.SetFlag("alias")
	v.Params.SetFlag("alias")
	v.Params.Del("RECEIVED")
	if got := v.String(); got != "SIP/2.0/TCP h:5062;branch=z9hG4bKa;rport=8;alias" {
		t.Errorf("String = %q", got)
	}
}

// TestRetryAfter reads the seconds and leaves the rest.
func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "soon": 0, "18": 18 * time.Second, "7200 (maintenance);duration=60": 2 * time.Hour, "5;duration=1": 5 * time.Second, "99999999999": 0,
	} {
		m := sipmsg.NewRequest("OPTIONS", "sip:a@b")
		m.Add("Retry-After", value)
		if got := m.RetryAfter(); got != want {
			t.Errorf("Retry-After %q is %v, want %v", value, got, want)
		}
	}
}
