package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ringward/media/sdp"
	"ringward/numbering"
	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Format is how a trunk wants numbers written.
type Format uint8

// The formats.
const (
	FormatAsCalled Format = iota // as they came
	FormatE164                   // +862155550100
	FormatDigits                 // 862155550100
	FormatNational               // 02155550100; 00 before the country code of others
	FormatPrefixed               // 00862155550100
)

var formatNames = [...]string{"as-called", "e164", "digits", "national", "00"}

// ParseFormat reads "as-called" (also ""), "e164", "digits", "national" or "00".
func ParseFormat(s string) (Format, bool) {
	if s == "" {
		return FormatAsCalled, true
	}
	for f, name := range formatNames {
		if s == name {
			return Format(f), true
		}
	}
	return FormatAsCalled, false
}

// String is the name used in configuration.
func (f Format) String() string { return formatNames[min(int(f), len(formatNames)-1)] }

// write is a number in the format. What is known inside a country only (95588)
// and what is no number stays as it came.
func (f Format) write(raw string, o numbering.Options) string {
	n := numbering.Parse(raw, o).Number
	if n.IsZero() || n.Short || f == FormatAsCalled {
		return raw
	}
	return f.number(n, o.Country)
}

// number writes a number of which no other form is known.
func (f Format) number(n numbering.Number, home string) string {
	switch {
	case n.Short:
		return n.Digits
	case f == FormatE164, f == FormatAsCalled:
		return "+" + n.Digits
	case f == FormatDigits:
		return n.Digits
	case f == FormatNational && n.Country == home:
		return national(n)
	}
	return "00" + n.Digits
}

// national is a number as it is dialled in its own country.
func national(n numbering.Number) string {
	p, err := phonenumbers.Parse("+"+n.Digits, "")
	if err != nil {
		return "00" + n.Digits
	}
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phonenumbers.Format(p, phonenumbers.NATIONAL))
}

// named returns the trunk of that name, nil if there is none.
func (ts trunks) named(name string) *trunkState {
	for _, t := range ts.list {
		if t.Name == name {
			return t
		}
	}
	return nil
}

var errNoTrunk = errors.New("no such trunk, or it takes no calls: it has no target")

// throughTrunk is the route of "NAME" or "NAME/NUMBER" through a trunk; without a
// number it is the called one.
func (g *Gateway) throughTrunk(ctx context.Context, text, called string) (route, error) {
	name, number, given := strings.Cut(text, "/")
	if !given {
		number = called
	}
	t := g.live().trunks.named(name)
	if t == nil {
		return route{}, fmt.Errorf("trunk %q: %w", name, errNoTrunk)
	}
	return g.onTrunk(ctx, t, t.Format.write(number, g.numberOptions(t)))
}

// onTrunk is the route to a user of the trunk's target.
func (g *Gateway) onTrunk(ctx context.Context, t *trunkState, user string) (route, error) {
	if t.Target == "" {
		return route{}, fmt.Errorf("trunk %q: %w", t.Name, errNoTrunk)
	}
	uri, err := sipmsg.ParseURI(t.Target)
	if err != nil {
		return route{}, fmt.Errorf("trunk %s: %w", t.Name, err)
	}
	uri.User = user
	places, err := g.cfg.Locator.Targets(ctx, uri)
	if err != nil {
		return route{}, fmt.Errorf("trunk %s: %w", t.Name, err)
	}
	return route{uri: uri, places: places[:min(len(places), maxPlaces)], nat: t.NAT, trunk: t}, nil
}

func (g *Gateway) numberOptions(t *trunkState) numbering.Options {
	return numbering.Options{Country: g.cfg.Country, Area: t.Area}
}

// advertise is our address as the callee sees it, zero for the usual one.
func (r route) advertise() netip.Addr {
	if r.trunk == nil {
		return netip.Addr{}
	}
	return r.trunk.Advertise
}

// takePlace counts a call against the limits of a trunk that it goes out through.
func (c *call) takePlace(t *trunkState) error {
	if t == nil {
		return nil
	}
	if slices.Contains(c.through, t) {
		return nil
	}
	if err := t.enter(c.gw.cfg.Now()); err != nil {
		return err
	}
	c.through = append(c.through, t)
	return nil
}

// invitationToTrunk is the INVITE of a call that goes out through a trunk.
func (c *call) invitationToTrunk(r route) (sip.DialOptions, error) {
	body, err := c.offerToTrunk(r.trunk)
	if err != nil {
		return sip.DialOptions{}, err
	}
	o := sip.DialOptions{To: sipmsg.NameAddr{URI: r.uri}, RequestURI: r.uri.String(), Target: r.places[0], MaxForwards: c.hopsLeft(), Body: body,
		Session: sip.SessionTimer{Expires: r.trunk.SessionTimer}}
	if c.outgoing {
		o.From, o.Headers = c.lineAsCaller(r.trunk)
		o.Headers = append(o.Headers, earlySupported(r.trunk)...)
		return o, nil
	}
	o.From, o.Headers = c.gw.shownAs(&c.assessment), c.headersForPhone()
	o.Headers = append(o.Headers, earlySupported(r.trunk)...)
	if !r.trunk.Trusted {
		o.Headers = without(o.Headers, "P-Asserted-Identity") // RFC 3325 §5
	}
	return o, nil
}

func without(hdr []sipmsg.Header, name string) []sipmsg.Header {
	var out []sipmsg.Header
	for _, h := range hdr {
		if h.Name != name {
			out = append(out, h)
		}
	}
	return out
}

// offerToTrunk is the phones' offer with the address that the trunk reaches us
// at, and its codecs first.
func (c *call) offerToTrunk(t *trunkState) (sip.Body, error) {
	if !t.Advertise.IsValid() && len(t.Codecs) == 0 {
		return c.offered()
	}
	said, err := sdp.Parse(c.phones.body.Data)
	if err != nil {
		return sip.Body{}, err
	}
	to := c.merchant
	before := to.advertise
	defer func() { to.advertise = before }()
	to.advertise = t.Advertise
	return c.describe(said.Prefer(t.Codecs), to)
}

// prove answers a trunk's challenge of our INVITE with our credentials there:
// once, to the trunk that we called, at its address, for its realm.
func (c *call) prove(ph *phone, challenge *sipmsg.Message) bool {
	t := ph.route.trunk
	leg, ok := ph.leg.(*sip.Leg)
	if !ok || t == nil || t.Credentials.User == "" || ph.proved || challenge == nil {
		return false
	}
	h, err := t.Credentials.Answer(leg.Invite(), challenge, ph.dialed.Target.Addr.Addr())
	if err != nil {
		c.log.Warn("trunk's challenge is not answered", "trunk", t.Name, "err", err)
		return false
	}
	next := &phone{route: ph.route, dialed: ph.dialed, proved: true, protection: ph.protection}
	next.dialed.Again = leg
	next.dialed.Headers = append(without(ph.dialed.Headers, h.Name), h)
	if err := c.invite(next); err != nil {
		c.log.Warn("trunk cannot be called again", "trunk", t.Name, "err", err)
		return false
	}
	return true
}

// calledOn is the number that a trunk calls us for. A carrier that we register at
// calls the Contact of our registration and says the number in To.
func calledOn(inv *sipmsg.Message, t *trunkState) (string, bool) {
	user, ok := calledUser(inv)
	if t.account == "" || user != t.account {
		return user, ok
	}
	if to, err := inv.To(); err == nil && to.URI.User != "" {
		return to.URI.User, true
	}
	return user, ok
}

// leavePlaces gives back every place that the call took among those running.
func (c *call) leavePlaces() {
	if c.trunk != nil {
		c.trunk.leave()
	}
	for _, t := range c.through {
		t.leave()
	}
	if c.spent {
		c.gw.spending.over(c.line.ID)
	}
}

// vouched reports whether a trunk's INVITE comes with what the trunk has to show
// besides its address: its certificate, its password. It answers one that does
// not.
func (c *call) vouched() bool {
	inv := c.in.leg.Invite()
	if t := c.trunk; t.Certificate != "" && !c.gw.shows(inv, t.Certificate) {
		c.gw.counters.rejected.Add(1)
		c.unkept = true
		c.reject(403, OutcomeFailed)
		return false
	}
	if c.trunk.Challenge == nil {
		return true
	}
	_, ok := c.authenticate(c.trunk.Challenge)
	return ok
}

// shows reports whether a request came over TLS from a peer whose certificate is
// for that name (RFC 5922 §7.1).
func (g *Gateway) shows(m *sipmsg.Message, name string) bool {
	cert, err := g.stack.PeerCertificate(m.ConnID)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(transport.CertificateNames(cert), func(s string) bool { return strings.EqualFold(s, name) })
}

// gateTrunk asks a trunk that has to show a password for it before anything is
// kept of its INVITE.
func (g *Gateway) gateTrunk(m *sipmsg.Message, t *trunkState) (answer *sipmsg.Message, admit bool) {
	if t.Certificate != "" && !g.shows(m, t.Certificate) {
		g.counters.rejected.Add(1)
		return refusal(m, 403), false
	}
	if t.Challenge == nil || m.Has("Authorization") && t.Mode != ModeRedirect {
		return nil, true
	}
	v := t.Challenge.Check(m)
	if v.Outcome == digest.Accepted {
		return nil, true
	}
	return v.Answer, false
}
