package gateway

import (
	"net/netip"
	"time"

	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
)

// Phones is how telephones register for lines and prove who calls out. All
// fields are needed.
type Phones struct {
	Registrar *registrar.Registrar // its lines are Line.ID
	Auth      *digest.Server       // of INVITEs; the Registrar's own
	Line      func(user string) (Line, bool)
}

// Registration is one telephone that is registered for a line.
type Registration struct {
	Line    string // Line.ID
	Contact string // its SIP URI
	Network string // udp, tcp, tls, ws or wss
	Address netip.AddrPort
	NAT     bool
	Agent   string // its User-Agent: a stranger's words
	Until   time.Time
}

// Registrations lists the telephones that are registered, by line.
func (g *Gateway) Registrations() []Registration {
	if g.cfg.Phones == nil {
		return nil
	}
	var out []Registration
	r := g.cfg.Phones.Registrar
	for _, line := range r.Lines() {
		for _, c := range r.Contacts(line) {
			out = append(out, Registration{Line: line, Contact: c.URI, Network: c.Target.Network, Address: c.Target.Addr,
				NAT: c.NAT, Agent: sipmsg.CleanText(c.Agent), Until: c.Until})
		}
	}
	return out
}

// knownPhone reports whether a telephone is registered from that address.
func (g *Gateway) knownPhone(a netip.Addr) bool {
	return g.cfg.Phones != nil && g.cfg.Phones.Registrar.Known(a)
}

// gatePhones deals with what telephones send before anything is kept of it. A
// request without credentials costs one answer and no memory. ours is false for
// requests that are none of telephones.
func (g *Gateway) gatePhones(m *sipmsg.Message, trunk bool) (answer *sipmsg.Message, admit, ours bool) {
	p := g.cfg.Phones
	switch {
	case p == nil:
		return nil, false, false
	case m.Method == "REGISTER":
		if m.Has("Authorization") {
			return nil, true, true
		}
		return p.Registrar.Handle(m), false, true
	case trunk || !p.Registrar.Known(m.Source.Addr()):
		return nil, false, false
	case m.Method == "INVITE" && !m.Has("Authorization"):
		return g.challenge(m), false, true
	}
	return nil, true, true
}

// challenge asks a telephone that calls out who it is.
func (g *Gateway) challenge(m *sipmsg.Message) *sipmsg.Message {
	v := g.cfg.Phones.Auth.Check(m)
	if v.Outcome == digest.Accepted {
		return refusal(m, 403) // never: there are no credentials
	}
	return v.Answer
}
