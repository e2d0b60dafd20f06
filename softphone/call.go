package softphone

import (
	"errors"
	"sync"
	"sync/atomic"

	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// Call is one call of a phone, either way.
type Call struct {
	phone *Phone
	leg   *sip.Leg
	sound *sound
	noFax atomic.Bool // see RefuseFax

	talk   sync.Mutex // held while a description is written; guards origin and local
	origin *sdp.Origin
	local  *sdp.Session // what we said last
	mine   []sdp.Crypto // our keys

	mu       sync.Mutex
	asked    []*sipmsg.Message // within the call
	failed   sip.Failed
	ended    sip.Ended
	notified []int
	progress *sipmsg.Message // the last 18x with a description

	ringing  chan struct{} // closed at the first 180 or 183
	answered chan struct{} // closed at the 2xx (out) or its ACK (in)
	over     chan struct{} // closed when nothing of the call is left
	once     struct{ ringing, answered sync.Once }
}

func (p *Phone) newCall(leg *sip.Leg) (*Call, error) {
	s, err := newSound(p.opts.Addr, p.opts.Codec)
	if err != nil {
		return nil, err
	}
	return &Call{phone: p, leg: leg, sound: s, origin: sdp.NewOrigin(), mine: p.keys(),
		ringing: make(chan struct{}), answered: make(chan struct{}), over: make(chan struct{})}, nil
}

// Invite is the INVITE of the call, received or sent.
func (c *Call) Invite() *sipmsg.Message { return c.leg.Invite() }

// Ringing is closed when the other side rings.
func (c *Call) Ringing() <-chan struct{} { return c.ringing }

// Answered is closed when the call is up.
func (c *Call) Answered() <-chan struct{} { return c.answered }

// Over is closed when the call has ended and let go of everything.
func (c *Call) Over() <-chan struct{} { return c.over }

// Failure is the refusal of an outgoing call; its Status is 0 without one.
func (c *Call) Failure() sip.Failed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// Ended tells how the call ended; valid once Over is closed.
func (c *Call) Ended() sip.Ended {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// Asked lists the requests that came within the call.
func (c *Call) Asked() []*sipmsg.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*sipmsg.Message(nil), c.asked...)
}

// Ring answers 180.
func (c *Call) Ring(hdr ...sipmsg.Header) error {
	return c.leg.Progress(180, "", sip.Body{}, hdr...)
}

// Answer takes the call up.
func (c *Call) Answer() error {
	body, err := c.answerTo(c.leg.Invite())
	if err != nil {
		_ = c.leg.Reject(488, "")
		return err
	}
	return c.leg.Answer(body)
}

// Reject refuses the call.
func (c *Call) Reject(status int, hdr ...sipmsg.Header) error {
	return c.leg.Reject(status, "", hdr...)
}

// RejectAs refuses the call with a phrase of its own.
func (c *Call) RejectAs(status int, phrase string, hdr ...sipmsg.Header) error {
	return c.leg.Reject(status, phrase, hdr...)
}

// Hangup ends the call in whatever state it is.
func (c *Call) Hangup() { c.leg.Close() }

// HangupWith ends it with headers on the BYE or CANCEL.
func (c *Call) HangupWith(hdr ...sipmsg.Header) error {
	if err := c.leg.Bye(hdr...); err == nil {
		return nil
	}
	return c.leg.Cancel(hdr...)
}

// Press sends one key by RFC 4733.
func (c *Call) Press(key rune) error { return c.sound.press(key) }

// Say speaks samples (8 kHz) from now on, once; the channel is closed when the
// last is sent. Silence is sent otherwise.
func (c *Call) Say(pcm []int16) <-chan struct{} { return c.sound.say(pcm) }

// Mute stops sending RTP, as a phone that has lost its network does.
func (c *Call) Mute() { c.sound.mute() }

// Heard is all that was heard since the call was up, 8 kHz.
func (c *Call) Heard() []int16 { return c.sound.heard() }

// Packets counts the RTP packets received and sent.
func (c *Call) Packets() (in, out int) { return c.sound.packets() }

// Payloads are the RTP payloads received and sent, in order, for comparing bytes.
func (c *Call) Payloads() (in, out [][]byte) { return c.sound.payloads() }

// MediaErrors lists breaks in sequence numbers, time stamps or SSRC that a real
// phone would notice.
func (c *Call) MediaErrors() []string { return c.sound.complaints() }

// Hold asks the other side to stop sending (sendonly), or to go on. It returns
// when the answer is there.
func (c *Call) Hold(on bool) error {
	dir := sdp.SendRecv
	if on {
		dir = sdp.SendOnly
	}
	body, err := c.describe(dir)
	if err != nil {
		return err
	}
	return c.reinvite(body)
}

// reinvite offers another description and waits for the answer.
func (c *Call) reinvite(body sip.Body) error {
	pending, err := c.leg.Send("INVITE", body)
	if err != nil {
		return err
	}
	<-pending.Done()
	resp := pending.Response()
	if resp == nil {
		return pending.Err()
	}
	if resp.Status >= 300 {
		return errors.New(resp.Reason)
	}
	c.hear(resp)
	return pending.Ack(sip.Body{})
}

// refresh renews the session for the other side's timer (RFC 4028 §7.4).
func (c *Call) refresh() {
	c.talk.Lock()
	body := sip.Body{Data: c.origin.Last()}
	c.talk.Unlock()
	sent, err := c.leg.Send("INVITE", body)
	if err != nil {
		return // the stack asks again
	}
	c.phone.calls.Go(func() {
		<-sent.Done()
		_ = sent.Ack(sip.Body{})
	})
}

// run reads the call's events until it is over.
func (c *Call) run() {
	defer close(c.over)
	defer c.sound.close()
	for ev := range c.leg.Events() {
		switch ev := ev.(type) {
		case sip.Progressed:
			if ev.Status >= 180 {
				c.once.ringing.Do(func() { close(c.ringing) })
			}
			if len(ev.Message.Body) > 0 {
				c.mu.Lock()
				c.progress = ev.Message
				c.mu.Unlock()
			}
			c.hear(ev.Message)
		case sip.Answered:
			c.taken(ev.Message)
		case sip.Confirmed:
			c.hear(ev.Ack)
			c.once.answered.Do(func() { close(c.answered) })
		case sip.Failed:
			c.mu.Lock()
			c.failed = ev
			c.mu.Unlock()
		case sip.Requested:
			c.requested(ev.Req)
		case sip.RefreshDue:
			c.refresh()
		case sip.Ended:
			c.mu.Lock()
			c.ended = ev
			c.mu.Unlock()
		}
	}
}

// taken acknowledges the other side's 2xx, with our answer if it made the offer.
func (c *Call) taken(m *sipmsg.Message) {
	var body sip.Body
	if !c.spoke() {
		b, err := c.answerTo(m)
		if err != nil {
			c.leg.Close()
			return
		}
		body = b
	} else {
		c.hear(m)
	}
	_ = c.leg.Ack(body)
	c.once.answered.Do(func() { close(c.answered) })
}

func (c *Call) requested(req *sip.InDialog) {
	m := req.Message()
	c.mu.Lock()
	c.asked = append(c.asked, m)
	c.mu.Unlock()
	if req.Method() == "NOTIFY" {
		c.notify(m)
	}
	if (req.Method() != "INVITE" && req.Method() != "UPDATE") || len(m.Body) == 0 {
		_ = req.Respond(200, "", sip.Body{})
		return
	}
	body, err := c.answerTo(m)
	if err != nil {
		_ = req.Respond(488, "", sip.Body{})
		return
	}
	_ = req.Respond(200, "", body)
}

func (c *Call) localMedia() sdp.Local {
	a := c.sound.addr()
	return sdp.Local{Addr: a.Addr(), RTPPort: a.Port(), RTCPPort: a.Port() + 1}
}

func (c *Call) offer() sip.Body {
	body, _ := c.describe(sdp.SendRecv)
	return body
}

// spoke reports whether we have described our media already.
func (c *Call) spoke() bool {
	c.talk.Lock()
	defer c.talk.Unlock()
	return c.local != nil
}

func (c *Call) describe(dir sdp.Direction) (sip.Body, error) {
	c.talk.Lock()
	defer c.talk.Unlock()
	codecs := []sdp.Codec{c.phone.opts.Codec, sdp.TelephoneEvent}
	at := c.localMedia()
	c.offerKeys(&at)
	text, err := c.origin.Write(at, func(l sdp.Local) ([]byte, error) { return sdp.NewOffer(l, codecs, dir), nil })
	if err != nil {
		return sip.Body{}, err
	}
	c.local, err = sdp.Parse(text)
	return sip.Body{ContentType: "application/sdp", Data: text}, err
}

// answerTo answers the offer of m, or offers itself when m carries none.
func (c *Call) answerTo(m *sipmsg.Message) (sip.Body, error) {
	if len(m.Body) == 0 {
		return c.describe(sdp.SendRecv)
	}
	offer, err := sdp.Parse(m.Body)
	if err != nil {
		return sip.Body{}, err
	}
	if _, ok := offer.Fax(); ok {
		if c.noFax.Load() {
			return sip.Body{}, sdp.ErrNoAudio
		}
		body, err := c.faxBody(offer)
		if err == nil {
			c.hear(m)
		}
		return body, err
	}
	c.talk.Lock()
	defer c.talk.Unlock()
	at := c.localMedia()
	if a, ok := offer.Audio(); ok {
		if err := c.answerKeys(&at, a); err != nil {
			return sip.Body{}, err
		}
	}
	text, err := c.origin.Write(at, func(l sdp.Local) ([]byte, error) {
		return offer.AnswerFor(l, []sdp.Codec{c.phone.opts.Codec, sdp.PCMA, sdp.PCMU})
	})
	if err != nil {
		return sip.Body{}, err
	}
	if c.local, err = sdp.Parse(text); err != nil {
		return sip.Body{}, err
	}
	c.hear(m)
	return sip.Body{ContentType: "application/sdp", Data: text}, nil
}

// hear sends sound to where m's description says, in the codec it settles.
func (c *Call) hear(m *sipmsg.Message) {
	if m == nil || len(m.Body) == 0 {
		return
	}
	s, err := sdp.Parse(m.Body)
	if err != nil {
		return
	}
	if a, ok := s.Audio(); ok {
		c.protect(a)
		c.sound.to(a)
	}
	if f, ok := s.Fax(); ok {
		c.sound.fax(f.At)
	}
}
