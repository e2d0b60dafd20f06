package transaction

import (
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Server is a server transaction. Its methods are safe for concurrent use.
type Server struct {
	tx  *serverTx // does not point back: the request can go while repeats are absorbed
	req *sipmsg.Message

	began time.Duration // since the layer's epoch: when the request was read
}

// Waited is how long ago the request was read from its socket.
func (s *Server) Waited() time.Duration { return s.tx.l.now() - s.began }

// Request returns the request as it was received.
func (s *Server) Request() *sipmsg.Message { return s.req }

// Target returns where responses go; requests of the same dialog over the same
// flow may use it.
func (s *Server) Target() transport.Target { return s.tx.target }

// Respond sends a response. A To tag is added where one is missing (RFC 3261
// §8.2.6.2); r is kept and must not be changed afterwards. ErrState says that
// the transaction has its final answer already, ErrTransport that sending
// failed. After a 2xx to INVITE the same or another 2xx may be sent again until
// the transaction ends (RFC 6026 §7.1).
func (s *Server) Respond(r *sipmsg.Message) error { return s.tx.respond(r) }

// Cancelled is closed when a matching CANCEL arrived before a final answer. It
// was answered 200; the user answers the INVITE with 487.
func (s *Server) Cancelled() <-chan struct{} {
	t := s.tx
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancelled == nil {
		t.cancelled = make(chan struct{})
		if t.cancel != nil {
			close(t.cancelled)
		}
	}
	return t.cancelled
}

// CancelRequest returns that CANCEL, nil before.
func (s *Server) CancelRequest() *sipmsg.Message {
	s.tx.mu.Lock()
	defer s.tx.mu.Unlock()
	return s.tx.cancel
}

// Done is closed when the transaction has ended.
func (s *Server) Done() <-chan struct{} { return s.tx.doneChan() }

// Err says why the transaction ended: nil for the usual way and before the end,
// ErrTimeout (no ACK for a non-2xx to INVITE; no answer of the user to another
// request within 64*T1), ErrTransport, ErrClosed.
func (s *Server) Err() error { return s.tx.why() }

// serverTx is the part of a server transaction that lives until its last timer.
type serverTx struct {
	tx
	key    string
	merge  uint64 // mergeKey, 0 for requests within a dialog
	target transport.Target

	// guarded by mu
	req       *sipmsg.Message // until the first answer, for a 100 of our own
	last      *sipmsg.Message // the answer to repeat
	tag       string          // our To tag, once one was sent
	cancel    *sipmsg.Message
	cancelled chan struct{} // made when asked for
}

// respond takes the user's answer.
func (t *serverTx) respond(r *sipmsg.Message) error {
	t.mu.Lock()
	e := t.machine.step(answerInput(r.Status))
	if e.do&refuse != 0 {
		t.mu.Unlock()
		return ErrState
	}
	t.putTag(r)
	t.req, t.last = nil, r
	if t.machine.state == Accepted {
		t.last = nil // its repeats are the user's
	}
	t.finishStep(e, nil)
	t.mu.Unlock()
	if err := t.l.send(r, t.target); err != nil {
		t.input(inTrouble, err)
		return errTransport(err)
	}
	return nil
}

// putTag adds our tag to an answer without one, and remembers that of one that
// has it.
func (t *serverTx) putTag(r *sipmsg.Message) {
	if r.Status == 100 {
		return
	}
	if tag := toTag(r); tag != "" {
		t.tag = tag
		return
	}
	if t.tag == "" {
		t.tag = newTag()
	}
	addToTag(r, t.tag)
}

func addToTag(r *sipmsg.Message, tag string) {
	if to := r.Get("To"); to != "" && toTag(r) == "" {
		r.Set("To", to+";tag="+tag)
	}
}

func answerInput(status int) input {
	switch {
	case status < 200:
		return in1xx
	case status < 300:
		return in2xx
	}
	return inFinal
}

// input applies a repeat, an ACK, a timer or a transport failure, and returns
// what the step asked for. cause is kept as the reason of an end.
func (t *serverTx) input(in input, cause error) action {
	t.mu.Lock()
	e := t.machine.step(in)
	again := t.afterStep(e)
	t.finishStep(e, cause)
	t.mu.Unlock()
	if again != nil {
		if err := t.l.send(again, t.target); err != nil && in != inTrouble {
			return e.do | t.input(inTrouble, err)
		}
	}
	return e.do
}

// afterStep returns what the step wants sent without the user.
func (t *serverTx) afterStep(e effect) *sipmsg.Message {
	switch {
	case e.do&resendLast != 0 && t.last != nil:
		t.l.stats.resent.Add(1)
		return t.last
	case e.do&sendMessage != 0 && t.req != nil: // 200 ms in silence (RFC 3261 §17.2.1)
		t.last, t.req = sipmsg.NewResponse(t.req, 100, ""), nil
		return t.last
	}
	return nil
}

// finishStep arms the timers and, if the step ended the transaction, lets go
// of it.
func (t *serverTx) finishStep(e effect, cause error) {
	if e.do&end == 0 {
		t.arm(e, t.fire)
		return
	}
	if t.finished {
		return
	}
	t.finish(t.l.endError(e.do, cause))
	t.last, t.req = nil, nil
	t.l.removeServer(t)
}

// endError is what a transaction's Err says after the step that ended it.
func (l *Layer) endError(do action, cause error) error {
	switch {
	case do&timedOut != 0:
		l.stats.timeouts.Add(1)
		return ErrTimeout
	case do&broken != 0:
		return errTransport(cause)
	}
	return nil
}

// fire runs when the clock timer does.
func (t *serverTx) fire() {
	defer t.l.wg.Done()
	t.mu.Lock()
	in, ok := t.due(t.fire)
	t.mu.Unlock()
	if ok {
		t.input(in, nil)
	}
}

// acked takes an ACK; it reports whether the ACK is for the user.
func (t *serverTx) acked(m *sipmsg.Message, rfc3261 bool) (up bool) {
	t.mu.Lock()
	other := !rfc3261 && t.tag != "" && toTag(m) != t.tag
	t.mu.Unlock()
	if other { // RFC 3261 §17.2.3: without a cookie the To tag must fit
		return true
	}
	return t.input(inAck, nil)&tellUser != 0
}

// cancelTag is the To tag for the 200 to a CANCEL (RFC 3261 §9.2).
func (t *serverTx) cancelTag() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tag == "" {
		t.tag = newTag()
	}
	return t.tag
}

// takeCancel marks the transaction cancelled if it has no final answer.
func (t *serverTx) takeCancel(m *sipmsg.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.machine.state == Proceeding && t.cancel == nil {
		t.cancel = m
		if t.cancelled != nil {
			close(t.cancelled)
		}
	}
}

// abort ends the transaction from outside.
func (t *serverTx) abort(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished {
		return
	}
	t.finish(err)
	t.l.removeServer(t)
}
