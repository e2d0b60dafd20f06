package gateway

import (
	"ringward/sip"
	"ringward/sip/sipmsg"
)

func (c *call) callerEnded(ev sip.Ended) {
	switch {
	case c.parked != nil && c.parked.answered && !c.parked.ended:
		c.parked.gone = true // the merchant goes on with the hotline
		c.note("caller-gone", "")
	case c.state == stateTalking:
		c.endWith(endCaller, "bye", reasonsOf(ev.Message))
	default:
		c.rec.Outcome, c.rec.Status = OutcomeCancelled, 487
		c.endWith(endCaller, "cancel", reasonsOf(ev.Message))
	}
}

// timeout is the state's limit.
func (c *call) timeout() {
	switch c.state {
	case stateRinging:
		c.rec.Outcome = OutcomeNoAnswer
		c.note("timeout", "ringing")
		c.phones.cancel(sipmsg.Header{Name: "Reason", Value: `SIP;cause=480;text="no answer"`})
		c.reject(480, OutcomeNoAnswer)
	case stateAnnouncing:
		c.note("timeout", "choice")
		c.connect()
	case stateTalking:
		switch now := c.gw.cfg.Now(); {
		case now.Sub(c.rec.Answered) >= c.gw.live().MaxDuration:
			c.end(endGateway, "longest call")
		case c.deserted(now):
			c.end(endGateway, "no media from either side")
		default:
			c.watch()
		}
	}
}

// Who ended a call.
const (
	endCaller   = "caller"
	endMerchant = "merchant"
	endGateway  = "gateway"
)

// end ends the call once; the first ending wins.
func (c *call) end(by, why string) { c.endWith(by, why, nil) }

func (c *call) endWith(by, why string, hdr []sipmsg.Header) {
	if c.state == stateOver {
		return
	}
	if c.rec.Outcome == "" {
		c.rec.Outcome = OutcomeFailed
	}
	c.state = stateOver
	c.rec.EndedBy = by
	c.note("end", why)
	c.hangup(c.in.leg, hdr)
	c.phones.hangup(hdr)
	c.dropTransfer()
	c.leaveHotline()
}

// hangup ends a leg in the way that fits its state.
func (c *call) hangup(leg *sip.Leg, hdr []sipmsg.Header) {
	if len(hdr) > 0 && leg.Bye(hdr...) == nil {
		return
	}
	leg.Close()
}

// reject answers the caller's INVITE with a final refusal.
func (c *call) reject(status int, o Outcome, hdr ...sipmsg.Header) {
	c.rejectWith(status, "", o, hdr...)
}

func (c *call) rejectWith(status int, phrase string, o Outcome, hdr ...sipmsg.Header) {
	hdr = append(hdr[:len(hdr):len(hdr)], c.takeSTIR()...)
	if err := c.in.leg.Reject(status, phrase, hdr...); err != nil {
		c.log.Debug("refuse the caller", "status", status, "err", err)
	}
	c.rec.Status = status
	if c.rec.Outcome == "" || o != OutcomeFailed {
		c.rec.Outcome = o
	}
	c.state = stateOver
	c.note("reject", statusText(status))
}

// close is the one place where a call lets go of everything, whatever happened.
// A fault on the way keeps nothing else from being let go of.
func (c *call) close() {
	c.fault(recover())
	close(c.gone)
	for _, step := range [...]func(){c.quiet, c.deafen, c.freeMedia, c.leave, c.keep, c.tellEnd, c.drain} {
		c.contained(step)
	}
}

func (c *call) contained(step func()) {
	defer func() { c.fault(recover()) }()
	step()
}

// fault writes down what ended a call that was not meant to.
func (c *call) fault(p any) {
	if p == nil {
		return
	}
	c.gw.counters.panics.Add(1)
	c.log.Error("call ended by a fault", "panic", p, "stack", stack())
	c.rec.Outcome = OutcomeFailed
	c.rec.EndedBy = endGateway
	c.note("fault", "")
}

// quiet stops the clocks and ends the legs.
func (c *call) quiet() {
	c.stop()
	c.timer.Stop()
	c.warning.stop()
	c.in.leg.Close()
	c.phones.close()
	c.dropTransfer()
	for _, p := range c.retired {
		p.close()
	}
	c.leaveHotline()
}

func (c *call) freeMedia() {
	if c.bridge != nil {
		defer c.bridge.Close()
		c.countMedia()
	}
}

// leave gives the call's places back.
func (c *call) leave() {
	c.leavePlaces()
	c.gw.leave(c)
}

func (c *call) tellEnd() {
	if !c.unkept {
		c.tell(EventEnded)
	}
}

// keep writes the record.
func (c *call) keep() {
	c.rec.End = c.gw.cfg.Now()
	if c.case_ != nil {
		c.rec.Verdict = c.case_.Verdict()
	}
	if c.gw.cfg.Recorder != nil && !c.unkept {
		c.gw.cfg.Recorder.Keep(c.rec)
	}
}

// drain waits until the stack has let go of every leg, so that a call that is
// over has left nothing behind.
func (c *call) drain() {
	for range c.in.leg.Events() {
	}
	c.phones.drain()
	c.side.Wait()
	for _, leg := range c.hotlines {
		for range leg.Events() {
		}
	}
}
