package sip

import (
	"fmt"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Bounds on what a peer can make a leg keep.
const (
	// eventCapacity is how many events an owner may leave unread. The last
	// place is kept for Ended.
	eventCapacity = 64
	maxRequests   = 32 // requests of the peer that wait for the owner's answer
)

// Leg is one INVITE dialog usage: a call that came in (from [Handler].Invite)
// or that went out (from [Stack.Dial]). Its methods are safe from any
// goroutine. It has no goroutine and no timer of its own while the call is
// idle.
//
//	server  Proceeding ─2xx→ Answered ─ACK→ Confirmed ─BYE→ Ending → Ended
//	client  Proceeding ─2xx→ Answered ─Ack→ Confirmed ─BYE→ Ending → Ended
//	            └─CANCEL→ Cancelling ─┴──────────────────────────────→
//
// The lock is held while a message is handed to the transport, which never
// waits: so the order on the wire is the order of CSeq, RSeq and state.
type Leg struct {
	stack   *Stack
	tag     string // local tag, key in the stack's table
	callID  string
	server  bool   // we took the INVITE
	seq     uint32 // CSeq number of the INVITE
	invite  *sipmsg.Message
	contact string // our Contact value
	events  chan Event

	mu       sync.Mutex
	state    legState         // guarded by mu, like all below
	peer     transport.Target // the flow: where signalling comes from
	pin      bool
	dlg      dialog // the dialog; of a client the one that answered
	offer    offerState
	uas      *serverInvite // server: until the final answer
	uac      *clientInvite // client: until the final answer
	rel      *reliable     // server: RFC 3262, once used
	unacked  []*unacked    // our 2xx that wait for ACK
	acks     [2]ackRecord  // our last ACKs, to repeat
	requests []*InDialog   // the peer's, unanswered
	sent     []*Pending    // ours, unanswered
	inviteIn *InDialog     // re-INVITE of the peer without final answer
	updateIn *InDialog     // UPDATE of the peer without final answer
	bye      *goodbye      // server: BYE that waits for the ACK
	killed   int           // late forks that we ended
}

// legState is where the INVITE usage stands.
type legState uint8

const (
	stateProceeding legState = iota // INVITE received or sent, no final answer
	stateCancelling                 // client: CANCEL sent, final answer awaited
	stateAnswered                   // 2xx sent or received, ACK outstanding
	stateConfirmed                  // ACK seen or sent
	stateEnding                     // BYE sent, its answer awaited
	stateEnded                      // Ended was emitted
)

// offerState tells which side's offer has no answer yet (RFC 3264 §4).
type offerState struct{ in, out bool }

// goodbye is a BYE that may not be sent yet.
type goodbye struct {
	cause error
	hdr   []sipmsg.Header
}

// Events returns the channel of events: in order, closed after Ended. An owner
// that lets more than 63 pile up loses the leg (Ended with ErrFlood).
func (l *Leg) Events() <-chan Event { return l.events }

// ID returns a short unique name for logs; it is the local tag.
func (l *Leg) ID() string { return l.tag }

// CallID returns the Call-ID of the dialog.
func (l *Leg) CallID() string { return l.callID }

// LocalTag returns our tag.
func (l *Leg) LocalTag() string { return l.tag }

// RemoteTag returns the peer's tag, "" as long as a client leg is not answered.
func (l *Leg) RemoteTag() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dlg.remoteTag
}

// Remote returns the address that signalling comes from.
func (l *Leg) Remote() netip.AddrPort {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peer.Addr
}

// Invite returns the initial INVITE, received or sent. It must not be changed.
func (l *Leg) Invite() *sipmsg.Message { return l.invite }

// Pin makes every request within the dialog go to where signalling comes from,
// whatever Contact and Record-Route say: for phones behind a NAT and for peers
// that must not direct us elsewhere.
func (l *Leg) Pin() {
	l.mu.Lock()
	l.pin = true
	l.mu.Unlock()
}

// emit queues an event; mu is held.
func (l *Leg) emit(e Event) {
	if l.state == stateEnded {
		return
	}
	if len(l.events) >= cap(l.events)-1 {
		// Only senders under mu fill the channel, so that it cannot fill up
		// between the look and the send: nothing ever blocks here.
		l.stack.floods.Add(1)
		l.abort(500, ErrFlood)
		return
	}
	l.events <- e
}

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
	if err != nil {
		if cause == nil {
			cause = err
		}
		l.finish(Ended{By: Local, Cause: cause})
	}
}

// abort ends the leg at once, telling the peer without waiting for what it
// says. mu is held.
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

// current returns the dialog that a request of ours goes by: the one there is,
// or the only early one. mu is held.
func (l *Leg) current() *dialog {
	if l.server || l.uac == nil {
		return &l.dlg
	}
	if len(l.uac.forks) == 1 {
		return &l.uac.forks[0]
	}
	return nil
}

// dialogWith returns the dialog of a remote tag, nil if there is none. mu is
// held.
func (l *Leg) dialogWith(remoteTag string) *dialog {
	if l.server || l.uac == nil {
		if l.dlg.remoteTag == remoteTag {
			return &l.dlg
		}
		return nil
	}
	return l.uac.fork(remoteTag)
}

// after starts a timer that calls f with mu held, unless the leg has ended by
// then.
func (l *Leg) after(t *transaction.Timer, d time.Duration, f func()) {
	*t = l.stack.cfg.Clock.AfterFunc(d, func() {
		l.locked(func() {
			if l.state != stateEnded {
				f()
			}
		})
	})
}

// locked runs f with mu held, on a goroutine of the stack. A panic in it ends
// this leg and nothing else.
func (l *Leg) locked(f func()) {
	defer func() {
		if p := recover(); p != nil {
			l.panicked(p)
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// panicked counts and reports a panic and ends the leg.
func (l *Leg) panicked(p any) {
	l.stack.panics.Add(1)
	l.stack.log.Error("panic contained in a leg", "leg", l.tag, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		if recover() != nil { // again, on the way out: then without a word
			l.finish(Ended{By: Local, Cause: ErrPanic})
		}
	}()
	l.abort(500, ErrPanic)
}
