package transaction

import (
	"fmt"
	"testing"
	"time"
)

const (
	t1 = 500 * time.Millisecond
	t2 = 4 * time.Second
	t4 = 5 * time.Second
)

// move is one arrow of a state diagram: the input, where it leads, what is done
// and how the timers are set (keep leaves one alone). section is where the RFC
// says so. Over reliable transports rel replaces the arrow, if given.
type move struct {
	section string
	kind    kind
	from    State
	in      input
	to      State
	do      action
	resend  time.Duration
	end     time.Duration
	rel     *move
}

// stays is a move that changes no timer and no state.
func stays(section string, k kind, s State, in input, do action) move {
	return move{section, k, s, in, s, do, keep, keep, nil}
}

// ends is a move to Terminated.
func ends(section string, k kind, s State, in input, do action) move {
	return move{section, k, s, in, Terminated, do | end, 0, 0, nil}
}

var moves = []move{
	// INVITE client, RFC 3261 figure 5 and RFC 6026 figure 2. From Calling the
	// resend timer is A, the end timer B.
	{"17.1.1.2 start, timers A and B", inviteClient, Idle, inStart, Calling, sendMessage, t1, 64 * t1,
		&move{to: Calling, do: sendMessage, end: 64 * t1}},
	{"17.1.1.2 timer A doubles", inviteClient, Calling, inResend, Calling, sendMessage, 2 * t1, keep, nil},
	ends("17.1.1.2 timer B", inviteClient, Calling, inEnd, timedOut),
	ends("17.1.4 transport error", inviteClient, Calling, inTrouble, broken),
	{"17.1.1.2 1xx stops A and B", inviteClient, Calling, in1xx, Proceeding, tellUser, 0, 0, nil},
	{"6026 7.2 2xx starts M", inviteClient, Calling, in2xx, Accepted, tellUser, 0, 64 * t1, nil},
	{"17.1.1.2 300-699 is acknowledged, timer D", inviteClient, Calling, inFinal, Completed, tellUser | sendAck, 0, 64 * t1,
		&move{to: Terminated, do: tellUser | sendAck | end}},
	stays("17.1.1.2 further 1xx", inviteClient, Proceeding, in1xx, tellUser),
	{"6026 7.2 2xx starts M", inviteClient, Proceeding, in2xx, Accepted, tellUser, 0, 64 * t1, nil},
	{"17.1.1.2 300-699 is acknowledged, timer D", inviteClient, Proceeding, inFinal, Completed, tellUser | sendAck, 0, 64 * t1,
		&move{to: Terminated, do: tellUser | sendAck | end}},
	{"9.1 CANCEL: 64*T1 for a final answer", inviteClient, Proceeding, inCancelled, Proceeding, 0, keep, 64 * t1, nil},
	ends("9.1 no final answer after CANCEL", inviteClient, Proceeding, inEnd, timedOut),
	ends("17.1.4 transport error", inviteClient, Proceeding, inTrouble, broken),
	stays("6026 7.2 every 2xx goes up", inviteClient, Accepted, in2xx, tellUser),
	ends("6026 7.2 timer M", inviteClient, Accepted, inEnd, 0),
	stays("17.1.1.2 repeated final: ACK again", inviteClient, Completed, inFinal, resendAck),
	ends("17.1.1.2 timer D", inviteClient, Completed, inEnd, 0),
	ends("17.1.1.2 transport error for the ACK", inviteClient, Completed, inTrouble, broken),

	// non-INVITE client, RFC 3261 figure 6. The resend timer is E, the end
	// timer F, in Completed K.
	{"17.1.2.2 start, timers E and F", nonInviteClient, Idle, inStart, Trying, sendMessage, t1, 64 * t1,
		&move{to: Trying, do: sendMessage, end: 64 * t1}},
	{"17.1.2.2 timer E doubles", nonInviteClient, Trying, inResend, Trying, sendMessage, 2 * t1, keep, nil},
	ends("17.1.2.2 timer F", nonInviteClient, Trying, inEnd, timedOut),
	ends("17.1.4 transport error", nonInviteClient, Trying, inTrouble, broken),
	{"17.1.2.2 1xx", nonInviteClient, Trying, in1xx, Proceeding, tellUser, keep, keep, nil},
	{"17.1.2.2 final, timer K", nonInviteClient, Trying, in2xx, Completed, tellUser, 0, t4, &move{to: Terminated, do: tellUser | end}},
	{"17.1.2.2 final, timer K", nonInviteClient, Trying, inFinal, Completed, tellUser, 0, t4, &move{to: Terminated, do: tellUser | end}},
	{"17.1.2.2 timer E is T2 in Proceeding", nonInviteClient, Proceeding, inResend, Proceeding, sendMessage, t2, keep, nil},
	ends("17.1.2.2 timer F", nonInviteClient, Proceeding, inEnd, timedOut),
	ends("17.1.4 transport error", nonInviteClient, Proceeding, inTrouble, broken),
	stays("17.1.2.2 further 1xx", nonInviteClient, Proceeding, in1xx, tellUser),
	{"17.1.2.2 final, timer K", nonInviteClient, Proceeding, in2xx, Completed, tellUser, 0, t4, &move{to: Terminated, do: tellUser | end}},
	{"17.1.2.2 final, timer K", nonInviteClient, Proceeding, inFinal, Completed, tellUser, 0, t4, &move{to: Terminated, do: tellUser | end}},
	ends("17.1.2.2 timer K", nonInviteClient, Completed, inEnd, 0),

	// INVITE server, RFC 3261 figure 7 and RFC 6026 figure 1.
	{"17.2.1 request goes up, 100 after 200 ms", inviteServer, Idle, inStart, Proceeding, tellUser, tryingDelay, 0, nil},
	stays("17.2.1 repeat: last provisional again", inviteServer, Proceeding, inRequest, resendLast),
	{"17.2.1 100 after 200 ms", inviteServer, Proceeding, inResend, Proceeding, sendMessage, 0, keep, nil},
	{"17.2.1 1xx of the user", inviteServer, Proceeding, in1xx, Proceeding, sendMessage, 0, keep, nil},
	{"6026 7.1 2xx starts L", inviteServer, Proceeding, in2xx, Accepted, sendMessage, 0, 64 * t1, nil},
	{"17.2.1 300-699, timers G and H", inviteServer, Proceeding, inFinal, Completed, sendMessage, t1, 64 * t1,
		&move{to: Completed, do: sendMessage, end: 64 * t1}},
	stays("6026 7.1 2xx again", inviteServer, Accepted, in2xx, sendMessage),
	stays("6026 7.1 ACK goes up", inviteServer, Accepted, inAck, tellUser),
	stays("6026 7.1 too late", inviteServer, Accepted, in1xx, refuse),
	stays("6026 7.1 too late", inviteServer, Accepted, inFinal, refuse),
	ends("6026 7.1 timer L", inviteServer, Accepted, inEnd, 0),
	stays("17.2.1 repeat: final answer again", inviteServer, Completed, inRequest, resendLast),
	{"17.2.1 timer G doubles", inviteServer, Completed, inResend, Completed, resendLast, 2 * t1, keep, nil},
	{"17.2.1 ACK, timer I", inviteServer, Completed, inAck, Confirmed, 0, 0, t4, &move{to: Terminated, do: end}},
	ends("17.2.1 timer H", inviteServer, Completed, inEnd, timedOut),
	ends("17.2.4 transport error", inviteServer, Completed, inTrouble, broken),
	stays("17.2.1 too late", inviteServer, Completed, in1xx, refuse),
	stays("17.2.1 too late", inviteServer, Completed, in2xx, refuse),
	stays("17.2.1 too late", inviteServer, Completed, inFinal, refuse),
	ends("17.2.1 timer I", inviteServer, Confirmed, inEnd, 0),
	stays("17.2.1 too late", inviteServer, Confirmed, in1xx, refuse),
	stays("17.2.1 too late", inviteServer, Confirmed, in2xx, refuse),
	stays("17.2.1 too late", inviteServer, Confirmed, inFinal, refuse),
	stays("17.2.1 ended", inviteServer, Terminated, in1xx, refuse),
	stays("17.2.1 ended", inviteServer, Terminated, in2xx, refuse),
	stays("17.2.1 ended", inviteServer, Terminated, inFinal, refuse),

	// non-INVITE server, RFC 3261 figure 8.
	{"17.2.2 request goes up", nonInviteServer, Idle, inStart, Trying, tellUser, 0, 64 * t1, nil},
	ends("17.1.2.2 the client's timer F has fired", nonInviteServer, Trying, inEnd, timedOut),
	ends("17.1.2.2 the client's timer F has fired", nonInviteServer, Proceeding, inEnd, timedOut),
	{"17.2.2 1xx of the user", nonInviteServer, Trying, in1xx, Proceeding, sendMessage, keep, keep, nil},
	{"17.2.2 final, timer J", nonInviteServer, Trying, in2xx, Completed, sendMessage, 0, 64 * t1, &move{to: Terminated, do: sendMessage | end}},
	{"17.2.2 final, timer J", nonInviteServer, Trying, inFinal, Completed, sendMessage, 0, 64 * t1, &move{to: Terminated, do: sendMessage | end}},
	ends("17.2.4 transport error", nonInviteServer, Trying, inTrouble, broken),
	stays("17.2.2 repeat: last provisional again", nonInviteServer, Proceeding, inRequest, resendLast),
	stays("17.2.2 1xx of the user", nonInviteServer, Proceeding, in1xx, sendMessage),
	{"17.2.2 final, timer J", nonInviteServer, Proceeding, in2xx, Completed, sendMessage, 0, 64 * t1, &move{to: Terminated, do: sendMessage | end}},
	{"17.2.2 final, timer J", nonInviteServer, Proceeding, inFinal, Completed, sendMessage, 0, 64 * t1, &move{to: Terminated, do: sendMessage | end}},
	ends("17.2.4 transport error", nonInviteServer, Proceeding, inTrouble, broken),
	stays("17.2.2 repeat: final answer again", nonInviteServer, Completed, inRequest, resendLast),
	ends("17.2.2 timer J", nonInviteServer, Completed, inEnd, 0),
	ends("17.2.4 transport error", nonInviteServer, Completed, inTrouble, broken),
	stays("17.2.2 too late", nonInviteServer, Completed, in1xx, refuse),
	stays("17.2.2 too late", nonInviteServer, Completed, in2xx, refuse),
	stays("17.2.2 too late", nonInviteServer, Completed, inFinal, refuse),
	stays("17.2.2 ended", nonInviteServer, Terminated, in1xx, refuse),
	stays("17.2.2 ended", nonInviteServer, Terminated, in2xx, refuse),
	stays("17.2.2 ended", nonInviteServer, Terminated, inFinal, refuse),
}

type place struct {
	kind kind
	from State
	in   input
}

// TestEveryStateAndInput steps each machine from each state with each input,
// over both kinds of transport. What no diagram draws must change nothing.
func TestEveryStateAndInput(t *testing.T) {
	drawn := make(map[place]move)
	for _, m := range moves {
		p := place{m.kind, m.from, m.in}
		if _, twice := drawn[p]; twice {
			t.Fatalf("%v drawn twice", p)
		}
		drawn[p] = m
	}
	for k := range numKinds {
		for s := range numStates {
			for in := range numInputs {
				for _, reliable := range []bool{false, true} {
					checkStep(t, drawn, place{k, s, in}, reliable)
				}
			}
		}
	}
}

func checkStep(t *testing.T, drawn map[place]move, p place, reliable bool) {
	t.Helper()
	want, ok := drawn[p]
	if !ok {
		want = stays("drawn nowhere", p.kind, p.from, p.in, 0)
	}
	if reliable && want.rel != nil {
		want.to, want.do, want.resend, want.end = want.rel.to, want.rel.do, want.rel.resend, want.rel.end
	}
	timers := Timers{}.withDefaults()
	m := machine{kind: p.kind, state: p.from, reliable: reliable, interval: t1, timers: &timers}
	e := m.step(p.in)
	got := fmt.Sprintf("%v, actions %b, resend %v, end %v", m.state, e.do, e.resend, e.end)
	wanted := fmt.Sprintf("%v, actions %b, resend %v, end %v", want.to, want.do, want.resend, want.end)
	if got != wanted {
		t.Errorf("%v in %v, %v, reliable %v (§%s):\n got  %s\n want %s", p.kind, p.from, p.in, reliable, want.section, got, wanted)
	}
}

// TestResendIntervals is RFC 3261 table 4 and the text at timers A, E and G.
func TestResendIntervals(t *testing.T) {
	ms := func(v ...int) (out []time.Duration) {
		for _, x := range v {
			out = append(out, time.Duration(x)*time.Millisecond)
		}
		return out
	}
	for _, c := range []struct {
		name  string
		kind  kind
		setup []input
		want  []time.Duration
	}{
		{"§17.1.1.2 timer A has no cap", inviteClient, []input{inStart}, ms(1000, 2000, 4000, 8000, 16000)},
		{"§17.1.2.2 timer E stops at T2", nonInviteClient, []input{inStart}, ms(1000, 2000, 4000, 4000)},
		{"§17.1.2.2 timer E in Proceeding", nonInviteClient, []input{inStart, in1xx}, ms(4000, 4000)},
		{"§17.2.1 timer G stops at T2", inviteServer, []input{inStart, inFinal}, ms(1000, 2000, 4000, 4000)},
	} {
		timers := Timers{}.withDefaults()
		m := machine{kind: c.kind, timers: &timers}
		for _, in := range c.setup {
			m.step(in)
		}
		for i, want := range c.want {
			if got := m.step(inResend).resend; got != want {
				t.Errorf("%s: interval %d is %v, want %v", c.name, i, got, want)
			}
		}
	}
}

// TestTimerD is at least 32 s over UDP even with a short T1 (RFC 3261
// §17.1.1.2).
func TestTimerD(t *testing.T) {
	timers := Timers{T1: 10 * time.Millisecond}.withDefaults()
	if got := timers.d(); got != 32*time.Second {
		t.Errorf("timer D with T1 of 10 ms is %v, want 32s", got)
	}
}

// FuzzMachine walks the machines at random. Whatever happens, a machine ends
// when it says so and only then, says nothing but refuse afterwards, and runs a
// timer that ends every state which waits for nobody but the peer.
func FuzzMachine(f *testing.F) {
	for k := range byte(numKinds) {
		f.Add(k, true, []byte{0, 3, 4, 5, 6, 7})
		f.Add(k, false, []byte{0, 5, 6, 6, 2, 7, 3})
	}
	f.Fuzz(func(t *testing.T, k byte, reliable bool, inputs []byte) {
		timers := Timers{}.withDefaults()
		m := machine{kind: kind(k) % numKinds, reliable: reliable, timers: &timers}
		ending, resending := false, false // which timers run
		for _, b := range inputs {
			before, in := m.state, input(b)%numInputs
			if (in == inEnd && !ending) || (in == inResend && !resending) {
				continue
			}
			e := m.step(in)
			if e.end != keep {
				ending = e.end > 0
			}
			if e.resend != keep {
				resending = e.resend > 0
			}
			if ended := e.do&end != 0; ended != (m.state == Terminated && before != Terminated) {
				t.Fatalf("%v from %v to %v, end action %v", m.kind, before, m.state, ended)
			}
			if before == Terminated && (m.state != Terminated || e.do&^refuse != 0) {
				t.Fatalf("%v came back to %v, actions %b", m.kind, m.state, e.do)
			}
			if reliable && e.resend > tryingDelay {
				t.Fatalf("%v in %v repeats over a reliable transport", m.kind, m.state)
			}
			if !ending && m.waitsForPeer() {
				t.Fatalf("%v waits in %v without an end", m.kind, m.state)
			}
		}
	})
}

// waitsForPeer tells the states that the user cannot end.
func (m *machine) waitsForPeer() bool {
	switch m.state {
	case Idle, Terminated:
		return false
	case Proceeding: // INVITE: the user answers or cancels
		return m.kind == nonInviteClient || m.kind == nonInviteServer
	}
	return true
}
