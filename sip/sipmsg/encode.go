package sipmsg

import (
	"errors"
	"fmt"
	"strconv"
)

// Errors of Append. They are faults of the caller, not of the network.
var (
	errNoMessage = errors.New("encode message: neither a request nor a response")
	errMethod    = errors.New("encode message: method is not a token")
	errURI       = errors.New("encode message: Request-URI is empty or holds a space or control character")
	errReason    = errors.New("encode message: control character in the reason phrase")
)

// Append writes the message to dst and returns the longer slice. Content-Length
// is computed; one in Headers is left out. A message that holds CR, LF, NUL or
// another control character in its start line or head is refused, and dst is
// returned as it was.
func (m *Message) Append(dst []byte) ([]byte, error) {
	out, err := m.appendStartLine(dst)
	if err != nil {
		return dst, err
	}
	for i := range m.Headers {
		h := &m.Headers[i]
		if !isToken(h.Name) || !isText(h.Value) {
			return dst, fmt.Errorf("encode message: field %d (%.40q): bad name, or control character in the value", i, h.Name)
		}
		if _, f := lookupName(h.Name); f == fieldContentLength {
			continue
		}
		out = append(append(out, h.Name...), ": "...)
		out = append(append(out, h.Value...), "\r\n"...)
	}
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, int64(len(m.Body)), 10)
	out = append(out, "\r\n\r\n"...)
	return append(out, m.Body...), nil
}

func (m *Message) appendStartLine(dst []byte) ([]byte, error) {
	if m.Status == 0 {
		switch {
		case !isToken(m.Method):
			return dst, errMethod
		case !isWord(m.RequestURI):
			return dst, errURI
		}
		dst = append(append(dst, m.Method...), ' ')
		return append(append(dst, m.RequestURI...), " SIP/2.0\r\n"...), nil
	}
	switch {
	case m.Method != "" || m.Status < 100 || m.Status > 699:
		return dst, errNoMessage
	case !isText(m.Reason):
		return dst, errReason
	}
	dst = strconv.AppendInt(append(dst, "SIP/2.0 "...), int64(m.Status), 10)
	dst = append(append(dst, ' '), m.Reason...)
	return append(dst, "\r\n"...), nil
}

// isWord reports text without spaces that is not empty.
func isWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}
