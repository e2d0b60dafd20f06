package softphone

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"ringward/sip"
	"ringward/sip/sipmsg"
)

// Transfer asks the other side to call a number in our place (REFER, RFC 3515),
// and returns the status of its answer; how it goes on is told by Notified.
func (c *Call) Transfer(number string, hdr ...sipmsg.Header) (status int, err error) {
	return c.refer("<sip:"+number+"@"+c.leg.Remote().String()+">", hdr)
}

// TransferTo asks the other side to join it to the far side of another call of
// ours (Replaces, RFC 3891).
func (c *Call) TransferTo(other *Call) (status int, err error) {
	replaces := other.leg.CallID() + ";to-tag=" + other.leg.RemoteTag() + ";from-tag=" + other.leg.LocalTag()
	escaped := strings.NewReplacer(";", "%3B", "=", "%3D", "@", "%40").Replace(replaces)
	return c.refer("<sip:other@"+c.leg.Remote().String()+"?Replaces="+escaped+">", nil)
}

func (c *Call) refer(to string, hdr []sipmsg.Header) (int, error) {
	hdr = append([]sipmsg.Header{{Name: "Refer-To", Value: to}, {Name: "Referred-By", Value: "<sip:phone@" + c.phone.Addr().String() + ">"}}, hdr...)
	sent, err := c.leg.Send("REFER", sip.Body{}, hdr...)
	if err != nil {
		return 0, err
	}
	<-sent.Done()
	if r := sent.Response(); r != nil {
		return r.Status, nil
	}
	return 0, errors.Join(errors.New("no answer to REFER"), sent.Err())
}

// Redirect answers 302 with these Contacts.
func (c *Call) Redirect(contacts ...string) error {
	return c.leg.Reject(302, "", sipmsg.Header{Name: "Contact", Value: strings.Join(contacts, ", ")})
}

// Early answers 183 and speaks before the call is answered.
func (c *Call) Early(hdr ...sipmsg.Header) error {
	body, err := c.answerTo(c.leg.Invite())
	if err != nil {
		return err
	}
	return c.leg.Progress(183, "", body, hdr...)
}

// Progress is the last provisional response that an outgoing call got with a
// description, nil before it.
func (c *Call) Progress() *sipmsg.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.progress
}

// Replacing is the Replaces header of an INVITE that takes this call's place.
func (c *Call) Replacing() sipmsg.Header {
	return sipmsg.Header{Name: "Replaces", Value: c.leg.CallID() + ";to-tag=" + c.leg.RemoteTag() + ";from-tag=" + c.leg.LocalTag()}
}

// Notified are the statuses that NOTIFYs told of a transfer, in order.
func (c *Call) Notified() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.notified)
}

// notify takes a NOTIFY of a REFER of ours (RFC 3515 §2.4.5).
func (c *Call) notify(m *sipmsg.Message) {
	_, rest, _ := strings.Cut(string(m.Body), " ")
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notified = append(c.notified, n)
}
