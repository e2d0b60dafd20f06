package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// route is one callee: whom to call, and the places to try it at.
type route struct {
	uri    sipmsg.URI         // Request-URI
	places []transport.Target // best first; the next is tried when one fails (RFC 3263 §4.3)
	path   []string           // Route of a registered contact (RFC 3327)
	line   string             // whose registered contact it is, "" for others
	pin    bool               // later requests go where the first went
	nat    bool               // its RTP port is learnt from its signalling address
	trunk  *trunkState        // it is called through a trunk; nil: a phone or PBX of the line
}

// maxPlaces bounds the places that one callee is tried at in one call.
const maxPlaces = 8

// trunkScheme marks a target that is called through a trunk: "trunk:NAME" or
// "trunk:NAME/NUMBER".
const trunkScheme = "trunk:"

// reach finds where a line's target is: DNS is asked in the call's goroutine,
// two seconds at most (sip/locate).
func (g *Gateway) reach(ctx context.Context, text, user string) (route, error) {
	text = strings.ReplaceAll(text, "{user}", user)
	if name, ok := strings.CutPrefix(text, trunkScheme); ok {
		return g.throughTrunk(ctx, name, user)
	}
	uri, err := sipmsg.ParseURI(text)
	if err != nil {
		return route{}, fmt.Errorf("target %q: %w", text, err)
	}
	places, err := g.cfg.Locator.Targets(ctx, uri)
	if err != nil {
		return route{}, fmt.Errorf("target %q: %w", text, err)
	}
	return route{uri: uri, places: places[:min(len(places), maxPlaces)]}, nil
}

// routes are all places where the line can be reached: its registered phones
// first, then its fixed targets. Of a call out it is the trunk.
func (c *call) routes() []route {
	if c.outgoing {
		return c.wayOut()
	}
	list := c.gw.registered(c.line.ID)
	for _, text := range c.line.Targets {
		r, err := c.gw.reach(c.ctx, text, c.called)
		if err != nil {
			c.log.Warn("phone cannot be reached", "target", text, "err", err)
			continue
		}
		list = append(list, r)
	}
	return list
}

// nobodyToRing answers a call that no phone could be rung for. A line that calls
// out hears that its trunk does not take the call now.
func (c *call) nobodyToRing() {
	if c.outgoing {
		c.reject(503, OutcomeFailed, sipmsg.Header{Name: "Retry-After", Value: "5"})
		return
	}
	c.reject(480, OutcomeFailed)
}

// try calls a route at the first place that takes the INVITE.
func (c *call) try(r route) error {
	err := errors.New("no place to call it at")
	for len(r.places) > 0 {
		if err = c.dial(r); err == nil {
			return nil
		}
		if !errors.Is(err, errKeysInClear) { // our own choice, no fault of the place
			c.placeFailed(r)
		}
		r.places = r.places[1:]
	}
	return err
}

// placeFailed remembers that the first place of a route does not answer.
func (c *call) placeFailed(r route) {
	if r.line != "" {
		c.gw.cfg.Phones.Registrar.Failed(r.line, r.places[0])
		return
	}
	c.gw.cfg.Locator.Failed(r.places[0])
}

// placeAnswered remembers that it does.
func (c *call) placeAnswered(r route) {
	if r.line == "" && len(r.places) > 0 {
		c.gw.cfg.Locator.Answered(r.places[0], 200, 0)
	}
}

// again tries a phone that failed once more, where that may help: with our
// credentials after a challenge, at the next place after 503, a time-out or a
// transport error (RFC 3263 §4.3), over the next flow after 430 (RFC 5626
// §5.3). It reports whether another attempt is under way.
func (c *call) again(ph *phone, ev sip.Failed) bool {
	switch {
	case len(ph.route.places) == 0:
		return false // a browser
	case ev.Status == 401 || ev.Status == 407:
		return c.prove(ph, ev.Message)
	case ev.Message == nil || ev.Status == 430 && ph.route.line != "":
		c.placeFailed(ph.route)
	case ev.Status == 503:
		c.gw.cfg.Locator.Answered(ph.route.places[0], 503, ev.Message.RetryAfter())
	default:
		c.gw.cfg.Locator.Answered(ph.route.places[0], ev.Status, 0)
		return false
	}
	return c.elsewhere(ph)
}

// elsewhere calls the next place of a phone's route.
func (c *call) elsewhere(ph *phone) bool {
	r := ph.route
	r.places = r.places[1:]
	if c.state != stateRinging || len(r.places) == 0 {
		return false
	}
	if err := c.try(r); err != nil {
		c.log.Info("no other place answers", "callee", r.uri.Host, "err", err)
		return false
	}
	c.note("failover", r.uri.Host)
	return true
}

// watchSilence goes on to the next place when the first answers nothing.
func (c *call) watchSilence(ph *phone) {
	if len(ph.route.places) < 2 {
		return
	}
	ph.silent = time.AfterFunc(c.gw.cfg.SilentPlace, func() {
		select {
		case c.commands <- func(c *call) { c.silentPhone(ph) }:
		case <-c.gone:
		}
	})
}

// silentPhone gives up a place that answers nothing at all.
func (c *call) silentPhone(ph *phone) {
	leg, ok := ph.leg.(*sip.Leg)
	if c.state != stateRinging || ph.failed != 0 || ph.ended || !ok || leg.Reached() {
		return
	}
	c.placeFailed(ph.route)
	if c.elsewhere(ph) {
		ph.failed = 408
		_ = leg.Cancel() // sent when it answers after all (RFC 3261 §9.1)
	}
}

// registered are the routes to the phones that registered for a line.
func (g *Gateway) registered(line string) []route {
	if g.cfg.Phones == nil {
		return nil
	}
	var list []route
	for _, c := range g.cfg.Phones.Registrar.Contacts(line) {
		uri, err := sipmsg.ParseURI(c.URI)
		if err != nil {
			continue // it was read before: never
		}
		places := append([]transport.Target{c.Target}, c.Others...)
		list = append(list, route{uri: uri, places: slices.Clip(places), path: c.Path, line: line, pin: c.Pin, nat: c.NAT})
	}
	return list
}
