package sipmsg

import (
	"cmp"
	"strings"
)

// ParseURI reads a URI. An unknown scheme is no error: the URI is opaque then.
// The error is an *Error with status 400.
func ParseURI(s string) (URI, error) {
	u, err := scanURI(s, true)
	if err != nil {
		return URI{}, err
	}
	return u, nil
}

func badURI(detail string) *Error { return badRequest("Bad URI", "URI: "+detail) }

// scanURI parses s. With keep unset it only checks, and Params stays empty.
func scanURI(s string, keep bool) (URI, *Error) {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 || !isScheme(s[:colon]) {
		return URI{}, badURI("no scheme")
	}
	if len(s) > maxHeader {
		return URI{}, badURI("too long")
	}
	u := URI{Scheme: lowerASCII(s[:colon])}
	rest := s[colon+1:]
	switch u.Scheme {
	case "sip", "sips":
		return scanSIP(u, s, keep)
	case "tel":
		return scanTel(u, rest, keep)
	}
	if !allOf(rest, chURI) {
		return URI{}, badURI("character that may not stand in a URI, or nothing behind the scheme")
	}
	u.Opaque = rest
	return u, nil
}

func isScheme(s string) bool {
	for i := range len(s) {
		if !is(s[i], chAlpha) && (i == 0 || !is(s[i], chDigit) && s[i] != '+' && s[i] != '-' && s[i] != '.') {
			return false
		}
	}
	return s != ""
}

// scanSIP cuts a sip or sips URI into its parts:
//
//	scheme:user[:password]@host[:port][;params][?headers]
//
// plain stays true for the forms that the fuzz test holds against gosip's
// grammar; anything else is put before gosip itself.
func scanSIP(u URI, s string, keep bool) (URI, *Error) {
	plain := true
	rest := s[len(u.Scheme)+1:]
	host := rest
	if at := strings.IndexByte(rest, '@'); at >= 0 {
		if !u.setUser(rest[:at]) {
			return URI{}, badURI("user part")
		}
		plain = allOf(u.User, chUser) && !u.HasPassword
		host = rest[at+1:]
	}
	end := 0
	for end < len(host) && host[end] != ';' && host[end] != '?' {
		end++
	}
	tail := host[end:]
	h, port, hostPlain, fault := splitHostPort(host[:end])
	if fault != "" || port == 0 {
		return URI{}, badURI(cmp.Or(fault, "port 0"))
	}
	u.Host, u.Port = h, uint16(max(port, 0))
	if q := strings.IndexByte(tail, '?'); q >= 0 {
		u.Headers, tail = tail[q+1:], tail[:q]
		if u.Headers == "" || !allEscaped(u.Headers, chHeader) {
			return URI{}, badURI("headers")
		}
	}
	paramsPlain := true
	if tail != "" {
		var err *Error
		if u.Params, paramsPlain, err = scanURIParams(tail, keep); err != nil {
			return URI{}, err
		}
	}
	if !(plain && hostPlain && paramsPlain && u.Headers == "") && !agreesURI(&u, s, tail) {
		return URI{}, badURI("not by the grammar")
	}
	return u, nil
}

// setUser splits the part before "@". "#" and non-ASCII octets are taken though
// they should be escaped: feature codes like sip:*31#1234@host are common.
func (u *URI) setUser(s string) bool {
	u.User, u.Password, u.HasPassword = strings.Cut(s, ":")
	if u.User == "" || !allEscaped(u.Password, chPass) {
		return false
	}
	for i := 0; i < len(u.User); i++ {
		if c := u.User[i]; is(c, chUser) || c == '#' || c >= 0x80 {
			continue
		}
		if !isEscape(u.User[i:]) {
			return false
		}
		i += 2
	}
	return true
}

// splitHostPort reads host[:port] without any space in it; port is -1 when there
// is none. plain is false for an IPv6 reference or a host with "_". fault names
// what cannot be read, "" when all can.
func splitHostPort(s string) (host string, port int, plain bool, fault string) {
	if s == "" {
		return "", 0, false, "no host"
	}
	text, hasPort := "", false
	if s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 || !allOf(s[1:end], chV6) || strings.IndexByte(s[1:end], ':') < 0 {
			return "", 0, false, "IPv6 reference"
		}
		host = s[1:end]
		if text, hasPort = strings.CutPrefix(s[end+1:], ":"); !hasPort && text != "" {
			return "", 0, false, "IPv6 reference"
		}
	} else {
		host, text, hasPort = strings.Cut(s, ":")
		if plain = allOf(host, chHost); !plain && !isLooseHost(host) {
			return "", 0, false, "host"
		}
	}
	if !hasPort {
		return host, -1, plain, ""
	}
	n, ok := parseNumber(text, 65535)
	if !ok || len(text) > 5 {
		return "", 0, false, "port"
	}
	return host, int(n), plain, ""
}

// isLooseHost takes "_", which no host name may have and some have.
func isLooseHost(s string) bool {
	for i := range len(s) {
		if !is(s[i], chHost) && s[i] != '_' {
			return false
		}
	}
	return s != ""
}

// scanURIParams reads ;name[=value]... up to the end of s.
func scanURIParams(s string, keep bool) (params Params, plain bool, err *Error) {
	plain = true
	for n := 0; s != ""; n++ {
		if n == maxParams {
			return nil, false, badURI("too many parameters")
		}
		s = s[1:] // the semicolon
		item := s
		if end := strings.IndexByte(s, ';'); end >= 0 {
			item, s = s[:end], s[end:]
		} else {
			s = ""
		}
		name, value, has := strings.Cut(item, "=")
		if name == "" || !allEscaped(name, chParam) || !allEscaped(value, chParam) {
			return nil, false, badURI("parameter")
		}
		plain = plain && allOf(name, chParam) && (!has || allOf(value, chParam))
		if keep {
			params = append(params, Param{Name: name, Value: value, NoValue: !has})
		}
	}
	return params, plain, nil
}

// scanTel reads number[;params] (RFC 3966 §3). gosip does not know all of it
// (tel:*69, visual separators), so this is ours alone.
func scanTel(u URI, rest string, keep bool) (URI, *Error) {
	end := strings.IndexByte(rest, ';')
	if end < 0 {
		end = len(rest)
	}
	u.User = rest[:end]
	digits := 0
	for i := range len(u.User) {
		switch c := u.User[i]; {
		case is(c, chHex) || c == '*' || c == '#':
			digits++
		case c == '-' || c == '.' || c == '(' || c == ')' || c == '+' && i == 0:
		default:
			return URI{}, badURI("telephone number")
		}
	}
	if digits == 0 {
		return URI{}, badURI("telephone number")
	}
	if end < len(rest) {
		var err *Error
		if u.Params, _, err = scanURIParams(rest[end:], keep); err != nil {
			return URI{}, err
		}
	}
	return u, nil
}
