package sdp

import (
	"net/netip"
	"strings"
)

// secrets are the addresses of the inner side that a description names, as written and in normal form. No line that
// contains one of them crosses to the other leg.
type secrets []string

// in reports whether s contains one of the addresses, in any case, or any IP address at all: no codec has one among
// its parameters.
func (x secrets) in(s string) bool {
	if strings.ContainsAny(s, ".:") && hasAddress(s) {
		return true
	}
	s = strings.ToLower(s)
	for _, a := range x {
		if strings.Contains(s, a) {
			return true
		}
	}
	return false
}

// hasAddress looks for an IP address between characters that cannot belong to one.
func hasAddress(s string) bool {
	split := func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF.:", r) }
	for word := range strings.FieldsFuncSeq(s, split) {
		if _, err := netip.ParseAddr(strings.Trim(word, ".")); err == nil {
			return true
		}
	}
	return false
}

// inner collects the hosts of o=, c=, a=rtcp and a=candidate that can be told apart from ordinary text: IP addresses,
// and names of four characters or more. Our own address is among them, so that writing what we wrote changes nothing.
func (s *Session) inner(l Local) secrets {
	var x secrets
	x.add(l.Addr.String())
	x.add(s.desc.Origin.UnicastAddress)
	if c := s.desc.ConnectionInformation; c != nil && c.Address != nil {
		x.add(c.Address.Address)
	}
	for _, sec := range s.sections {
		if sec.desc == nil {
			x.addRaw(sec.raw)
			continue
		}
		if c := sec.desc.ConnectionInformation; c != nil && c.Address != nil {
			x.add(c.Address.Address)
		}
		for _, at := range sec.desc.Attributes {
			x.addAttribute(at.Key, at.Value)
		}
	}
	return x
}

func (x *secrets) add(host string) {
	host, _, _ = strings.Cut(host, "/")
	host = strings.ToLower(host)
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && ip.IsUnspecified(): // says nothing
	case err == nil:
		*x = append(*x, host)
		if normal := ip.Unmap().String(); normal != host {
			*x = append(*x, normal)
		}
	case len(host) >= 4:
		*x = append(*x, host)
	}
}

// addAttribute takes the address out of a=rtcp (the fourth field) and a=candidate (the fifth and, after raddr, another).
func (x *secrets) addAttribute(key, value string) {
	f := strings.Fields(value)
	switch {
	case key == "rtcp" && len(f) == 4:
		x.add(f[3])
	case key == "candidate" && len(f) > 5:
		x.add(f[4])
		for i, word := range f[:len(f)-1] {
			if word == "raddr" {
				x.add(f[i+1])
			}
		}
	}
}

// addRaw takes the c= address out of a section that is kept as text.
func (x *secrets) addRaw(raw string) {
	for line := range strings.SplitSeq(raw, crlf) {
		if f := strings.Fields(line); strings.HasPrefix(line, "c=") && len(f) == 3 {
			x.add(f[2])
		}
	}
}
