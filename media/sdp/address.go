package sdp

import (
	"fmt"
	"net/netip"
	"strings"
)

// lowestPort is the lowest port that media is sent to: below it live services (DNS, NTP, SNMP) that a hostile
// description could have us flood.
const lowestPort = 1024

// CheckTarget reports whether media may be sent to a at all; the error unwraps to ErrAddress. It refuses multicast,
// broadcast (and the rest of 240.0.0.0/4), unspecified addresses and 0.0.0.0/8, zones, ports below 1024, and every
// address in own: the sockets on which we ourselves listen for signalling.
func CheckTarget(a netip.AddrPort, own ...netip.AddrPort) error {
	ip := a.Addr().Unmap()
	switch {
	case !ip.IsValid():
		return fmt.Errorf("%w: not an IP address", ErrAddress)
	case ip.Zone() != "":
		return fmt.Errorf("%w: address with a zone", ErrAddress)
	case ip.IsUnspecified(), ip.Is4() && ip.As4()[0] == 0:
		return fmt.Errorf("%w: unspecified address", ErrAddress)
	case ip.IsMulticast():
		return fmt.Errorf("%w: multicast address", ErrAddress)
	case ip.Is4() && ip.As4()[0] >= 240:
		return fmt.Errorf("%w: broadcast or reserved address", ErrAddress)
	case a.Port() < lowestPort:
		return fmt.Errorf("%w: port %d is below %d", ErrAddress, a.Port(), lowestPort)
	}
	for _, o := range own {
		if a.Port() == o.Port() && (ip == o.Addr().Unmap() || o.Addr().IsUnspecified() && ip.IsLoopback()) {
			return fmt.Errorf("%w: our own signalling socket", ErrAddress)
		}
	}
	return nil
}

// parseAddr reads the address of a c=, o= or a=rtcp line: an IP literal, perhaps with a time to live ("/127"). A host
// name gives the zero Addr: names are not resolved on the way of a call.
func parseAddr(s string) netip.Addr {
	s, _, _ = strings.Cut(s, "/")
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// addrType is the "IP4 a.b.c.d" or "IP6 x::y" part of c=, o= and a=rtcp.
func addrType(a netip.Addr) string {
	if a = a.Unmap(); a.Is4() {
		return "IP4 " + a.String()
	}
	return "IP6 " + a.String()
}
