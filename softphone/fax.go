package softphone

import (
	"ringward/media/sdp"
	"ringward/sip"
)

// faxOffer is a T.38 stream at no address yet.
const faxOffer = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=image 4000 udptl t38\r\n" +
	"a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxRateManagement:transferredTCF\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"

// Fax turns the call to T.38 by re-INVITE, as a fax machine's adapter does when
// it hears the other machine. It returns when the answer is there.
func (c *Call) Fax() error {
	s, err := sdp.Parse([]byte(faxOffer))
	if err != nil {
		return err
	}
	body, err := c.faxBody(s)
	if err != nil {
		return err
	}
	return c.reinvite(body)
}

// faxBody describes our end of a fax like the one in s.
func (c *Call) faxBody(s *sdp.Session) (sip.Body, error) {
	c.talk.Lock()
	defer c.talk.Unlock()
	text, err := c.origin.Write(c.localMedia(), s.FaxForPeer)
	if err != nil {
		return sip.Body{}, err
	}
	c.local, err = sdp.Parse(text)
	return sip.Body{ContentType: "application/sdp", Data: text}, err
}

// RefuseFax answers 488 to the other side's T.38 from now on.
func (c *Call) RefuseFax() { c.noFax.Store(true) }

// Datagram sends octets to the other side's fax.
func (c *Call) Datagram(b []byte) error { return c.sound.datagram(b) }

// Datagrams are what the other side's fax sent.
func (c *Call) Datagrams() [][]byte { return c.sound.datagrams() }
