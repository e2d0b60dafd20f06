package gateway

import (
	"encoding/hex"
	"strings"

	"ringward/sip/sipmsg"
)

const (
	userToUser = "User-to-User"
	maxUUI     = 129 // octets: the protocol discriminator and what ISDN takes (RFC 7434 §6)
)

// verdictForPBX is the verdict header in the one form that switches hand on to
// their agents' screens: ISDN user-to-user information of IA5 characters,
// protocol discriminator 04 (RFC 7433, RFC 7434 §7).
func verdictForPBX(verdict string) sipmsg.Header {
	b := append([]byte{4}, verdict...)
	return sipmsg.Header{Name: userToUser, Value: hex.EncodeToString(b[:min(len(b), maxUUI)]) + ";purpose=isdn-uui;content=isdn-uui;encoding=hex"}
}

// isUserToUser holds a value against RFC 7433 §4.1: hexadecimal data with its
// encoding named (or left to the default), of no more than any switch takes.
func isUserToUser(v string) bool {
	data, params, _ := strings.Cut(v, ";")
	data = strings.Trim(strings.TrimSpace(data), `"`)
	if len(v) > maxReason || data == "" || len(data) > 2*maxUUI {
		return false
	}
	for p := range strings.SplitSeq(params, ";") {
		if name, value, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(name), "encoding") && !strings.EqualFold(strings.TrimSpace(value), "hex") {
			return isToken(data) // an encoding of its own: not ours to read
		}
	}
	_, err := hex.DecodeString(data)
	return err == nil
}
