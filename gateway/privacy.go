package gateway

import (
	"strings"

	"ringward/sip/sipmsg"
)

// privacy is what a caller asks to have withheld from the called party: RFC
// 3323 §4.2, RFC 3325 §9.3, RFC 7044 §10.1.
type privacy struct {
	identity bool // id, user or header: number and name
	history  bool // how the call came here
	beyond   bool // critical, together with a wish that we do not know
}

// privacyOf reads Privacy. "none" stands alone and asks for nothing; "session"
// is granted to everybody, because media goes through us.
func privacyOf(inv *sipmsg.Message) privacy {
	var p privacy
	var critical, unknown bool
	for _, v := range inv.Values("Privacy") {
		for _, word := range strings.FieldsFunc(v, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch strings.ToLower(word) {
			case "none":
				return privacy{}
			case "id", "user", "header":
				p.identity = true
			case "history":
				p.history = true
			case "session":
			case "critical":
				critical = true
			default:
				unknown = true
			}
		}
	}
	p.beyond = critical && unknown
	return p
}

// withheld reports whether one value of a header must not reach the phone.
// User-to-User is no question of privacy, but of form.
func (p privacy) withheld(name, value string) bool {
	if name == userToUser {
		return !isUserToUser(value)
	}
	if name != "History-Info" {
		return false
	}
	// An entry may ask for itself alone: <sip:a@b?Privacy=history> (RFC 7044 §10.1).
	return p.history || strings.Contains(strings.ToLower(value), "privacy=history")
}
