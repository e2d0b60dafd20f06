package sip

import "ringward/sip/sipmsg"

// This file is how a leg ends: by its owner, by an error, and the clean-up.

// finish ends the leg: the one place where everything of it is let go. mu is
// held.
func (l *Leg) finish(e Ended) {
	if l.state == stateEnded {
		return
	}
	l.state = stateEnded
	if l.uas != nil {
		l.uas.stop()
	}
	if l.uac != nil {
		close(l.uac.stop)
	}
	if l.rel != nil {
		l.rel.stop()
	}
	l.session.stop()
	for _, u := range l.unacked {
		u.stop()
	}
	for _, r := range l.requests {
		r.abandon() // RFC 3261 §15.1.2: pending requests get 487
	}
	for _, p := range l.sent {
		p.resolve(nil, ErrEnded)
	}
	l.uas, l.uac, l.rel, l.unacked, l.requests, l.sent = nil, nil, nil, nil, nil, nil
	l.inviteIn, l.updateIn, l.bye = nil, nil, nil
	l.stack.forget(l)
	if l.events == nil {
		l.last = e // for an owner that asks yet
		return
	}
	l.events <- e
	close(l.events)
}

// Close ends the leg in whatever state it is: CANCEL, 500 or BYE as fits.
// Ended follows.
func (l *Leg) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == stateProceeding && l.server:
		l.reject(l.response(500, ""))
	case l.state == stateProceeding:
		l.cancel(nil)
	case l.state == stateAnswered, l.state == stateConfirmed:
		l.hangUp(nil, nil)
	}
}

// Bye ends an answered call (RFC 3261 §15.1.1); Ended follows. A server leg
// sends the BYE when the ACK for its answer has come, or will not come. Calling
// it again does nothing. Before the answer it is ErrState: see Cancel, Reject
// and Close.
func (l *Leg) Bye(hdr ...sipmsg.Header) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.state {
	case stateProceeding, stateCancelling:
		return ErrState
	case stateAnswered, stateConfirmed:
		l.hangUp(nil, hdr)
	}
	return nil
}

// hangUp sends BYE as soon as that is allowed; mu is held, the call answered.
func (l *Leg) hangUp(cause error, hdr []sipmsg.Header) {
	if l.state == stateAnswered && l.server {
		// RFC 3261 §15: not before the ACK or the end of waiting for it.
		if l.bye == nil {
			l.bye = &goodbye{cause, hdr}
		}
		return
	}
	if l.state == stateAnswered {
		l.sendAck(l.seq, Body{}) // §13.2.2.4: every 2xx gets its ACK, then the BYE
	}
	l.sendBye(cause, hdr)
}

// sendBye sends BYE and waits for its answer, whatever it is (RFC 3261
// §15.1.1). mu is held.
func (l *Leg) sendBye(cause error, hdr []sipmsg.Header) {
	l.state = stateEnding
	_, err := l.send(&l.dlg, "BYE", Body{}, hdr, func(*sipmsg.Message, error) {
		l.finish(Ended{By: Local, Cause: cause})
	})
	if err != nil { // it is over all the same
		l.finish(Ended{By: Local, Cause: cause})
	}
}

// abort ends the leg at once, telling the peer without waiting for what it
// says, or for the ACK that RFC 3261 §15 wants to see before a callee's BYE: the
// leg will not be there to see it. mu is held.
func (l *Leg) abort(status int, cause error) {
	switch l.state {
	case stateEnded:
		return
	case stateProceeding, stateCancelling:
		if l.server {
			_ = l.uas.tx.Respond(l.response(status, ""))
		} else {
			_ = l.uac.tx.Cancel()
		}
	case stateAnswered, stateConfirmed:
		if l.state == stateAnswered && !l.server {
			l.sendAck(l.seq, Body{})
		}
		bye := l.dlg.request("BYE", l.callID, 0)
		_, _ = l.stack.layer.Send(bye, l.hop(&l.dlg))
	}
	l.finish(Ended{By: Local, Cause: cause})
}
