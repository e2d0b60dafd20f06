// Package siptest has a scripted SIP peer for tests: it sends what a test
// builds, raw or with help, and waits for what the test expects, with a
// deadline. It keeps no transactions, repeats nothing and answers nothing by
// itself, so that a test says everything that happens. It works over loopback
// UDP and TCP, and in memory (see [Net]) for tests inside testing/synctest.
//
// The folder sipp has scenarios that make SIPp a caller or a phone.
package siptest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
)

// wire carries whole messages for an Agent.
type wire interface {
	send(b []byte, to netip.AddrPort) error
	close()
}

// Agent is a scripted peer. It belongs to the goroutine of its test.
type Agent struct {
	t       testing.TB
	network string
	addr    netip.AddrPort
	wire    wire
	in      chan *sipmsg.Message
	backlog []*sipmsg.Message
	serial  int

	// Patience is how long Expect waits: 10 s unless changed.
	Patience time.Duration
	// Peer is where Send sends to when the message does not say.
	Peer netip.AddrPort
}

func newAgent(t testing.TB, network string, addr netip.AddrPort) *Agent {
	return &Agent{t: t, network: network, addr: addr, in: make(chan *sipmsg.Message, 1024), Patience: 10 * time.Second}
}

// Addr returns the agent's own address.
func (a *Agent) Addr() netip.AddrPort { return a.addr }

// Network returns "udp" or "tcp".
func (a *Agent) Network() string { return a.network }

// Close closes the agent's sockets and connections before its test ends.
func (a *Agent) Close() { a.wire.close() }

// got takes a message from the wire; a test that leaves a thousand unread
// loses the rest.
func (a *Agent) got(b []byte, from netip.AddrPort) {
	m, err := sipmsg.Decode(b, true)
	if err != nil || m == nil {
		return
	}
	m.Source, m.Local, m.Transport = from, a.addr, a.network
	select {
	case a.in <- m:
	default:
	}
}

// Send sends a message to Peer.
func (a *Agent) Send(m *sipmsg.Message) {
	a.t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		a.t.Fatalf("siptest: encode %s: %v", Line(m), err)
	}
	a.SendRaw(b)
}

// SendRaw sends octets to Peer.
func (a *Agent) SendRaw(b []byte) {
	a.t.Helper()
	if err := a.wire.send(b, a.Peer); err != nil {
		a.t.Fatalf("siptest: send to %s: %v", a.Peer, err)
	}
}

// Want is what an Expect waits for.
type Want func(*sipmsg.Message) bool

// Request wants a request with this method.
func Request(method string) Want { return func(m *sipmsg.Message) bool { return m.Method == method } }

// Response wants a response with this status to a request with this method.
func Response(status int, method string) Want {
	return func(m *sipmsg.Message) bool {
		_, of, err := m.CSeq()
		return m.Status == status && err == nil && of == method
	}
}

// Expect waits for a message that fits and returns it. Others are kept for
// later calls, in their order.
func (a *Agent) Expect(what string, want Want) *sipmsg.Message {
	a.t.Helper()
	for i, m := range a.backlog {
		if want(m) {
			a.backlog = append(a.backlog[:i], a.backlog[i+1:]...)
			return m
		}
	}
	deadline := time.NewTimer(a.Patience)
	defer deadline.Stop()
	for {
		select {
		case m := <-a.in:
			if want(m) {
				return m
			}
			a.backlog = append(a.backlog, m)
		case <-deadline.C:
			a.t.Fatalf("siptest: no %s in %s; unread: %s", what, a.Patience, a.unread())
		}
	}
}

// ExpectRequest waits for a request.
func (a *Agent) ExpectRequest(method string) *sipmsg.Message {
	a.t.Helper()
	return a.Expect(method, Request(method))
}

// ExpectStatus waits for a response.
func (a *Agent) ExpectStatus(status int, method string) *sipmsg.Message {
	a.t.Helper()
	return a.Expect(fmt.Sprintf("%d to %s", status, method), Response(status, method))
}

// Unread returns what came and was not expected so far, without waiting.
func (a *Agent) Unread() []*sipmsg.Message {
	for {
		select {
		case m := <-a.in:
			a.backlog = append(a.backlog, m)
		default:
			return a.backlog
		}
	}
}

// Count returns how many unread messages fit, without waiting.
func (a *Agent) Count(want Want) int {
	n := 0
	for _, m := range a.Unread() {
		if want(m) {
			n++
		}
	}
	return n
}

// Forget drops what is unread.
func (a *Agent) Forget() { a.Unread(); a.backlog = nil }

func (a *Agent) unread() string {
	var lines []string
	for _, m := range a.Unread() {
		lines = append(lines, Line(m))
	}
	if lines == nil {
		return "nothing"
	}
	return strings.Join(lines, ", ")
}

// Line says in a few words what a message is.
func Line(m *sipmsg.Message) string {
	if m.IsRequest() {
		return m.Method
	}
	_, method, _ := m.CSeq()
	return fmt.Sprintf("%d to %s", m.Status, method)
}
