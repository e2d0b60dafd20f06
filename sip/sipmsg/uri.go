package sipmsg

import (
	"net/netip"
	"strconv"
	"strings"
)

// URI is a parsed SIP, SIPS or tel URI, or another one of which only the scheme
// is known.
type URI struct {
	// Scheme in lower case.
	Scheme string
	// User and Password as they stand in the URI, %-escapes included: an
	// escaped line end stays escaped. The number of a tel URI is in User.
	User, Password string
	// HasPassword tells an empty password ("sip:a:@h") from none.
	HasPassword bool
	// Host as received, without the brackets of an IPv6 reference.
	Host string
	// Port, 0 when there is none.
	Port   uint16
	Params Params
	// Headers is what follows "?", undecoded.
	Headers string
	// Opaque is all behind the scheme's colon when the scheme is not sip, sips
	// or tel.
	Opaque string
}

// IsSIP reports a sip or sips URI.
func (u URI) IsSIP() bool { return u.Scheme == "sip" || u.Scheme == "sips" }

// String writes the URI. Characters that may not stand in their part are
// %-escaped, existing escapes are kept.
func (u URI) String() string { return string(u.Append(nil)) }

// Append writes the URI to dst.
func (u URI) Append(dst []byte) []byte {
	dst = append(append(dst, u.Scheme...), ':')
	switch u.Scheme {
	case "sip", "sips":
		dst = u.appendSIP(dst)
	case "tel":
		dst = appendURIParams(appendEscaped(dst, u.User, chTel), u.Params)
	default:
		dst = appendEscaped(dst, u.Opaque, chURI)
	}
	return dst
}

func (u URI) appendSIP(dst []byte) []byte {
	if u.User != "" {
		dst = appendEscaped(dst, u.User, chUser)
		if u.HasPassword || u.Password != "" {
			dst = appendEscaped(append(dst, ':'), u.Password, chPass)
		}
		dst = append(dst, '@')
	}
	dst = appendHostPort(dst, u.Host, u.Port)
	dst = appendURIParams(dst, u.Params)
	if u.Headers != "" {
		dst = appendEscaped(append(dst, '?'), u.Headers, chHeader)
	}
	return dst
}

func appendURIParams(dst []byte, params Params) []byte {
	for _, p := range params {
		dst = appendEscaped(append(dst, ';'), p.Name, chParam)
		if !p.NoValue {
			dst = appendEscaped(append(dst, '='), p.Value, chParam)
		}
	}
	return dst
}

// appendEscaped writes s, %-escaping what is neither of these classes nor an
// escape already.
func appendEscaped(dst []byte, s string, bits uint16) []byte {
	const hexDigits = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; is(c, bits) || isEscape(s[i:]) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

// appendHostPort writes host and port; an IPv6 address gets its brackets. A
// host has no escapes, so what may not stand in one is left out.
func appendHostPort(dst []byte, host string, port uint16) []byte {
	v6 := strings.IndexByte(host, ':') >= 0
	if v6 {
		dst = append(dst, '[')
	}
	for i := range len(host) {
		if is(host[i], chHost) || host[i] == '_' || v6 && host[i] == ':' {
			dst = append(dst, host[i])
		}
	}
	if v6 {
		dst = append(dst, ']')
	}
	if port != 0 {
		dst = strconv.AppendUint(append(dst, ':'), uint64(port), 10)
	}
	return dst
}

// Unescape decodes the %-escapes of a URI part. The result may hold any octet,
// line ends included: it is for comparing and for CleanText, not for the wire.
func Unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if isEscape(s[i:]) {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// Equal compares as RFC 3261 §19.1.4 asks, and tel URIs as RFC 3966 §4.
func (u URI) Equal(v URI) bool {
	if !strings.EqualFold(u.Scheme, v.Scheme) {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "sip", "sips":
		return canonicalPart(u.User) == canonicalPart(v.User) &&
			canonicalPart(u.Password) == canonicalPart(v.Password) &&
			u.HasPassword == v.HasPassword && sameHost(u.Host, v.Host) && u.Port == v.Port &&
			sameURIParams(u.Params, v.Params) && sameURIHeaders(u.Headers, v.Headers)
	case "tel":
		return telDigits(u.User) == telDigits(v.User) && len(u.Params) == len(v.Params) &&
			paramsWithin(u.Params, v.Params, true) && paramsWithin(v.Params, u.Params, true)
	}
	return u.Opaque == v.Opaque
}

// canonicalPart decodes the escapes of all characters that are not reserved;
// only those mean the same escaped and not (RFC 3261 §19.1.4).
func canonicalPart(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if !isEscape(s[i:]) {
			b = append(b, s[i])
			continue
		}
		c := unhex(s[i+1])<<4 | unhex(s[i+2])
		if strings.IndexByte("%;/?:@&=+$,", c) >= 0 {
			b = append(b, '%', upperHex(s[i+1]), upperHex(s[i+2]))
		} else {
			b = append(b, c)
		}
		i += 2
	}
	return string(b)
}

func upperHex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 'A'
	}
	return c
}

func sameHost(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x == y
}

// sameURIParams: parameters in both must match; of those in one only, these
// make the URIs differ (transport by the example in §19.1.4).
func sameURIParams(a, b Params) bool {
	for _, name := range []string{"user", "ttl", "method", "maddr", "transport"} {
		if a.Has(name) != b.Has(name) {
			return false
		}
	}
	return paramsWithin(a, b, false) && paramsWithin(b, a, false)
}

// paramsWithin compares each parameter of a with that of b, the first of a name
// counting; all tells that b must have it.
func paramsWithin(a, b Params, all bool) bool {
	for n, p := range a {
		if a.index(p.Name) != n {
			continue
		}
		i := b.index(p.Name)
		if i < 0 && all || i >= 0 && !strings.EqualFold(canonicalPart(p.Value), canonicalPart(b[i].Value)) {
			return false
		}
	}
	return true
}

func sameURIHeaders(a, b string) bool {
	if a == b {
		return true
	}
	x, y := strings.Split(a, "&"), strings.Split(b, "&")
	if len(x) != len(y) {
		return false
	}
	count := make(map[string]int, len(x))
	for i := range x {
		count[canonicalHeader(x[i])]++
		count[canonicalHeader(y[i])]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func canonicalHeader(s string) string {
	name, value, _ := strings.Cut(s, "=")
	return lowerASCII(canonicalPart(name)) + "=" + canonicalPart(value)
}

func telDigits(s string) string {
	return lowerASCII(strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.()", r) {
			return -1
		}
		return r
	}, s))
}
