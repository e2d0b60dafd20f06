package sip

import (
	"errors"
	"fmt"
	"slices"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// Pending is a request that we sent within a dialog and that waits for its
// final response.
type Pending struct {
	leg     *Leg
	method  string
	seq     uint32
	offered bool // carried our offer
	tx      *transaction.Client
	then    func(*sipmsg.Message, error) // called with the outcome, leg's mu held
	done    chan struct{}

	resp  *sipmsg.Message // set before done is closed
	err   error
	acked bool // guarded by leg.mu
}

// Done is closed when the outcome is there: a final response, the time-out, or
// the end of the leg.
func (p *Pending) Done() <-chan struct{} { return p.done }

// Response returns the final response, nil before Done or when none came.
func (p *Pending) Response() *sipmsg.Message {
	select {
	case <-p.done:
		return p.resp
	default:
		return nil
	}
}

// Err tells why Done is closed without a response: ErrTimeout, ErrEnded, or
// what the transport says.
func (p *Pending) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Ack acknowledges the 2xx to a re-INVITE, with the session answer if the
// re-INVITE carried no offer. The stack repeats it when the 2xx is repeated.
func (p *Pending) Ack(body Body) error {
	resp := p.Response()
	if p.method != "INVITE" || resp == nil || resp.Status > 299 {
		return ErrState
	}
	l := p.leg
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == stateEnded:
		return ErrEnded
	case p.acked:
		return ErrState
	}
	p.acked = true
	l.offer.in = false
	return l.sendAck(p.seq, body)
}

// Cancel gives up a re-INVITE that has no final response (RFC 3261 §9.1).
func (p *Pending) Cancel(hdr ...sipmsg.Header) error {
	if p.method != "INVITE" {
		return ErrState
	}
	return p.tx.Cancel(hdr...)
}

// resolve sets the outcome once; leg's mu is held.
func (p *Pending) resolve(m *sipmsg.Message, err error) {
	select {
	case <-p.done:
	default:
		p.resp, p.err = m, err
		close(p.done)
	}
}

// Send sends a request within the dialog: re-INVITE, UPDATE, INFO, NOTIFY and
// so on; not BYE, CANCEL, ACK or PRACK, which have methods of their own. It
// needs a confirmed dialog; UPDATE, INFO and the like may go in an early one
// when there is exactly one. ErrGlare means that an exchange of offer and
// answer is under way (RFC 3261 §14.1, RFC 3311 §5.1).
func (l *Leg) Send(method string, body Body, hdr ...sipmsg.Header) (*Pending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.current()
	switch {
	case l.state == stateEnding || l.state == stateEnded:
		return nil, ErrEnded
	case d == nil || d.remoteTag == "" && !l.server || l.state == stateCancelling:
		return nil, ErrState
	}
	switch method {
	case "BYE", "CANCEL", "ACK", "PRACK":
		return nil, fmt.Errorf("sip: send %s: %w", method, ErrState)
	case "INVITE":
		if l.state != stateConfirmed {
			return nil, ErrState
		}
		return l.sendInvite(d, body, hdr)
	case "UPDATE":
		return l.sendUpdate(d, body, hdr)
	}
	return l.send(d, method, body, hdr, l.ended481)
}

// sendInvite sends a re-INVITE (RFC 3261 §14.1); mu is held.
func (l *Leg) sendInvite(d *dialog, body Body, hdr []sipmsg.Header) (*Pending, error) {
	if l.offer.in || l.offer.out || l.inviteIn != nil || len(l.unacked) > 0 || l.sending("INVITE") {
		return nil, ErrGlare
	}
	var p *Pending
	p, err := l.send(d, "INVITE", body, hdr, func(m *sipmsg.Message, err error) {
		l.settleOffer(p)
		if m != nil && m.Status < 300 && !p.offered {
			l.offer.in = carriesSession(m) // its answer is in our ACK
		}
		l.refreshed(m)
		l.sessionOutcome("INVITE", m)
		l.goneBy(m, err)
	})
	return p, err
}

// sendUpdate sends an UPDATE (RFC 3311 §5.1); mu is held.
func (l *Leg) sendUpdate(d *dialog, body Body, hdr []sipmsg.Header) (*Pending, error) {
	if l.sending("UPDATE") || !body.IsZero() && (l.offer.in || l.offer.out || l.inviteIn != nil || l.sending("INVITE")) {
		return nil, ErrGlare
	}
	var p *Pending
	p, err := l.send(d, "UPDATE", body, hdr, func(m *sipmsg.Message, err error) {
		l.settleOffer(p)
		l.refreshed(m)
		l.sessionOutcome("UPDATE", m)
		l.goneBy(m, err)
	})
	return p, err
}

// settleOffer ends the offer that a request of ours made.
func (l *Leg) settleOffer(p *Pending) {
	if p.offered {
		l.offer.out = false
	}
}

// refreshed takes the remote target from a 2xx (RFC 3261 §12.2.1.2).
func (l *Leg) refreshed(m *sipmsg.Message) {
	if m != nil && m.Status < 300 {
		if d := l.dialogWith(m.ToTag()); d != nil {
			d.refresh(m)
		}
	}
}

// goneBy ends the call when the outcome of a re-INVITE or UPDATE says that the
// peer is gone: 481, 408, or nothing (RFC 3261 §12.2.1.2).
func (l *Leg) goneBy(m *sipmsg.Message, err error) {
	if m != nil && m.Status == 408 || m == nil && err != nil {
		l.gone()
		return
	}
	l.ended481(m, err)
}

// ended481 ends the call when the peer does not know the dialog. Other requests
// than re-INVITE and UPDATE may go unanswered without harm: there are phones
// that never answer an INFO.
func (l *Leg) ended481(m *sipmsg.Message, _ error) {
	if m != nil && m.Status == 481 {
		l.gone()
	}
}

func (l *Leg) gone() {
	if l.state == stateConfirmed || l.state == stateAnswered {
		l.hangUp(ErrGone, nil)
	}
}

// sending reports whether a request of ours with that method is unanswered.
func (l *Leg) sending(method string) bool {
	return slices.ContainsFunc(l.sent, func(p *Pending) bool { return p.method == method })
}

// send sends a request within a dialog and follows it; then is called with the
// outcome, mu held, unless the leg ended before. mu is held.
func (l *Leg) send(d *dialog, method string, body Body, hdr []sipmsg.Header, then func(*sipmsg.Message, error)) (*Pending, error) {
	req := d.request(method, l.callID, 0)
	switch method {
	case "INVITE", "UPDATE":
		l.describe(req)
		l.offerSession(req)
	case "SUBSCRIBE", "NOTIFY", "REFER":
		req.Add("Contact", l.where())
	}
	addHeaders(req, hdr)
	body.put(req)
	tx, err := l.stack.layer.Send(req, l.hop(d))
	if err != nil {
		return nil, fmt.Errorf("sip: send %s: %w", method, err)
	}
	p := &Pending{leg: l, method: method, seq: d.localSeq, tx: tx, then: then, done: make(chan struct{})}
	if method == "INVITE" || method == "UPDATE" {
		p.offered = carriesSession(req)
		l.offer.out = l.offer.out || p.offered
	}
	l.sent = append(l.sent, p)
	l.stack.work.Add(1)
	go p.follow()
	return p, nil
}

// follow reads the responses until the final one, or until the leg ends.
func (p *Pending) follow() {
	defer p.leg.stack.work.Done()
	for {
		select {
		case <-p.done:
			return
		case m, ok := <-p.tx.Responses():
			switch {
			case !ok:
				p.settle(nil, p.failure())
				return
			case m.Status >= 200:
				p.settle(m, nil)
				return
			case m.Status > 100 && p.method == "INVITE":
				p.prack(m)
			}
		}
	}
}

func (p *Pending) failure() error {
	err := p.tx.Err()
	if err == nil || errors.Is(err, transaction.ErrTimeout) {
		return ErrTimeout
	}
	return err
}

// settle takes the outcome.
func (p *Pending) settle(m *sipmsg.Message, err error) {
	l := p.leg
	l.locked(func() {
		i := slices.Index(l.sent, p)
		if i < 0 {
			return // the leg ended meanwhile
		}
		l.sent = slices.Delete(l.sent, i, i+1)
		p.resolve(m, err)
		p.then(m, err)
	})
}

// prack acknowledges a reliable provisional response to a re-INVITE.
func (p *Pending) prack(m *sipmsg.Message) {
	rseq, ok := rseqOf(m)
	if !ok {
		return
	}
	l := p.leg
	l.locked(func() {
		if l.state == stateConfirmed && l.dlg.acceptsRSeq(p.seq, rseq) {
			_ = l.sendPrack(&l.dlg, m, Body{}, nil)
		}
	})
}
