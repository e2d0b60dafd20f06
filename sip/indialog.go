package sip

import (
	"slices"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// answerWithin is how long the owner may take for a request of the peer, in T1:
// a little less than the 64 after which the peer stops listening (RFC 3261
// §17.1.2.2, timer F).
const answerWithin = 60

// InDialog is a request of the peer within the dialog that waits for the
// owner's answer. Not answered within 60*T1 (30 s) it gets 504 from the stack.
type InDialog struct {
	leg     *Leg
	tx      *transaction.Server
	msg     *sipmsg.Message
	seq     uint32
	guard   transaction.Timer
	acked   chan *sipmsg.Message
	decided chan struct{} // re-INVITE: closed with the final answer

	answered bool // guarded by leg.mu
	offered  bool // carries the peer's offer
}

// Message returns the request. It must not be changed.
func (r *InDialog) Message() *sipmsg.Message { return r.msg }

// Method returns the method of the request.
func (r *InDialog) Method() string { return r.msg.Method }

// Acked delivers the ACK to our 2xx to a re-INVITE. It is closed after that,
// and without an ACK when the re-INVITE was not accepted or the leg has ended;
// for other methods it is nil.
func (r *InDialog) Acked() <-chan *sipmsg.Message { return r.acked }

// Respond answers the request: any number of provisional responses, one final
// one. A 2xx to a re-INVITE is repeated until its ACK. ErrState: answered
// already, by the owner or, after a CANCEL or 60*T1, by the stack.
func (r *InDialog) Respond(status int, reason string, body Body, hdr ...sipmsg.Header) error {
	l := r.leg
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == stateEnded:
		return ErrEnded
	case r.answered:
		return ErrState
	}
	m := sipmsg.NewResponse(r.msg, status, reason)
	if target := r.msg.Method == "INVITE" || r.msg.Method == "UPDATE"; target && status > 100 && status < 300 {
		l.describe(m)
		if status >= 200 {
			l.agreeSession(r.msg, m)
		}
	}
	addHeaders(m, hdr)
	body.put(m)
	if status < 200 {
		if r.decided != nil && status > 100 && hasOption(r.msg, "Require", option100rel) {
			return nil // RFC 3262 §3 would have it reliable; a re-INVITE gets on without
		}
		return r.tx.Respond(m)
	}
	return r.final(m)
}

// final sends the final response; mu is held.
func (r *InDialog) final(m *sipmsg.Message) error {
	l := r.leg
	err := r.tx.Respond(m)
	r.settle()
	if m.Status < 300 && (r.msg.Method == "INVITE" || r.msg.Method == "UPDATE") {
		l.dlgOf(r.msg).refresh(r.msg) // RFC 3261 §12.2.2
		if l.state == stateConfirmed || l.state == stateAnswered {
			l.armSession()
		}
	}
	switch {
	case r.decided == nil:
	case m.Status < 300 && err == nil:
		offered := carriesSession(m) && !r.offered
		l.offer.out = l.offer.out || offered
		l.await(&unacked{tx: r.tx, resp: m, seq: r.seq, offered: offered, req: r})
	default:
		close(r.acked)
	}
	if r.msg.Method == "PRACK" {
		l.nextReliable()
	}
	return err
}

// settle takes the request off the leg; mu is held.
func (r *InDialog) settle() {
	l := r.leg
	r.release()
	if i := slices.Index(l.requests, r); i >= 0 {
		l.requests = slices.Delete(l.requests, i, i+1)
	}
	if r.offered {
		l.offer.in = false
	}
	if l.inviteIn == r {
		l.inviteIn = nil
	}
	if l.updateIn == r {
		l.updateIn = nil
	}
}

// release lets go of timer and watcher; mu is held.
func (r *InDialog) release() {
	r.answered = true
	r.guard.Stop()
	if r.decided != nil {
		close(r.decided)
	}
}

// abandon answers a request whose leg is ending; mu is held.
func (r *InDialog) abandon() {
	r.release()
	_ = r.tx.Respond(sipmsg.NewResponse(r.msg, 487, ""))
	if r.decided != nil {
		close(r.acked)
	}
}

// ask puts a request before the owner; mu is held.
func (l *Leg) ask(tx *transaction.Server, req *sipmsg.Message, seq uint32) *InDialog {
	if len(l.requests) >= maxRequests {
		answer(tx, 503, "", retryAfter())
		return nil
	}
	r := &InDialog{leg: l, tx: tx, msg: req, seq: seq}
	l.requests = append(l.requests, r)
	l.after(&r.guard, answerWithin*l.stack.cfg.Timers.T1, func() {
		if !r.answered {
			_ = r.final(sipmsg.NewResponse(req, 504, ""))
		}
	})
	if req.Method == "INVITE" {
		r.acked, r.decided = make(chan *sipmsg.Message, 1), make(chan struct{})
		l.stack.work.Add(1)
		go r.watch()
	}
	return r
}

// watch answers a cancelled re-INVITE with 487.
func (r *InDialog) watch() {
	defer r.leg.stack.work.Done()
	select {
	case <-r.decided:
	case <-r.tx.Cancelled():
		_ = r.Respond(487, "", Body{})
	}
}

// dlgOf returns the dialog that a request came in; mu is held.
func (l *Leg) dlgOf(req *sipmsg.Message) *dialog {
	if d := l.dialogWith(req.FromTag()); d != nil {
		return d
	}
	return &l.dlg
}
