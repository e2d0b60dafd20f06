package gateway

import (
	"errors"
	"net/netip"
	"strings"

	"ringward/numbering"
	"ringward/screening"
	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/sipmsg"
)

// Outbound is where the registered phones of a line may call. The zero value
// lets them call nowhere.
type Outbound struct {
	Trunk         string   // that takes the calls
	Caller        string   // the line's number as the trunk's callees see it
	Allow         []string // first digits of what may be called: +86, 95
	International bool     // numbers abroad too, where Allow has them
	Premium       bool     // premium rate and satellite numbers too
	MaxCalls      int      // running at once; 0 is 2
	PerMinute     int      // 0 is 10
	PerDay        int      // 0 is 200
}

// The limits of a line that says nothing else.
const (
	outgoingCalls     = 2
	outgoingPerMinute = 10
	outgoingPerDay    = 200
)

// Why a call out is refused; the caller learns no more than the status.
var (
	errNotLine     = errors.New("the line in From is not the one that the phone proved to be")
	errNoOutbound  = errors.New("the line may not call out")
	errDestination = errors.New("the number is not among those that the line may call")
	errAbroad      = errors.New("the line may not call abroad")
	errPremium     = errors.New("the line may not call premium rate numbers")
	errNoNumber    = errors.New("no number that can be called")
	errSpent       = errors.New("the line has called too often")
)

// emergency numbers may be called by every line that may call out at all.
var emergency = map[string][]string{"CN": {"110", "119", "120", "122"}}

// permits says whether a line may call a number; country is the home country.
func (o Outbound) permits(p numbering.Parsed, country string) error {
	n := p.Number
	if o.Trunk == "" {
		return errNoOutbound
	}
	for _, e := range emergency[country] {
		if n.Short && n.Country == country && n.Digits == e {
			return nil
		}
	}
	switch p.Class {
	case numbering.Anonymous, numbering.Malformed, numbering.Impossible, numbering.Unassigned, numbering.SMSPort, numbering.IoT:
		return errNoNumber
	case numbering.Premium, numbering.Satellite:
		if !o.Premium {
			return errPremium
		}
	case numbering.International:
		if !o.International {
			return errAbroad
		}
		if costly(p) && !o.Premium {
			return errPremium
		}
	}
	full := n.Digits
	if !n.Short {
		full = "+" + n.Digits
	}
	for _, prefix := range o.Allow {
		if prefix != "" && strings.HasPrefix(full, prefix) {
			return nil
		}
	}
	return errDestination
}

// costly reports a number abroad that pays its owner, or that no country has:
// satellite phones and the like (+870, +881, +882, +979).
func costly(p numbering.Parsed) bool {
	switch p.ForeignClass {
	case numbering.Premium, numbering.Satellite, numbering.SharedCost:
		return true
	case numbering.TollFree:
		return false
	}
	return p.Number.Country == "001"
}

// callOut takes a call of a registered phone: who it is must be proved, what it
// calls allowed. It answers the phone itself when it does not go on.
func (c *call) callOut() bool {
	c.outgoing, c.trunk = true, &trunkState{Trunk: Trunk{Name: "registered phone"}, load: &trunkLoad{calls: 1}}
	c.in.leg.Pin()
	user, ok := c.authenticate(c.gw.cfg.Phones.Auth)
	if !ok {
		return false
	}
	c.gw.counters.calls.Add(1)
	line, ok := c.gw.cfg.Phones.Line(user)
	if !ok {
		c.deny(errNoOutbound)
		return false
	}
	line.Listen, line.TellCaller = ListenNever, false // nobody but the caller's own side agreed to it
	c.line, c.rec.Line = line, line.ID
	c.in.protection = newProtection(line.SRTP, c.in.leg.Invite().Transport, line.SRTPClearKeys)
	c.log = c.log.With("line", line.ID)
	inv := c.in.leg.Invite()
	c.called, _ = calledUser(inv)
	c.rec.Called, c.rec.CallerRaw = sipmsg.CleanText(c.called), sipmsg.CleanText(user)
	c.rec.Caller = numbering.Parse(line.Outbound.Caller, numbering.Options{Country: c.gw.cfg.Country}).Number.String()
	c.rec.Trunk, c.rec.Screened, c.rec.Action = line.Outbound.Trunk, true, screening.Pass
	c.case_ = screening.NewCase(nil, line.Policy, screening.Limits{})
	c.note("outgoing", user)
	if err := c.mayCall(inv, user); err != nil {
		c.deny(err)
		return false
	}
	c.in.leg.Time(sip.SessionTimer{Expires: line.Manners.SessionTimer})
	c.in.nat = line.NAT || behindNAT(inv)
	if err := c.gw.enter(c); err != nil {
		c.overloaded(err)
		return false
	}
	return true
}

// authenticate asks the peer of the INVITE for credentials, and for better ones;
// it answers what carries none that will do.
func (c *call) authenticate(by *digest.Server) (user string, ok bool) {
	v := by.Check(c.in.leg.Invite())
	if v.Outcome == digest.Accepted {
		return v.User, true
	}
	c.unkept = true // a guess is no call
	status := 403
	var hdr []sipmsg.Header
	if v.Answer != nil {
		status = v.Answer.Status
		for _, value := range v.Answer.Values("WWW-Authenticate") {
			hdr = append(hdr, sipmsg.Header{Name: "WWW-Authenticate", Value: value})
		}
	}
	c.reject(status, OutcomeFailed, hdr...)
	return "", false
}

// mayCall holds a call out against the line's rights and limits.
func (c *call) mayCall(inv *sipmsg.Message, user string) error {
	from, err := inv.From()
	if err != nil || !c.speaksFor(from, user) {
		return errNotLine
	}
	o := c.line.Outbound
	opts := numbering.Options{Country: c.gw.cfg.Country}
	t := c.gw.live().trunks.named(o.Trunk)
	if t != nil {
		opts.Area = t.Area
	}
	p := numbering.Parse(c.called, opts)
	if err := o.permits(p, c.gw.cfg.Country); err != nil {
		return err
	}
	c.rec.Called, c.destination = p.Number.String(), p.Number
	if err := c.gw.spending.spend(c.line.ID, o, c.start); err != nil {
		return err
	}
	c.spent = true
	if p.Class == numbering.International && c.gw.spending.firstAbroad(c.line.ID) {
		c.log.Warn("the line calls abroad for the first time", "called", c.rec.Called)
	}
	return nil
}

// speaksFor reports whether From names the phone's user or its line's number, or
// nobody.
func (c *call) speaksFor(from sipmsg.NameAddr, user string) bool {
	said := sipmsg.Unescape(from.URI.User)
	if said == user || strings.EqualFold(said, "anonymous") {
		return true
	}
	n := numbering.Parse(said, numbering.Options{Country: c.gw.cfg.Country}).Number
	return !n.IsZero() && (n.String() == c.line.Number || n.String() == c.rec.Caller)
}

// deny refuses a call out. It is kept like any call, and the first of an hour is
// an alarm.
func (c *call) deny(why error) {
	c.gw.counters.denied.Add(1)
	c.note("denied", why.Error())
	if alarm, more := c.gw.spending.alarm(c.line.ID, c.start); alarm {
		c.log.Warn("call out refused: is the line's password known to others?", "called", c.rec.Called, "from", c.in.leg.Remote().String(), "why", why, "refused_before", more)
	}
	if errors.Is(why, errSpent) {
		c.reject(503, OutcomeBlocked, sipmsg.Header{Name: "Retry-After", Value: "60"})
		return
	}
	c.reject(403, OutcomeBlocked)
}

// lineAsCaller is the line as the callee of a call out sees it (RFC 3323, RFC
// 3325): hidden where the phone asks for that, asserted on trusted trunks only.
func (c *call) lineAsCaller(t *trunkState) (sipmsg.NameAddr, []sipmsg.Header) {
	number := t.Format.write(c.line.Outbound.Caller, c.gw.numberOptions(t))
	uri := sipmsg.URI{Scheme: "sip", User: number, Host: c.gw.host()}
	if t.domain != "" {
		uri.Host = t.domain
	}
	shown, hdr := sipmsg.NameAddr{URI: uri}, []sipmsg.Header(nil)
	if t.Trusted {
		hdr = append(hdr, sipmsg.Header{Name: "P-Asserted-Identity", Value: shown.String()})
	}
	inv := c.in.leg.Invite()
	from, err := inv.From()
	if privacyOf(inv).identity || err == nil && strings.EqualFold(from.URI.User, "anonymous") {
		shown = sipmsg.NameAddr{Display: "Anonymous", URI: sipmsg.URI{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}}
		hdr = append(hdr, sipmsg.Header{Name: "Privacy", Value: "id"})
	}
	return shown, hdr
}

// behindNAT reports whether a request names another address in Contact than it
// was sent from: its sender is behind a NAT.
func behindNAT(m *sipmsg.Message) bool {
	contacts, err := m.Contacts()
	if err != nil || len(contacts) == 0 {
		return false
	}
	a, err := netip.ParseAddr(contacts[0].URI.Host)
	return err != nil || a.Unmap() != m.Source.Addr().Unmap()
}

// wayOut is the route of a call out. What the trunk gets is the number that was
// permitted, written anew: never the phone's own text.
func (c *call) wayOut() []route {
	t := c.gw.live().trunks.named(c.line.Outbound.Trunk)
	if t == nil {
		c.log.Warn("no such trunk to call out through", "trunk", c.line.Outbound.Trunk)
		return nil
	}
	r, err := c.gw.onTrunk(c.ctx, t, t.Format.number(c.destination, c.gw.cfg.Country))
	if err != nil {
		c.log.Warn("trunk cannot be reached", "err", err)
		return nil
	}
	return []route{r}
}
