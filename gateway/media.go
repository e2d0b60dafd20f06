package gateway

import (
	"errors"
	"fmt"
	"net/netip"

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
	updates bool         // it takes UPDATE
	browser *browserLeg  // nil: a SIP phone; then leg is nil

	advertise netip.Addr // our address in what it is told, where it sees another than we bind

	protection protection
}

func newParty(side media.Side, leg *sip.Leg, nat bool) *party {
	return &party{side: side, leg: leg, origin: sdp.NewOrigin(), nat: nat}
}

// takes makes a phone the one that the party speaks by; nat is the line's own
// setting.
func (p *party) takes(ph *phone, nat bool) {
	p.leg, _ = ph.leg.(*sip.Leg)
	p.nat, p.advertise = nat || ph.route.nat, ph.route.advertise()
	p.protection = ph.protection
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
	if p := c.party(side); p != nil && p.advertise.IsValid() {
		addr = p.advertise
	}
	return sdp.Local{Addr: addr, RTPPort: rtp, RTCPPort: rtcp}
}

// party is who stands on a side; nil while nobody does.
func (c *call) party(side media.Side) *party {
	if side == media.Caller {
		return c.in
	}
	return c.merchant
}

// offering is our half of an offer to a party.
func (c *call) offering(to *party) sdp.Local {
	l := c.local(to.side)
	to.protection.offer(&l)
	return l
}

// answering is our half of the answer to a party's own offer.
func (c *call) answering(to *party, offer *sdp.Session) sdp.Local {
	l := c.local(to.side)
	to.protection.answer(&l, offer)
	return l
}

// describe offers to a party what the other one said: our addresses and keys,
// nothing of the other party's network.
func (c *call) describe(said *sdp.Session, to *party) (sip.Body, error) {
	return c.write(c.offering(to), said, to)
}

// reply is describe for the answer to the party's own offer.
func (c *call) reply(said *sdp.Session, to *party, offer *sdp.Session) (sip.Body, error) {
	return c.write(c.answering(to, offer), said, to)
}

func (c *call) write(l sdp.Local, said *sdp.Session, to *party) (sip.Body, error) {
	text, err := to.origin.Write(l, writer(said))
	if err != nil {
		return sip.Body{}, fmt.Errorf("describe media for the %s: %w", to.side, err)
	}
	return sip.Body{ContentType: "application/sdp", Data: text}, nil
}

// ownOffer writes an offer of ours and returns it parsed as well.
func (c *call) ownOffer(to *party) (sip.Body, *sdp.Session, error) {
	text, err := to.origin.Write(c.offering(to), func(l sdp.Local) ([]byte, error) {
		return sdp.NewOffer(l, ownCodecs, sdp.SendRecv), nil
	})
	if err != nil {
		return sip.Body{}, nil, err
	}
	s, err := sdp.Parse(text)
	return sip.Body{ContentType: "application/sdp", Data: text}, s, err
}

// answerOurselves answers a party's offer with what we can speak, and lets us
// speak to it.
func (c *call) answerOurselves(offer *sdp.Session, to *party) (sip.Body, error) {
	text, err := to.origin.Write(c.answering(to, offer), func(l sdp.Local) ([]byte, error) { return offer.AnswerFor(l, speakable) })
	if err != nil {
		return sip.Body{}, err
	}
	answer, err := sdp.Parse(text)
	if err != nil {
		return sip.Body{}, err
	}
	agreed, err := sdp.Agree(offer, answer)
	if err != nil {
		return sip.Body{}, err
	}
	c.flow(to, agreed.Offerer)
	return sip.Body{ContentType: "application/sdp", Data: text}, nil
}

// settle lets media flow as an offer and its answer agreed.
func (c *call) settle(offerer, answerer *party, offer, answer *sdp.Session) error {
	if isFax(offer) {
		return c.settleFax(offerer, answerer, offer, answer)
	}
	agreed, err := sdp.Agree(offer, answer)
	if err != nil {
		return err
	}
	if err := errors.Join(offerer.protection.fits(agreed.Offerer), answerer.protection.fits(agreed.Answerer)); err != nil {
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
	if p.browser != nil {
		a = p.browser.own(a)
	}
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
	f.SRTP = p.protection.keys(a)
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

// checkMedia refuses descriptions that would make us send media where it must
// never go: addresses that are nobody's, our own signalling ports, and, for
// trunks that are not trusted, any address but the one that signals.
func (c *call) checkMedia(p *party, s *sdp.Session) error {
	if s == nil {
		return nil
	}
	if err := checkTarget(s, c.gw.ownSockets()); err != nil {
		return err
	}
	a, _ := s.Audio() // none: a fax, which nothing protects
	if err := p.protection.fits(a); err != nil {
		return err
	}
	if p.side != media.Caller || c.trunk.Trusted || p.nat {
		return nil
	}
	for _, target := range targets(s) {
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
