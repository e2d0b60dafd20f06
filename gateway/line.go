package gateway

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Line is a protected number and how to reach its phones.
type Line struct {
	ID          string
	Number      string   // canonical; what the merchant saved is kept under it
	Targets     []string // SIP URIs, rung together; {user} stands for the called user
	Language    string   // zh-CN or en
	ASCIILabels bool     // its phones show ASCII names only
	NAT         bool     // its phones' RTP addresses are learnt once, from their signalling address
	Browser     bool     // rings in its owner's browser as well, while a page is open
	RingTimeout time.Duration
	Listen      Listening // the owner's agreement; never by default
	TellCaller  bool      // tell the caller that the call may be analysed
	Policy      screening.Policy
	VerdictUUI  bool // its PBX gets the verdict in User-to-User as well (RFC 7433)
	Manners     Manners
}

// For is the line as it is called at number: a line that stands for many takes
// the one that was called as its own.
func (l Line) For(number numbering.Number) Line {
	if l.Number == "" {
		l.Number = number.String()
	}
	return l
}

// lookupTimeout bounds a look-up of a phone's host name; it runs in the call,
// never where messages are received.
const lookupTimeout = 2 * time.Second

// target is where a phone of the line is reached.
type target struct {
	uri sipmsg.URI
	to  transport.Target
}

// reach turns a line's target into an address. Host names are looked up once;
// locating by RFC 3263 is not done yet (docs/rfc.md).
func (g *Gateway) reach(ctx context.Context, text, user string) (target, error) {
	uri, err := sipmsg.ParseURI(strings.ReplaceAll(text, "{user}", user))
	if err != nil {
		return target{}, fmt.Errorf("target %q: %w", text, err)
	}
	network := "udp"
	if t, ok := uri.Params.Get("transport"); ok {
		network = strings.ToLower(t)
	}
	if network != "udp" && network != "tcp" && network != "tls" {
		return target{}, fmt.Errorf("target %q: transport %s is not served", text, network)
	}
	port := uri.Port
	if port == 0 {
		port = 5060
		if network == "tls" {
			port = 5061 // RFC 3261 §19.1.2
		}
	}
	addr, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	if err != nil {
		ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
		defer cancel()
		if addr, err = g.cfg.Resolve(ctx, uri.Host); err != nil {
			return target{}, fmt.Errorf("target %q: %w", text, err)
		}
	}
	return target{uri, transport.Target{Network: network, Addr: netip.AddrPortFrom(addr, port), ServerName: uri.Host}}, nil
}

func resolve(ctx context.Context, host string) (netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(addrs) == 0 {
		return netip.Addr{}, fmt.Errorf("%s has no address", host)
	}
	return addrs[0].Unmap(), nil
}
