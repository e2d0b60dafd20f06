package sip

import (
	"fmt"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
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
	server  bool            // we took the INVITE
	seq     uint32          // CSeq number of the INVITE
	invite  *sipmsg.Message // guarded by mu once sent
	reached atomic.Bool     // client: a response came
	waited  time.Duration   // server: before its handler began

	mu       sync.Mutex
	events   chan Event       // guarded by mu until it is made, when it is first used
	last     Event            // Ended, while nobody has asked for events
	contact  string           // our Contact value, once it was used
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
	session  *session      // RFC 4028; nil: nobody asked for a timer
	owner    any           // see SetOwner
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
func (l *Leg) Events() <-chan Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attend()
	return l.queue()
}

// queue returns the channel of events, made when it is first needed: a call
// that is refused at once never is. mu is held.
func (l *Leg) queue() chan Event {
	switch {
	case l.events != nil:
	case l.last != nil:
		l.events = make(chan Event, 1)
		l.events <- l.last
		close(l.events)
	default:
		l.events = make(chan Event, eventCapacity)
	}
	return l.events
}

// ID returns a short unique name for logs; it is the local tag.
func (l *Leg) ID() string { return l.tag }

// Waited is how long the INVITE of a server leg waited between the socket and its
// handler: what grows first when there is not enough processor time.
func (l *Leg) Waited() time.Duration { return l.waited }

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
func (l *Leg) Invite() *sipmsg.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.invite
}

// Pin makes every request within the dialog go to where signalling comes from,
// whatever Contact and Record-Route say: for phones behind a NAT and for peers
// that must not direct us elsewhere. A request of the peer that fits the dialog
// moves that address along: NAT bindings and connections change in mid-call, and
// the tags are secret.
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
	if q := l.queue(); len(q) >= cap(q)-1 {
		// Only senders under mu fill the channel, so that it cannot fill up
		// between the look and the send: nothing ever blocks here.
		l.stack.floods.Add(1)
		l.abort(500, ErrFlood)
		return
	}
	l.events <- e
}

// current returns the dialog that a request of ours goes by: the one there is,
// or the only early one; nil when the peer knows of none. mu is held.
func (l *Leg) current() *dialog {
	switch {
	case l.uas != nil && l.uas.last == nil && l.rel == nil:
		return nil // no response with our tag was sent
	case l.uac == nil:
		return &l.dlg
	case len(l.uac.forks) == 1:
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
