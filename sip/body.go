package sip

import (
	"strings"

	"ringward/sip/sipmsg"
)

// Body is the content of a message: octets that the stack does not look into,
// and their media type. The zero value is no body.
type Body struct {
	ContentType string // e.g. "application/sdp"; "" with Data means application/sdp
	Data        []byte
}

// IsZero reports whether there is no body.
func (b Body) IsZero() bool { return len(b.Data) == 0 }

// put writes the body into a message that has none yet.
func (b Body) put(m *sipmsg.Message) {
	if b.IsZero() {
		return
	}
	ct := b.ContentType
	if ct == "" {
		ct = "application/sdp"
	}
	m.Set("Content-Type", ct)
	m.Body = b.Data
}

// carriesSession reports whether the message carries an offer or an answer.
// The package does not read SDP, so that it goes by the media type: a session
// description, or a multipart that may hold one.
func carriesSession(m *sipmsg.Message) bool {
	if m == nil || len(m.Body) == 0 {
		return false
	}
	mt, _ := m.ContentType()
	return mt == "" || strings.EqualFold(mt, "application/sdp") || hasPrefixFold(mt, "multipart/")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
