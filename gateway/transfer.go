package gateway

import (
	"strconv"
	"time"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// A transfer is carried out here, not handed to the caller's side: the new phone
// is rung, takes the merchant's side of the bridge when it answers, and the
// caller's leg, analysis and warnings go on as they were.

// transfer is one under way: the new phones ring, or another call is asked for
// its far side. The merchant's phone is still in the call, unless gone.
type transfer struct {
	told   *subscription
	to     string       // whom, for the record
	party  *party       // the merchant's side to be
	phones *phones      // that ring
	offer  *sdp.Session // what they were offered
	rang   bool
	gone   bool // the merchant hung up meanwhile
	limit  *time.Timer
	given  chan *given // attended: what the other call gives
	other  *call
}

// as runs f with the transfer's side in the place of the merchant's.
func (c *call) as(t *transfer, f func()) {
	party, phones, offer := c.merchant, c.phones, c.offer
	c.merchant, c.phones, c.offer = t.party, t.phones, t.offer
	defer func() { c.merchant, c.phones, c.offer = party, phones, offer }()
	f()
}

// transferBlind rings the target of a REFER.
func (c *call) transferBlind(r refer, req *sip.InDialog) error {
	routes, err := c.routesTo(r.target, c.line.Manners.Transfer)
	if err != nil {
		return err
	}
	t := &transfer{to: sipmsg.CleanText(sipmsg.Unescape(r.target.URI.User)), party: newParty(media.Merchant, nil, c.line.NAT), phones: &phones{}}
	if t.offer, err = c.callerOffer(); err != nil {
		return err
	}
	c.as(t, func() {
		if c.phones.body, err = c.offerFor(c.merchant); err != nil {
			return
		}
		for _, route := range routes {
			if err := c.try(route); err != nil {
				c.log.Warn("transfer target cannot be reached", "callee", route.uri.Host, "err", err)
			}
		}
	})
	if err != nil || len(t.phones.list) == 0 {
		t.phones.close()
		return errNoPlace
	}
	t.phones.merge()
	t.phones.ringing = true
	c.beginTransfer(t, r, req)
	return nil
}

// callerOffer is what the caller can do, as an offer to somebody new: he may be
// on hold when he is transferred.
func (c *call) callerOffer() (*sdp.Session, error) {
	a, ok := c.in.said.Audio()
	if !ok {
		return nil, sdp.ErrNoAudio
	}
	codecs := a.Codecs
	if a.HasEvents() {
		codecs = append(codecs[:len(codecs):len(codecs)], a.Events)
	}
	return sdp.Parse(sdp.NewOffer(c.local(media.Caller), codecs, sdp.SendRecv)) // whose address it is does not cross
}

func (c *call) beginTransfer(t *transfer, r refer, req *sip.InDialog) {
	c.transfers++
	c.transfer = t
	c.note("transfer", t.to)
	c.log.Info("transfer", "to", t.to)
	t.told = c.subscribed(r, req, c.merchant.leg)
	limit := c.line.RingTimeout
	if limit <= 0 {
		limit = c.gw.live().RingTimeout
	}
	t.limit = time.NewTimer(limit)
}

// fromTransferee deals with what a phone tells that a transfer rings.
func (c *call) fromTransferee(ph *phone, ev sip.Event, ok bool) {
	t := c.transfer
	if !ok {
		ph.ended = true
		return
	}
	switch ev := ev.(type) {
	case sip.Progressed:
		if said, err := session(ev.Message); err == nil && said != nil {
			ph.early = said
		}
		if !t.rang && ev.Status >= 180 {
			t.rang = true
			t.told.tell(180, false)
		}
	case sip.Answered:
		c.transferAnswered(ph, ev.Message)
	case sip.Failed:
		ph.failed = ev.Status
		again := false
		if ev.Status == 401 || ev.Status == 407 {
			c.as(t, func() { again = c.prove(ph, ev.Message) })
		}
		if !again {
			c.transfereeFailed()
		}
	case sip.Requested:
		c.respond(ev.Req, 491, sip.Body{})
	case sip.Ended:
		ph.ended = true
		if ph.failed == 0 {
			ph.failed = 500
			c.transfereeFailed()
		}
	}
}

// transfereeFailed ends the transfer when no phone is left that may answer.
func (c *call) transfereeFailed() {
	best := 0
	for _, p := range c.transfer.phones.list {
		if p.failed == 0 {
			return
		}
		best = better(best, p.failed)
	}
	c.transferFailed(relayedStatus(max(best, 400)))
}

// transferAnswered puts the phone that took the transfer in the merchant's place.
func (c *call) transferAnswered(ph *phone, m *sipmsg.Message) {
	t := c.transfer
	_ = ph.leg.Ack(sip.Body{})
	said, err := session(m)
	if said == nil && err == nil {
		said = ph.early
	}
	var agreed sdp.Agreed
	c.as(t, func() {
		c.merchant.takes(ph, c.line.NAT)
		if said == nil || err != nil {
			err = errNoAnswer
			return
		}
		if err = c.checkMedia(c.merchant, said); err != nil {
			return
		}
		agreed, err = sdp.Agree(t.offer, said)
	})
	if err != nil {
		c.log.Info("the transfer target's answer cannot be used", "err", err)
		c.transferFailed(488)
		return
	}
	t.phones.others(ph)
	t.party.said = said
	old := c.replaceMerchant(t.party, t.phones, ph)
	c.offer = t.offer
	c.flow(c.merchant, agreed.Answerer)
	t.told.tell(200, true)
	c.retire(old, t.told.told)
	c.resume(said)
}

// replaceMerchant makes a phone the merchant's side of the call and returns those
// that were.
func (c *call) replaceMerchant(p *party, list *phones, ph *phone) *phones {
	old := c.phones
	c.merchant, c.phones, c.taken = p, list, ph
	c.endTransfer()
	c.bridge.Stop(media.Caller)
	c.bridge.Connect(true)
	c.note("transferred", ph.route.uri.Host)
	return old
}

// resume tells the caller of the new phone's media, if what he was told last does
// not do: he may be on hold, or the codec another.
func (c *call) resume(said *sdp.Session) {
	mine, _ := c.in.said.Audio()
	theirs, _ := said.Audio()
	if c.in.agreed.Direction == sdp.SendRecv && len(c.in.agreed.Codecs) > 0 && len(theirs.Codecs) > 0 && len(mine.Codecs) > 0 &&
		theirs.Codecs[0].Same(c.in.agreed.Codecs[0]) {
		c.warn()
		return
	}
	body, err := c.describe(said, c.in)
	if err != nil {
		c.log.Info("caller cannot be told of the transfer", "err", err)
		return
	}
	sent, err := c.in.leg.Send("INVITE", body)
	if err != nil {
		c.log.Info("caller cannot be told of the transfer", "err", err)
		return
	}
	c.exchange = &exchange{from: c.merchant, to: c.in, offer: said, sent: sent}
}

// retire ends the legs of phones that are out of the call, once the last NOTIFY
// has arrived.
func (c *call) retire(old *phones, notified <-chan struct{}) {
	c.retired = append(c.retired, old)
	c.side.Go(func() {
		if notified != nil {
			<-notified
		}
		old.close()
		old.drain()
	})
}

// transferFailed keeps the call as it was, or ends it when the merchant has left
// it to the transfer.
func (c *call) transferFailed(status int) {
	t := c.transfer
	c.note("transfer-failed", strconv.Itoa(status))
	if t.told != nil {
		t.told.tell(status, true)
	}
	c.dropTransfer()
	if t.gone {
		c.end(endMerchant, "transfer failed")
	}
}

// dropTransfer gives up whoever is being rung.
func (c *call) dropTransfer() {
	if t := c.transfer; t != nil {
		if t.phones != nil {
			c.retire(t.phones, nil)
		}
		if t.given != nil {
			answer := t.given
			c.side.Go(func() { refuseGiven(answer, t.other) })
		}
		c.endTransfer()
	}
}

func (c *call) endTransfer() {
	if c.transfer != nil && c.transfer.limit != nil {
		c.transfer.limit.Stop()
	}
	c.transfer = nil
}

// leftToTransfer notes that the merchant hung up before the new phone answered:
// the caller hears it ring.
func (c *call) leftToTransfer() {
	c.transfer.gone = true
	c.note("transfer-left", "")
	_ = c.bridge.Play(media.Caller, media.Playback{Audio: ringback(), Repeat: -1, Gap: 4 * time.Second, Mix: media.Alone})
}

// The channels of a transfer; nil while there is none.

func (c *call) transferSingle() <-chan sip.Event {
	if c.transfer == nil || c.transfer.phones == nil {
		return nil
	}
	return c.transfer.phones.single()
}

func (c *call) transferForked() <-chan forkEvent {
	if c.transfer == nil || c.transfer.phones == nil {
		return nil
	}
	return c.transfer.phones.forked()
}

func (c *call) transferLimit() <-chan time.Time {
	if c.transfer == nil || c.transfer.limit == nil {
		return nil
	}
	return c.transfer.limit.C
}

func (c *call) transferGiven() <-chan *given {
	if c.transfer == nil {
		return nil
	}
	return c.transfer.given
}
