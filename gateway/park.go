package gateway

import (
	"math"
	"strings"
	"sync"
	"time"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// parking is a call whose caller waits while the merchant asks the institution
// itself: key *0. The hotline takes the caller's side of the bridge meanwhile.
type parking struct {
	hotline  *party
	offer    *sdp.Session   // ours to the hotline
	pending  *sip.Pending   // our re-INVITE to the caller: hold, or back
	next     *sdp.Direction // what to tell him when that is answered
	gone     bool           // the caller hung up while he waited
	answered bool           // the hotline took the call
	ended    bool           // the hotline's leg is over
	limit    *time.Timer    // a hotline that nobody takes up
}

// ringback is what the merchant hears while the hotline rings: 450 Hz for a
// second in five, as in China (GB/T 3380).
var ringback = sync.OnceValue(func() []int16 {
	pcm := make([]int16, 8000)
	for i := range pcm {
		pcm[i] = int16(4000 * math.Sin(2*math.Pi*450*float64(i)/8000))
	}
	return pcm
})

// promptHold is what the caller hears before he waits.
const promptHold = "caller.hold"

// park tells the caller to wait and then calls the verified hotline of the
// institution that the call is about. Without one, or without a trunk to call
// out on, the merchant hears the prompt that says to dial it himself.
func (c *call) park() {
	if c.parked != nil {
		c.unpark("key")
		return
	}
	if c.data {
		return
	}
	x := c.gw.cfg.Register.Index()
	inst, ok := x.InstitutionByID(c.verd.Institution)
	if !ok || !inst.HotlineVerified || inst.Hotline.IsZero() || c.gw.live().Outbound == "" || c.exchange != nil {
		c.note("park-impossible", c.verd.Institution)
		c.whisper([]string{promptOwnHotline})
		return
	}
	c.note("park", inst.Hotline.String())
	c.bridge.Connect(false)
	c.parked = &parking{}
	audio := c.gw.cfg.Voice.Clip(promptHold, c.line.Language)
	if c.bridge.Play(media.Caller, media.Playback{Audio: audio, Mix: media.Alone, Done: c.whenPlayed("hold")}) != nil {
		c.callHotline()
	}
}

// promptOwnHotline says that the claim cannot be verified and whom to call.
const promptOwnHotline = "warn.claim"

// callHotline puts the caller on hold and dials the hotline.
func (c *call) callHotline() {
	p := c.parked
	if p == nil || p.hotline != nil || c.state != stateTalking {
		return
	}
	inst, _ := c.gw.cfg.Register.Index().InstitutionByID(c.verd.Institution)
	c.hold(sdp.Inactive)
	r, err := c.gw.reach(c.ctx, strings.ReplaceAll(c.gw.live().Outbound, "{number}", inst.Hotline.Digits), "")
	if err != nil {
		c.log.Warn("hotline cannot be called", "err", err)
		c.unpark("unreachable")
		return
	}
	p.hotline = newParty(media.Caller, nil, false)
	body, own, err := c.ownOffer(p.hotline)
	if err == nil {
		p.offer = own
		c.gw.phones.add(r.places[0].Addr.Addr())
		p.hotline.leg, err = c.gw.stack.Dial(sip.DialOptions{
			To: sipmsg.NameAddr{URI: r.uri}, RequestURI: r.uri.String(), Target: r.places[0], Body: body,
			From: sipmsg.NameAddr{URI: sipmsg.URI{Scheme: "sip", User: c.called, Host: c.gw.host()}},
		})
	}
	if err != nil {
		p.hotline = nil
		c.log.Warn("hotline cannot be called", "err", err)
		c.unpark("unreachable")
		return
	}
	c.hotlines = append(c.hotlines, p.hotline.leg)
	p.limit = time.NewTimer(c.gw.live().RingTimeout)
	_ = c.bridge.Play(media.Merchant, media.Playback{Audio: ringback(), Repeat: -1, Gap: 4 * time.Second, Mix: media.Alone})
}

// leaveHotline hangs every hotline up that was called.
func (c *call) leaveHotline() {
	for _, leg := range c.hotlines {
		leg.Close()
	}
}

// hold tells the caller's side which way sound flows now.
func (c *call) hold(dir sdp.Direction) {
	if c.parked.gone {
		return
	}
	if c.parked.pending != nil { // one at a time (RFC 3261 §14.1)
		c.parked.next = &dir
		return
	}
	a, _ := c.merchant.said.Audio()
	codecs := a.Codecs
	if a.HasEvents() {
		codecs = append(codecs[:len(codecs):len(codecs)], a.Events)
	}
	text, err := c.in.origin.Write(c.offering(c.in), func(l sdp.Local) ([]byte, error) { return sdp.NewOffer(l, codecs, dir), nil })
	if err != nil {
		return
	}
	pending, err := c.in.leg.Send("INVITE", sip.Body{ContentType: "application/sdp", Data: text})
	if err != nil {
		c.log.Info("caller cannot be put on hold", "err", err)
		return
	}
	c.parked.pending = pending
}

// held acknowledges the caller's answer to our hold.
func (c *call) held() {
	p := c.parked
	pending, next := p.pending, p.next
	p.pending, p.next = nil, nil
	if r := pending.Response(); r != nil && r.Status < 300 {
		_ = pending.Ack(sip.Body{})
		c.rekeyed(r)
	}
	if next != nil {
		c.hold(*next)
	}
	if p.ended && p.pending == nil {
		c.parked = nil // the caller is back
	}
}

// fromHotline deals with what the hotline's leg tells.
func (c *call) fromHotline(ev sip.Event, ok bool) {
	p := c.parked
	if !ok {
		p.ended = true
		return
	}
	switch ev := ev.(type) {
	case sip.Answered:
		_ = p.hotline.leg.Ack(sip.Body{})
		c.joinHotline(ev.Message)
	case sip.Requested:
		c.respond(ev.Req, 488, sip.Body{}) // the conversation stays as it was agreed
	case sip.RefreshDue:
		c.refreshSession(p.hotline, nil)
	case sip.Ended:
		p.ended = true
		c.unpark("hotline")
	}
}

func (c *call) joinHotline(m *sipmsg.Message) {
	p := c.parked
	said, err := session(m)
	var agreed sdp.Agreed
	if err == nil && said != nil {
		if err = said.Check(c.gw.ownSockets()...); err == nil {
			agreed, err = sdp.Agree(p.offer, said)
		}
	}
	if err != nil || said == nil {
		c.log.Info("hotline's answer cannot be used", "err", err)
		c.unpark("answer")
		return
	}
	p.answered = true
	p.limit.Stop()
	c.bridge.Stop(media.Merchant)
	c.flow(p.hotline, agreed.Answerer)
	c.bridge.Connect(true)
	c.note("hotline", "connected")
}

// unpark gives the caller back, or ends the call when he is gone.
func (c *call) unpark(why string) {
	p := c.parked
	if p == nil || c.state != stateTalking {
		return
	}
	c.note("unpark", why)
	if p.hotline != nil && p.hotline.leg != nil && !p.ended {
		p.hotline.leg.Close()
	}
	if p.gone {
		c.end(endCaller, "hung up while parked")
		return
	}
	p.ended = true
	c.bridge.Stop(media.Caller)
	c.bridge.Stop(media.Merchant)
	c.in.protection.rekey()
	c.flow(c.in, c.in.agreed)
	c.bridge.Connect(true)
	c.hold(sdp.SendRecv)
	if p.pending == nil {
		c.parked = nil
	}
}

// hotlineEvents and callerEvents are nil while there is nobody to hear.
func (c *call) hotlineEvents() <-chan sip.Event {
	if c.parked == nil || c.parked.hotline == nil || c.parked.hotline.leg == nil || c.parked.ended {
		return nil
	}
	return c.parked.hotline.leg.Events()
}

func (c *call) callerEvents() <-chan sip.Event {
	if c.parked != nil && c.parked.gone {
		return nil
	}
	return c.in.leg.Events()
}

// hotlineLimit fires when nobody took the hotline up.
func (c *call) hotlineLimit() <-chan time.Time {
	if c.parked == nil || c.parked.limit == nil || c.parked.answered || c.parked.ended {
		return nil
	}
	return c.parked.limit.C
}

func (c *call) holdAnswered() <-chan struct{} {
	if c.parked == nil || c.parked.pending == nil {
		return nil
	}
	return c.parked.pending.Done()
}
