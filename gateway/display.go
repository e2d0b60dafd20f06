package gateway

import (
	"slices"
	"strings"

	"ringward/screening"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// redisplay shows the merchant's phone what the verdict has become, while the
// call runs: our label before the caller's name, in P-Asserted-Identity of an
// UPDATE, as desk phones take it (RFC 4916 would change From, which many do not
// look at again). It goes to phones that have said that they take UPDATE, on
// lines that ask for it.
func (c *call) redisplay() {
	to := c.merchant
	if !c.line.UpdateDisplay || c.state != stateTalking || to == nil || to.leg == nil || !to.updates || c.caller.hidden {
		return
	}
	a := c.assessment
	a.do = screening.Decide(c.verd, c.line.Policy)
	if a.do.Label == "" {
		return
	}
	shown := c.gw.shownAs(&a)
	if !a.caller.asserted && verstatFor(a.caller.verified) == "" {
		shown.URI.Params.Set("verstat", "No-TN-Validation") // nobody vouches for the number: we say so
	}
	if _, err := to.leg.Send("UPDATE", sip.Body{}, sipmsg.Header{Name: "P-Asserted-Identity", Value: shown.String()}); err != nil {
		c.log.Debug("display not updated", "err", err) // glare: the whisper has to do
		return
	}
	c.note("display", shown.Display)
}

// takesUpdate reports whether a phone's answer lists UPDATE.
func takesUpdate(m *sipmsg.Message) bool {
	return m != nil && slices.ContainsFunc(m.List("Allow"), func(s string) bool { return strings.EqualFold(s, "UPDATE") })
}
