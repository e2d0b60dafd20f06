package gateway

import (
	"strings"

	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
)

// maxForwards bounds the entries of Diversion and History-Info that are read.
const maxForwardings = 16

// unforward looks behind a forwarding: what is judged is the original caller. A
// trunk that forwards may assert the forwarder's number instead (carriers ask
// their customers for that); the original caller is then in From, and nobody
// vouches for him.
func (id *identity) unforward(inv *sipmsg.Message, opts numbering.Options) {
	by := forwarders(inv, opts)
	if len(by) == 0 {
		return
	}
	id.forward.By = by[0]
	if !isForwarder(by, id.number.Number) {
		return
	}
	id.forward.Unproven = true
	from, err := inv.From()
	if err != nil {
		id.forward.Unknown = true
		return
	}
	user := bareUser(from.URI.User)
	p := numbering.Parse(telephoneOf(from), opts)
	if p.Number.IsZero() || isForwarder(by, p.Number) {
		id.forward.Unknown = true // he stays who he is shown as
		return
	}
	id.number, id.user, id.claimed, id.asserted = p, user, "", false
	id.verified, id.signed = screening.IdentityNone, screening.Signed{}
}

func isForwarder(by []numbering.Number, n numbering.Number) bool {
	for _, f := range by {
		if !n.IsZero() && f.Same(n) {
			return true
		}
	}
	return false
}

// forwarders lists who forwarded the call, the last one first: the addresses of
// Diversion (RFC 5806 §4: topmost is the latest), and those of History-Info that
// another entry follows or that carry the reason why the call went on (RFC 7044).
func forwarders(inv *sipmsg.Message, opts numbering.Options) []numbering.Number {
	var out []numbering.Number
	add := func(a sipmsg.NameAddr) {
		n := numbering.Parse(telephoneOf(a), opts).Number
		if !n.IsZero() && len(out) < maxForwardings {
			out = append(out, n)
		}
	}
	if list, err := inv.AddrList("Diversion"); err == nil {
		for _, a := range list {
			add(a)
		}
	}
	list, err := inv.AddrList("History-Info")
	if err != nil {
		return out
	}
	for i := len(list) - 1; i >= 0; i-- {
		if i < len(list)-1 || strings.Contains(strings.ToLower(list[i].URI.Headers), "reason=") {
			add(list[i])
		}
	}
	return out
}
