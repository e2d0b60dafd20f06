package gateway

import (
	"net/netip"
	"sync"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// This file is RFC 3891 as the gateway meets it: the attended transfer, where a
// phone joins the far sides of two calls that it has through us, and the INVITE
// that takes the place of a phone in its call.

// given is the far side of a call that its phone has transferred away.
type given struct {
	party   *party
	phone   *phone
	through []*trunkState // the places that it holds
	err     error
}

// transferAttended asks the other call of the same phone for its far side.
func (c *call) transferAttended(r refer, req *sip.InDialog) {
	t := &transfer{to: sipmsg.CleanText(sipmsg.Unescape(r.target.URI.User)), given: make(chan *given, 1)}
	other, leg := c.gw.otherCall(*r.replaces)
	t.other = other
	me, line := c.merchant.leg.Remote().Addr(), c.line.ID
	c.beginTransfer(t, r, req)
	answer, nothing := t.given, &given{err: ErrNoCall} // the field changes while others hold the channel
	ask := func(o *call) { answer <- o.give(leg, me, line) }
	if other == nil || other == c {
		t.given = nil
		c.transferFailed(481)
		return
	}
	select {
	case other.commands <- ask:
	default: // it has more to do than it reads, or is about to end
		t.given = nil
		c.transferFailed(480)
		return
	}
	c.side.Go(func() { // a call that ends before it reads gives nothing
		select {
		case <-other.gone:
		case <-c.gone:
			return
		}
		select {
		case answer <- nothing:
		default:
		}
	})
}

// refuseGiven hangs up what the other call gives when it is not wanted any more.
func refuseGiven(answer <-chan *given, other *call) {
	var g *given
	select {
	case g = <-answer:
	case <-other.gone:
		select {
		case g = <-answer:
		default:
			return
		}
	}
	for _, trunk := range g.through {
		trunk.leave()
	}
	if g.phone != nil {
		g.phone.leg.Close()
		for range g.phone.leg.Events() {
		}
	}
}

// otherCall finds the call that a dialog belongs to, and the leg. Phones do not
// agree on whose tag is which in Refer-To.
func (g *Gateway) otherCall(r sip.Replaces) (*call, *sip.Leg) {
	leg := g.stack.Replaced(r)
	if leg == nil {
		r.LocalTag, r.RemoteTag = r.RemoteTag, r.LocalTag
		leg = g.stack.Replaced(r)
	}
	if leg == nil {
		return nil, nil
	}
	c, _ := leg.Owner().(*call)
	return c, leg
}

// give parts the far side of the leg from this call, which ends: the phone at
// that address, of that line, has joined it to its other call.
func (c *call) give(leg *sip.Leg, at netip.Addr, line string) *given {
	switch {
	case c.line.ID != line || leg.Remote().Addr() != at:
		return &given{err: errTransferTo}
	case c.state != stateTalking || c.parked != nil || c.transfer != nil || c.exchange != nil || c.data || c.offerOwn:
		return &given{err: errTransferBusy}
	case c.in.leg == leg && c.merchant.browser == nil && c.phones.forks == nil && len(c.phones.list) == 1:
		g := &given{party: c.merchant, phone: c.taken, through: c.through}
		c.through, c.phones = nil, &phones{}
		c.end(endMerchant, "transferred")
		return g
	case c.merchant.leg == leg:
		g := &given{party: c.in, phone: &phone{leg: c.in.leg, route: route{nat: c.in.nat}}}
		c.in = newParty(media.Caller, leg, false) // its other end goes with the phone
		c.end(endMerchant, "transferred")
		return g
	}
	return &given{err: errTransferBusy}
}

// adopt takes the far side of another call as the merchant's.
func (c *call) adopt(g *given) {
	t := c.transfer
	t.given = nil
	if g.err != nil {
		c.log.Info("attended transfer impossible", "why", g.err)
		c.transferFailed(403)
		return
	}
	c.through = append(c.through, g.through...)
	offer, err := c.callerOffer()
	p := g.party
	p.side, p.browser, p.heldOff, p.leg = media.Merchant, nil, false, g.phone.leg.(*sip.Leg)
	p.protection.rekey() // another stream than before (RFC 3711 §9.1)
	p.leg.SetOwner(c)
	old := c.replaceMerchant(p, &phones{list: []*phone{g.phone}, ringing: true}, g.phone)
	c.offer = offer
	t.told.tell(200, true)
	c.retire(old, t.told.told)
	if err == nil {
		err = c.joinAdopted(offer)
	}
	if err != nil {
		c.log.Info("attended transfer failed", "err", err)
		c.end(endGateway, "transfer")
	}
}

// joinAdopted offers the adopted side the caller's media, then tells the caller.
func (c *call) joinAdopted(offer *sdp.Session) error {
	body, err := c.describe(offer, c.merchant)
	if err != nil {
		return err
	}
	sent, err := c.merchant.leg.Send("INVITE", body)
	if err != nil {
		return err
	}
	c.exchange = &exchange{from: c.in, to: c.merchant, offer: offer, sent: sent, keep: true, then: func(ok bool) {
		if !ok {
			c.end(endGateway, "transfer")
			return
		}
		c.resume(c.merchant.said)
	}}
	return nil
}

// replaceDialog serves an INVITE that takes the place of a phone in its call (RFC
// 3891 §3). It reports whether the INVITE was one.
func (c *call) replaceDialog() bool {
	r, ok, err := sip.ReplacesOf(c.in.leg.Invite())
	if !ok {
		return false
	}
	c.unkept = true // the call that it joins has the record
	if err != nil {
		c.reject(400, OutcomeFailed)
		return true
	}
	leg := c.gw.stack.Replaced(r)
	other, _ := ownerOf(leg)
	from := c.in.leg.Remote().Addr()
	switch {
	case other == nil:
		c.reject(481, OutcomeFailed)
		return true
	case leg.Remote().Addr() != from:
		c.reject(403, OutcomeFailed)
		return true
	case r.EarlyOnly:
		c.reject(486, OutcomeFailed)
		return true
	}
	_ = c.in.leg.Trying()
	if c.gw.knownPhone(from) {
		if _, ok := c.authenticate(c.gw.cfg.Phones.Auth); !ok {
			return true
		}
	}
	mine, refused := c.in.leg, make(chan struct{})
	free := sync.OnceFunc(func() { close(refused) })
	select {
	case other.commands <- func(o *call) { o.takeOver(leg, mine, free) }:
		select {
		case <-other.gone: // the leg was its
		case <-refused:
		}
	case <-other.gone:
		c.reject(481, OutcomeFailed)
	}
	c.state = stateOver
	return true
}

func ownerOf(leg *sip.Leg) (*call, bool) {
	if leg == nil {
		return nil, false
	}
	c, ok := leg.Owner().(*call)
	return c, ok
}

// takeOver puts a leg that calls in the place of the merchant's phone: the caller
// answers its offer.
func (c *call) takeOver(old, leg *sip.Leg, free func()) {
	refuse := func(status int) {
		_ = leg.Reject(status, "")
		free()
	}
	offer, err := session(leg.Invite())
	switch {
	case c.merchant == nil || c.merchant.leg != old:
		refuse(403) // the caller's side is not taken over: who calls was judged
		return
	case c.line.Manners.Transfer == TransferRefuse, c.data, c.transfers >= maxTransfers:
		refuse(403)
		return
	case c.state != stateTalking || c.parked != nil || c.transfer != nil || c.exchange != nil:
		refuse(491)
		return
	case err != nil || offer == nil:
		refuse(488)
		return
	}
	p := newParty(media.Merchant, leg, c.merchant.nat)
	p.protection, p.advertise = newProtection(c.line.SRTP, leg.Invite().Transport, c.line.SRTPClearKeys), c.merchant.advertise
	if err = c.checkMedia(p, offer); err != nil {
		refuse(statusOf(err))
		return
	}
	body, err := c.describe(offer, c.in)
	if err != nil {
		refuse(488)
		return
	}
	sent, err := c.in.leg.Send("INVITE", body)
	if err != nil {
		refuse(491)
		return
	}
	c.transfers++
	leg.SetOwner(c)
	c.note("replace", leg.Remote().Addr().String())
	ph := &phone{leg: leg, route: route{nat: p.nat}}
	c.exchange = &exchange{from: p, to: c.in, offer: offer, sent: sent, then: func(ok bool) {
		if !c.tookOver(p, ph, offer, ok) {
			free()
		}
	}}
}

// tookOver answers the leg that takes over with what the caller answered; false:
// it is not the call's.
func (c *call) tookOver(p *party, ph *phone, offer *sdp.Session, ok bool) bool {
	leg := p.leg
	if !ok {
		_ = leg.Reject(488, "")
		return false
	}
	body, err := c.reply(c.in.said, p, offer)
	if err == nil {
		err = leg.Answer(body)
	}
	if err != nil {
		c.log.Info("the phone that takes over is gone", "err", err)
		c.flow(c.merchant, c.merchant.agreed)
		c.refreshTalk(c.in, c.merchant)
		return false
	}
	c.retire(c.replaceMerchant(p, &phones{list: []*phone{ph}, ringing: true}, ph), nil)
	return true
}
