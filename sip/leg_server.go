package sip

import (
	"fmt"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// provisionalRefresh is how often an unanswered INVITE gets its last
// provisional response again, so that proxies keep waiting (RFC 3261
// §13.3.1.1).
const provisionalRefresh = time.Minute

// serverInvite is what a server leg needs until its final answer.
type serverInvite struct {
	tx      *transaction.Server
	decided chan struct{}   // closed with the final answer; nil while nobody watches
	last    *sipmsg.Message // provisional response to refresh
	refresh transaction.Timer
	answer  *sipmsg.Message // 2xx that waits for a PRACK (RFC 3262 §3)
}

// stop lets go of timer and watcher.
func (u *serverInvite) stop() {
	if u.refresh != nil {
		u.refresh.Stop()
	}
	if u.decided != nil {
		close(u.decided)
	}
}

// invited makes the leg of a new INVITE and hands it to the handler, on the
// goroutine of the transaction.
func (s *Stack) invited(tx *transaction.Server) {
	req := tx.Request()
	if hdr, brief := s.tooBrief(req, max(s.cfg.MinSession, minSession)); brief {
		s.refused.Add(1)
		answer(tx, 422, "", hdr...)
		return
	}
	l, err := s.newServerLeg(tx)
	if err != nil {
		s.refused.Add(1)
		s.log.Debug("refuse invite", "callid", req.CallID(), "from", req.Source, "err", err)
		answer(tx, 400, "Bad Contact or Record-Route")
		return
	}
	if s.stopped.Load() || !s.legs.add(l, s.cfg.MaxLegs) {
		s.refused.Add(1)
		answer(tx, 503, "", sipmsg.Header{Name: "Retry-After", Value: "5"})
		return
	}
	s.invitesIn.Add(1)
	l.serve(s.handler)
}

func (s *Stack) newServerLeg(tx *transaction.Server) (*Leg, error) {
	req := tx.Request()
	tag := newTag()
	dlg, err := newServerDialog(req, tag)
	if err != nil {
		return nil, err
	}
	l := &Leg{
		stack: s, tag: tag, callID: req.CallID(), server: true, seq: dlg.remoteSeq,
		invite: req, waited: tx.Waited(), peer: tx.Target(), dlg: dlg, uas: &serverInvite{tx: tx},
	}
	l.offer.in = carriesSession(req)
	return l, nil
}

// serve runs the owner's code and contains what it does wrong.
func (l *Leg) serve(h Handler) {
	defer func() {
		if p := recover(); p != nil {
			l.panicked(p)
		}
	}()
	h.Invite(l)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == stateProceeding && l.uas.answer == nil {
		l.abort(500, ErrUnanswered)
	}
}

// attend starts to watch for CANCEL, when the owner begins to wait or to keep
// the caller waiting: a call that is refused at once needs no goroutine for it.
// mu is held.
func (l *Leg) attend() {
	if l.uas == nil || l.uas.decided != nil {
		return
	}
	l.uas.decided = make(chan struct{})
	l.stack.work.Add(1)
	go l.watch(l.uas.tx, l.uas.decided)
}

// watch waits for CANCEL until the INVITE is decided.
func (l *Leg) watch(tx *transaction.Server, decided <-chan struct{}) {
	defer l.stack.work.Done()
	select {
	case <-decided:
	case <-tx.Cancelled():
		l.locked(l.cancelled)
	case <-tx.Done():
		l.locked(func() {
			if l.state == stateProceeding {
				l.finish(Ended{Cause: tx.Err()})
			}
		})
	}
}

// cancelled answers an INVITE that was cancelled (RFC 3261 §9.2); mu is held.
func (l *Leg) cancelled() {
	if l.state != stateProceeding {
		return
	}
	tx := l.uas.tx
	_ = tx.Respond(l.response(487, ""))
	l.finish(Ended{By: Remote, Message: tx.CancelRequest()})
}

// unanswered says whether the leg may still be answered; mu is held. A CANCEL
// that the watcher has not seen yet counts.
func (l *Leg) unanswered() error {
	if l.state == stateProceeding && l.server {
		select {
		case <-l.uas.tx.Cancelled():
			l.cancelled()
		default:
		}
	}
	switch {
	case l.state == stateEnded:
		return ErrEnded
	case l.state != stateProceeding || !l.server || l.uas.answer != nil:
		return ErrState
	}
	return nil
}

// Trying sends 100 now (RFC 3261 §8.2.6.1); otherwise the transaction sends it
// 200 ms after the INVITE.
func (l *Leg) Trying() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unanswered(); err != nil {
		return err
	}
	l.attend()
	return l.uas.tx.Respond(l.response(100, ""))
}

// Progress sends a provisional response, 101 to 199. It goes reliably (RFC
// 3262) when the peer requires that, or supports it and there is a body; then
// one is outstanding at a time and later ones are queued. At 64*T1 without
// PRACK the INVITE is answered 504 and the leg ends with ErrNoPrack.
func (l *Leg) Progress(status int, reason string, body Body, hdr ...sipmsg.Header) error {
	if status <= 100 || status >= 200 {
		return fmt.Errorf("sip: progress with status %d, want 101 to 199", status)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unanswered(); err != nil {
		return err
	}
	l.attend()
	m := l.response(status, reason, hdr...)
	body.put(m)
	if l.wantsReliable(body) {
		return l.progressReliably(m)
	}
	if err := l.uas.tx.Respond(m); err != nil {
		return err
	}
	l.refreshWith(m)
	return nil
}

// refreshWith repeats m every minute from now; mu is held.
func (l *Leg) refreshWith(m *sipmsg.Message) {
	u := l.uas
	u.last = m
	if u.refresh != nil {
		u.refresh.Reset(provisionalRefresh)
		return
	}
	l.after(&u.refresh, provisionalRefresh, func() {
		if l.uas == nil {
			return
		}
		_ = u.tx.Respond(u.last)
		u.refresh.Reset(provisionalRefresh)
	})
}

// Answer sends 200 and repeats it until the ACK (RFC 3261 §13.3.1.4); Confirmed
// follows. Without an ACK in 64*T1 the leg sends BYE and ends with ErrNoAck. If
// a reliable provisional response with a body is not yet acknowledged, the 200
// waits for its PRACK (RFC 3262 §3).
func (l *Leg) Answer(body Body, hdr ...sipmsg.Header) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unanswered(); err != nil {
		return err
	}
	m := l.response(200, "", hdr...)
	l.agreeSession(l.invite, m)
	body.put(m)
	if l.rel != nil && l.rel.holdsAnswer() {
		l.attend()
		l.uas.answer = m
		return nil
	}
	return l.sendAnswer(m)
}

// sendAnswer sends the 2xx; mu is held.
func (l *Leg) sendAnswer(m *sipmsg.Message) error {
	u := l.uas
	if err := u.tx.Respond(m); err != nil {
		l.finish(Ended{Cause: err})
		return err
	}
	u.stop()
	l.uas = nil
	l.state = stateAnswered
	if l.rel != nil {
		l.rel.stop() // a final answer ends the repeats (RFC 3262 §3)
	}
	// RFC 3261 §13.2.1: without an offer in the INVITE or before, this is it.
	offered := carriesSession(m) && !carriesSession(l.invite) && (l.rel == nil || !l.rel.negotiated)
	l.offer = offerState{out: offered}
	l.await(&unacked{tx: u.tx, resp: m, seq: l.seq, offered: offered})
	l.armSession()
	return nil
}

// Reject answers the INVITE with a final response of 300 to 699; Ended follows.
func (l *Leg) Reject(status int, reason string, hdr ...sipmsg.Header) error {
	if status < 300 || status > 699 {
		return fmt.Errorf("sip: reject with status %d, want 300 to 699", status)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unanswered(); err != nil {
		return err
	}
	return l.reject(l.response(status, reason, hdr...))
}

// reject sends a final response and ends the leg; mu is held.
func (l *Leg) reject(m *sipmsg.Message) error {
	err := l.uas.tx.Respond(m)
	l.finish(Ended{By: Local, Cause: err})
	return err
}
