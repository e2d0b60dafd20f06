package gateway

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ringward/sip"
	"ringward/sip/sipmsg"
)

// A phone may answer 3xx: "I am over there". It is followed by the gateway, never
// handed to the caller's side, and only to where the line may be reached anyway.

const (
	maxRedirects     = 5 // phones rung for 3xx in one call
	maxRedirectDepth = 3 // one sends to the next
)

// redirection is what a phone that rings because of a 3xx keeps of it.
type redirection struct {
	depth int
	rest  []sipmsg.NameAddr // of the same answer, best first, should this one fail
	hdr   []sipmsg.Header   // Diversion and History-Info
}

// redirected follows a 3xx, or the next Contact of one before; false: there is
// nowhere to go.
func (c *call) redirected(ph *phone, ev sip.Failed) bool {
	if c.outgoing || c.line.Manners.Redirects == TransferRefuse || c.state != stateRinging {
		return false
	}
	if d := ph.redirect; d != nil && (ev.Status < 300 || ev.Status > 399) {
		return c.follow(ph, *d)
	}
	if ev.Status < 300 || ev.Status > 302 || ev.Message == nil {
		return false
	}
	d := redirection{depth: 1, rest: byPreference(ev.Message)}
	if ph.redirect != nil {
		d.depth = ph.redirect.depth + 1
	}
	d.hdr = c.diverted(ph, ev.Status)
	if d.depth > maxRedirectDepth {
		c.note("redirect-refused", "too deep")
		return false
	}
	return c.follow(ph, d)
}

// byPreference are the Contacts of a response, highest q first (RFC 3261 §20.10).
func byPreference(m *sipmsg.Message) []sipmsg.NameAddr {
	list, err := m.Contacts()
	if err != nil {
		return nil
	}
	q := func(a sipmsg.NameAddr) float64 {
		text, ok := a.Params.Get("q")
		if v, err := strconv.ParseFloat(text, 64); ok && err == nil && v >= 0 && v <= 1 {
			return v
		}
		return 1
	}
	list = slices.Clone(list[:min(len(list), maxRedirects)])
	slices.SortStableFunc(list, func(a, b sipmsg.NameAddr) int { return cmp.Compare(q(b), q(a)) })
	return list
}

// follow rings the best place of a redirection that may be rung.
func (c *call) follow(ph *phone, d redirection) bool {
	for len(d.rest) > 0 {
		to := d.rest[0]
		d.rest = d.rest[1:]
		name := strings.ToLower(sipmsg.Unescape(to.URI.User) + "@" + to.URI.Host + ":" + strconv.Itoa(int(to.URI.Port)))
		switch {
		case c.redirects == nil:
			c.redirects = map[string]bool{}
		case c.redirects[name]:
			c.note("redirect-refused", "loop")
			continue
		case len(c.redirects) >= maxRedirects:
			c.note("redirect-refused", "too many")
			return false
		}
		c.redirects[name] = true
		if c.ringRedirected(ph, to, d) {
			return true
		}
	}
	return false
}

func (c *call) ringRedirected(from *phone, to sipmsg.NameAddr, d redirection) bool {
	routes, err := c.redirectRoutes(to)
	if err != nil {
		c.note("redirect-refused", err.Error())
		c.log.Info("redirection not followed", "to", sipmsg.CleanText(to.URI.User), "host", sipmsg.CleanText(to.URI.Host), "why", err)
		return false
	}
	n := len(c.phones.list)
	last := sipmsg.Header{Name: "History-Info", Value: "<" + to.URI.String() + ">;index=1" + strings.Repeat(".1", d.depth) + ";mp=1"}
	c.forwarding = append(slices.Clip(d.hdr), last)
	for _, r := range routes {
		if err := c.try(r); err != nil {
			c.log.Info("redirection cannot be reached", "callee", r.uri.Host, "err", err)
		}
	}
	c.forwarding = nil
	for _, ph := range c.phones.list[n:] {
		ph.redirect = &d
	}
	if len(c.phones.list) == n {
		return false
	}
	c.note("redirect", sipmsg.CleanText(sipmsg.Unescape(to.URI.User)))
	return true
}

// redirectRoutes are the places behind a Contact: at a host of the line's own
// targets as they stand, else what a transfer might reach.
func (c *call) redirectRoutes(to sipmsg.NameAddr) ([]route, error) {
	if to.URI.Scheme == "sip" && c.ownHost(to.URI) {
		to.URI.Headers = ""
		r, err := c.gw.reach(c.ctx, to.URI.String(), "")
		if err != nil {
			return nil, errNoPlace
		}
		return []route{r}, nil
	}
	return c.routesTo(to, c.line.Manners.Redirects)
}

// ownHost reports whether a URI is at the host and port of one of the line's
// targets.
func (c *call) ownHost(u sipmsg.URI) bool {
	return slices.ContainsFunc(c.line.Targets, func(text string) bool {
		own, err := sipmsg.ParseURI(strings.ReplaceAll(text, "{user}", c.called))
		return err == nil && own.Scheme == "sip" && strings.EqualFold(own.Host, u.Host) && portOf(own) == portOf(u)
	})
}

func portOf(u sipmsg.URI) uint16 {
	if u.Port == 0 {
		return 5060
	}
	return u.Port
}

// diverted tells the next phone where the call was before: Diversion (RFC 5806)
// and History-Info (RFC 7044), the latest first and last.
func (c *call) diverted(ph *phone, status int) []sipmsg.Header {
	line := sipmsg.URI{Scheme: "sip", User: c.called, Host: c.gw.host()}
	reason := "?Reason=" + url.QueryEscape("SIP;cause="+strconv.Itoa(status))
	index, before := "1", []sipmsg.Header(nil)
	if d := ph.redirect; d != nil {
		index += strings.Repeat(".1", d.depth)
		line, before = ph.route.uri, d.hdr
	}
	hdr := []sipmsg.Header{{Name: "Diversion", Value: "<" + line.String() + ">;reason=deflection;counter=1"}}
	hdr = append(hdr, before...)
	return append(hdr, sipmsg.Header{Name: "History-Info", Value: "<" + line.String() + reason + ">;index=" + index})
}
