package transaction

import "time"

// kind is one of the four state machines of RFC 3261 §17.
type kind uint8

const (
	inviteClient    kind = iota // RFC 3261 §17.1.1, RFC 6026 §7.2
	nonInviteClient             // RFC 3261 §17.1.2
	inviteServer                // RFC 3261 §17.2.1, RFC 6026 §7.1
	nonInviteServer             // RFC 3261 §17.2.2
	numKinds
)

func (k kind) String() string {
	return name(k, "INVITE client", "non-INVITE client", "INVITE server", "non-INVITE server")
}

// State is where a transaction stands. The zero value is a transaction that
// has not begun.
type State uint8

// The states of RFC 3261 figures 5 to 8, with Accepted of RFC 6026.
const (
	Idle       State = iota // before the first input
	Trying                  // non-INVITE: request sent or received, no answer yet
	Calling                 // INVITE client: request sent, no answer yet
	Proceeding              // a provisional answer went by (INVITE server: also none yet)
	Accepted                // INVITE: a 2xx went by; its repeats and its ACK are the user's (RFC 6026)
	Completed               // a final answer went by; repeats are absorbed
	Confirmed               // INVITE server: ACK to a non-2xx seen
	Terminated
	numStates
)

func (s State) String() string {
	return name(s, "Idle", "Trying", "Calling", "Proceeding", "Accepted", "Completed", "Confirmed", "Terminated")
}

// input is what can happen to a transaction. The timers of RFC 3261 table 4
// are two inputs only, because no state runs more than two of them: one that
// repeats a message and one that ends the state.
type input uint8

const (
	inStart     input = iota // client: the user sends; server: the request arrived
	inRequest                // server: the request arrived again
	inAck                    // INVITE server: ACK arrived
	in1xx                    // provisional: received (client) or given by the user (server)
	in2xx                    // success, likewise
	inFinal                  // 300 to 699, likewise
	inResend                 // timer A, E or G
	inEnd                    // timer B, D, F, H, I, J, K, L or M, by state
	inCancelled              // INVITE client: our CANCEL went out (RFC 3261 §9.1)
	inTrouble                // the transport could not deliver
	numInputs
)

func (i input) String() string {
	return name(i, "start", "request", "ACK", "1xx", "2xx", "300-699", "resend timer", "end timer", "cancelled", "transport error")
}

func name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown"
}

// action is the set of things that the driver does after a step.
type action uint16

const (
	sendMessage action = 1 << iota // client: (re)send the request; server: send the user's answer
	resendLast                     // server: send the last answer again
	sendAck                        // INVITE client: build, keep and send the ACK for a non-2xx
	resendAck                      // INVITE client: send that ACK again
	tellUser                       // pass the message up
	timedOut                       // the user learns ErrTimeout
	broken                         // the user learns ErrTransport
	refuse                         // the user asked for what this state does not allow
	end                            // terminated: forget the transaction
)

// keep leaves a timer as it is.
const keep time.Duration = -1

// effect is what one step asks for. resend and end are delays from now; keep
// leaves the timer alone, 0 stops it.
type effect struct {
	do          action
	resend, end time.Duration
}

// machine is one transaction's state, pure: no clock, no I/O, no lock.
type machine struct {
	kind     kind
	state    State
	reliable bool          // TCP and kin: no retransmission, no linger in D, I, J, K
	interval time.Duration // of timer A, E or G, the next one
	timers   *Timers
}

// step applies one input. An input that means nothing in this state changes
// nothing: hostile peers and races make every combination happen.
func (m *machine) step(in input) effect {
	if m.state == Terminated {
		return m.stay(late(m.kind, in))
	}
	switch m.kind {
	case inviteClient:
		return m.stepInviteClient(in)
	case nonInviteClient:
		return m.stepNonInviteClient(in)
	case inviteServer:
		return m.stepInviteServer(in)
	default:
		return m.stepNonInviteServer(in)
	}
}

// late is the answer to an input after the end: only the user of a server
// transaction can be told anything.
func late(k kind, in input) action {
	if (k == inviteServer || k == nonInviteServer) && (in == in1xx || in == in2xx || in == inFinal) {
		return refuse
	}
	return 0
}

func (m *machine) stay(do action) effect { return effect{do: do, resend: keep, end: keep} }

// terminate ends the machine at once.
func (m *machine) terminate(do action) effect {
	m.state = Terminated
	return effect{do: do | end}
}

// linger enters s for d, after which inEnd terminates; d of 0 terminates now,
// as reliable transports have it for timers D, I, J and K.
func (m *machine) linger(s State, d time.Duration, do action) effect {
	if d == 0 {
		return m.terminate(do)
	}
	m.state = s
	return effect{do: do, end: d}
}

// unreliable is d over UDP and 0 over reliable transports.
func (m *machine) unreliable(d time.Duration) time.Duration {
	if m.reliable {
		return 0
	}
	return d
}
