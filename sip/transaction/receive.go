package transaction

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Receive takes a message from the transport (transport.Sink).
func (l *Layer) Receive(m *sipmsg.Message, err error) {
	switch {
	case l.closed.Load():
	case err != nil:
		l.receiveBroken(m, err)
	case m.IsRequest():
		l.receiveRequest(m)
	default:
		l.receiveResponse(m)
	}
}

// receiveBroken answers a request that could not be decoded, without keeping
// state: the codec says how.
func (l *Layer) receiveBroken(m *sipmsg.Message, err error) {
	var e *sipmsg.Error
	if m == nil || !m.IsRequest() || !errors.As(err, &e) || e.Status < 300 {
		return
	}
	top, verr := m.TopVia()
	if verr != nil {
		return // nowhere to answer to
	}
	l.stats.undecodable.Add(1)
	l.reply(m, &top, e.Status, e.Reason)
}

// reply answers a request without a transaction (RFC 3261 §8.2.7). An ACK is
// never answered.
func (l *Layer) reply(m *sipmsg.Message, top *sipmsg.Via, status int, reason string, extra ...sipmsg.Header) {
	if m.Method == "ACK" {
		return
	}
	r := sipmsg.NewResponse(m, status, reason)
	r.Headers = append(r.Headers, extra...)
	l.replyWith(m, top, r)
}

func (l *Layer) replyWith(m *sipmsg.Message, top *sipmsg.Via, r *sipmsg.Message) {
	addToTag(r, l.statelessTag(m, top))
	// A reply that cannot be sent is lost like one on the way: the sender repeats.
	_ = l.send(r, transport.ReplyTarget(m, *top))
}

func (l *Layer) receiveRequest(m *sipmsg.Message) {
	top, err := m.TopVia()
	if err != nil {
		return // nowhere to answer to
	}
	var b [keySize]byte
	switch m.Method {
	case "ACK":
		l.receiveAck(m, &top, l.findServer(serverKey(b[:0], m, &top, "INVITE")))
		return
	case "CANCEL":
		l.receiveCancel(m, &top, l.findServer(serverKey(b[:0], m, &top, "INVITE")))
		return
	}
	key := serverKey(b[:0], m, &top, m.Method)
	if t := l.findServer(key); t != nil {
		l.repeat(t)
		return
	}
	if l.gate != nil {
		if answer, admit := l.gate.Admit(m); !admit {
			if answer != nil {
				l.replyWith(m, &top, answer)
			}
			return
		}
	}
	l.newRequest(m, &top, key)
}

// repeat absorbs a request that is known.
func (l *Layer) repeat(t *serverTx) {
	l.stats.repeats.Add(1)
	t.input(inRequest, nil)
}

// receiveAck gives an ACK to the transaction that it confirms or to the user.
func (l *Layer) receiveAck(m *sipmsg.Message, top *sipmsg.Via, t *serverTx) {
	if t != nil && !t.acked(m, hasCookie(top.Branch())) {
		return
	}
	if tag := toTag(m); t == nil && strings.HasPrefix(tag, statelessMark) && tag == l.statelessTag(m, top) {
		return // of an answer that we kept no state for
	}
	l.user.Ack(m)
}

// receiveCancel answers a CANCEL, each repeat alike, and tells the INVITE's
// transaction (RFC 3261 §9.2).
func (l *Layer) receiveCancel(m *sipmsg.Message, top *sipmsg.Via, t *serverTx) {
	if t == nil {
		l.reply(m, top, 481, "")
		return
	}
	r := sipmsg.NewResponse(m, 200, "")
	addToTag(r, t.cancelTag())
	_ = l.send(r, transport.ReplyTarget(m, *top)) // a lost answer is asked for again
	t.takeCancel(m)                               // after the 200, so that the 487 does not overtake it
}

// newRequest makes the transaction of a request not seen before and shows it to
// the user.
func (l *Layer) newRequest(m *sipmsg.Message, top *sipmsg.Via, key []byte) {
	within := toTag(m) != ""
	if l.full(within) {
		l.stats.overload.Add(1)
		l.reply(m, top, 503, "", sipmsg.Header{Name: "Retry-After", Value: strconv.Itoa(l.cfg.RetryAfter)})
		return
	}
	t := &serverTx{target: transport.ReplyTarget(m, *top), req: m}
	t.l = l
	t.machine = machine{kind: nonInviteServer, reliable: t.target.Reliable(), timers: &l.cfg.Timers}
	if m.Method == "INVITE" {
		t.machine.kind = inviteServer
	}
	t.mu.Lock()
	old, fresh := l.addServer(key, t)
	if fresh && !within && !l.merge(t, m) {
		t.finish(nil)
		l.removeServer(t)
		t.mu.Unlock()
		l.stats.merged.Add(1)
		l.reply(m, top, 482, "")
		return
	}
	if fresh {
		t.arm(t.machine.step(inStart), t.fire)
		l.wg.Add(1)
		l.stats.handlers.Add(1)
	}
	t.mu.Unlock()
	switch {
	case fresh:
		l.queued.Add(1)
		go l.serve(&Server{tx: t, req: m, began: l.now()})
	case old != nil:
		l.repeat(old)
	}
}

// full reports whether a new transaction, or the handler to run for it, would be
// one too many. Requests within a dialog may use a reserve: they end calls more than they begin them.
func (l *Layer) full(within bool) bool {
	limit := int64(l.cfg.MaxServer)
	if within {
		limit += (limit + 7) / 8
	}
	return max(l.stats.server.Load(), l.stats.handlers.Load()) >= limit
}

// merge enters a request outside a dialog; false if a copy of it came another
// way and is still being handled, or it came back to us in a loop (RFC 3261
// §8.2.2.2).
func (l *Layer) merge(t *serverTx, m *sipmsg.Message) bool {
	seq, _, err := m.CSeq()
	if err != nil || fromTag(m) == "" { // RFC 2543 had no tags to tell
		return true
	}
	key := l.mergeKey(m, seq)
	if !l.addMerge(key) {
		return false
	}
	t.merge = key
	return true
}

// serve runs the user's handler. A panic in it ends that request only.
func (l *Layer) serve(s *Server) {
	l.queued.Add(-1)
	defer l.wg.Done()
	defer l.stats.handlers.Add(-1)
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		l.stats.panics.Add(1)
		l.logPanic(s.req.Method, r)
		_ = s.Respond(sipmsg.NewResponse(s.req, 500, "")) // ErrState if it was answered
	}()
	l.user.Request(s)
}

// logPanic writes one panic a second to the log; all are counted.
func (l *Layer) logPanic(method string, r any) {
	now := l.cfg.Clock.Now().Unix()
	if last := l.logged.Load(); last == now || !l.logged.CompareAndSwap(last, now) {
		return
	}
	l.cfg.Log.Error("panic contained in a request's handler", "method", method, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
}
