package transaction

import "time"

// stepInviteClient is RFC 3261 §17.1.1.2 (figure 5) with RFC 6026 §7.2.
//
//	Idle ─start→ Calling ─1xx→ Proceeding ─2xx→ Accepted ─M→ Terminated
//	                └──────── 300-699 ──────→ Completed ─D→ Terminated
func (m *machine) stepInviteClient(in input) effect {
	switch m.state {
	case Idle:
		if in == inStart {
			m.state, m.interval = Calling, m.timers.T1
			return effect{sendMessage, m.unreliable(m.timers.T1), 64 * m.timers.T1} // timers A, B
		}
	case Calling:
		return m.inviteClientCalling(in)
	case Proceeding:
		return m.inviteClientProceeding(in)
	case Accepted: // RFC 6026 §7.2: every 2xx goes up, nothing else matters
		switch in {
		case in2xx:
			return m.stay(tellUser)
		case inEnd: // timer M
			return m.terminate(0)
		}
	case Completed:
		switch in {
		case inFinal:
			return m.stay(resendAck)
		case inEnd: // timer D
			return m.terminate(0)
		case inTrouble: // the ACK could not go out
			return m.terminate(broken)
		}
	}
	return m.stay(0)
}

func (m *machine) inviteClientCalling(in input) effect {
	switch in {
	case inResend: // timer A doubles without a cap
		m.interval *= 2
		return effect{sendMessage, m.interval, keep}
	case inEnd: // timer B
		return m.terminate(timedOut)
	case in1xx:
		m.state = Proceeding
		return effect{do: tellUser} // no timer runs; timer C is the user's
	}
	return m.inviteClientOutcome(in)
}

func (m *machine) inviteClientProceeding(in input) effect {
	switch in {
	case in1xx:
		return m.stay(tellUser)
	case inCancelled: // RFC 3261 §9.1: give up 64*T1 after the CANCEL
		return effect{0, keep, 64 * m.timers.T1}
	case inEnd:
		return m.terminate(timedOut)
	}
	return m.inviteClientOutcome(in)
}

// inviteClientOutcome is what Calling and Proceeding have in common.
func (m *machine) inviteClientOutcome(in input) effect {
	switch in {
	case in2xx:
		return m.linger(Accepted, 64*m.timers.T1, tellUser) // timer M, on every transport
	case inFinal:
		return m.linger(Completed, m.unreliable(m.timers.d()), tellUser|sendAck)
	case inTrouble:
		return m.terminate(broken)
	}
	return m.stay(0)
}

// stepNonInviteClient is RFC 3261 §17.1.2.2 (figure 6).
//
//	Idle ─start→ Trying ─1xx→ Proceeding ─200-699→ Completed ─K→ Terminated
func (m *machine) stepNonInviteClient(in input) effect {
	switch m.state {
	case Idle:
		if in == inStart {
			m.state, m.interval = Trying, m.timers.T1
			return effect{sendMessage, m.unreliable(m.timers.T1), 64 * m.timers.T1} // timers E, F
		}
	case Trying, Proceeding:
		switch in {
		case inResend: // timer E: doubling up to T2, always T2 once Proceeding
			m.interval = min(2*m.interval, m.timers.T2)
			if m.state == Proceeding {
				m.interval = m.timers.T2
			}
			return effect{sendMessage, m.interval, keep}
		case inEnd: // timer F
			return m.terminate(timedOut)
		case inTrouble:
			return m.terminate(broken)
		case in1xx:
			m.state = Proceeding
			return m.stay(tellUser)
		case in2xx, inFinal:
			return m.linger(Completed, m.unreliable(m.timers.T4), tellUser) // timer K
		}
	case Completed:
		if in == inEnd {
			return m.terminate(0)
		}
	}
	return m.stay(0)
}

// d is timer D: at least 32 s over UDP (RFC 3261 §17.1.1.2).
func (t *Timers) d() time.Duration { return max(64*t.T1, 32*time.Second) }
