package gateway

import (
	"errors"
	"strconv"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// ring calls the line's phones. It answers the caller itself when none can be
// reached.
func (c *call) ring() bool {
	to := newParty(media.Merchant, nil, c.line.NAT)
	body, err := c.offerFor(to)
	if err != nil {
		c.log.Warn("no offer for the phone", "err", err)
		c.reject(statusOf(err), OutcomeFailed)
		return false
	}
	c.merchant, c.phones.body = to, body
	for _, r := range c.routes() {
		if err := c.try(r); err != nil {
			c.log.Warn("phone cannot be reached", "callee", r.uri.Host, "err", err)
		}
	}
	if !c.outgoing {
		c.ringBrowser()
	}
	if len(c.phones.list) == 0 {
		c.nobodyToRing()
		return false
	}
	c.phones.merge()
	c.phones.ringing = true
	c.state = stateRinging
	timeout := c.line.RingTimeout
	if timeout <= 0 {
		timeout = c.gw.live().RingTimeout
	}
	c.timer.Reset(timeout)
	c.tell(EventRinging)
	return true
}

// offerFor is what the phones are offered: the caller's media at our address,
// or an offer of ours when the caller made none. Where the merchant has to hear
// something, codecs that we cannot speak are left out if there is a choice.
func (c *call) offerFor(to *party) (sip.Body, error) {
	if c.offer == nil {
		body, own, err := c.ownOffer(to)
		c.offer, c.offerOwn = own, true
		return body, err
	}
	if len(c.do.Prompts) > 0 {
		if spoken, err := c.offer.Restrict(speakable); err == nil {
			return c.describe(spoken, to)
		}
	}
	return c.describe(c.offer.Prefer(c.trunk.Codecs), to)
}

// dial calls a route at its first place.
func (c *call) dial(r route) error {
	p, err := c.protectionOf(r)
	if err != nil {
		return err
	}
	c.merchant.protection = p // until a phone is taken, it is that of the one being called
	o, err := c.invitation(r)
	if err != nil {
		return err
	}
	return c.invite(&phone{route: r, dialed: o, protection: p})
}

// invite sends a phone its INVITE.
func (c *call) invite(ph *phone) error {
	if err := c.takePlace(ph.route.trunk); err != nil {
		return err
	}
	c.gw.phones.add(ph.dialed.Target.Addr.Addr())
	leg, err := c.gw.stack.Dial(ph.dialed)
	if err != nil {
		return err
	}
	if ph.route.pin {
		leg.Pin()
	}
	leg.SetOwner(c)
	ph.leg = leg
	c.phones.add(ph)
	c.watchSilence(ph)
	return nil
}

// invitation is the INVITE to a route's first place.
func (c *call) invitation(r route) (sip.DialOptions, error) {
	if r.trunk != nil {
		return c.invitationToTrunk(r)
	}
	body, err := c.offered()
	return sip.DialOptions{
		To:          sipmsg.NameAddr{URI: r.uri},
		From:        c.gw.shownAs(&c.assessment),
		RequestURI:  r.uri.String(),
		Route:       r.path,
		Target:      r.places[0],
		MaxForwards: c.hopsLeft(),
		Headers:     c.headersForPhone(),
		Body:        body,
		Session:     sip.SessionTimer{Expires: c.line.Manners.SessionTimer},
	}, err
}

// fromPhone deals with what a phone's leg tells.
func (c *call) fromPhone(ph *phone, ev sip.Event, ok bool) {
	if !ok {
		ph.ended = true
		return
	}
	taken := c.taken == ph
	switch ev := ev.(type) {
	case sip.Progressed:
		c.progress(ph, ev)
	case sip.Answered:
		c.answered(ph, ev)
	case sip.Failed:
		c.phoneFailed(ph, ev)
	case sip.Requested:
		if taken {
			c.request(c.merchant, c.in, ev.Req)
		} else {
			c.respond(ev.Req, 481, sip.Body{})
		}
	case sip.RefreshDue:
		if taken {
			c.refreshSession(c.merchant, c.in)
		}
	case sip.Ended:
		ph.ended = true
		switch {
		case taken:
			c.merchantEnded(ev)
		case ph.failed == 0: // it ended without a word: a fault, or a flood of events
			c.phoneFailed(ph, sip.Failed{Status: 500})
		}
	}
}

// progress tells the caller that a phone rings. Early media is passed on when
// there is one phone and nothing that the merchant has to hear first.
func (c *call) progress(ph *phone, ev sip.Progressed) {
	if c.state != stateRinging {
		return
	}
	c.rec.note(c.elapsed(), "progress", strconv.Itoa(ev.Status))
	early, err := session(ev.Message)
	if err == nil && early != nil {
		ph.early = early
	}
	if err == nil && early != nil && c.phones.undecided() == 1 && !c.offerOwn && len(c.do.Prompts) == 0 && c.trunk.EarlyMedia == EarlyPass {
		if body, err := c.earlyMedia(ph, early); err == nil {
			dir, told := earlyDirection(ev.Message)
			if told {
				c.gateEarly(dir)
			}
			c.sendProgress(183, body, append(reasonsOf(ev.Message), c.earlyHeaders(dir)...)...)
			return
		}
	}
	if ev.Status == 183 {
		return // sound that the caller does not get tells him nothing
	}
	c.sendProgress(ev.Status, sip.Body{}, reasonsOf(ev.Message)...)
}

func (c *call) sendProgress(status int, body sip.Body, hdr ...sipmsg.Header) {
	c.rang = c.rang || status == 180 || !body.IsZero()
	hdr = append(hdr[:len(hdr):len(hdr)], c.takeSTIR()...)
	if err := c.in.leg.Progress(status, "", body, hdr...); err != nil {
		c.log.Debug("tell the caller of progress", "status", status, "err", err)
	}
}

func (c *call) earlyMedia(ph *phone, said *sdp.Session) (sip.Body, error) {
	p := c.merchant
	p.takes(ph, c.line.NAT)
	if err := c.checkMedia(p, said); err != nil {
		p.leg = nil
		return sip.Body{}, err
	}
	err := c.settle(c.in, p, c.offer, said)
	p.leg = nil
	if err != nil {
		return sip.Body{}, err
	}
	c.bridge.Connect(true)
	return c.reply(said, c.in, c.offer)
}

// answered takes the first phone that is taken up.
func (c *call) answered(ph *phone, ev sip.Answered) {
	if c.state != stateRinging {
		_ = ph.leg.Ack(sip.Body{})
		ph.leg.Close()
		return
	}
	if err := ph.leg.Ack(sip.Body{}); err != nil {
		c.log.Debug("acknowledge the phone", "err", err)
	}
	c.phones.others(ph)
	c.placeAnswered(ph.route)
	c.taken = ph
	c.merchant.takes(ph, c.line.NAT)
	c.merchant.updates = takesUpdate(ev.Message)
	c.merchant.browser, _ = ph.leg.(*browserLeg)
	c.note("answer", ph.route.uri.Host)
	if err := c.joined(ph, ev.Message); err != nil {
		c.log.Info("the phone's answer cannot be used", "err", err)
		c.note("answer-refused", err.Error())
		c.reject(488, OutcomeFailed)
		c.phones.hangup(nil)
		return
	}
	if c.announce() {
		c.state = stateAnnouncing
		return
	}
	c.connect()
}

var errNoAnswer = errors.New("the 200 carries no session description")

// joined settles the media with the phone's answer, which may have come before
// the 200, in a reliable provisional response (RFC 3262 §5).
func (c *call) joined(ph *phone, m *sipmsg.Message) error {
	said, err := session(m)
	if b := c.merchant.browser; b != nil {
		said, err = c.carryBrowser(b)
	}
	if err != nil {
		return err
	}
	if said == nil {
		said = ph.early
	}
	if said == nil {
		return errNoAnswer
	}
	if err := c.checkMedia(c.merchant, said); err != nil {
		return err
	}
	c.merchant.said = said
	if c.offerOwn { // the caller's answer comes with his ACK
		agreed, err := sdp.Agree(c.offer, said)
		if err != nil {
			return err
		}
		c.flow(c.merchant, agreed.Answerer)
		return nil
	}
	c.in.said = c.offer
	return c.settle(c.in, c.merchant, c.offer, said)
}

// phoneFailed counts a phone out. When none is left, the caller hears the
// answer that says most (RFC 3261 §16.7).
func (c *call) phoneFailed(ph *phone, ev sip.Failed) {
	ph.failed, ph.refusal = ev.Status, ev.Message
	c.note("phone", strconv.Itoa(ev.Status))
	if c.state != stateRinging || c.again(ph, ev) || c.redirected(ph, ev) {
		return
	}
	best := 0
	for _, p := range c.phones.list {
		if p.failed == 0 {
			if _, own := ph.leg.(*browserLeg); own {
				c.tell(EventRinging) // elsewhere, no more in the browser
			}
			return // somebody may still take up
		}
		best = better(best, p.failed)
	}
	status := relayedStatus(best)
	if best < 400 || (best == 404 || best == 410) && !c.outgoing {
		status = 480 // a phone's own redirection or ignorance is no news of the number
	}
	phrase, hdr := refusalOf(c.phones.refusal(best), status)
	switch status {
	case 486, 600, 603:
		c.rejectWith(status, phrase, OutcomeBusy, hdr...)
	case 408, 480, 487:
		c.rejectWith(480, phrase, OutcomeNoAnswer, hdr...)
	default:
		c.rejectWith(status, phrase, OutcomeFailed, hdr...)
	}
}

// better picks the final response that tells the caller most: 6xx, then a busy
// phone, then the others.
func better(a, b int) int {
	rank := func(s int) int {
		switch {
		case s >= 600:
			return 4
		case s == 486:
			return 3
		case s == 0:
			return 0
		case s == 408 || s == 503:
			return 1
		}
		return 2
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// merchantEnded is the merchant hanging up.
func (c *call) merchantEnded(ev sip.Ended) {
	if c.state == stateAnnouncing {
		// He heard what we know and hung up: that is his answer.
		c.note("declined", "")
		c.reject(603, OutcomeRefused)
		c.rec.EndedBy = endMerchant
		return
	}
	if c.transfer != nil && c.state == stateTalking {
		c.leftToTransfer()
		return
	}
	c.endWith(endMerchant, "bye", reasonsOf(ev.Message))
}

// speakable are the codecs that prompts can be played in, and what goes with them.
var speakable = []sdp.Codec{sdp.PCMA, sdp.PCMU, sdp.TelephoneEvent, sdp.ComfortNoise}
