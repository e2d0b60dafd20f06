package sip

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// DialOptions say whom to call and how.
type DialOptions struct {
	To, From    sipmsg.NameAddr  // From needs no tag, the stack sets it
	RequestURI  string           // "" means the URI of To
	Target      transport.Target // where the INVITE goes
	Route       []string         // Route values to preload, topmost first
	CallID      string           // "" means a new one
	Again       *Leg             // an ended client leg that this INVITE tries again, after 401, 407, 422 and the like: Call-ID and From-tag stay, CSeq goes on (RFC 3261 §8.1.3.5)
	MaxForwards int              // 0 means 70, NoHops 0
	Headers     []sipmsg.Header
	Body        Body         // zero: an INVITE without an offer
	Session     SessionTimer // RFC 4028; zero asks for none
	Reliable    bool         // ask for reliable provisional responses by Require: 100rel; else they are only offered
}

// NoHops is the MaxForwards of an INVITE that the next element must keep.
const NoHops = -1

// clientInvite is what a client leg needs until its final answer.
type clientInvite struct {
	tx    *transaction.Client
	stop  chan struct{} // closed when the leg ends
	forks []dialog      // early dialogs, one for each To-tag (RFC 3261 §12.1.2)
}

func (u *clientInvite) fork(tag string) *dialog {
	for i := range u.forks {
		if u.forks[i].remoteTag == tag {
			return &u.forks[i]
		}
	}
	return nil
}

// Dial sends an INVITE and returns its leg; the result comes by events.
func (s *Stack) Dial(o DialOptions) (*Leg, error) {
	if s.stopped.Load() {
		return nil, ErrStopped
	}
	if !o.Target.Addr.IsValid() || o.Target.Network == "" {
		return nil, errors.New("sip: dial: Target is missing")
	}
	l := &Leg{
		stack: s, tag: newTag(), callID: o.CallID, seq: 1, peer: o.Target,
		contact: s.contactFor(o.Target, o.From.URI.User),
	}
	if l.callID == "" {
		l.callID = newTag()
	}
	if o.Session != (SessionTimer{}) {
		l.session = &session{want: o.Session}
	}
	if err := l.continues(o.Again); err != nil {
		return nil, err
	}
	l.invite = l.newInvite(o)
	l.offer.out = carriesSession(l.invite)
	if !s.legs.add(l, s.cfg.MaxLegs) {
		return nil, ErrBusy
	}
	tx, err := s.layer.Send(l.invite, o.Target)
	if err != nil {
		s.legs.remove(l)
		return nil, fmt.Errorf("sip: dial %s: %w", o.Target.Addr, err)
	}
	s.invitesOut.Add(1)
	l.start(tx)
	return l, nil
}

// continues makes a new leg the next attempt of one that failed.
func (l *Leg) continues(before *Leg) error {
	if before == nil {
		return nil
	}
	before.mu.Lock()
	defer before.mu.Unlock()
	if before.server || before.state != stateEnded || before.dlg.remoteTag != "" {
		return fmt.Errorf("sip: dial again: %w", ErrState)
	}
	l.tag, l.callID, l.seq = before.tag, before.callID, before.seq+1
	return nil
}

// start follows the transaction of the INVITE.
func (l *Leg) start(tx *transaction.Client) {
	uac := &clientInvite{tx: tx, stop: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uac = uac
	l.stack.work.Add(1)
	go l.follow(uac)
}

func (l *Leg) newInvite(o DialOptions) *sipmsg.Message {
	uri := o.RequestURI
	if uri == "" {
		uri = stripURI(o.To.URI)
	}
	hops := o.MaxForwards
	switch {
	case hops < 0:
		hops = 0
	case hops == 0:
		hops = 70
	}
	from := o.From
	from.Params = slices.Clone(from.Params)
	from.Params.Set("tag", l.tag)
	m := sipmsg.NewRequest("INVITE", uri)
	m.Headers = make([]sipmsg.Header, 0, 12+len(o.Route)+len(o.Headers))
	for _, r := range o.Route {
		m.Add("Route", r)
	}
	m.Add("Max-Forwards", strconv.Itoa(hops))
	m.Add("From", from.String())
	m.Add("To", o.To.String())
	m.Add("Call-ID", l.callID)
	m.Add("CSeq", strconv.FormatUint(uint64(l.seq), 10)+" INVITE")
	l.describe(m)
	l.offerSession(m)
	if o.Reliable {
		m.Add("Require", option100rel)
	}
	addHeaders(m, o.Headers)
	o.Body.put(m)
	return m
}

// follow reads the responses to the INVITE until the final one. Repeated 2xx,
// and those of further forks, which their senders repeat, come by
// Stack.Response: so no goroutine stays with an answered call.
func (l *Leg) follow(uac *clientInvite) {
	defer l.stack.work.Done()
	for {
		select {
		case <-uac.stop:
			return
		case m, ok := <-uac.tx.Responses():
			if !ok {
				l.locked(func() { l.unheard(uac.tx.Err()) })
				return
			}
			l.reached.Store(true)
			if m.Status == 100 {
				continue
			}
			l.locked(func() { l.inviteResponse(m) })
			if m.Status >= 200 {
				return
			}
		}
	}
}

// inviteResponse takes a response to our INVITE; mu is held.
func (l *Leg) inviteResponse(m *sipmsg.Message) {
	if l.uac == nil {
		return // ended meanwhile
	}
	switch {
	case m.Status < 200:
		l.provisional(m)
	case m.Status < 300:
		l.success(m)
	case l.longer(m):
	case l.state == stateCancelling:
		l.finish(Ended{By: Local, Message: m})
	default:
		l.emit(Failed{Status: m.Status, Reason: m.Reason, Message: m})
		l.finish(Ended{By: Remote, Message: m})
	}
}

// unheard ends an INVITE that got no final answer; mu is held.
func (l *Leg) unheard(cause error) {
	if l.uac == nil {
		return
	}
	status := 503
	if cause == nil || errors.Is(cause, transaction.ErrTimeout) {
		status, cause = 408, ErrTimeout
	}
	if l.state == stateCancelling {
		l.finish(Ended{By: Local, Cause: cause})
		return
	}
	l.emit(Failed{Status: status, Reason: sipmsg.ReasonPhrase(status), Err: cause})
	l.finish(Ended{Cause: cause})
}

// provisional follows an early dialog (RFC 3261 §13.2.2.1) and sends the PRACK
// of RFC 3262 §4; mu is held.
func (l *Leg) provisional(m *sipmsg.Message) {
	if l.state != stateProceeding {
		return
	}
	e := Progressed{Status: m.Status, Reason: m.Reason, Message: m, RemoteTag: m.ToTag()}
	if e.RemoteTag == "" {
		l.emit(e)
		return
	}
	d := l.early(m)
	if d == nil {
		return // more forks than we follow
	}
	rseq, reliable := rseqOf(m)
	if reliable {
		if !d.acceptsRSeq(l.seq, rseq) {
			return // a repeat, or one before its turn
		}
		d.refresh(m)
		e.Reliable = true
		e.NeedsAnswer = l.negotiate(m)
		if !e.NeedsAnswer {
			_ = l.sendPrack(d, m, Body{}, nil)
		}
	}
	l.emit(e)
}

// early returns the early dialog of a response, made if it is new; nil when
// there are too many. mu is held.
func (l *Leg) early(m *sipmsg.Message) *dialog {
	if d := l.uac.fork(m.ToTag()); d != nil {
		return d
	}
	if len(l.uac.forks) >= maxForks {
		return nil
	}
	l.uac.forks = append(l.uac.forks, newClientDialog(l.invite, m, l.seq))
	return &l.uac.forks[len(l.uac.forks)-1]
}

// success takes the first 2xx (RFC 3261 §13.2.2.4); mu is held.
func (l *Leg) success(m *sipmsg.Message) {
	d := l.uac.fork(m.ToTag())
	if d == nil {
		n := newClientDialog(l.invite, m, l.seq)
		d = &n
	} else {
		d.remote = m.Get("To")
		d.update(m)
	}
	l.dlg = *d
	l.uac = nil
	if m.ConnID != 0 {
		l.peer.ConnID = m.ConnID
	}
	if l.state == stateCancelling {
		// The 2xx crossed our CANCEL: §15 has us acknowledge it and hang up.
		l.state = stateAnswered
		l.hangUp(nil, nil)
		return
	}
	l.state = stateAnswered
	l.offer = offerState{in: carriesSession(m) && !carriesSession(l.invite)}
	l.sessionAnswered(m)
	l.emit(Answered{Message: m})
}

// Reached reports whether the peer of a client leg has answered anything, 100
// included: one that has not is tried elsewhere before the time-out of RFC 3261
// (RFC 3263 §4.3).
func (l *Leg) Reached() bool { return l.reached.Load() }

// Ack acknowledges the 2xx after Answered; it must be called once, with the
// session answer if the INVITE carried no offer. The stack repeats it when the
// 2xx is repeated (RFC 3261 §13.2.2.4).
func (l *Leg) Ack(body Body) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == stateEnding || l.state == stateEnded:
		return ErrEnded
	case l.server || l.state != stateAnswered:
		return ErrState
	}
	l.state = stateConfirmed
	l.offer = offerState{}
	return l.sendAck(l.seq, body)
}

// Cancel gives up an INVITE without final answer (RFC 3261 §9.1). Ended follows
// with that answer, at the latest 64*T1 after the CANCEL.
func (l *Leg) Cancel(hdr ...sipmsg.Header) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == stateEnded:
		return ErrEnded
	case l.state == stateCancelling:
		return nil
	case l.server || l.state != stateProceeding:
		return ErrState
	}
	return l.cancel(hdr)
}

// cancel sends CANCEL, now or with the first provisional response; mu is held.
func (l *Leg) cancel(hdr []sipmsg.Header) error {
	l.state = stateCancelling
	return l.uac.tx.Cancel(hdr...)
}
