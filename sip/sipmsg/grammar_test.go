package sipmsg

import (
	"strings"
	"testing"
)

// The fast paths must be a subset of gosip's grammar, with the same parts.

func FuzzAgreeURI(f *testing.F) {
	for _, s := range []string{"sip:a@h", "sip:+1.2@h-1.x:5060;lr;user=phone", "sips:h;x=[::1]", "sip:a;b?c/d@h", "SIP:A@H;_x=_"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := scanURI(s, true)
		if err != nil || !u.IsSIP() {
			return
		}
		tail := ""
		host := s[strings.IndexByte(s, '@')+1:]
		if i := strings.IndexByte(host, ';'); i >= 0 {
			tail, _, _ = strings.Cut(host[i:], "?")
		}
		if !agreesURI(&u, s, tail) {
			t.Fatalf("%q is read as %+v, not so by gosip", s, u)
		}
	})
}

func FuzzAgreeVia(f *testing.F) {
	for _, s := range []string{"SIP/2.0/UDP h", "SIP/2.0/TCP  1.2.3.4:5060;branch=z9hG4bK-._~*;rport;received=2001:db8::9;x=[::1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := scanVia(s, true)
		if err == nil && !agreesVia(&v, s) {
			t.Fatalf("%q is read as %+v, not so by gosip", s, v)
		}
	})
}

func FuzzAgreeParams(f *testing.F) {
	for _, s := range []string{";tag=1", ";a;b=c;d=[::1]:5;e=\"f\"", " ; a = b "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !isText(s) {
			return // never in a decoded value
		}
		params, plain, err := scanParams(s, 0, true)
		if err == nil && plain && !agreesParams(params, s) {
			t.Fatalf("%q is read as %+v, not so by gosip", s, params)
		}
	})
}
