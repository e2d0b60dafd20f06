package gateway

import (
	"net/netip"

	"ringward/media"
	"ringward/media/sdp"
)

// A call that machines use (a fax, a modem, a dial-up terminal, an alarm line)
// is not ours to listen to or to speak into. It is known by what it agrees on,
// T.38, or by the tone that the answering machine sends.

// isFax reports whether a description is of a T.38 stream.
func isFax(s *sdp.Session) bool {
	_, ok := s.Fax()
	return ok
}

// writer is how a description is written for the other party.
func writer(s *sdp.Session) func(sdp.Local) ([]byte, error) {
	if isFax(s) {
		return s.FaxForPeer
	}
	return s.ForPeer
}

// checkTarget refuses descriptions that media cannot or must not be sent for.
func checkTarget(s *sdp.Session, own []netip.AddrPort) error {
	if isFax(s) {
		return s.CheckFax(own...)
	}
	return s.Check(own...)
}

// targets are the addresses that a description wants media at.
func targets(s *sdp.Session) []netip.AddrPort {
	if f, ok := s.Fax(); ok {
		return []netip.AddrPort{f.At}
	}
	a, _ := s.Audio()
	return []netip.AddrPort{a.RTP, a.RTCP}
}

// settleFax lets a fax pass as an offer and its answer agreed.
func (c *call) settleFax(offerer, answerer *party, offer, answer *sdp.Session) error {
	o, a, err := sdp.AgreeFax(offer, answer)
	if err != nil {
		return err
	}
	c.flowFax(offerer, o)
	c.flowFax(answerer, a)
	c.rec.Media.Codec = "T38"
	c.dataCall("t38")
	return nil
}

func (c *call) flowFax(p *party, f sdp.Fax) {
	p.heldOff = f.Held
	flow := media.Flow{RTP: f.At, Send: !f.Held, Receive: true, Raw: true}
	p.protection.leave()
	if p.nat {
		flow.Latch = p.leg.Remote().Addr()
	}
	c.bridge.Set(p.side, flow)
}

// dataCall leaves the call to its machines from now on.
func (c *call) dataCall(why string) {
	if c.data {
		return
	}
	c.data = true
	c.note("data-call", why)
	c.log.Info("machines use this call: it is neither listened to nor spoken into", "known_by", why)
	c.case_.Silence()
	c.bridge.Stop(media.Merchant)
	c.bridge.Stop(media.Caller)
	if c.warning.open() {
		c.closeKeys()
	}
	if c.earStop != nil {
		c.earStop()
	}
}
