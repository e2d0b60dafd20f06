package sip

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// maxReliable bounds the provisional responses that wait for their turn.
const maxReliable = 16

var errTooManyProvisionals = errors.New("sip: too many reliable provisional responses wait for PRACK")

// reliable is the UAS side of RFC 3262: numbered provisional responses, each
// repeated until its PRACK, one at a time.
type reliable struct {
	rseq       uint32          // of the last one sent
	out        *sipmsg.Message // sent, not acknowledged; nil: none
	queue      []*sipmsg.Message
	interval   time.Duration
	left       time.Duration
	timer      transaction.Timer
	negotiated bool // offer and answer were exchanged by it
}

// stop ends the repeats. A PRACK for the one outstanding is still in order.
func (r *reliable) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.queue = nil
}

// holdsAnswer reports whether a 2xx has to wait: a session description is
// unacknowledged (RFC 3262 §3), or responses are queued before it.
func (r *reliable) holdsAnswer() bool {
	return r.out != nil && len(r.out.Body) > 0 ||
		slices.ContainsFunc(r.queue, func(m *sipmsg.Message) bool { return len(m.Body) > 0 })
}

// wantsReliable decides how a provisional response goes; mu is held.
func (l *Leg) wantsReliable(body Body) bool {
	if !l.stack.reliable {
		return false
	}
	return hasOption(l.invite, "Require", option100rel) ||
		!body.IsZero() && hasOption(l.invite, "Supported", option100rel)
}

func hasOption(m *sipmsg.Message, field, option string) bool {
	return slices.ContainsFunc(m.List(field), func(s string) bool { return strings.EqualFold(s, option) })
}

// progressReliably sends or queues a provisional response; mu is held.
func (l *Leg) progressReliably(m *sipmsg.Message) error {
	if l.rel == nil {
		l.rel = &reliable{rseq: firstRSeq()}
	}
	m.Add("Require", option100rel)
	if l.rel.out != nil {
		if len(l.rel.queue) >= maxReliable {
			return errTooManyProvisionals
		}
		l.rel.queue = append(l.rel.queue, m)
		return nil
	}
	return l.sendReliable(m)
}

func (l *Leg) sendReliable(m *sipmsg.Message) error {
	r := l.rel
	r.rseq++
	m.Set("RSeq", strconv.FormatUint(uint64(r.rseq), 10))
	if err := l.uas.tx.Respond(m); err != nil {
		return err
	}
	if carriesSession(m) {
		if l.offer.in {
			l.offer.in, r.negotiated = false, true // it is the answer
		} else if !carriesSession(l.invite) && !r.negotiated {
			l.offer.out = true // an offer: the answer comes with the PRACK
		}
	}
	r.out = m
	t1 := l.stack.cfg.Timers.T1
	r.interval, r.left = t1, 64*t1
	l.rearmReliable(m)
	return nil
}

func (l *Leg) rearmReliable(m *sipmsg.Message) {
	r := l.rel
	d := min(r.interval, r.left)
	l.after(&r.timer, d, func() { l.repeatReliable(m, d) })
}

// repeatReliable sends m again: after T1, doubling, for 64*T1 in all; then the
// INVITE is refused (RFC 3262 §3). mu is held.
func (l *Leg) repeatReliable(m *sipmsg.Message, waited time.Duration) {
	r := l.rel
	if r == nil || r.out != m || l.uas == nil {
		return
	}
	r.left -= waited
	if r.left <= 0 {
		l.abort(504, ErrNoPrack)
		return
	}
	_ = l.uas.tx.Respond(m)
	r.interval *= 2
	l.rearmReliable(m)
}

// pracked takes the PRACK's RAck; false means that it matches nothing (481,
// RFC 3262 §3). mu is held.
func (l *Leg) pracked(rack string) bool {
	r := l.rel
	f := strings.Fields(rack)
	if r == nil || r.out == nil || len(f) != 3 || f[2] != "INVITE" {
		return false
	}
	rseq, err1 := strconv.ParseUint(f[0], 10, 32)
	seq, err2 := strconv.ParseUint(f[1], 10, 32)
	if err1 != nil || err2 != nil || uint32(rseq) != r.rseq || uint32(seq) != l.seq {
		return false
	}
	r.timer.Stop()
	r.out = nil
	return true
}

// nextReliable sends what waited for the PRACK; mu is held.
func (l *Leg) nextReliable() {
	r := l.rel
	if r == nil || r.out != nil || l.uas == nil {
		return
	}
	if m := l.uas.answer; m != nil && !r.holdsAnswer() {
		_ = l.sendAnswer(m)
		return
	}
	if len(r.queue) > 0 {
		m := r.queue[0]
		r.queue = r.queue[1:]
		_ = l.sendReliable(m)
	}
}

// firstRSeq returns a random start, 1 to 2^31-1 less one (RFC 3262 §3).
func firstRSeq() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:])>>1&0x7ffffff0 + 1
}
