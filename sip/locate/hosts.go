package locate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// hostsFile resolves what the hosts file of the system says, and nothing else.
var hostsFile = net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, ErrNoServer
}}

// hosts returns the addresses of a host that a peer can have, and how long they
// are good for.
func (l *Locator) hosts(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	if !isName(host) {
		return nil, 0, fmt.Errorf("locate: %.80q is no host name", host)
	}
	if static, err := hostsFile.LookupNetIP(ctx, "ip", host); err == nil {
		addrs := possible(static)
		return addrs, time.Minute, found(addrs)
	}
	types := []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA}
	if l.cfg.Prefer6 {
		types[0], types[1] = types[1], types[0]
	}
	var all []netip.Addr
	var failed error
	life := longLife
	for _, t := range types {
		records, err := l.dns.lookup(ctx, host, t)
		if err != nil && !errors.Is(err, ErrNotFound) {
			failed = err
		}
		for _, r := range records {
			switch b := r.body.(type) {
			case *dnsmessage.AResource:
				all = append(all, netip.AddrFrom4(b.A))
			case *dnsmessage.AAAAResource:
				all = append(all, netip.AddrFrom16(b.AAAA))
			}
		}
		if err == nil {
			life = min(life, lifeOf(records))
		}
	}
	addrs := possible(all)
	if len(addrs) == 0 && failed != nil {
		return nil, 0, failed
	}
	return addrs, life, found(addrs)
}

func found(addrs []netip.Addr) error {
	if len(addrs) == 0 {
		return ErrNotFound
	}
	return nil
}

// possible leaves out what no peer can have, and what is too much.
func possible(addrs []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, a := range addrs {
		a = a.Unmap()
		if a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || len(out) == maxAddrs {
			continue
		}
		out = append(out, a)
	}
	return out
}
