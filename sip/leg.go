package sip

import (
	"net/netip"
	"sync"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// eventCapacity is how many events an owner may leave unread. The last place
// is kept for Ended.
const eventCapacity = 64

// Leg is one INVITE dialog usage: a call that came in (from [Handler].Invite)
// or that went out (from [Stack.Dial]). Its methods are safe from any
// goroutine. It has no goroutine of its own while the call is idle.
type Leg struct {
	stack  *Stack
	tag    string // local tag, key in the stack's table
	callID string
	server bool // we took the INVITE
	invite *sipmsg.Message
	peer   transport.Target // where signalling comes from or went to
	events chan Event

	mu    sync.Mutex
	state legState // guarded by mu, like all below
	dlg   dialog   // the dialog; of a client the one that answered
	tx    *transaction.Server
	pin   bool
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
func (l *Leg) Remote() netip.AddrPort { return l.peer.Addr }

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
