package gateway

import (
	"ringward/sip"
)

// refresh sends a party the description that it was last sent, because its
// session timer asks for it and it takes no UPDATE (RFC 4028 §7.4). Whatever
// else is under way refreshes the session just as well.
func (c *call) refreshSession(p, far *party) {
	switch {
	case c.exchange != nil || p.origin.Last() == nil:
		return // the stack asks again
	case c.state == stateTalking && c.parked == nil && far != nil && far.said != nil && !c.offerOwn:
		c.refreshTalk(p, far)
		return
	}
	sent, err := p.leg.Send("INVITE", sip.Body{ContentType: "application/sdp", Data: p.origin.Last()})
	if err != nil {
		return
	}
	c.side.Go(func() {
		<-sent.Done() // at the latest with the leg
		_ = sent.Ack(sip.Body{})
	})
}

// refreshTalk renews what was agreed; what the party answers counts.
func (c *call) refreshTalk(p, far *party) {
	body, err := c.describe(far.said, p)
	if err != nil {
		return
	}
	if sent, err := p.leg.Send("INVITE", body); err == nil {
		c.exchange = &exchange{from: far, to: p, offer: far.said, sent: sent}
	}
}
