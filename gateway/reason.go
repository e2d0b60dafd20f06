package gateway

import (
	"strings"

	"ringward/sip/sipmsg"
)

// Bounds on what one side can have us repeat to the other.
const (
	maxReasons = 8
	maxReason  = 512 // octets of one
)

// reasonsOf are the reasons of a message as the other side gets them: every
// protocol, known or not, several of one too (RFC 9366), with cause, text and
// location as they stand (RFC 3326, RFC 8606). What is no reason is left out.
func reasonsOf(m *sipmsg.Message) []sipmsg.Header {
	if m == nil {
		return nil
	}
	var out []sipmsg.Header
	for _, v := range m.List("Reason") {
		if len(out) < maxReasons && isReason(v) {
			out = append(out, sipmsg.Header{Name: "Reason", Value: v})
		}
	}
	return out
}

// isReason holds a value against "protocol *(;name[=value])".
func isReason(v string) bool {
	protocol, rest, _ := strings.Cut(v, ";")
	if len(v) > maxReason || !isToken(strings.TrimSpace(protocol)) {
		return false
	}
	for quoted := false; rest != ""; rest = rest[1:] {
		switch {
		case quoted && rest[0] == '\\' && len(rest) > 1:
			rest = rest[1:]
		case rest[0] == '"':
			quoted = !quoted
		}
		if len(rest) == 1 && quoted {
			return false
		}
	}
	return true
}

// isToken reports whether s is a token of RFC 3261 §25.1.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-.!%*_+`'~", r))
	})
}

// refusalOf is what of a phone's refusal goes on to the caller, when its status
// does: the reasons, and of an analytics block (ATIS-1000099, RFC 8688) the
// phrase and the redress contact, unmodified.
func refusalOf(m *sipmsg.Message, status int) (phrase string, hdr []sipmsg.Header) {
	if m == nil || m.Status != status {
		return "", nil
	}
	hdr = reasonsOf(m)
	if blocked := status == 603 && strings.EqualFold(m.Reason, "Network Blocked"); !blocked && status != 608 {
		return "", hdr
	}
	for _, v := range m.List("Call-Info") {
		if len(hdr) < 2*maxReasons && len(v) <= maxReason {
			hdr = append(hdr, sipmsg.Header{Name: "Call-Info", Value: v})
		}
	}
	return m.Reason, hdr
}
