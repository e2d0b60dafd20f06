package transaction

import (
	"net/netip"
	"strconv"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// maxDatagram is the length from which a request goes over TCP, when the path's
// MTU is not known (RFC 3261 §18.1.1).
const maxDatagram = 1300

// Send sends a copy of req, with a Via of ours on top, in a new client
// transaction. ACK goes by SendAck, CANCEL by Client.Cancel. A request longer
// than 1300 octets goes over TCP if the target allows it, and over UDP after
// all if no connection can be made.
func (l *Layer) Send(req *sipmsg.Message, to transport.Target) (*Client, error) {
	if req.Method == "ACK" || req.Method == "CANCEL" {
		return nil, ErrMethod
	}
	branch := newBranch()
	plain := to
	to = forLength(req, to)
	m, err := l.withVia(req, to, branch)
	if err != nil {
		return nil, err
	}
	t := &clientTx{method: req.Method, req: m, target: to, responses: make(chan *sipmsg.Message, responseQueue)}
	if plain.Network != to.Network {
		t.plain = plain
	}
	if err := l.start(t, branch); err != nil {
		return nil, err
	}
	return &Client{tx: t, req: m}, nil
}

// start enters a client transaction and sends its request.
func (l *Layer) start(t *clientTx, branch string) error {
	var b [keySize]byte
	t.l, t.key = l, branch
	if t.method == "CANCEL" {
		t.key = string(clientKey(b[:0], branch, t.method))
	}
	t.machine = machine{kind: nonInviteClient, reliable: t.target.Reliable(), timers: &l.cfg.Timers}
	if t.method == "INVITE" {
		t.machine.kind = inviteClient
	}
	t.mu.Lock()
	if !l.addClient(t) {
		t.finish(ErrClosed)
		t.mu.Unlock()
		return ErrClosed
	}
	t.arm(t.machine.step(inStart), t.fire)
	m, to := t.req, t.target
	t.mu.Unlock()
	if err := l.send(m, to); err != nil {
		t.abort(errTransport(err))
		return errTransport(err)
	}
	return nil
}

// SendAck sends a copy of an ACK for a 2xx with a Via of ours on top, once
// (RFC 3261 §13.2.2.4).
func (l *Layer) SendAck(ack *sipmsg.Message, to transport.Target) error {
	to = forLength(ack, to)
	m, err := l.withVia(ack, to, newBranch())
	if err != nil {
		return err
	}
	if err := l.send(m, to); err != nil {
		return errTransport(err)
	}
	return nil
}

// forLength changes a UDP target to TCP for a request too long for a datagram.
func forLength(m *sipmsg.Message, to transport.Target) transport.Target {
	if to.AllowTCP && to.Network == "udp" && wireSize(m) > maxDatagram {
		to.Network, to.Local = "tcp", netip.AddrPort{}
	}
	return to
}

// wireSize is about the number of octets that m takes, with a Via to come.
func wireSize(m *sipmsg.Message) int {
	n := len(m.Method) + len(m.RequestURI) + len(" SIP/2.0\r\nContent-Length: 1000\r\n\r\n") + len(m.Body) + 100
	for i := range m.Headers {
		n += len(m.Headers[i].Name) + len(m.Headers[i].Value) + 4
	}
	return n
}

// withVia returns a copy of m with our Via on top.
func (l *Layer) withVia(m *sipmsg.Message, to transport.Target, branch string) (*sipmsg.Message, error) {
	local := to.Local
	if !local.IsValid() || local.Addr().IsUnspecified() {
		local = l.cfg.Transport.Local(to.Network, to.Addr.Addr())
	}
	if !local.IsValid() { // nothing listens on TCP: the peer answers on our connection
		local = l.cfg.Transport.Local("udp", to.Addr.Addr())
	}
	if !local.IsValid() {
		return nil, errTransport(transport.ErrNoRoute)
	}
	local = netip.AddrPortFrom(local.Addr().WithZone(""), local.Port()) // a zone means nothing to the peer
	c := *m
	c.Headers = make([]sipmsg.Header, 1, len(m.Headers)+1)
	c.Headers[0] = sipmsg.Header{Name: "Via", Value: viaValue(to.Network, local, branch)}
	c.Headers = append(c.Headers, m.Headers...)
	return &c, nil
}

func viaValue(network string, local netip.AddrPort, branch string) string {
	var b [128]byte
	out := append(b[:0], "SIP/2.0/"...)
	out = append(out, transportName(network)...)
	out = local.AppendTo(append(out, ' '))
	out = append(append(out, ";branch="...), branch...)
	if network == "udp" {
		out = append(out, ";rport"...) // RFC 3581
	}
	return string(out)
}

func transportName(network string) string {
	switch network {
	case "udp":
		return "UDP"
	case "tcp":
		return "TCP"
	case "tls":
		return "TLS"
	case "ws":
		return "WS"
	}
	return "WSS"
}

// sendCancel sends the CANCEL of an INVITE as it was sent (RFC 3261 §9.1), in a
// transaction of its own.
func (l *Layer) sendCancel(invite *sipmsg.Message, to transport.Target, extra []sipmsg.Header) error {
	m := within(invite, "CANCEL", invite.Get("To"))
	m.Headers = append(m.Headers, extra...)
	return l.start(&clientTx{method: "CANCEL", req: m, target: to}, branchOf(invite))
}

func branchOf(m *sipmsg.Message) string {
	v, _ := m.TopVia() // our own
	return v.Branch()
}

// newAck makes the ACK for a non-2xx answer (RFC 3261 §17.1.1.3).
func newAck(invite, answer *sipmsg.Message) *sipmsg.Message {
	return within(invite, "ACK", answer.Get("To"))
}

// within makes a request that belongs to an INVITE's transaction: same
// Request-URI, top Via, Route, From, Call-ID and CSeq number.
func within(invite *sipmsg.Message, method, to string) *sipmsg.Message {
	m := sipmsg.NewRequest(method, invite.RequestURI)
	m.Headers = make([]sipmsg.Header, 0, 10)
	m.Add("Via", invite.Headers[0].Value)
	for _, h := range invite.Headers {
		if h.Name == "Route" {
			m.Headers = append(m.Headers, h)
		}
	}
	m.Add("Max-Forwards", "70")
	m.Add("From", invite.Get("From"))
	m.Add("To", to)
	m.Add("Call-ID", invite.CallID())
	seq, _, _ := invite.CSeq() // the caller of Send gave it
	m.Add("CSeq", strconv.FormatUint(uint64(seq), 10)+" "+method)
	return m
}

// Undelivered takes the news that a request could not be delivered
// (transport.FailureSink).
func (l *Layer) Undelivered(branch string, to netip.AddrPort, err error) {
	for _, method := range []string{"", "CANCEL"} {
		var b [keySize]byte
		if t := l.findClient(clientKey(b[:0], branch, method)); t != nil {
			t.undelivered(to, err)
		}
	}
}

// undelivered goes back to UDP if TCP was taken for the length only (RFC 3261
// §18.1.1), and ends the transaction otherwise.
func (t *clientTx) undelivered(to netip.AddrPort, cause error) {
	t.mu.Lock()
	if t.finished || t.target.Addr != to {
		t.mu.Unlock()
		return
	}
	if t.plain.Network == "" || t.machine.state > Calling {
		t.finishStep(t.machine.step(inTrouble), cause)
		t.mu.Unlock()
		return
	}
	out, err := t.overPlain()
	target := t.target
	t.mu.Unlock()
	if err != nil {
		t.trouble(err)
		return
	}
	t.transmit(out, target)
}

// overPlain starts the transaction anew over the UDP target that it was given.
func (t *clientTx) overPlain() (*sipmsg.Message, error) {
	bare := *t.req
	bare.Headers = bare.Headers[1:]
	m, err := t.l.withVia(&bare, t.plain, branchOf(t.req))
	if err != nil {
		return nil, err
	}
	t.req, t.target, t.plain = m, t.plain, transport.Target{}
	t.machine.state, t.machine.reliable = Idle, false
	t.arm(t.machine.step(inStart), t.fire)
	return m, nil
}
