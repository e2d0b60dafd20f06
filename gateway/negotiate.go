package gateway

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// party is one side of a call: its signalling leg and the session
// descriptions that were exchanged with it.
type party struct {
	side    media.Side
	leg     *sip.Leg
	origin  *sdp.Origin  // o= line of what we send it
	said    *sdp.Session // the description that it sent last
	agreed  sdp.Audio    // its side of what was agreed last
	nat     bool         // its RTP port is learnt from its signalling address
	heldOff bool         // it put the call on hold
}

func newParty(side media.Side, leg *sip.Leg, nat bool) *party {
	return &party{side: side, leg: leg, origin: sdp.NewOrigin(), nat: nat}
}

// ownCodecs is what we offer a phone when the caller sent no offer: plain G.711
// with key presses, what every phone and trunk has.
var ownCodecs = []sdp.Codec{sdp.PCMA, sdp.PCMU, sdp.TelephoneEvent}

// session reads the session description of a message; nil without one.
func session(m *sipmsg.Message) (*sdp.Session, error) {
	if m == nil || len(m.Body) == 0 {
		return nil, nil
	}
	body, ok := m.Part("application/sdp")
	if !ok {
		return nil, nil
	}
	return sdp.Parse(body)
}

// local is our address for a party, as it stands in descriptions.
func (c *call) local(side media.Side) sdp.Local {
	addr, rtp, rtcp := c.bridge.Local(side)
	return sdp.Local{Addr: addr, RTPPort: rtp, RTCPPort: rtcp}
}

// describe writes what one party said as the other shall read it: our
// addresses, nothing of the first party's network.
func (c *call) describe(said *sdp.Session, to *party) (sip.Body, error) {
	text, err := to.origin.Write(c.local(to.side), said.ForPeer)
	if err != nil {
		return sip.Body{}, fmt.Errorf("describe media for the %s: %w", to.side, err)
	}
	return sip.Body{ContentType: "application/sdp", Data: text}, nil
}

// ownOffer writes an offer of ours and returns it parsed as well.
func (c *call) ownOffer(to *party) (sip.Body, *sdp.Session, error) {
	text, err := to.origin.Write(c.local(to.side), func(l sdp.Local) ([]byte, error) {
		return sdp.NewOffer(l, ownCodecs, sdp.SendRecv), nil
	})
	if err != nil {
		return sip.Body{}, nil, err
	}
	s, err := sdp.Parse(text)
	return sip.Body{ContentType: "application/sdp", Data: text}, s, err
}

// settle lets media flow as an offer and its answer agreed.
func (c *call) settle(offerer, answerer *party, offer, answer *sdp.Session) error {
	agreed, err := sdp.Agree(offer, answer)
	if err != nil {
		return err
	}
	c.flow(offerer, agreed.Offerer)
	c.flow(answerer, agreed.Answerer)
	return nil
}

// flow tells the media side what a party's description says. A party of ours
// (the own offer of an INVITE without one) has no leg and no flow.
func (c *call) flow(p *party, a sdp.Audio) {
	p.agreed = a
	f := media.Flow{RTP: a.RTP, RTCP: a.RTCP, Send: a.Direction.Receive(), Receive: a.Direction.Send(), PTime: a.PTime}
	for _, codec := range a.Codecs {
		f.Codecs = append(f.Codecs, media.Codec{PayloadType: codec.PT, Name: codec.Name, ClockRate: codec.Clock, Channels: codec.Channels, Params: codec.FMTP})
	}
	if a.HasEvents() {
		f.Events = a.Events.PT
	}
	if a.HasCN() {
		f.CN = a.CN.PT
	}
	if p.nat {
		f.Latch = p.leg.Remote().Addr()
	}
	if held := !a.Direction.Receive(); held != p.heldOff {
		p.heldOff = held
		c.note(map[bool]string{true: "hold", false: "resume"}[held], p.side.String())
	}
	if len(a.Codecs) > 0 {
		c.rec.Media.Codec = a.Codecs[0].Name
	}
	c.bridge.Set(p.side, f)
}

// exchange is an offer that one party made while the call runs, on its way to
// the other (RFC 3261 §14, RFC 3311). One at a time: the next is told 491.
type exchange struct {
	from, to *party
	req      *sip.InDialog // what from asked; nil: we asked on its behalf
	offer    *sdp.Session  // nil: a re-INVITE without an offer
	sent     *sip.Pending  // what we asked of to
	answer   *sdp.Session  // what to answered: an answer, or the offer if there was none
	acked    <-chan *sipmsg.Message

	withdrawn bool // from cancelled it (RFC 3261 §9)
}

// request answers what a party asks within the dialog.
func (c *call) request(from, to *party, req *sip.InDialog) {
	switch req.Method() {
	case "INVITE", "UPDATE":
		c.renegotiate(from, to, req)
	case "INFO":
		c.relay(from, to, req)
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
	body, err := c.describe(to.said, from)
	if err != nil {
		c.respond(req, statusOf(err), sip.Body{})
		return
	}
	c.respond(req, 200, body)
}

// exchanged takes the other side's answer to a renegotiation back.
func (c *call) exchanged() {
	x := c.exchange
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
		if err := c.settle(x.from, x.to, x.offer, answer); err != nil {
			c.exchange = nil
			c.respond(x.req, 488, sip.Body{})
			return
		}
		x.from.said, x.to.said = x.offer, answer
		c.warn() // what fell due while the merchant held the call
	}
	body, err := c.describe(answer, x.from)
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

// takeBack restores what was agreed when the other side accepted a re-INVITE
// that its sender had cancelled: it is told what the sender said before.
func (c *call) takeBack(x *exchange) {
	c.exchange = nil
	body, err := c.describe(x.from.said, x.to)
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
		_ = x.sent.Ack(sip.Body{})
		c.log.Info("no answer to a re-INVITE without an offer", "err", err)
		c.end(endGateway, "no answer in ACK")
		return
	}
	x.from.said, x.to.said = said, x.answer
	c.warn()
	body, err := c.describe(said, x.to)
	if err != nil {
		c.end(endGateway, "answer cannot be described")
		return
	}
	_ = x.sent.Ack(body)
}

// maxInfos bounds the INFOs of a call that wait for the other side's answer: one
// that never answers must not make us repeat as many as the first cares to send.
const maxInfos = 8

// relay passes an INFO on. A merchant's phone that sends its keys so answers
// announcements and warnings with them.
func (c *call) relay(from, to *party, req *sip.InDialog) {
	if key, ok := infoKey(req.Message()); ok && from.side == media.Merchant && c.wantsKeys() {
		c.respond(req, 200, sip.Body{})
		c.key(key)
		return
	}
	if to == nil || c.state != stateTalking {
		c.respond(req, 200, sip.Body{})
		return
	}
	c.infos = slices.DeleteFunc(c.infos, func(p *sip.Pending) bool {
		select {
		case <-p.Done():
			return true
		default:
			return false
		}
	})
	if len(c.infos) >= maxInfos {
		c.respond(req, 503, sip.Body{}, sipmsg.Header{Name: "Retry-After", Value: "1"})
		return
	}
	m := req.Message()
	ct := m.Get("Content-Type")
	p, err := to.leg.Send("INFO", sip.Body{ContentType: ct, Data: m.Body})
	if err != nil {
		c.respond(req, 500, sip.Body{})
		return
	}
	c.infos = append(c.infos, p)
	c.respond(req, 200, sip.Body{})
}

// infoKey is the key that an INFO of application/dtmf-relay ("Signal=1") or
// application/dtmf ("1") carries; the forms are no standard, but common.
func infoKey(m *sipmsg.Message) (rune, bool) {
	mt, _ := m.ContentType()
	text := strings.TrimSpace(string(m.Body[:min(len(m.Body), 64)]))
	switch strings.ToLower(mt) {
	case "application/dtmf-relay":
		first, _, _ := strings.Cut(text, "\n")
		name, value, ok := strings.Cut(first, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(name), "signal") {
			return 0, false
		}
		text = strings.TrimSpace(value)
	case "application/dtmf":
	default:
		return 0, false
	}
	if len(text) != 1 || !strings.Contains("0123456789*#", text) {
		return 0, false
	}
	return rune(text[0]), true
}

// wantsKeys reports whether the merchant's keys are meant for us now.
func (c *call) wantsKeys() bool { return c.state == stateAnnouncing || c.warning.open() }

// checkMedia refuses descriptions that would make us send media where it must
// never go: addresses that are nobody's, our own signalling ports, and, for
// trunks that are not trusted, any address but the one that signals.
func (c *call) checkMedia(p *party, s *sdp.Session) error {
	if s == nil {
		return nil
	}
	if err := s.Check(c.gw.ownSockets()...); err != nil {
		return err
	}
	if p.side != media.Caller || c.trunk.Trusted || p.nat {
		return nil
	}
	a, _ := s.Audio()
	for _, target := range []netip.AddrPort{a.RTP, a.RTCP} {
		if target.IsValid() && target.Addr().Unmap() != p.leg.Remote().Addr().Unmap() {
			return fmt.Errorf("%w: %s is not where trunk %s signals from; mark the trunk trusted if its media comes from elsewhere",
				sdp.ErrAddress, target.Addr(), c.trunk.Name)
		}
	}
	return nil
}

// statusOf is the SIP answer to a description that cannot be used.
func statusOf(err error) int {
	switch {
	case errors.Is(err, sdp.ErrSyntax):
		return 400
	case errors.Is(err, sdp.ErrTooLarge):
		return 413
	}
	return 488
}

// relayedStatus keeps a refusal of one side meaningful to the other without
// passing challenges or redirections of its network on.
func relayedStatus(status int) int {
	switch status {
	case 401, 407, 482, 483, 421, 420:
		return 500
	}
	if status < 400 {
		return 488
	}
	return status
}

func sameSession(a, b *sdp.Session) bool {
	if a == nil || b == nil {
		return false
	}
	x, err1 := a.Bytes()
	y, err2 := b.Bytes()
	return err1 == nil && err2 == nil && string(x) == string(y)
}
