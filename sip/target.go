package sip

import (
	"net/netip"
	"strings"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// hop returns where a request within the dialog goes. mu is held.
func (l *Leg) hop(d *dialog) transport.Target {
	if l.pin {
		return l.peer
	}
	uri, err := d.nextHop()
	if err != nil {
		return l.peer
	}
	to := locate(uri, l.peer)
	if f := l.stack.cfg.NextHop; f != nil {
		to = f(l.peer, uri, to)
	}
	return to
}

// locate turns the URI of a next hop into a target (RFC 3263 §4 as far as it
// goes without DNS): an address literal is used, a name means the flow that
// signalling comes by. Addresses that no peer can have mean the flow as well; so
// does all that would leave a WebSocket, or TLS for something less.
func locate(u sipmsg.URI, flow transport.Target) transport.Target {
	addr, err := netip.ParseAddr(u.Host)
	if err != nil || flow.Network == "ws" || flow.Network == "wss" || addr.IsUnspecified() || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return flow
	}
	addr = addr.Unmap()
	to := transport.Target{Network: "udp", Local: flow.Local, AllowTCP: flow.AllowTCP}
	same := addr == flow.Addr.Addr().Unmap()
	t, ok := u.Params.Get("transport")
	switch t = strings.ToLower(t); {
	case u.Scheme == "sips", ok && t == "tls":
		to.Network = "tls"
	case ok && (t == "tcp" || t == "udp"):
		to.Network = t
	case same || ok:
		// Peers forget the parameter on the Contact of a stream; and what we have
		// no transport for can only go back the way it came.
		to.Network = flow.Network
	}
	if flow.Network == "tls" && to.Network != "tls" {
		return flow
	}
	port := u.Port
	if port == 0 {
		port = 5060
		if to.Network == "tls" {
			port = 5061
		}
	}
	to.Addr = netip.AddrPortFrom(addr, port)
	if to.Network != flow.Network {
		to.Local = netip.AddrPort{}
	} else if same {
		to.ConnID, to.Flow, to.ServerName, to.TLS = flow.ConnID, flow.Flow, flow.ServerName, flow.TLS
	}
	return to
}

// contactFor builds our Contact value for a peer (RFC 3261 §8.1.1.8). user may
// be empty.
func (s *Stack) contactFor(flow transport.Target, user string) string {
	var at netip.AddrPort
	if f := s.cfg.ExternalAddr; f != nil {
		at = f(flow.Network, flow.Addr.Addr())
	}
	if !at.IsValid() {
		at = flow.Local
	}
	if !at.IsValid() || at.Addr().IsUnspecified() {
		at = s.set.Local(flow.Network, flow.Addr.Addr())
	}
	var b strings.Builder
	b.WriteString("<sip:")
	if user != "" && strings.Trim(user, plainUser) == "" {
		b.WriteString(user)
		b.WriteByte('@')
	}
	b.WriteString(at.String())
	switch flow.Network {
	case "udp":
	case "wss":
		b.WriteString(";transport=ws") // RFC 7118 §5.2.1: one value for both
	default:
		b.WriteString(";transport=" + flow.Network)
	}
	b.WriteByte('>')
	return b.String()
}

// plainUser are the characters of a user part that we repeat in our Contact.
const plainUser = "+-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
