package sip

import (
	"crypto/rand"
	"strconv"
	"strings"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// response builds an answer of a server leg to its INVITE, with our tag and,
// where RFC 3261 §12.1.1 and §13.3.1 ask for it, Contact, Allow and Supported.
func (l *Leg) response(status int, reason string, hdr ...sipmsg.Header) *sipmsg.Message {
	m := sipmsg.NewResponse(l.invite, status, reason)
	if status == 100 {
		return m
	}
	m.Set("To", l.dlg.local)
	if status < 300 {
		l.describe(m)
	}
	addHeaders(m, hdr)
	return m
}

// describe tells the peer where we are and what we understand.
// mu is held, or the leg is new.
func (l *Leg) describe(m *sipmsg.Message) {
	m.Headers = append(m.Headers,
		sipmsg.Header{Name: "Contact", Value: l.where()},
		sipmsg.Header{Name: "Allow", Value: l.stack.allow})
	if l.stack.supported != "" {
		m.Headers = append(m.Headers, sipmsg.Header{Name: "Supported", Value: l.stack.supported})
	}
}

// where returns our Contact value: the called user, or the calling one, at the
// address that the peer reaches us by.
func (l *Leg) where() string {
	if l.contact == "" {
		var user string
		if u, err := l.invite.URI(); err == nil {
			user = u.User
		}
		l.contact = l.stack.contactFor(l.peer, user)
	}
	return l.contact
}

// addHeaders adds the owner's header fields; Contact and Allow replace ours.
func addHeaders(m *sipmsg.Message, hdr []sipmsg.Header) {
	for _, h := range hdr {
		if strings.EqualFold(h.Name, "Contact") || strings.EqualFold(h.Name, "Allow") {
			m.Del(h.Name)
		}
	}
	m.Headers = append(m.Headers, hdr...)
}

// retryAfter is the Retry-After of RFC 3261 §14.2 and RFC 3311 §5.2: a random
// number of seconds from 0 to 10.
func retryAfter() sipmsg.Header {
	var b [1]byte
	_, _ = rand.Read(b[:])
	return sipmsg.Header{Name: "Retry-After", Value: strconv.Itoa(int(b[0]) % 11)}
}

// answer sends a final answer that no leg has a part in.
func answer(tx *transaction.Server, status int, reason string, hdr ...sipmsg.Header) {
	m := sipmsg.NewResponse(tx.Request(), status, reason)
	addHeaders(m, hdr)
	_ = tx.Respond(m) // the peer repeats the request when this is lost
}

// options answers OPTIONS (RFC 3261 §11.2).
func (s *Stack) options(tx *transaction.Server) {
	hdr := []sipmsg.Header{
		{Name: "Allow", Value: s.allow},
		{Name: "Accept", Value: s.accept},
		{Name: "Accept-Encoding", Value: "identity"},
		{Name: "Supported", Value: s.supported},
	}
	if s.cfg.Events != nil {
		hdr = append(hdr, sipmsg.Header{Name: "Allow-Events", Value: strings.Join(s.cfg.Events, ", ")})
	}
	answer(tx, 200, "", hdr...)
}
