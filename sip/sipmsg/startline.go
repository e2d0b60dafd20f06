package sipmsg

import "strings"

// parseStartLine reads the Request-Line or Status-Line into m. known is false
// if the line is neither, not even a faulty one: such a message is no SIP.
func (m *Message) parseStartLine(line string) (known bool, err *Error) {
	if hasVersionPrefix(line) {
		return m.parseStatusLine(line), nil
	}
	return m.parseRequestLine(line)
}

func hasVersionPrefix(s string) bool { return len(s) >= 4 && strings.EqualFold(s[:4], "SIP/") }

// parseStatusLine reads SIP/2.0 SP code SP reason (RFC 3261 §7.2). A faulty one
// is dropped, as no response is ever answered. The reason may be empty.
func (m *Message) parseStatusLine(line string) bool {
	version, rest, ok := strings.Cut(line, " ")
	if !ok || !strings.EqualFold(version, "SIP/2.0") || len(rest) < 3 {
		return false
	}
	n, ok := parseNumber(rest[:3], 699)
	if !ok || n < 100 || len(rest) > 3 && rest[3] != ' ' || !isText(rest) {
		return false
	}
	m.Status = int(n)
	m.Reason = trimSpace(rest[3:])
	return true
}

// parseRequestLine reads method SP uri SP version (RFC 3261 §7.1), with exactly
// one space in each place.
func (m *Message) parseRequestLine(line string) (known bool, err *Error) {
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isToken(method) || !isText(line) {
		return false, nil
	}
	m.Method = method
	uri, version, ok := strings.Cut(rest, " ")
	switch {
	case !ok || uri == "" || strings.IndexByte(version, ' ') >= 0:
		return true, badRequest("Bad Request-Line", "not method, URI and version with one space between")
	case !hasVersionPrefix(version):
		return true, badRequest("Bad Request-Line", "no SIP version")
	case strings.EqualFold(version, "SIP/2.0"):
		m.RequestURI = uri
		return true, nil
	case !isVersion(version[4:]):
		return true, badRequest("Bad Request-Line", "version is not two numbers")
	}
	return true, &Error{Status: 505, Reason: ReasonPhrase(505)}
}

func isVersion(s string) bool {
	major, minor, ok := strings.Cut(s, ".")
	return ok && allOf(major, chDigit) && allOf(minor, chDigit)
}
