package sipmsg

import (
	"strings"

	"github.com/jart/gosip/sip"
)

// This file is the only one that knows gosip. Our scanners find the parts of a
// value; whatever is not of a plain form counts only if gosip's grammar accepts
// it and finds the same parts. Two readers that agree leave no room for a value
// that means one thing here and another elsewhere.
//
// gosip refuses some things that are legal or common. They are rewritten, for
// its eyes only, to something of the same structure that it takes:
//
//	"_"                                          -> "-"
//	"#" in a user                                -> "-"
//	":" before an empty password                 -> left out
//	an empty value                               -> "0" in a URI, else left out
//	chLoose in an unquoted value                 -> "-"
//	octets above 127                             -> "x"

// agreesURI reports whether gosip reads the same from a sip or sips URI as
// scanSIP did. tail is the text of the parameters.
func agreesURI(u *URI, text, tail string) bool {
	g, err := sip.ParseURI(uriForGosip(text))
	if err != nil || g == nil {
		return false
	}
	if g.Scheme != u.Scheme || g.User != Unescape(replaced(u.User, "_#")) ||
		g.Pass != Unescape(replaced(u.Password, "_")) ||
		g.Host != lowerASCII(replaced(u.Host, "_")) || g.Port != u.Port {
		return false
	}
	params := u.Params
	if params == nil && tail != "" { // a check only, so they were not kept
		if params, _, _ = scanURIParams(tail, true); params == nil {
			return false
		}
	}
	i := len(params) // gosip's list is newest first
	for p := g.Param; p != nil; p = p.Next {
		if i--; i < 0 || p.Name != Unescape(replaced(params[i].Name, "_")) {
			return false
		}
		want := Unescape(replaced(params[i].Value, "_"))
		if want == "" && !params[i].NoValue {
			want = "0"
		}
		if p.Value != want {
			return false
		}
	}
	return i == 0
}

// uriForGosip rewrites a URI as the table above says.
func uriForGosip(s string) []byte {
	b := make([]byte, 0, len(s)+maxParams)
	at, question := strings.IndexByte(s, '@'), false
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '#' && i < at:
			c = '-'
		case c == ':' && i+1 == at:
			continue
		case c == '?' && i > at:
			question = true
		}
		b = append(b, replacement(c, "_"))
		if c == '=' && i > at && endsValue(s[i+1:], question) {
			b = append(b, '0')
		}
	}
	return b
}

func endsValue(rest string, inHeaders bool) bool {
	return rest == "" || rest[0] == ';' || rest[0] == '?' || inHeaders && rest[0] == '&'
}

// agreesVia reports whether gosip reads the same from a Via element.
func agreesVia(v *Via, text string) bool {
	msg, err := sip.ParseMsg(fieldForGosip("Via: ", text, false))
	if err != nil || msg == nil || msg.Via == nil || msg.Via.Next != nil {
		return false
	}
	g := msg.Via
	return strings.EqualFold(g.Protocol, "SIP") && g.Version == "2.0" &&
		upperASCII(g.Transport) == replaced(v.Transport, "_") &&
		g.Host == replaced(v.Host, "_") && g.Port == v.Port && agreesList(g.Param, v.Params)
}

// agreesParams reports whether gosip reads the same parameters from the text
// behind an address.
func agreesParams(params Params, text string) bool {
	msg, err := sip.ParseMsg(fieldForGosip("Contact: <sip:x>", text, true))
	if err != nil || msg == nil || msg.Contact == nil || msg.Contact.Next != nil {
		return false
	}
	return agreesList(msg.Contact.Param, params)
}

func agreesList(g *sip.Param, params Params) bool {
	i := len(params) // newest first, too
	for ; g != nil; g = g.Next {
		if i--; i < 0 || g.Name != replaced(params[i].Name, "_") {
			return false
		}
		set := "_" + looseASCII
		if params[i].Quoted {
			set = ""
		}
		if g.Value != replaced(params[i].Value, set) {
			return false
		}
	}
	return i == 0
}

// looseASCII are the characters of chLoose below 128.
const looseASCII = "=/@?&$#{}|^"

// fieldForGosip makes a message of one field, rewritten as the table says.
// inParams tells that the text begins with parameters.
func fieldForGosip(name, s string, inParams bool) []byte {
	const start = "X sip:x SIP/2.0\r\n"
	b := make([]byte, 0, len(start)+len(name)+len(s)+4)
	b = append(append(b, start...), name...)
	set, equals := "_", 0
	if inParams {
		set = "_" + looseASCII
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			end, _, _ := scanQuoted(s, i)
			for _, q := range []byte(s[i:end]) {
				b = append(b, replacement(q, ""))
			}
			i = end - 1
		case c == ';':
			set, equals = "_"+looseASCII, 0
			b = append(b, c)
		case c == '=' && equals == 0:
			equals++
			if j := skipSpace(s, i+1); j == len(s) || s[j] == ';' {
				c = ' '
			}
			b = append(b, c)
		default:
			b = append(b, replacement(c, set))
		}
	}
	for b[len(b)-1] == ' ' || b[len(b)-1] == '\t' {
		b = b[:len(b)-1]
	}
	return append(b, "\r\n\r\n"...)
}

func replacement(c byte, set string) byte {
	switch {
	case c >= 0x80:
		return 'x'
	case strings.IndexByte(set, c) >= 0:
		return '-'
	}
	return c
}

// replaced rewrites a part of ours the way its text was rewritten.
func replaced(s, set string) string {
	for i := range len(s) {
		if replacement(s[i], set) != s[i] {
			b := []byte(s)
			for j := range b {
				b[j] = replacement(b[j], set)
			}
			return string(b)
		}
	}
	return s
}
