package sip

import (
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// receive takes a request within a dialog of the leg. false means that the leg
// has no such dialog (any more).
func (l *Leg) receive(tx *transaction.Server, req *sipmsg.Message) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.dialogWith(req.FromTag())
	if d == nil || l.state == stateEnded {
		return false
	}
	seq, _, err := req.CSeq()
	if err != nil || !d.accepts(seq) {
		answer(tx, 500, "Out of Order", retryAfter()) // RFC 3261 §12.2.2
		return true
	}
	if l.pin {
		l.peer = tx.Target()
	}
	switch req.Method {
	case "BYE":
		l.byeReceived(tx, req)
	case "OPTIONS":
		l.stack.options(tx)
	case "PRACK":
		return l.prackReceived(tx, req, seq)
	case "INVITE":
		l.reinvited(tx, req, seq)
	case "UPDATE":
		l.updated(tx, req, seq)
	default:
		if l.state == stateEnding {
			return false
		}
		l.request(l.ask(tx, req, seq))
	}
	return true
}

// request tells the owner of a request that was put before it.
func (l *Leg) request(r *InDialog) {
	if r != nil {
		l.emit(Requested{Req: r})
	}
}

// byeReceived ends the call (RFC 3261 §15.1.2); mu is held.
func (l *Leg) byeReceived(tx *transaction.Server, bye *sipmsg.Message) {
	answer(tx, 200, "")
	ended := Ended{By: Remote, Message: bye}
	switch l.state {
	case stateProceeding:
		if !l.server {
			l.forkLeft(bye, ended)
			return
		}
		_ = l.uas.tx.Respond(l.response(487, ""))
	case stateCancelling, stateEnding:
		return // what we sent ends the leg when it is answered
	case stateAnswered:
		if !l.server {
			_ = l.sendAck(l.seq, Body{}) // the peer repeats its 2xx until then
		}
	case stateConfirmed, stateEnded:
	}
	l.finish(ended)
}

// forkLeft takes a BYE in an early dialog of our own INVITE. The callee may not
// send one (RFC 3261 §15), but one that answered, and whose 2xx we never heard,
// gives up like this. With the last early dialog goes the leg; mu is held.
func (l *Leg) forkLeft(bye *sipmsg.Message, ended Ended) {
	forks := l.uac.forks
	for i := range forks {
		if forks[i].remoteTag == bye.FromTag() {
			l.uac.forks = append(forks[:i], forks[i+1:]...)
			break
		}
	}
	if len(l.uac.forks) > 0 {
		return
	}
	_ = l.uac.tx.Cancel()
	l.emit(Failed{Status: 480, Reason: sipmsg.ReasonPhrase(480), Err: ErrGone})
	l.finish(ended)
}

// prackReceived is RFC 3262 §3; mu is held.
func (l *Leg) prackReceived(tx *transaction.Server, req *sipmsg.Message, seq uint32) bool {
	if !l.pracked(req.Get("RAck")) {
		return false // 481
	}
	if len(req.Body) == 0 {
		answer(tx, 200, "")
		l.nextReliable()
		return true
	}
	r := l.ask(tx, req, seq)
	if r == nil {
		return true
	}
	switch {
	case !carriesSession(req):
	case l.offer.out:
		l.offer.out, l.rel.negotiated = false, true // the answer to our offer
	default:
		r.offered, l.offer.in = true, true // a new offer (RFC 3262 §5)
	}
	l.request(r)
	return true
}

// reinvited is RFC 3261 §14.2; mu is held.
func (l *Leg) reinvited(tx *transaction.Server, req *sipmsg.Message, seq uint32) {
	if l.refuseBrief(tx, req) {
		return
	}
	switch {
	case l.state == stateEnding:
		answer(tx, 481, "")
		return
	case !l.server && l.state < stateConfirmed, l.sending("INVITE"), l.offer.out:
		// Ours is in progress, or its answer is still to come (RFC 5407 §3.1).
		answer(tx, 491, "")
		return
	case l.state == stateProceeding, l.inviteIn != nil, l.offer.in:
		answer(tx, 500, "", retryAfter())
		return
	}
	r := l.ask(tx, req, seq)
	if r == nil {
		return
	}
	l.inviteIn = r
	r.offered = carriesSession(req)
	l.offer.in = r.offered
	l.request(r)
}

// updated is RFC 3311 §5.2; mu is held.
func (l *Leg) updated(tx *transaction.Server, req *sipmsg.Message, seq uint32) {
	offers := carriesSession(req)
	if l.refuseBrief(tx, req) {
		return
	}
	switch {
	case l.state == stateEnding:
		answer(tx, 481, "")
		return
	case l.updateIn != nil, offers && l.offer.in:
		answer(tx, 500, "", retryAfter())
		return
	case offers && l.offer.out:
		answer(tx, 491, "")
		return
	}
	r := l.ask(tx, req, seq)
	if r == nil {
		return
	}
	l.updateIn = r
	r.offered = offers
	if offers {
		l.offer.in = true
	}
	l.request(r)
}
