package sip

import "ringward/sip/sipmsg"

// Event is what a leg tells its owner: one of [Progressed], [Answered],
// [Failed], [Confirmed], [Requested], [RefreshDue], [Ended]. They arrive in order on
// [Leg.Events]; the channel is closed after Ended.
type Event interface{ event() }

// Progressed reports a provisional response, 101 to 199, to our INVITE.
type Progressed struct {
	Status    int
	Reason    string
	Message   *sipmsg.Message
	RemoteTag string // which early dialog (fork) it belongs to; "" when it has none
	Reliable  bool   // sent by RFC 3262
	// NeedsAnswer is true when the response carries the offer of an INVITE
	// that we sent without one: the PRACK must carry the answer and is left to
	// the owner, see [Leg.Prack]. Otherwise the stack has sent the PRACK.
	NeedsAnswer bool
}

// Answered reports the first 2xx to our INVITE. The owner calls [Leg.Ack].
type Answered struct{ Message *sipmsg.Message }

// Failed reports that our INVITE found no dialog: a final response of 300 or
// more, a time-out (408) or a transport failure (503). Ended follows.
type Failed struct {
	Status  int
	Reason  string
	Message *sipmsg.Message // nil when the failure is local
	Err     error           // nil when the peer answered
}

// Confirmed reports the ACK for our 2xx.
type Confirmed struct{ Ack *sipmsg.Message }

// Requested reports a request of the peer within the dialog that waits for
// the owner's answer.
type Requested struct{ Req *InDialog }

// Side says who did something.
type Side int

// The sides; the zero value means that nobody in particular did it.
const (
	Nobody Side = iota
	Local
	Remote
)

// String returns the side as a word for logs.
func (s Side) String() string {
	switch s {
	case Local:
		return "local"
	case Remote:
		return "remote"
	case Nobody:
	}
	return "nobody"
}

// Ended is the last event of a leg: when it arrives, no goroutine, timer or
// table entry of the leg is left in the stack. Only the tags of a client leg are
// remembered for another 64*T1, to acknowledge a 2xx that comes late (RFC 3261
// §13.2.2.4), and its transactions live out their last timers.
type Ended struct {
	By      Side
	Cause   error           // nil: a normal BYE, CANCEL or rejection
	Message *sipmsg.Message // the BYE, CANCEL or final response that ended it; nil when there was none
}

// RefreshDue asks the owner to refresh the session (RFC 4028) of a peer that
// takes no UPDATE: by a re-INVITE with the description that it was last sent.
type RefreshDue struct{}

func (Progressed) event() {}
func (Answered) event()   {}
func (Failed) event()     {}
func (Confirmed) event()  {}
func (Requested) event()  {}
func (Ended) event()      {}
func (RefreshDue) event() {}
