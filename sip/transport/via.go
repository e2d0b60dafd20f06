package transport

import (
	"net/netip"
	"strconv"
	"strings"

	"ringward/sip/sipmsg"
)

// stamp writes into the top Via of a request what the socket saw: received
// where the sent-by is another address or rport is there (RFC 3261 §18.2.1,
// RFC 3581 §4), and the port into rport. Values that the sender put there are
// taken out: they would send our answers to an address of its choice. All else
// stays as it was written, octet for octet.
func stamp(m *sipmsg.Message, src netip.AddrPort) {
	i := viaIndex(m)
	if i < 0 {
		return
	}
	value := m.Headers[i].Value
	end := elementEnd(value)
	top, rport, changed := withoutReceived(value[:end])
	if !rport && sentByIs(m, src.Addr()) {
		if changed {
			m.Headers[i].Value = top + value[end:]
		}
		return
	}
	var b [192]byte
	out := append(b[:0], top...)
	if rport {
		out = append(out, ";rport="...)
		out = strconv.AppendUint(out, uint64(src.Port()), 10)
	}
	out = append(out, ";received="...)
	out = src.Addr().WithZone("").AppendTo(out)
	out = append(out, value[end:]...)
	m.Headers[i].Value = string(out)
}

// withoutReceived returns the Via element without received and rport, whether
// rport was there, and whether anything was taken out.
func withoutReceived(via string) (rest string, rport, changed bool) {
	rest = via
	for i := 0; i < len(rest); {
		semi := skipTo(rest, i, ';')
		if semi == len(rest) {
			break
		}
		end := skipTo(rest, semi+1, ';')
		name, _, _ := strings.Cut(rest[semi+1:end], "=")
		name = strings.TrimSpace(name)
		isRPort := strings.EqualFold(name, "rport")
		if !isRPort && !strings.EqualFold(name, "received") {
			i = end
			continue
		}
		rport = rport || isRPort
		rest, changed, i = rest[:semi]+rest[end:], true, semi
	}
	return rest, rport, changed
}

// elementEnd returns the length of the first element of a comma list.
func elementEnd(value string) int { return skipTo(value, 0, ',') }

// skipTo returns the index of the first c outside quotes from i on, or the
// length of s.
func skipTo(s string, i int, c byte) int {
	quoted := false
	for ; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == c && !quoted:
			return i
		}
	}
	return len(s)
}

func viaIndex(m *sipmsg.Message) int {
	for i := range m.Headers {
		if m.Headers[i].Name == "Via" {
			return i
		}
	}
	return -1
}

// sentByIs reports whether the top Via names that address.
func sentByIs(m *sipmsg.Message, addr netip.Addr) bool {
	v, err := m.TopVia()
	if err != nil {
		return true // nobody can be answered by it; leave it alone
	}
	host, err := netip.ParseAddr(v.Host)
	return err == nil && host.Unmap() == addr.WithZone("")
}

// ReplyTarget is where the response to a received request goes (RFC 3261
// §18.2.2, RFC 3581 §4), given its top Via. Over a connection that is the
// connection, and a new one to the sender's address should it be gone.
func ReplyTarget(req *sipmsg.Message, top sipmsg.Via) Target {
	t := Target{Network: req.Transport, Addr: req.Source, ConnID: req.ConnID, Local: req.Local}
	if _, asked := top.RPort(); asked && !t.Reliable() {
		return t
	}
	port := top.Port
	if port == 0 {
		port = defaultPort(req.Transport)
	}
	t.Addr = netip.AddrPortFrom(req.Source.Addr(), port)
	return t
}

// defaultPort is the port of a sent-by without one (RFC 3261 §18.2.2, RFC 7118
// §5.2).
func defaultPort(network string) uint16 {
	switch network {
	case "tls":
		return 5061
	case "ws":
		return 80
	case "wss":
		return 443
	}
	return 5060
}

// branchOf returns the branch of a request's top Via, "" in a response.
func branchOf(m *sipmsg.Message) string {
	if !m.IsRequest() {
		return ""
	}
	if i := viaIndex(m); i >= 0 {
		return branchIn(m.Headers[i].Value)
	}
	return ""
}

// branchIn finds the branch parameter in text that begins with a Via value or
// contains one: our own Via, whose form we know.
func branchIn(s string) string {
	_, s, found := strings.Cut(s, ";branch=")
	if !found {
		return ""
	}
	if i := strings.IndexAny(s, ";, \r\n"); i >= 0 {
		s = s[:i]
	}
	return s
}
