package locate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"ringward/sip/sipmsg"
)

// Bounds on what one URI may come to.
const (
	maxHosts  = 16 // SRV targets and the like
	maxAddrs  = 8  // addresses of one
	shortLife = 5 * time.Second
	longLife  = time.Hour
)

// place is where DNS says that a domain is served. Places of lower rank come
// first; among those of one rank and priority the weight decides.
type place struct {
	network          string
	rank             int // by NAPTR or by our preference of transports
	priority, weight uint16
	addrs            []netip.AddrPort
}

// plan is what DNS says of a URI, and for how long.
type plan struct {
	places []place
	life   time.Duration
}

var (
	errScheme    = errors.New("locate: only sip and sips URIs can be located")
	errTransport = errors.New("locate: the URI asks for a transport that is not spoken")
)

// key is what of a URI the answer depends on.
type key struct {
	sips      bool
	host      string // in lower case
	port      uint16
	transport string // "" for any
}

func keyOf(u sipmsg.URI) (key, error) {
	k := key{sips: u.Scheme == "sips", host: strings.ToLower(strings.TrimSuffix(u.Host, ".")), port: u.Port}
	t, _ := u.Params.Get("transport")
	k.transport = strings.ToLower(t)
	switch {
	case !u.IsSIP():
		return k, errScheme
	case k.sips && (k.transport == "tcp" || k.transport == "tls"):
		k.transport = "tls" // RFC 3261 §26.2.2
	case k.sips && k.transport != "":
		return k, errTransport
	}
	return k, nil
}

// resolve is RFC 3263 §4.
func (l *Locator) resolve(ctx context.Context, k key) (plan, error) {
	fallback := "udp"
	if k.sips {
		fallback = "tls"
	}
	if k.transport != "" {
		fallback = k.transport
	}
	addr, err := netip.ParseAddr(k.host)
	if err == nil || k.port != 0 {
		if !l.speaks(fallback) {
			return plan{}, errTransport
		}
		if err == nil {
			return plan{[]place{{network: fallback, addrs: []netip.AddrPort{at(addr, k.port, fallback)}}}, longLife}, nil
		}
		return l.addresses(ctx, k, fallback)
	}
	if p, err := l.byNAPTR(ctx, k); err == nil || !errors.Is(err, ErrNotFound) {
		return p, err
	}
	if p, err := l.bySRV(ctx, k); err == nil || !errors.Is(err, ErrNotFound) {
		return p, err
	}
	if !l.speaks(fallback) {
		return plan{}, errTransport
	}
	return l.addresses(ctx, k, fallback)
}

func (l *Locator) speaks(network string) bool { return slices.Contains(l.cfg.Networks, network) }

// wants reports whether the URI may be served by that transport.
func (l *Locator) wants(k key, network string) bool {
	return l.speaks(network) && (k.transport == "" || k.transport == network) && (!k.sips || network == "tls")
}

// byNAPTR lets the domain choose the transport (§4.1), unless the URI did.
func (l *Locator) byNAPTR(ctx context.Context, k key) (plan, error) {
	if k.transport != "" {
		return plan{}, ErrNotFound
	}
	records, err := l.dns.lookup(ctx, k.host, typeNAPTR)
	if errors.Is(err, errRCode) { // there are servers that know no NAPTR
		err = ErrNotFound
	}
	if err != nil {
		return plan{}, err
	}
	p := plan{life: lifeOf(records)}
	for rank, n := range usable(records) {
		if network := services[strings.ToUpper(n.service)]; l.wants(k, network) {
			if err := l.addSRV(ctx, &p, n.replacement, network, rank); err != nil {
				return plan{}, err
			}
		}
	}
	return p.orNotFound()
}

// bySRV asks for each transport that we speak, in our order (§4.1, §4.2).
func (l *Locator) bySRV(ctx context.Context, k key) (plan, error) {
	p := plan{life: longLife}
	prefix := map[string]string{"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
	for rank, network := range l.cfg.Networks {
		if !l.wants(k, network) || prefix[network] == "" {
			continue
		}
		if err := l.addSRV(ctx, &p, prefix[network]+k.host, network, rank); err != nil {
			return plan{}, err
		}
	}
	return p.orNotFound()
}

func (p plan) orNotFound() (plan, error) {
	if len(p.places) == 0 {
		return plan{}, ErrNotFound
	}
	return p, nil
}

// addSRV adds the hosts of one SRV name. One of which nothing is known is left
// out; an error is that DNS does not answer.
func (l *Locator) addSRV(ctx context.Context, p *plan, name, network string, rank int) error {
	records, err := l.dns.lookup(ctx, name, dnsmessage.TypeSRV)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p.life = min(p.life, lifeOf(records))
	for _, r := range records {
		srv, ok := r.body.(*dnsmessage.SRVResource)
		if !ok || len(p.places) == maxHosts {
			continue
		}
		host := strings.TrimSuffix(srv.Target.String(), ".")
		if host == "" { // RFC 2782: decidedly not available
			continue
		}
		addrs, life, err := l.hosts(ctx, host)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		pl := place{network: network, rank: rank, priority: srv.Priority, weight: srv.Weight}
		for _, a := range addrs {
			pl.addrs = append(pl.addrs, at(a, srv.Port, network))
		}
		p.places = append(p.places, pl)
		p.life = min(p.life, life)
	}
	return nil
}

// addresses is the last step: the host itself (§4.2).
func (l *Locator) addresses(ctx context.Context, k key, network string) (plan, error) {
	addrs, life, err := l.hosts(ctx, k.host)
	if err != nil {
		return plan{}, fmt.Errorf("locate %s: %w", k.host, err)
	}
	pl := place{network: network}
	for _, a := range addrs {
		pl.addrs = append(pl.addrs, at(a, k.port, network))
	}
	return plan{[]place{pl}, life}, nil
}

// at puts the port to an address; 0 is the transport's own.
func at(a netip.Addr, port uint16, network string) netip.AddrPort {
	switch {
	case port != 0:
	case network == "tls":
		port = 5061
	default:
		port = 5060
	}
	return netip.AddrPortFrom(a.Unmap(), port)
}

// lifeOf is the shortest life of the records, within bounds.
func lifeOf(records []record) time.Duration {
	d := longLife
	for _, r := range records {
		d = min(d, r.ttl)
	}
	return max(d, shortLife)
}
