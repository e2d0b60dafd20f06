package certs

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"syscall"
)

// maxURL bounds an address.
const maxURL = 512

// ErrAddress says that nothing is fetched from there, whatever is there.
var ErrAddress = errors.New("certificates are not fetched from this address")

// checkURL refuses what no certificate repository has.
func checkURL(text string, anyPort bool) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, fmt.Errorf("%w: longer than %d octets", ErrAddress, maxURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "https", u.Hostname() == "":
		return nil, fmt.Errorf("%w: no https address", ErrAddress)
	case u.User != nil, u.Fragment != "":
		return nil, fmt.Errorf("%w: with a user or a fragment", ErrAddress)
	case !anyPort && u.Port() != "" && u.Port() != "443" && u.Port() != "8443":
		return nil, fmt.Errorf("%w: port %s is neither 443 nor 8443", ErrAddress, u.Port())
	}
	return u, nil
}

// inside are the networks that are nobody's in public, beside those that
// netip.Addr knows by itself (IANA special-purpose registries).
var inside = func() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10"} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// public reports whether an address is one of the public internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range inside {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// guard refuses to connect inside: it is asked with the address itself, after
// the name was resolved (net.Dialer.Control).
func guard(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !public(ap.Addr()) {
		return fmt.Errorf("%w: it leads to %s, which is not public", ErrAddress, address)
	}
	return nil
}
