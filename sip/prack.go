package sip

import (
	"fmt"
	"strconv"

	"ringward/sip/sipmsg"
)

// This file is the UAC side of RFC 3262; reliable.go is the UAS side.

// negotiate notes what a reliable response does for offer and answer, and
// whether the PRACK has to carry an answer (RFC 3262 §5). mu is held.
func (l *Leg) negotiate(m *sipmsg.Message) (needsAnswer bool) {
	if !carriesSession(m) {
		return false
	}
	if l.offer.out {
		l.offer.out = false
		return false
	}
	if carriesSession(l.invite) || l.offer.in {
		return false // a copy of the session that was agreed before
	}
	l.offer.in = true
	return true
}

// rseqOf returns the RSeq of a reliable provisional response.
func rseqOf(m *sipmsg.Message) (uint32, bool) {
	if !hasOption(m, "Require", option100rel) {
		return 0, false
	}
	n, err := strconv.ParseUint(m.Get("RSeq"), 10, 32)
	return uint32(n), err == nil
}

// sendPrack acknowledges a reliable provisional response (RFC 3262 §4). mu is
// held.
func (l *Leg) sendPrack(d *dialog, m *sipmsg.Message, body Body, hdr []sipmsg.Header) error {
	seq, _, err := m.CSeq()
	if err != nil {
		return fmt.Errorf("sip: prack: %w", err)
	}
	rack := m.Get("RSeq") + " " + strconv.FormatUint(uint64(seq), 10) + " INVITE"
	req := d.request("PRACK", l.callID, 0)
	req.Add("RAck", rack)
	addHeaders(req, hdr)
	body.put(req)
	_, err = l.stack.layer.Send(req, l.hop(d))
	return err
}

// Prack acknowledges a Progressed that has NeedsAnswer set, with the answer to
// the offer that it carried. Without it the peer gives up after 64*T1.
func (l *Leg) Prack(p Progressed, body Body, hdr ...sipmsg.Header) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == stateEnded:
		return ErrEnded
	case l.state != stateProceeding || l.uac == nil || !p.NeedsAnswer || p.Message == nil:
		return ErrState
	}
	d := l.uac.fork(p.RemoteTag)
	if d == nil {
		return ErrState
	}
	l.offer.in = false
	return l.sendPrack(d, p.Message, body, hdr)
}
