package sip

import (
	"strconv"
	"strings"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// This file is RFC 4028: a call whose other side is gone without a BYE ends,
// because one of the two refreshes it at half of an agreed interval and the
// other one notices when that stops. Each leg has its own timer.

// SessionTimer is what we want of a leg's session timer. The zero value asks
// for none, and does what the peer asks for.
type SessionTimer struct {
	// Expires is the interval that we ask for; 0 asks for none.
	Expires time.Duration
	// Min is the shortest that we agree to, at least 90 s (RFC 4028 §5).
	Min time.Duration
}

const (
	optionTimer = "timer"
	// minSession is the shortest interval there is (RFC 4028 §5).
	minSession = 90 * time.Second
	// maxSession is the longest that we let a 422 talk us into.
	maxSession = 24 * time.Hour
	// refreshRetry is the shortest time between two refreshes that failed.
	refreshRetry = 5 * time.Second
)

// min returns the shortest interval that we agree to.
func (t SessionTimer) min() time.Duration { return max(t.Min, minSession) }

// session is the timer of a leg that has one, or asks for one.
type session struct {
	want      SessionTimer
	interval  time.Duration // agreed; 0: there is no timer
	refresher bool          // we refresh, the peer else
	update    bool          // the peer takes UPDATE (RFC 3311)
	retried   bool          // the INVITE was sent again after a 422
	expires   time.Time     // when the call is given up
	timer     transaction.Timer
}

// Time sets what we want of the session timer of a server leg. It counts for
// answers given after it.
func (l *Leg) Time(t SessionTimer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil && t != (SessionTimer{}) {
		l.session = &session{}
	}
	if l.session != nil {
		l.session.want = t
	}
}

// sessionExpires reads Session-Expires (RFC 4028 §4); ok is false without one
// that can be used.
func sessionExpires(m *sipmsg.Message) (d time.Duration, refresher string, ok bool) {
	v, params, _ := strings.Cut(m.Get("Session-Expires"), ";")
	d, ok = seconds(v)
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(value))
		}
	}
	return d, refresher, ok
}

// minSE reads Min-SE (RFC 4028 §5); 90 s without one.
func minSE(m *sipmsg.Message) time.Duration {
	v, _, _ := strings.Cut(m.Get("Min-SE"), ";")
	if d, ok := seconds(v); ok {
		return max(d, minSession)
	}
	return minSession
}

// seconds reads delta-seconds (RFC 3261 §25.1).
func seconds(s string) (time.Duration, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	return time.Duration(n) * time.Second, err == nil
}

func delta(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func timesSessions(m *sipmsg.Message) bool {
	return hasOption(m, "Supported", optionTimer) || hasOption(m, "Require", optionTimer)
}

// tooBrief reports whether a session refresh request asks for less than shortest
// and understands a 422 (RFC 4028 §9): those headers are its answer's.
func (s *Stack) tooBrief(req *sipmsg.Message, shortest time.Duration) ([]sipmsg.Header, bool) {
	d, _, ok := sessionExpires(req)
	if !ok || !s.times || d >= shortest || !timesSessions(req) {
		return nil, false
	}
	return header("Min-SE", delta(shortest)), true
}

// shortestSession is what tooBrief holds requests within the dialog against; mu
// is held.
func (l *Leg) shortestSession() time.Duration {
	if l.session == nil {
		return max(l.stack.cfg.MinSession, minSession)
	}
	return max(l.session.want.min(), l.stack.cfg.MinSession)
}

// refuseBrief answers 422 to a request within the dialog that asks for too short
// a timer; mu is held.
func (l *Leg) refuseBrief(tx *transaction.Server, req *sipmsg.Message) bool {
	hdr, brief := l.stack.tooBrief(req, l.shortestSession())
	if brief {
		answer(tx, 422, "", hdr...)
	}
	return brief
}

// offerSession puts what we want into an INVITE, re-INVITE or UPDATE (RFC 4028
// §7.1, §7.4); mu is held, or the leg is new.
func (l *Leg) offerSession(m *sipmsg.Message) {
	s := l.session
	if s == nil {
		return
	}
	d, who := s.want.Expires, ""
	if s.interval > 0 {
		d, who = s.interval, ";refresher=uas"
		if s.refresher {
			who = ";refresher=uac"
		}
	}
	if d == 0 {
		return
	}
	m.Set("Session-Expires", delta(d)+who)
	if shortest := s.want.min(); shortest > minSession {
		m.Set("Min-SE", delta(shortest))
	}
}

// agreeSession decides on the timer as the UAS of req and puts it into our 2xx
// (RFC 4028 §9, table 2); mu is held. armSession starts it.
func (l *Leg) agreeSession(req, resp *sipmsg.Message) {
	asked, refresher, ok := sessionExpires(req)
	ok = ok && l.stack.times
	s := l.session
	if s == nil {
		if !ok {
			return
		}
		s = &session{}
		l.session = s
	}
	s.update = s.update || hasOption(req, "Allow", "UPDATE")
	knows, want := timesSessions(req), s.want.Expires
	switch {
	case !ok && want == 0:
		s.interval = 0
		return
	case !ok:
		s.interval = max(want, minSE(req))
	case want > 0 && want < asked:
		s.interval = max(want, minSE(req))
	default:
		s.interval = max(asked, minSession)
	}
	if who := chooseRefresher(knows, ok, refresher); who == "uac" {
		s.refresher = false
		resp.Add("Require", optionTimer)
		resp.Set("Session-Expires", delta(s.interval)+";refresher=uac")
	} else {
		s.refresher = true
		resp.Set("Session-Expires", delta(s.interval)+";refresher=uas")
	}
}

// chooseRefresher is table 2 of RFC 4028 §9: a UAC that does not know timers
// cannot be asked, one that names somebody has its way, and who wants the timer
// does the work.
func chooseRefresher(knows, asked bool, named string) string {
	switch {
	case !knows:
		return "uas"
	case named == "uac" || named == "uas":
		return named
	case asked:
		return "uac"
	}
	return "uas"
}

// sessionAnswered takes the peer's decision from its 2xx to an INVITE or UPDATE
// of ours (RFC 4028 §7.2) and starts the timer; mu is held. A peer that does not
// know timers is refreshed by us alone, where we want one.
func (l *Leg) sessionAnswered(resp *sipmsg.Message) {
	d, refresher, ok := sessionExpires(resp)
	s := l.session
	if s == nil {
		if !ok {
			return
		}
		s = &session{}
		l.session = s
	}
	s.update = s.update || hasOption(resp, "Allow", "UPDATE")
	switch {
	case ok:
		s.interval, s.refresher = max(d, minSession), refresher != "uas"
	default:
		s.interval, s.refresher = s.want.Expires, true
	}
	l.armSession()
}

// armSession starts the timer anew: the session was just refreshed. mu is held.
func (l *Leg) armSession() {
	s := l.session
	if s == nil {
		return
	}
	s.stop()
	if s.interval == 0 {
		return
	}
	// RFC 4028 §10: the BYE comes a little before the end of the interval.
	last := s.interval - min(32*time.Second, s.interval/3)
	s.expires = l.stack.cfg.Clock.Now().Add(last)
	if s.refresher {
		last = s.interval / 2
	}
	l.wakeSession(last)
}

func (l *Leg) wakeSession(d time.Duration) {
	if l.session.timer != nil {
		l.session.timer.Reset(d)
		return
	}
	l.after(&l.session.timer, d, l.sessionDue)
}

func (s *session) stop() {
	if s != nil && s.timer != nil {
		s.timer.Stop()
	}
}

// sessionDue refreshes the session, or ends the call that nobody refreshed; mu
// is held.
func (l *Leg) sessionDue() {
	s := l.session
	if s == nil || s.interval == 0 || l.state != stateConfirmed && l.state != stateAnswered {
		return
	}
	left := s.expires.Sub(l.stack.cfg.Clock.Now())
	if left <= 0 {
		l.hangUp(ErrExpired, header("Reason", `SIP;cause=408;text="Session timer expired"`))
		return
	}
	l.wakeSession(min(max(s.interval/16, refreshRetry), left))
	if s.refresher && l.state == stateConfirmed && !l.sending("INVITE") && !l.sending("UPDATE") {
		l.refreshSession()
	}
}

// refreshSession sends an UPDATE without an offer, or has the owner send a
// re-INVITE (RFC 4028 §7.4); mu is held.
func (l *Leg) refreshSession() {
	if !l.session.update || !l.stack.allows("UPDATE") {
		l.emit(RefreshDue{})
		return
	}
	_, _ = l.sendUpdate(&l.dlg, Body{}, nil) // what fails is tried again
}

// sessionOutcome takes what became of a refresh of ours: the timer runs on after
// a failure until it is the last. mu is held.
func (l *Leg) sessionOutcome(method string, m *sipmsg.Message) {
	s := l.session
	if m == nil || l.state == stateEnding || l.state == stateEnded {
		return
	}
	switch {
	case m.Status < 300:
		l.sessionAnswered(m)
	case s == nil || s.interval == 0:
	case m.Status == 422:
		if d := minSE(m); d > s.interval && d <= maxSession {
			s.interval = d
			l.wakeSession(time.Second)
		}
	case method == "UPDATE" && (m.Status == 405 || m.Status == 501):
		s.update = false
		l.wakeSession(time.Second)
	}
}

// longer sends an INVITE again that was refused with 422, with the interval that
// the peer asks for (RFC 4028 §7.3); mu is held.
func (l *Leg) longer(m *sipmsg.Message) bool {
	s, shortest := l.session, minSE(m)
	if m.Status != 422 || s == nil || s.want.Expires == 0 || s.retried || l.state != stateProceeding || shortest > maxSession {
		return false
	}
	s.retried = true
	s.want.Expires, s.want.Min = max(s.want.Expires, shortest), max(s.want.Min, shortest)
	again := l.invite.Clone()
	again.Set("CSeq", strconv.FormatUint(uint64(l.seq+1), 10)+" INVITE")
	l.offerSession(again)
	tx, err := l.stack.layer.Send(again, l.peer)
	if err != nil {
		return false
	}
	l.invite = again
	l.seq++
	uac := &clientInvite{tx: tx, stop: make(chan struct{})}
	close(l.uac.stop)
	l.uac = uac
	l.stack.work.Add(1)
	go l.follow(uac)
	return true
}
