package sip

import (
	"errors"
	"strings"

	"ringward/sip/sipmsg"
)

// Replaces names the dialog that a new one takes the place of (RFC 3891), as who
// gets the INVITE sees it.
type Replaces struct {
	CallID    string
	LocalTag  string // to-tag
	RemoteTag string // from-tag
	EarlyOnly bool   // not if it is confirmed
}

var errReplaces = errors.New("want a Call-ID, to-tag and from-tag, once each")

// ParseReplaces reads the value of a Replaces header (RFC 3891 §6.1).
func ParseReplaces(value string) (Replaces, error) {
	id, params, _ := strings.Cut(value, ";")
	r := Replaces{CallID: strings.TrimSpace(id)}
	for p := range strings.SplitSeq(params, ";") {
		name, v, _ := strings.Cut(p, "=")
		v = strings.TrimSpace(v)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			if r.LocalTag != "" {
				return Replaces{}, errReplaces
			}
			r.LocalTag = v
		case "from-tag":
			if r.RemoteTag != "" {
				return Replaces{}, errReplaces
			}
			r.RemoteTag = v
		case "early-only":
			r.EarlyOnly = true
		}
	}
	if r.CallID == "" || r.LocalTag == "" || r.RemoteTag == "" {
		return Replaces{}, errReplaces
	}
	return r, nil
}

// ReplacesOf reads the Replaces header of a message; ok is false without one.
// More than one, or one that cannot be read, is an error (RFC 3891 §3: 400).
func ReplacesOf(m *sipmsg.Message) (r Replaces, ok bool, err error) {
	values := m.Values("Replaces")
	switch len(values) {
	case 0:
		return r, false, nil
	case 1:
		r, err = ParseReplaces(values[0])
		return r, true, err
	}
	return r, true, errReplaces
}

// Replaced returns the confirmed leg that is meant, nil if there is none.
func (s *Stack) Replaced(r Replaces) *Leg {
	l := s.legs.find(r.LocalTag, r.CallID)
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dlg.remoteTag != r.RemoteTag || l.state != stateConfirmed && l.state != stateAnswered {
		return nil
	}
	return l
}

// SetOwner makes Owner return v.
func (l *Leg) SetOwner(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owner = v
}

// Owner returns what SetOwner was told: whose leg this is.
func (l *Leg) Owner() any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owner
}
