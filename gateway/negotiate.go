package gateway

import (
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// exchange is an offer that one party made while the call runs, on its way to
// the other (RFC 3261 §14, RFC 3311). One at a time: the next is told 491.
type exchange struct {
	from, to *party
	req      *sip.InDialog // what from asked; nil: we asked on its behalf
	offer    *sdp.Session  // nil: a re-INVITE without an offer
	sent     *sip.Pending  // what we asked of to
	answer   *sdp.Session  // what to answered: an answer, or the offer if there was none
	acked    <-chan *sipmsg.Message

	then      func(ok bool) // called when it is over; nil for nobody
	keep      bool          // from's side stays as it was agreed
	settled   bool          // media flows by it
	withdrawn bool          // from cancelled it (RFC 3261 §9)
}

// request answers what a party asks within the dialog.
func (c *call) request(from, to *party, req *sip.InDialog) {
	switch req.Method() {
	case "INVITE", "UPDATE":
		c.renegotiate(from, to, req)
	case "INFO":
		c.relay(from, to, req)
	case "REFER":
		c.refer(from, req)
	default:
		c.respond(req, 405, sip.Body{})
	}
}

func (c *call) respond(req *sip.InDialog, status int, body sip.Body, hdr ...sipmsg.Header) {
	if req == nil {
		return
	}
	if err := req.Respond(status, "", body, hdr...); err != nil {
		c.log.Debug("answer within the dialog", "method", req.Method(), "status", status, "err", err)
	}
}

// renegotiate carries a new offer to the other side. A refresh that changes
// nothing is answered here: the other side need not hear of it.
func (c *call) renegotiate(from, to *party, req *sip.InDialog) {
	said, err := session(req.Message())
	switch {
	case err != nil:
		c.respond(req, statusOf(err), sip.Body{})
		return
	case said == nil && req.Method() == "UPDATE":
		c.respond(req, 200, sip.Body{}) // a target refresh, or a session timer
		return
	case c.state != stateTalking || to == nil || c.parked != nil:
		c.respond(req, 491, sip.Body{}) // the other side is not there yet
		return
	case c.exchange != nil:
		c.respond(req, 491, sip.Body{})
		return
	case said != nil && sameSession(said, from.said):
		c.refresh(from, to, req)
		return
	}
	if err := c.checkMedia(from, said); err != nil {
		c.respond(req, statusOf(err), sip.Body{})
		return
	}
	x := &exchange{from: from, to: to, req: req, offer: said}
	if to.browser != nil {
		c.renegotiateForBrowser(x)
		return
	}
	var body sip.Body
	if said != nil {
		if body, err = c.describe(said, to); err != nil {
			c.respond(req, statusOf(err), sip.Body{})
			return
		}
	}
	method := req.Method()
	if x.sent, err = to.leg.Send(method, body); err != nil {
		c.respond(req, 491, sip.Body{}) // glare: our own request is under way there
		return
	}
	c.exchange = x
	c.note("renegotiate", from.side.String()+" "+method)
}

// refresh answers a refresh with what the other side said last that was agreed.
// What was last written to the party may be an offer that it refused.
func (c *call) refresh(from, to *party, req *sip.InDialog) {
	if to.said == nil {
		c.respond(req, 491, sip.Body{})
		return
	}
	body, err := c.reply(to.said, from, from.said)
	if err != nil {
		c.respond(req, statusOf(err), sip.Body{})
		return
	}
	c.respond(req, 200, body)
}

// exchanged takes the other side's answer to a renegotiation back.
func (c *call) exchanged() {
	x := c.exchange
	c.answeredExchange(x)
	if x.then != nil && c.exchange != x {
		x.then(x.settled)
	}
}

func (c *call) answeredExchange(x *exchange) {
	resp := x.sent.Response()
	if resp == nil || resp.Status >= 300 {
		c.exchange = nil
		status := 500
		if resp != nil {
			status = resp.Status
		} else if x.sent.Err() != nil {
			status = 408
		}
		c.respond(x.req, relayedStatus(status), sip.Body{})
		return
	}
	if x.withdrawn {
		c.takeBack(x)
		return
	}
	answer, err := session(resp)
	if err != nil || answer == nil {
		c.exchange = nil
		_ = x.sent.Ack(sip.Body{})
		c.respond(x.req, 488, sip.Body{})
		return
	}
	x.answer = answer
	if x.offer != nil {
		_ = x.sent.Ack(sip.Body{}) // an UPDATE has none to send
		settle := c.settle
		if x.keep {
			settle = c.settleAnswer
		}
		if err := settle(x.from, x.to, x.offer, answer); err != nil {
			c.exchange = nil
			c.respond(x.req, 488, sip.Body{})
			return
		}
		if x.to.said, x.settled = answer, true; !x.keep {
			x.from.said = x.offer
		}
		c.warn() // what fell due while the merchant held the call
	}
	if x.req == nil { // we asked on nobody's behalf
		c.exchange = nil
		return
	}
	var body sip.Body
	if x.offer != nil {
		body, err = c.reply(answer, x.from, x.offer)
	} else {
		body, err = c.describe(answer, x.from)
	}
	if err != nil {
		c.exchange = nil
		c.respond(x.req, 500, sip.Body{})
		return
	}
	c.respond(x.req, 200, body)
	if x.offer != nil {
		c.exchange = nil
		return
	}
	x.acked = x.req.Acked() // the answer to the other side's offer comes in the ACK
}

// settleAnswer lets media flow to and from the answerer alone: the offer was
// written for the other side, whose own stays.
func (c *call) settleAnswer(_, answerer *party, offer, answer *sdp.Session) error {
	agreed, err := sdp.Agree(offer, answer)
	if err != nil {
		return err
	}
	if err := answerer.protection.fits(agreed.Answerer); err != nil {
		return err
	}
	c.flow(answerer, agreed.Answerer)
	return nil
}

// takeBack restores what was agreed when the other side accepted a re-INVITE
// that its sender had cancelled: it is told what the sender said before.
func (c *call) takeBack(x *exchange) {
	c.exchange = nil
	var body sip.Body
	offer, err := session(x.sent.Response())
	if x.offer == nil && err == nil && offer != nil {
		body, err = c.reply(x.from.said, x.to, offer)
	} else if err == nil {
		body, err = c.describe(x.from.said, x.to)
	}
	if err != nil {
		c.end(endGateway, "session cannot be restored")
		return
	}
	if x.offer == nil {
		_ = x.sent.Ack(body)
		return
	}
	_ = x.sent.Ack(sip.Body{})
	sent, err := x.to.leg.Send("INVITE", body)
	if err != nil {
		c.log.Info("session not restored after a cancelled re-INVITE", "err", err)
		return
	}
	c.exchange = &exchange{from: x.from, to: x.to, offer: x.from.said, sent: sent}
	c.note("renegotiate", "taken back")
}

// acknowledged ends a renegotiation that began without an offer.
func (c *call) acknowledged(ack *sipmsg.Message) {
	x := c.exchange
	c.exchange = nil
	said, err := session(ack)
	if err == nil && said != nil {
		err = c.settle(x.to, x.from, x.answer, said)
	}
	if err != nil || said == nil {
		x.ack(sip.Body{})
		c.log.Info("no answer to a re-INVITE without an offer", "err", err)
		c.end(endGateway, "no answer in ACK")
		return
	}
	x.from.said, x.to.said = said, x.answer
	c.warn()
	body, err := c.reply(said, x.to, x.answer)
	if err != nil {
		c.end(endGateway, "answer cannot be described")
		return
	}
	x.ack(body)
}

// ack acknowledges what to answered, unless to is a browser.
func (x *exchange) ack(body sip.Body) {
	if x.sent != nil {
		_ = x.sent.Ack(body)
	}
}
