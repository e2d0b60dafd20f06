package sip

import (
	"slices"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// unacked is a 2xx of ours to an INVITE that waits for its ACK. The UAS core
// repeats it, over every transport (RFC 3261 §13.3.1.4), through the
// transaction that is in its Accepted state (RFC 6026 §7.1).
type unacked struct {
	tx       *transaction.Server
	resp     *sipmsg.Message
	seq      uint32    // CSeq number of the INVITE
	offered  bool      // the 2xx carried our offer: the answer is in the ACK
	req      *InDialog // the re-INVITE; nil for the initial INVITE
	interval time.Duration
	left     time.Duration
	timer    transaction.Timer
}

// await starts to repeat a 2xx just sent; mu is held.
func (l *Leg) await(u *unacked) {
	t := l.stack.cfg.Timers
	u.interval, u.left = t.T1, 64*t.T1
	l.unacked = append(l.unacked, u)
	l.rearm(u)
}

func (l *Leg) rearm(u *unacked) {
	d := min(u.interval, u.left)
	l.after(&u.timer, d, func() { l.repeat(u, d) })
}

// repeat sends the 2xx again: after T1, doubling up to T2, for 64*T1 in all.
// Then the call is given up with BYE. mu is held.
func (l *Leg) repeat(u *unacked, waited time.Duration) {
	if l.state == stateEnding || !slices.Contains(l.unacked, u) {
		return // the ACK came while the timer fired
	}
	u.left -= waited
	if u.left <= 0 {
		l.dropUnacked(u)
		l.sendBye(ErrNoAck, l.byeHeaders())
		return
	}
	_ = u.tx.Respond(u.resp)
	u.interval = min(2*u.interval, l.stack.cfg.Timers.T2)
	l.rearm(u)
}

func (l *Leg) byeHeaders() []sipmsg.Header {
	if l.bye == nil {
		return nil
	}
	return l.bye.hdr
}

// acked takes an ACK for a 2xx of ours; mu is held. Repeated ACKs find nothing.
func (l *Leg) acked(seq uint32, ack *sipmsg.Message) {
	for _, u := range l.unacked {
		if u.seq == seq {
			l.dropUnacked(u)
			if u.offered {
				l.offer.out = false
			}
			l.confirm(u, ack)
			return
		}
	}
}

func (l *Leg) confirm(u *unacked, ack *sipmsg.Message) {
	if u.req != nil {
		u.req.acked <- ack // capacity 1, one ACK
		close(u.req.acked)
		return
	}
	if l.state != stateAnswered {
		return
	}
	l.state = stateConfirmed
	if b := l.bye; b != nil {
		l.bye = nil
		l.sendBye(b.cause, b.hdr)
		return
	}
	l.emit(Confirmed{Ack: ack})
}

func (l *Leg) dropUnacked(u *unacked) {
	u.timer.Stop()
	if i := slices.Index(l.unacked, u); i >= 0 {
		l.unacked = slices.Delete(l.unacked, i, i+1)
	}
}

// stop lets go of the timer when the leg ends.
func (u *unacked) stop() {
	u.timer.Stop()
	if u.req != nil {
		close(u.req.acked)
	}
}
