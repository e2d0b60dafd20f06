package siptest

import (
	"fmt"
	"strings"

	"ringward/sip/sipmsg"
)

// Edit changes a message before it is sent.
type Edit func(*sipmsg.Message)

// Header sets a header field.
func Header(name, value string) Edit { return func(m *sipmsg.Message) { m.Set(name, value) } }

// Add adds a header field.
func Add(name, value string) Edit { return func(m *sipmsg.Message) { m.Add(name, value) } }

// Without removes a header field.
func Without(name string) Edit { return func(m *sipmsg.Message) { m.Del(name) } }

// Body sets the body.
func Body(contentType, data string) Edit {
	return func(m *sipmsg.Message) {
		m.Set("Content-Type", contentType)
		m.Body = []byte(data)
	}
}

// SDP is a body that stands for a session description; name tells one from
// another.
func SDP(name string) Edit {
	return Body("application/sdp", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns="+name+"\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n")
}

// Call is a dialog as the agent sees it. Its fields may be changed to play a
// peer that gets things wrong.
type Call struct {
	Agent     *Agent
	CallID    string
	LocalTag  string
	RemoteTag string
	LocalURI  string
	RemoteURI string
	Target    string // Request-URI of the next request
	Routes    []string
	Seq       uint32
	Invite    *sipmsg.Message // the INVITE sent or received last
	branch    string
}

// NewCall prepares a call from the agent to its Peer.
func (a *Agent) NewCall() *Call {
	a.serial++
	name := fmt.Sprintf("%d-%d", a.addr.Port(), a.serial)
	return &Call{
		Agent: a, CallID: "call-" + name + "@" + a.addr.Addr().String(), LocalTag: "tag" + name,
		LocalURI:  "sip:caller@" + a.addr.String(),
		RemoteURI: "sip:called@" + a.Peer.String(),
		Target:    "sip:called@" + a.Peer.String(),
	}
}

// Branch returns a new Via branch.
func (a *Agent) Branch() string {
	a.serial++
	return fmt.Sprintf("z9hG4bK-%d-%d", a.addr.Port(), a.serial)
}

// Request builds the next request of the call; CANCEL and ACK take the CSeq
// number of the INVITE.
func (c *Call) Request(method string, edits ...Edit) *sipmsg.Message {
	if method != "CANCEL" && method != "ACK" {
		c.Seq++
		c.branch = c.Agent.Branch()
	}
	m := sipmsg.NewRequest(method, c.Target)
	branch := c.branch
	if method == "ACK" {
		branch = c.Agent.Branch()
	}
	m.Add("Via", fmt.Sprintf("SIP/2.0/%s %s;branch=%s;rport", strings.ToUpper(c.Agent.network), c.Agent.addr, branch))
	for _, r := range c.Routes {
		m.Add("Route", r)
	}
	m.Add("Max-Forwards", "70")
	m.Add("From", "<"+c.LocalURI+">"+tagOf(c.LocalTag))
	m.Add("To", "<"+c.RemoteURI+">"+tagOf(c.RemoteTag))
	m.Add("Call-ID", c.CallID)
	m.Add("CSeq", fmt.Sprintf("%d %s", c.Seq, method))
	if method == "INVITE" || method == "UPDATE" {
		m.Add("Contact", c.Contact())
	}
	for _, e := range edits {
		e(m)
	}
	if method == "INVITE" {
		c.Invite = m
	}
	return m
}

// Contact returns the Contact value of the agent.
func (c *Call) Contact() string {
	s := "<sip:agent@" + c.Agent.addr.String()
	if c.Agent.network != "udp" {
		s += ";transport=" + c.Agent.network
	}
	return s + ">"
}

func tagOf(tag string) string {
	if tag == "" {
		return ""
	}
	return ";tag=" + tag
}

// Send builds a request and sends it.
func (c *Call) Send(method string, edits ...Edit) *sipmsg.Message {
	c.Agent.t.Helper()
	m := c.Request(method, edits...)
	c.Agent.Send(m)
	return m
}

// Learn takes tag, target and route set from a response that makes or confirms
// the dialog.
func (c *Call) Learn(resp *sipmsg.Message) {
	c.RemoteTag = resp.ToTag()
	if cs, err := resp.Contacts(); err == nil && len(cs) > 0 {
		c.Target = cs[0].URI.String()
	}
	rr := resp.List("Record-Route")
	c.Routes = nil
	for i := range rr {
		c.Routes = append(c.Routes, rr[len(rr)-1-i])
	}
}

// Ack acknowledges a final response to the INVITE: with the branch of the
// INVITE unless it was a 2xx.
func (c *Call) Ack(resp *sipmsg.Message, edits ...Edit) {
	c.Agent.t.Helper()
	seq, _, _ := resp.CSeq()
	ack := c.Request("ACK")
	ack.Set("CSeq", fmt.Sprintf("%d ACK", seq))
	if resp.Status >= 300 {
		ack.Set("Via", c.Invite.Get("Via"))
		ack.Set("To", resp.Get("To"))
		ack.RequestURI = c.Invite.RequestURI
	}
	for _, e := range edits {
		e(ack)
	}
	c.Agent.Send(ack)
}

// Cancel cancels the INVITE sent last.
func (c *Call) Cancel(edits ...Edit) {
	c.Agent.t.Helper()
	m := c.Request("CANCEL", edits...)
	m.Set("Via", c.Invite.Get("Via"))
	m.Set("CSeq", strings.Replace(c.Invite.Get("CSeq"), "INVITE", "CANCEL", 1))
	m.RequestURI = c.Invite.RequestURI
	c.Agent.Send(m)
}

// Accept makes the call of an INVITE received, with that local tag.
func (a *Agent) Accept(invite *sipmsg.Message, tag string) *Call {
	c := &Call{Agent: a, CallID: invite.CallID(), LocalTag: tag, RemoteTag: invite.FromTag(), Invite: invite, Seq: 100}
	if from, err := invite.From(); err == nil {
		c.RemoteURI = from.URI.String()
	}
	if to, err := invite.To(); err == nil {
		c.LocalURI = to.URI.String()
	}
	if cs, err := invite.Contacts(); err == nil && len(cs) > 0 {
		c.Target = cs[0].URI.String()
	}
	c.Routes = invite.List("Record-Route")
	return c
}

// Reply builds and sends a response to a request of the call.
func (c *Call) Reply(req *sipmsg.Message, status int, edits ...Edit) *sipmsg.Message {
	c.Agent.t.Helper()
	m := sipmsg.NewResponse(req, status, "")
	if status > 100 && req.ToTag() == "" {
		m.Set("To", req.Get("To")+";tag="+c.LocalTag)
	}
	if status > 100 && status < 300 && (req.Method == "INVITE" || req.Method == "UPDATE") {
		m.Add("Contact", c.Contact())
	}
	for _, e := range edits {
		e(m)
	}
	c.Agent.Send(m)
	return m
}
