package gateway

import (
	"strings"

	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/stir"
)

// Mode is how a trunk uses the gateway.
type Mode uint8

// The modes.
const (
	ModeAnchor   Mode = iota // calls go through us, media too
	ModeRedirect             // an INVITE is answered at once with the verdict; no call state, no media
)

// Redirect says how verdicts are answered on a trunk in ModeRedirect. The zero
// value answers 302 to whatever is not blocked.
type Redirect struct {
	Clean   int    // status for a call that nothing is done about: 302 (also 0), 404 or 503
	Contact string // host[:port] of the Contact in a 302; "" is the Request-URI's own
}

// Gate looks at a request before anything is kept of it (sip.Gatekeeper): it
// refuses strangers and answers for trunks in ModeRedirect. Nothing is repeated
// and no more octets go out than came in, so that nobody can use us to flood
// others.
func (g *Gateway) Gate(m *sipmsg.Message) (answer *sipmsg.Message, admit bool) {
	t := g.live().trunks.of(m.Source.Addr())
	if answer, admit, ours := g.gatePhones(m, t != nil); ours {
		return answer, admit
	}
	switch {
	case t == nil && g.phones.has(m.Source.Addr()):
		return nil, true
	case t == nil:
		g.counters.rejected.Add(1)
		return refusal(m, 403), false
	case m.Method != "INVITE":
		return nil, true
	}
	if answer, admit := g.gateTrunk(m, t); !admit {
		return answer, false
	}
	if t.Mode == ModeRedirect {
		return g.redirect(m, t), false
	}
	if answer := g.overload(m); answer != nil {
		return answer, false
	}
	return nil, true
}

// refusal is the shortest answer: what RFC 3261 §8.2.6.2 asks for and no more.
// Its To tag is the transaction layer's, which knows it again in the ACK.
func refusal(m *sipmsg.Message, status int) *sipmsg.Message {
	return sipmsg.NewResponse(m, status, "")
}

// redirect answers an INVITE with its verdict.
func (g *Gateway) redirect(m *sipmsg.Message, t *trunkState) *sipmsg.Message {
	g.counters.calls.Add(1)
	a := assessment{trunk: t}
	if !g.identify(&a, m) {
		return refusal(m, 404)
	}
	reasons, refused := g.identityAtGate(&a, m)
	var r *sipmsg.Message
	if refused != stir.OK {
		r = sipmsg.NewResponse(m, int(refused), refused.Phrase())
	} else {
		r = g.verdictAnswer(&a, m)
	}
	for _, h := range reasons {
		r.Add(h.Name, h.Value)
	}
	return r
}

// verdictAnswer is the answer that the verdict asks for.
func (g *Gateway) verdictAnswer(a *assessment, m *sipmsg.Message) *sipmsg.Message {
	t := a.trunk
	g.judge(a, g.cfg.Now())
	id := newID()
	if a.do.Action == screening.Block {
		g.counters.blocked.Add(1)
		r := sipmsg.NewResponse(m, a.do.Response.Code(), a.do.Response.Phrase())
		for _, h := range g.live().Redress.headers(a.do.Response, id) {
			r.Add(h.Name, h.Value)
		}
		r.Add(VerdictHeader, a.verdictHeader(id))
		return r
	}
	if a.do.Action == screening.Pass && t.Redirect.Clean != 0 && t.Redirect.Clean != 302 {
		r := refusal(m, t.Redirect.Clean)
		r.Add(VerdictHeader, a.verdictHeader(id))
		return r
	}
	r := sipmsg.NewResponse(m, 302, "")
	r.Add("Contact", a.contact(m, t.Redirect.Contact))
	if a.do.Label != "" {
		shown := g.shownAs(a)
		r.Add("P-Asserted-Identity", shown.String())
	}
	r.Add(VerdictHeader, a.verdictHeader(id))
	return r
}

// contact points the call back to the number that was called.
func (a *assessment) contact(m *sipmsg.Message, host string) string {
	uri := m.RequestURI
	if host != "" {
		uri = "sip:" + a.called + "@" + host
	} else if i := strings.IndexAny(uri, ";?"); i >= 0 {
		uri = uri[:i]
	}
	return "<" + uri + ">"
}

// ParseMode reads "anchor" (also "") or "redirect".
func ParseMode(s string) (Mode, bool) {
	switch s {
	case "", "anchor":
		return ModeAnchor, true
	case "redirect":
		return ModeRedirect, true
	}
	return ModeAnchor, false
}

// String is the name used in configuration.
func (m Mode) String() string {
	if m == ModeRedirect {
		return "redirect"
	}
	return "anchor"
}
