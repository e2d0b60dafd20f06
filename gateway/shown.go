package gateway

import (
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// hopsLeft keeps loops through other elements finite (RFC 3261 §16.6). The
// stack has refused 0 with 483; what comes with 1 may go to a phone, no further.
func (c *call) hopsLeft() int {
	n, ok, err := c.in.leg.Invite().MaxForwards()
	switch {
	case err != nil || !ok:
		return 69
	case n <= 1:
		return sip.NoHops
	}
	return n - 1
}

// shownAs is the caller as the phone shows him: the number as it came, the name
// behind our label. The number is never rewritten.
func (g *Gateway) shownAs(a *assessment) sipmsg.NameAddr {
	uri := sipmsg.URI{Scheme: "sip", User: a.caller.user, Host: g.host()}
	name := stripMarks(a.caller.name)
	if a.caller.hidden {
		uri.User, uri.Host, name = "anonymous", "anonymous.invalid", ""
	} else if a.caller.number.Class == numbering.Anonymous || uri.User == "" {
		uri.User = "anonymous"
	}
	if a.do.Label != "" {
		name = labelled(g.cfg.Voice.Label(a.do.Label, a.line.Language, a.line.ASCIILabels), name)
	}
	if a.line.ASCIILabels {
		name = ascii(name)
	}
	if v := verstatFor(a.caller.verified); v != "" && !a.caller.hidden {
		uri.Params.Set("verstat", v)
	}
	return sipmsg.NameAddr{Display: name, URI: uri}
}

// host is our name in SIP URIs that phones see.
func (g *Gateway) host() string {
	if g.cfg.Host != "" {
		return g.cfg.Host
	}
	for _, a := range g.own {
		return a.Addr().String()
	}
	return "localhost"
}

// headersForPhone are the headers of the INVITE to the phone: ours, and from
// trusted trunks those that tell the phone more (an allow-list).
func (c *call) headersForPhone() []sipmsg.Header {
	hdr := []sipmsg.Header{{Name: VerdictHeader, Value: c.verdictHeader(c.rec.ID)}}
	if c.line.VerdictUUI {
		hdr = append(hdr, verdictForPBX(c.verdictHeader(c.rec.ID)))
	}
	if knows608(c.in.leg.Invite()) {
		hdr = append(hdr, sipmsg.Header{Name: "Feature-Caps", Value: "*;+sip.608"}) // we pass a phone's 608 on as it is
	}
	if alert := alertFor(c.do.Action, c.verd.Level); alert != "" {
		hdr = append(hdr, sipmsg.Header{Name: "Alert-Info", Value: alert})
	}
	if c.trunk.Trusted {
		inv := c.in.leg.Invite()
		names := passedFromTrusted
		if c.caller.hidden {
			names = passedOfHidden
		}
		for _, name := range names {
			for _, v := range valuesOf(inv, name) {
				if !c.caller.privacy.withheld(name, v) {
					hdr = append(hdr, sipmsg.Header{Name: name, Value: v})
				}
			}
		}
	}
	if c.caller.asserted && !c.caller.hidden {
		pai := c.gw.shownAs(&c.assessment)
		hdr = append(hdr, sipmsg.Header{Name: "P-Asserted-Identity", Value: pai.String()})
	}
	return append(c.forwarding[:len(c.forwarding):len(c.forwarding)], hdr...)
}

// valuesOf are a header's values: entry by entry for those that are looked into,
// line by line for the others, of which some have commas of their own (Date).
func valuesOf(inv *sipmsg.Message, name string) []string {
	if name == "History-Info" || name == userToUser {
		return inv.List(name)
	}
	return inv.Values(name)
}

// passedFromTrusted may cross from a trusted trunk to the phone.
var passedFromTrusted = []string{"Diversion", "History-Info", "User-to-User", "Identity", "Date", "Subject", "Call-Info", "Attestation-Info", "Origination-Id"}

// passedOfHidden is what of it may cross when the caller hides who he is (RFC
// 3323 §4.1): Identity carries his number in its token, Call-Info his picture,
// History-Info and Subject whatever was written there.
var passedOfHidden = []string{"Diversion", "User-to-User", "Date"}

// VerdictHeader carries the verdict to PBXs and contact centres.
const VerdictHeader = "X-Ringward-Verdict"

// verdictHeader is "v=1;level=warning;class=irregular;rule=caller.imitation;screened=yes;id=...".
func (a *assessment) verdictHeader(id string) string {
	rule, screened := "none", "yes"
	if len(a.verd.Reasons) > 0 {
		rule = a.verd.Reasons[0].Rule
	}
	if !a.screened {
		screened = "no"
	}
	return "v=1;level=" + a.verd.Level.String() + ";class=" + a.verd.Caller.String() + ";rule=" + rule + ";screened=" + screened + ";id=" + id
}

// alertFor is the distinctive ring (RFC 7462) of a labelled call.
func alertFor(a screening.Action, l screening.Level) string {
	if a != screening.Label && a != screening.Announce {
		return ""
	}
	if l >= screening.LevelWarning {
		return "<urn:alert:priority:high>;info=alert-warning"
	}
	return "<urn:alert:source:external>;info=alert-notice"
}
