package transaction

import (
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// What a client transaction keeps for its user to read.
const (
	responseQueue   = 16 // capacity of Responses
	maxProvisionals = 10 // unread provisional answers; the rest is for final ones
	maxForks        = 4  // 2xx with different To tags that are delivered
)

// Client is a client transaction. Its methods are safe for concurrent use.
type Client struct {
	tx  *clientTx // does not point back: the request can go while repeats are absorbed
	req *sipmsg.Message
}

// Request returns the request as it was first sent, with our Via.
func (c *Client) Request() *sipmsg.Message { return c.req }

// Target returns where the request goes, after a change to TCP for its length
// or back.
func (c *Client) Target() transport.Target {
	c.tx.mu.Lock()
	defer c.tx.mu.Unlock()
	return c.tx.target
}

// Responses delivers the answers in order, and is closed when the transaction
// ends. It holds 16: provisional answers beyond 10 unread ones are dropped and
// counted; a final answer always has room. For an INVITE 2xx of up to 3 other
// forks may follow the first; repeats of a 2xx go to User.Response, as do 2xx
// of more forks.
func (c *Client) Responses() <-chan *sipmsg.Message { return c.tx.responses }

// Done is closed when the transaction has ended.
func (c *Client) Done() <-chan struct{} { return c.tx.doneChan() }

// Err says why the transaction ended: nil for the usual way and before the end,
// ErrTimeout, ErrTransport, ErrClosed.
func (c *Client) Err() error { return c.tx.why() }

// Cancel sends a CANCEL for an INVITE with these header fields added (Reason),
// now or with the first provisional answer (RFC 3261 §9.1). If no final answer
// comes within 64*T1 of it, the transaction ends with ErrTimeout. Cancelling
// an answered or another transaction does nothing.
func (c *Client) Cancel(extra ...sipmsg.Header) error { return c.tx.cancel(extra) }

// clientTx is the part of a client transaction that lives until its last timer.
type clientTx struct {
	tx
	key       string
	method    string
	responses chan *sipmsg.Message // nil for CANCEL, whose answers nobody reads

	// guarded by mu
	req        *sipmsg.Message // until a final answer makes repeats needless
	ack        *sipmsg.Message // for a non-2xx
	target     transport.Target
	plain      transport.Target // UDP target to go back to when TCP, taken for the length, fails
	forks      []string         // To tags of the 2xx delivered
	cancelling bool
	cancelWith []sipmsg.Header
}

// receive takes a response.
func (t *clientTx) receive(m *sipmsg.Message) {
	t.mu.Lock()
	e := t.machine.step(answerInput(m.Status))
	var up, cancel bool
	var lost error
	if e.do&sendAck != 0 { // before the user can try again: the ACK comes first on the wire
		t.ack = newAck(t.req, m)
		lost = t.l.send(t.ack, t.target)
		e.do &^= sendAck
	}
	if e.do&tellUser != 0 {
		up = !t.deliver(m)
	}
	if t.cancelling && m.Status < 200 && e.end != keep { // the first provisional answer
		e.end = t.machine.step(inCancelled).end
		cancel = true
	}
	out := t.outgoing(e)
	req, target, with := t.req, t.target, t.cancelWith
	if m.Status >= 200 {
		t.req = nil
	}
	t.finishStep(e, nil)
	t.mu.Unlock()
	if cancel {
		_ = t.l.sendCancel(req, target, with) // without a final answer the end timer decides
	}
	t.transmit(out, target)
	if lost != nil {
		t.trouble(lost)
	}
	if up {
		t.l.user.Response(m)
	}
}

// deliver puts a response where the user reads it; false if it is one for
// User.Response.
func (t *clientTx) deliver(m *sipmsg.Message) bool {
	switch {
	case t.responses == nil:
		return true
	case m.Status < 200 && len(t.responses) >= maxProvisionals:
		t.l.stats.droppedProvisionals.Add(1)
		return true
	case m.Status/100 == 2 && t.machine.kind == inviteClient && !t.newFork(toTag(m)):
		return false
	}
	select {
	case t.responses <- m:
		return true
	default:
		return false // cannot happen: finals are at most maxForks
	}
}

func (t *clientTx) newFork(tag string) bool {
	for _, f := range t.forks {
		if f == tag {
			return false
		}
	}
	if len(t.forks) >= maxForks {
		return false
	}
	t.forks = append(t.forks, tag)
	return true
}

// outgoing is the message that a step wants sent.
func (t *clientTx) outgoing(e effect) *sipmsg.Message {
	switch {
	case e.do&sendMessage != 0:
		return t.req
	case e.do&resendAck != 0:
		return t.ack
	}
	return nil
}

// transmit sends what a step asked for, outside the lock.
func (t *clientTx) transmit(m *sipmsg.Message, to transport.Target) {
	if m == nil {
		return
	}
	if err := t.l.send(m, to); err != nil {
		t.trouble(err)
	}
}

// trouble ends the transaction because its message cannot be delivered.
func (t *clientTx) trouble(cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finishStep(t.machine.step(inTrouble), cause)
}

func (t *clientTx) finishStep(e effect, cause error) {
	if e.do&end == 0 {
		t.arm(e, t.fire)
		return
	}
	t.conclude(t.l.endError(e.do, cause))
}

// conclude ends the transaction, once.
func (t *clientTx) conclude(err error) {
	if t.finished {
		return
	}
	t.finish(err)
	t.req, t.ack = nil, nil
	if t.responses != nil {
		close(t.responses)
	}
	t.l.removeClient(t)
}

func (t *clientTx) abort(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conclude(err)
}

// fire runs when the clock timer does.
func (t *clientTx) fire() {
	defer t.l.wg.Done()
	t.mu.Lock()
	in, ok := t.due(t.fire)
	if !ok {
		t.mu.Unlock()
		return
	}
	e := t.machine.step(in)
	out, target := t.outgoing(e), t.target
	t.finishStep(e, nil)
	t.mu.Unlock()
	if out != nil {
		t.l.stats.resent.Add(1)
	}
	t.transmit(out, target)
}

// cancel is Client.Cancel.
func (t *clientTx) cancel(extra []sipmsg.Header) error {
	t.mu.Lock()
	state := t.machine.state
	if t.machine.kind != inviteClient || t.cancelling || (state != Calling && state != Proceeding) {
		t.mu.Unlock()
		return nil
	}
	t.cancelling, t.cancelWith = true, extra
	if state == Calling { // RFC 3261 §9.1: not before a provisional answer
		t.mu.Unlock()
		return nil
	}
	t.finishStep(t.machine.step(inCancelled), nil)
	req, target := t.req, t.target
	t.mu.Unlock()
	return t.l.sendCancel(req, target, extra)
}

// receiveResponse finds the transaction of a response (RFC 3261 §17.1.3).
func (l *Layer) receiveResponse(m *sipmsg.Message) {
	top, err := m.TopVia()
	if err != nil {
		return
	}
	_, method, err := m.CSeq()
	if err != nil {
		return
	}
	var b [keySize]byte
	if t := l.findClient(clientKey(b[:0], top.Branch(), method)); t != nil && t.method == method {
		t.receive(m)
		return
	}
	l.stats.stray.Add(1)
	if method == "INVITE" && m.Status/100 == 2 { // RFC 6026 §8.7: others are dropped
		l.user.Response(m)
	}
}
