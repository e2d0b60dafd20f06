package transaction

// stepInviteServer is RFC 3261 §17.2.1 (figure 7) with RFC 6026 §7.1.
//
//	Idle ─request→ Proceeding ─2xx→ Accepted ─L→ Terminated
//	                   └─300-699→ Completed ─ACK→ Confirmed ─I→ Terminated
//
// In Proceeding the resend timer is not one of the RFC's letters: it is the
// 200 ms after which the transaction sends 100 itself.
func (m *machine) stepInviteServer(in input) effect {
	switch m.state {
	case Idle:
		if in == inStart {
			m.state = Proceeding
			return effect{tellUser, tryingDelay, 0}
		}
	case Proceeding:
		return m.inviteServerProceeding(in)
	case Accepted: // RFC 6026 §7.1: repeats absorbed, 2xx from the user sent on
		switch in {
		case in2xx:
			return m.stay(sendMessage)
		case inAck:
			return m.stay(tellUser)
		case inEnd: // timer L
			return m.terminate(0)
		case in1xx, inFinal:
			return m.stay(refuse)
		}
	case Completed:
		return m.inviteServerCompleted(in)
	case Confirmed: // repeats of the ACK are absorbed
		switch in {
		case inEnd: // timer I
			return m.terminate(0)
		case in1xx, in2xx, inFinal:
			return m.stay(refuse)
		}
	}
	return m.stay(0)
}

func (m *machine) inviteServerProceeding(in input) effect {
	switch in {
	case inRequest:
		return m.stay(resendLast)
	case inResend: // 200 ms without a word of the user: 100 Trying
		return effect{sendMessage, 0, keep}
	case in1xx:
		return effect{sendMessage, 0, keep}
	case in2xx: // timer L, on every transport
		return m.linger(Accepted, 64*m.timers.T1, sendMessage)
	case inFinal:
		m.state, m.interval = Completed, m.timers.T1
		return effect{sendMessage, m.unreliable(m.timers.T1), 64 * m.timers.T1} // timers G, H
	}
	return m.stay(0)
}

func (m *machine) inviteServerCompleted(in input) effect {
	switch in {
	case inRequest:
		return m.stay(resendLast)
	case inResend: // timer G: doubling up to T2
		m.interval = min(2*m.interval, m.timers.T2)
		return effect{resendLast, m.interval, keep}
	case inAck:
		return m.linger(Confirmed, m.unreliable(m.timers.T4), 0) // timer I
	case inEnd: // timer H: no ACK
		return m.terminate(timedOut)
	case inTrouble:
		return m.terminate(broken)
	case in1xx, in2xx, inFinal:
		return m.stay(refuse)
	}
	return m.stay(0)
}

// stepNonInviteServer is RFC 3261 §17.2.2 (figure 8).
//
//	Idle ─request→ Trying ─1xx→ Proceeding ─200-699→ Completed ─J→ Terminated
//
// The RFC lets a silent user hold a transaction for ever. Here it ends after
// 64*T1: the client's timer F has fired and no answer can reach it.
func (m *machine) stepNonInviteServer(in input) effect {
	switch m.state {
	case Idle:
		if in == inStart {
			m.state = Trying
			return effect{tellUser, 0, 64 * m.timers.T1}
		}
	case Trying, Proceeding:
		switch in {
		case inRequest:
			if m.state == Proceeding {
				return m.stay(resendLast)
			}
		case in1xx:
			m.state = Proceeding
			return m.stay(sendMessage)
		case in2xx, inFinal:
			return m.linger(Completed, m.unreliable(64*m.timers.T1), sendMessage) // timer J
		case inEnd:
			return m.terminate(timedOut)
		case inTrouble:
			return m.terminate(broken)
		}
	case Completed:
		switch in {
		case inRequest:
			return m.stay(resendLast)
		case inEnd: // timer J
			return m.terminate(0)
		case inTrouble:
			return m.terminate(broken)
		case in1xx, in2xx, inFinal:
			return m.stay(refuse)
		}
	}
	return m.stay(0)
}
