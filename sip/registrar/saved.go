package registrar

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Saved is a contact as it outlives the process. It holds no secret.
type Saved struct {
	Line     string         `json:"line"`
	User     string         `json:"user"`
	Contact  string         `json:"contact"` // its URI
	Q        float64        `json:"q"`
	Until    time.Time      `json:"until"`
	CallID   string         `json:"call_id"`
	CSeq     uint32         `json:"cseq"`
	Instance string         `json:"instance,omitempty"`
	RegID    uint32         `json:"reg_id,omitempty"`
	Agent    string         `json:"agent,omitempty"`
	Network  string         `json:"network"`
	Source   netip.AddrPort `json:"source"`
	Target   netip.AddrPort `json:"target"`
	Local    netip.AddrPort `json:"local"`
	Pin      bool           `json:"pin,omitempty"`
	NAT      bool           `json:"nat,omitempty"`
	Path     []string       `json:"path,omitempty"`
}

// Save returns the contacts that can still be called after a restart: those that
// are no connection of this process.
func (r *Registrar) Save() []Saved {
	now := r.cfg.Now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []Saved
	for _, list := range r.lines {
		for _, b := range list {
			if b.target.Flow || b.target.Network != "udp" && b.target.Network != "tcp" || !b.until.After(now) {
				continue
			}
			out = append(out, Saved{
				Line: b.line, User: b.user, Contact: b.uri.String(), Q: b.q, Until: b.until, CallID: b.callID, CSeq: b.cseq,
				Instance: b.instance, RegID: b.regID, Agent: b.agent, Network: b.target.Network,
				Source: b.source, Target: b.target.Addr, Local: b.target.Local, Pin: b.pin, NAT: b.nat, Path: b.path,
			})
		}
	}
	slices.SortFunc(out, func(a, b Saved) int { return strings.Compare(a.Line+" "+a.Contact, b.Line+" "+b.Contact) })
	return out
}

// Restore takes contacts of an earlier process in, before the first request.
// may says who may still register for which line. What has expired, or could not have been
// saved, is left out; it returns how many are in.
func (r *Registrar) Restore(list []Saved, may func(user, line string) bool) int {
	now := r.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, s := range list {
		b, ok := s.binding(now.Add(r.cfg.MaxExpires))
		if !ok || !b.until.After(now) || !may(s.User, s.Line) || r.total >= r.cfg.MaxBindings || len(r.lines[s.Line]) >= r.cfg.MaxContacts {
			continue
		}
		r.replace(s.Line, append(slices.Clone(r.lines[s.Line]), b))
		n++
	}
	return n
}

// binding is what was saved, if it can be one; it lasts no longer than latest.
func (s Saved) binding(latest time.Time) (*binding, bool) {
	uri, err := sipmsg.ParseURI(s.Contact)
	to := transport.Target{Network: s.Network, Addr: s.Target, Local: s.Local}
	switch {
	case err != nil, !uri.IsSIP(), s.Network != "udp" && s.Network != "tcp", !s.Target.IsValid(), !s.Source.IsValid(),
		s.Target.Addr().Unmap() != s.Source.Addr().Unmap():
		return nil, false
	}
	if s.Until.After(latest) {
		s.Until = latest
	}
	return &binding{
		line: s.Line, user: s.User, uri: uri, q: s.Q, until: s.Until, callID: s.CallID, cseq: s.CSeq, instance: s.Instance, regID: s.RegID,
		agent: s.Agent, source: s.Source, target: to, pin: s.Pin, nat: s.NAT, path: s.Path, slot: int(s.Source.Port()),
	}, true
}
