package gateway

import (
	"context"
	"sync"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/media/webrtc"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// Browsers knows where a line's owner has the telephone open in a browser.
type Browsers interface {
	// Present reports whether a page is open that can answer for the line. It
	// must not block.
	Present(line string) bool
}

// BrowserState is what a call has to do with its owner's browser.
type BrowserState string

// The states.
const (
	BrowserNone    BrowserState = ""        // nothing
	BrowserRinging BrowserState = "ringing" // it may be answered there
	BrowserTaken   BrowserState = "taken"   // it was
)

// contactLeg is what a call does with whatever rings: the leg to a SIP phone,
// or the owner's browser, which tells of itself in the same events.
type contactLeg interface {
	Events() <-chan sip.Event
	Ack(sip.Body) error
	Cancel(...sipmsg.Header) error
	Bye(...sipmsg.Header) error
	Close()
}

// maxAnswers bounds the pages that answer one call at the same time.
const maxAnswers = 4

// browserLeg is the owner's browser as a phone of the call. The first page that
// answers and has a path has taken it.
type browserLeg struct {
	events chan sip.Event // capacity 4: it says no more than that; closed after Ended, when nothing of the leg is left
	quit   chan struct{}  // closed when it is over
	join   sync.WaitGroup // a watcher each session

	mu       sync.Mutex
	over     bool // guarded by mu, as all below
	sessions int
	taken    *webrtc.Session
}

// newBrowserLeg makes a leg that rings.
func newBrowserLeg() *browserLeg {
	b := &browserLeg{events: make(chan sip.Event, 4), quit: make(chan struct{})}
	b.events <- sip.Progressed{Status: 180}
	return b
}

// Events are those of a leg that was dialled (contactLeg).
func (b *browserLeg) Events() <-chan sip.Event { return b.events }

// Ack is nothing to a browser.
func (b *browserLeg) Ack(sip.Body) error { return nil }

// Cancel stops the ringing, as a phone answers to that: with 487.
func (b *browserLeg) Cancel(...sipmsg.Header) error {
	b.end(sip.Failed{Status: 487}, sip.Ended{By: sip.Local})
	return nil
}

// Bye hangs up.
func (b *browserLeg) Bye(...sipmsg.Header) error {
	b.end(sip.Ended{By: sip.Local})
	return nil
}

// Close ends the leg in whatever state it is.
func (b *browserLeg) Close() { b.end(sip.Ended{By: sip.Local}) }

// end tells the last events, once; it waits for nothing.
func (b *browserLeg) end(last ...sip.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return
	}
	b.over = true
	for _, e := range last {
		b.events <- e
	}
	close(b.quit)
	go func() { // joined by whoever reads the events to their end
		b.join.Wait()
		close(b.events)
	}()
}

// offer takes the session of a page that answers. False: it comes too late.
func (b *browserLeg) offer(s *webrtc.Session) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over || b.taken != nil || b.sessions >= maxAnswers {
		return false
	}
	b.sessions++
	b.join.Go(func() { b.watch(s) })
	return true
}

// watch follows one page: it takes the call when it has a path, and its going
// ends the call.
func (b *browserLeg) watch(s *webrtc.Session) {
	defer s.Close()
	select {
	case <-b.quit:
		return
	case <-s.Over(): // no path: it may try again
		b.mu.Lock()
		defer b.mu.Unlock()
		b.sessions--
		return
	case <-s.Connected():
	}
	if !b.take(s) {
		return
	}
	select {
	case <-b.quit:
	case <-s.Over():
		b.end(sip.Ended{By: sip.Remote})
	}
}

func (b *browserLeg) take(s *webrtc.Session) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over || b.taken != nil {
		return false
	}
	b.taken = s
	b.events <- sip.Answered{}
	return true
}

// session is the one that took the call, or nil.
func (b *browserLeg) session() *webrtc.Session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.taken
}

// own puts the browser's payload types into what was agreed in the caller's.
func (b *browserLeg) own(a sdp.Audio) sdp.Audio {
	s := b.session()
	c := s.Codec()
	a.Codecs = []sdp.Codec{{PT: c.PayloadType, Name: c.Name, Clock: c.ClockRate, Channels: c.Channels, FMTP: c.Params}}
	a.Events.PT = s.Events()
	if s.Events() == 0 {
		a.Events = sdp.Codec{}
	}
	a.CN = sdp.Codec{}
	return a
}

// ringBrowser adds the owner's browser to the phones that ring.
func (c *call) ringBrowser() {
	g := c.gw.cfg
	if !c.line.Browser || g.WebRTC == nil || g.Browsers == nil || !g.Browsers.Present(c.line.ID) {
		return
	}
	c.phones.list = append(c.phones.list, &phone{leg: newBrowserLeg(), route: route{uri: sipmsg.URI{Host: "browser"}}})
}

// browser is the leg of the owner's browser, or nil.
func (c *call) browser() *browserLeg {
	for _, ph := range c.phones.list {
		if b, ok := ph.leg.(*browserLeg); ok && ph.failed == 0 {
			return b
		}
	}
	return nil
}

// browserState is what those who watch are told.
func (c *call) browserState() BrowserState {
	switch {
	case c.merchant != nil && c.merchant.browser != nil:
		return BrowserTaken
	case c.state == stateRinging && c.browser() != nil:
		return BrowserRinging
	}
	return BrowserNone
}

// codecsForBrowser is what the browser may choose from: the caller's own, so
// that payloads pass untouched. Where the merchant has to hear us, or somebody
// is to listen, codecs that we cannot speak are left out if there is a choice.
func (c *call) codecsForBrowser() []media.Codec {
	offer := c.offer
	if len(c.do.Prompts) > 0 || c.wantsEar() {
		if spoken, err := offer.Restrict(speakable); err == nil {
			offer = spoken
		}
	}
	a, _ := offer.Audio()
	var out []media.Codec
	for _, codec := range a.Codecs {
		out = append(out, media.Codec{Name: codec.Name, ClockRate: codec.Clock, Channels: codec.Channels, PayloadType: codec.PT})
	}
	return out
}

// answerFor is what the browser says to an offer, in the offer's terms: its
// session stays as it is, and G.711 of either law can be made of its own.
func (c *call) answerFor(b *browserLeg, offer *sdp.Session) (*sdp.Session, error) {
	codec := b.session().Codec()
	prefer := []sdp.Codec{{Name: codec.Name, Clock: codec.ClockRate, Channels: codec.Channels}}
	if codec.IsG711() {
		prefer = append(prefer, sdp.PCMA, sdp.PCMU)
	}
	text, err := offer.AnswerFor(c.local(media.Merchant), prefer)
	if err != nil {
		return nil, err
	}
	return sdp.Parse(text)
}

// carryBrowser moves the merchant's side to the browser that took the call.
func (c *call) carryBrowser(b *browserLeg) (*sdp.Session, error) {
	b.session().Carry(c.bridge, media.Merchant)
	return c.answerFor(b, c.offer)
}

// renegotiateForBrowser answers the caller's new offer at once: the browser need
// not hear of it.
func (c *call) renegotiateForBrowser(x *exchange) {
	if x.offer == nil { // what was agreed is our offer; the answer comes in the ACK
		body, err := c.describe(x.to.said, x.from)
		if err != nil {
			c.respond(x.req, statusOf(err), sip.Body{})
			return
		}
		x.answer, x.acked = x.to.said, x.req.Acked()
		c.exchange = x
		c.respond(x.req, 200, body)
		return
	}
	answer, err := c.answerFor(x.to.browser, x.offer)
	var body sip.Body
	if err == nil {
		body, err = c.reply(answer, x.from, x.offer)
	}
	if err == nil {
		err = c.settle(x.from, x.to, x.offer, answer)
	}
	if err != nil {
		c.respond(x.req, statusOf(err), sip.Body{})
		return
	}
	x.from.said, x.to.said = x.offer, answer
	c.respond(x.req, 200, body)
	c.note("renegotiate", x.from.side.String()+" "+x.req.Method())
	c.warn() // what fell due during a hold
}

// AnswerInBrowser takes a ringing call in its owner's browser: offer is the
// browser's session description, answer ours. The call counts as answered when
// the browser has a path. ErrNoCall says that it rings there no more; other
// errors are those of webrtc.Endpoint.Open.
func (g *Gateway) AnswerInBrowser(ctx context.Context, callID, offer string) (answer string, err error) {
	var leg *browserLeg
	var codecs []media.Codec
	err = g.ask(ctx, callID, func(c *call) {
		if c.state == stateRinging {
			leg, codecs = c.browser(), c.codecsForBrowser()
		}
	})
	if err != nil || leg == nil {
		return "", orNoCall(err)
	}
	s, answer, err := g.cfg.WebRTC.Open(ctx, offer, codecs)
	if err != nil {
		return "", err
	}
	if !leg.offer(s) {
		s.Close()
		return "", ErrNoCall
	}
	return answer, nil
}

// RestartInBrowser gives a call that was taken in a browser a new path, after
// the browser's network has changed.
func (g *Gateway) RestartInBrowser(ctx context.Context, callID, offer string) (answer string, err error) {
	var s *webrtc.Session
	err = g.ask(ctx, callID, func(c *call) {
		if c.merchant != nil && c.merchant.browser != nil {
			s = c.merchant.browser.session()
		}
	})
	if err != nil || s == nil {
		return "", orNoCall(err)
	}
	return s.Restart(ctx, offer)
}

// LeaveInBrowser rejects a call that rings in its owner's browser (desk phones
// go on ringing), or hangs up one that was taken there.
func (g *Gateway) LeaveInBrowser(callID string) error {
	var leg *browserLeg
	err := g.ask(context.Background(), callID, func(c *call) {
		if leg = c.browser(); leg != nil && leg.session() == nil {
			leg.end(sip.Failed{Status: 486}, sip.Ended{By: sip.Remote})
		} else if leg != nil {
			leg.end(sip.Ended{By: sip.Remote})
		}
	})
	if err != nil || leg == nil {
		return orNoCall(err)
	}
	return nil
}

func orNoCall(err error) error {
	if err == nil {
		return ErrNoCall
	}
	return err
}

// ask runs a question in a call's goroutine and waits until it is answered.
func (g *Gateway) ask(ctx context.Context, id string, do func(*call)) error {
	g.mu.Lock()
	c := g.calls[id]
	g.mu.Unlock()
	if c == nil {
		return ErrNoCall
	}
	done := make(chan struct{})
	select {
	case c.commands <- func(c *call) { defer close(done); do(c) }:
	case <-c.gone:
		return ErrNoCall
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-c.gone:
		return ErrNoCall
	case <-ctx.Done():
		return ctx.Err()
	}
}
