package sip

import (
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// ackRecord is an ACK of ours that may have to be repeated. It is built anew
// from the dialog, so that an idle call keeps no message for it.
type ackRecord struct {
	seq  uint32 // CSeq number of the INVITE; 0: none
	body Body
}

// sendAck acknowledges a 2xx to the INVITE with that CSeq number (RFC 3261
// §13.2.2.4); mu is held.
func (l *Leg) sendAck(seq uint32, body Body) error {
	if l.acks[0].seq != seq {
		l.acks[1] = l.acks[0]
	}
	l.acks[0] = ackRecord{seq, body}
	return l.repeatAck(l.acks[0])
}

func (l *Leg) repeatAck(a ackRecord) error {
	ack := l.dlg.request("ACK", l.callID, a.seq)
	a.body.put(ack)
	return l.stack.layer.SendAck(ack, l.hop(&l.dlg))
}

// late takes a 2xx that no transaction waits for: a repeat of one that we
// acknowledged, or the answer of another fork, which gets ACK and BYE (RFC 3261
// §13.2.2.4). mu is held.
func (l *Leg) late(m *sipmsg.Message, seq uint32) {
	if l.server || l.state < stateAnswered {
		return // the first 2xx is on its way to us through the transaction
	}
	if m.ToTag() == l.dlg.remoteTag {
		for _, a := range l.acks {
			if a.seq == seq {
				_ = l.repeatAck(a)
			}
		}
		return
	}
	if seq == l.seq && l.killed < maxKills {
		l.killed++
		l.stack.killFork(m, seq, l.callID, l.peer)
	}
}

// maxKills bounds the answers of other forks that one INVITE reacts to.
const maxKills = 4 * maxForks

// killFork acknowledges and ends the dialog of a 2xx that lost.
func (s *Stack) killFork(m *sipmsg.Message, seq uint32, callID string, flow transport.Target) {
	d := newClientDialog(m, m, seq)
	to := flow
	if u, err := d.nextHop(); err == nil {
		to = locate(u, flow)
	}
	_ = s.layer.SendAck(d.request("ACK", callID, seq), to)
	_, _ = s.layer.Send(d.request("BYE", callID, 0), to)
}
