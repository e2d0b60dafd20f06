package sip

import "errors"

// Errors that methods return and that [Ended] and [Failed] carry.
var (
	// ErrEnded: the leg is over; nothing can be sent on it any more.
	ErrEnded = errors.New("sip: leg has ended")
	// ErrState: the call does not fit the state of the leg, for example an
	// Answer after a Reject or a Send before the dialog is confirmed.
	ErrState = errors.New("sip: not possible in this state of the leg")
	// ErrGlare: an INVITE or UPDATE exchange is under way on the dialog (RFC
	// 3261 §14.1, RFC 3311 §5.1). Try again when it is over.
	ErrGlare = errors.New("sip: another offer is pending on the dialog")
	// ErrNoAck: no ACK for our 2xx came within 64*T1 (RFC 3261 §13.3.1.4).
	ErrNoAck = errors.New("sip: no ACK for the answer")
	// ErrNoPrack: no PRACK for a reliable provisional response came within
	// 64*T1 (RFC 3262 §3).
	ErrNoPrack = errors.New("sip: no PRACK for a reliable provisional response")
	// ErrTimeout: the peer did not answer a request in time.
	ErrTimeout = errors.New("sip: no answer in time")
	// ErrFlood: the peer sent more than the owner of the leg read.
	ErrFlood = errors.New("sip: too many events unread")
	// ErrStopped: the stack is shutting down.
	ErrStopped = errors.New("sip: stack stopped")
	// ErrBusy: the stack has as many legs as Config.MaxLegs allows.
	ErrBusy = errors.New("sip: too many legs")
	// ErrPanic: the owner's code panicked; the leg was ended for it.
	ErrPanic = errors.New("sip: panic in the handler of the leg")
	// ErrGone: the peer says that it does not know the dialog (481, 408 within
	// a dialog, RFC 3261 §12.2.1.2).
	ErrGone = errors.New("sip: peer does not know the dialog")
	// ErrExpired: nobody refreshed the session in time (RFC 4028 §10).
	ErrExpired = errors.New("sip: session timer expired")
	// ErrUnanswered: the handler of an INVITE returned without a final answer.
	ErrUnanswered = errors.New("sip: handler gave no final answer")
)
