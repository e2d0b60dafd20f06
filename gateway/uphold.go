package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"ringward/sip/locate"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Peer is how a trunk that calls go out to stands.
type Peer struct {
	Trunk      string
	Registers  bool // we register there
	Registered bool
	Until      time.Time // when Registered, if it is not refreshed
	Code       int       // its last final answer to REGISTER, 0 for none
	Err        string    // why not Registered
	Failures   int       // to register, since it was last
}

// Peers tells how the trunks that we register at stand.
func (g *Gateway) Peers() []Peer {
	var out []Peer
	for _, t := range g.live().trunks.list {
		if t.keep == nil {
			continue
		}
		s := t.keep.Status()
		p := Peer{Trunk: t.Name, Registers: true, Registered: s.Registered, Until: s.Until, Code: s.Code, Failures: s.Failures}
		if s.Err != nil {
			p.Err = s.Err.Error()
		}
		out = append(out, p)
	}
	return out
}

// Run keeps up what outlives calls until ctx is done: the contacts of registered
// phones, our registrations at carriers, the health of trunks. It takes our
// registrations back before it returns, so the stack must still run then.
func (g *Gateway) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	if g.cfg.Phones != nil {
		wg.Go(func() { _ = g.cfg.Phones.Registrar.Run(ctx, g.stack) }) // it returns nil
	}
	for _, t := range g.live().trunks.list {
		if t.keep != nil {
			wg.Go(func() { _ = t.keep.Run(ctx) }) // likewise
		}
		if probe := g.probe(t); probe != nil {
			wg.Go(func() { _ = probe.Run(ctx) }) // likewise
		}
	}
	<-ctx.Done()
	return nil
}

// register prepares our registrations; New reports what is wrong with one.
func (g *Gateway) register() error {
	for _, t := range g.live().trunks.list {
		if t.Register == "" {
			continue
		}
		record, err := sipmsg.ParseURI(t.Register)
		if err != nil {
			return fmt.Errorf("trunk %s: register: %w", t.Name, err)
		}
		t.keep, err = registrar.NewRegistration(registrar.Account{
			Record: record, Credentials: t.Credentials, Expires: t.RegisterExpiry, KeepAlive: 25 * time.Second,
			Stack: registering{g}, Changed: g.registrationChanged(t.Name),
			Locate: func(ctx context.Context) ([]transport.Target, error) { return g.placesOf(ctx, t, record) },
		})
		if err != nil {
			return fmt.Errorf("trunk %s: %w", t.Name, err)
		}
	}
	return nil
}

// placesOf is where a carrier takes registrations: its target, or what DNS says of
// the address of record.
func (g *Gateway) placesOf(ctx context.Context, t *trunkState, record sipmsg.URI) ([]transport.Target, error) {
	at := record
	if target, err := sipmsg.ParseURI(t.Target); err == nil && t.Target != "" {
		at = target
	}
	places, err := g.cfg.Locator.Targets(ctx, at)
	return places[:min(len(places), maxPlaces)], err
}

func (g *Gateway) registrationChanged(trunk string) func(registrar.Status) {
	was := false
	return func(s registrar.Status) {
		if s.Registered != was || !s.Registered && s.Failures == 1 {
			g.log.Info("registration at carrier", "trunk", trunk, "registered", s.Registered, "status", s.Code, "err", s.Err)
		}
		was = s.Registered
	}
}

// registering is the stack as registrations and probes use it: whom they ask is
// no stranger.
type registering struct{ g *Gateway }

func (r registering) Send(req *sipmsg.Message, to transport.Target) (*transaction.Client, error) {
	r.g.phones.add(to.Addr.Addr())
	return r.g.stack.Send(req, to)
}

func (r registering) Contact(to transport.Target, user string) string {
	return r.g.stack.Contact(to, user)
}

func (r registering) Ping(to transport.Target) error { return r.g.stack.Ping(to) }

// probe asks a trunk's target whether it answers, nil where that is not wanted.
func (g *Gateway) probe(t *trunkState) *locate.Probe {
	uri, err := sipmsg.ParseURI(t.Target)
	if t.Ping <= 0 || t.Target == "" || err != nil {
		return nil
	}
	return &locate.Probe{
		Locator: g.cfg.Locator, Sender: registering{g}, Peers: []sipmsg.URI{uri}, Every: t.Ping,
		From: sipmsg.URI{Scheme: "sip", User: "ringward", Host: g.host()},
		Changed: func(_ sipmsg.URI, at transport.Target, up bool) {
			g.log.Warn("trunk's place changed", "trunk", t.Name, "address", at.Addr.String(), "network", at.Network, "answers", up)
		},
	}
}

// External is our address as a peer sees it, for Contact: what its trunk is told
// to see, with the port that we listen on (sip.Config.ExternalAddr).
func (g *Gateway) External(network string, peer netip.Addr) netip.AddrPort {
	t := g.live().trunks.of(peer)
	if t == nil || !t.Advertise.IsValid() {
		return netip.AddrPort{}
	}
	for _, l := range g.stack.Addrs() {
		if l.Network == network && l.Addr.Addr().Is4() == t.Advertise.Is4() {
			return netip.AddrPortFrom(t.Advertise, l.Addr.Port())
		}
	}
	return netip.AddrPort{}
}
