package gateway

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
)

// Trunk is a SIP peer that hands calls in, and how far it is believed.
type Trunk struct {
	Name           string
	Sources        []netip.Prefix // its requests come from here
	Trusted        bool           // P-Asserted-Identity and its kind are believed (RFC 3325)
	Domestic       bool           // hands in calls of our own country only
	ScreensNumbers bool           // refuses caller numbers that its customers may not show
	International  bool           // hands in calls from abroad
	Area           string         // area code for numbers without one
	NAT            bool           // its RTP address is learnt once, from its signalling address
	FailClosed     bool           // calls that could not be screened are refused
	MaxCalls       int            // running at once; 0 = no limit of its own
	CallsPerSecond int            // 0 = no limit of its own
	EarlyMedia     EarlyMedia
	SessionTimer   time.Duration // the interval of RFC 4028 that it is asked for; 0 asks for none
	Identity       IdentityCheck
	IdentityRefuse bool // a call whose signed identity does not hold is refused
	SRTP           SRTP
	SRTPClearKeys  bool // its keys may cross signalling that is not TLS
	Mode           Mode
	Redirect       Redirect // for ModeRedirect

	// What it has to show besides its address.
	Certificate string         // name that its TLS certificate must be for; "" asks for none
	Challenge   *digest.Server // that its INVITEs must satisfy; nil asks for nothing

	// How it is called.
	Target      string             // SIP URI that calls go out to, located by RFC 3263; "" takes none
	Credentials digest.Credentials // ours, for its challenges; none without a User
	Format      Format             // of the numbers in calls to it
	Codecs      []string           // names, the preferred first, of what is offered to it and from it
	Advertise   netip.Addr         // our address as it sees us; zero is the one that we listen on

	// What is kept up towards it.
	Register       string        // address of record that we register there, "" none
	RegisterExpiry time.Duration // asked for; 0 is 1 h
	Ping           time.Duration // how often its target is asked by OPTIONS whether it answers; 0 is never
}

// trunkState is a trunk as it is configured now, with what outlives that.
type trunkState struct {
	Trunk
	account string                  // user part of our Contact where we register
	domain  string                  // host of the address of record there
	keep    *registrar.Registration // nil: we do not register
	load    *trunkLoad
}

// trunkLoad is what a trunk has to do now; it outlives changes of the trunk's
// configuration.
type trunkLoad struct {
	mu     sync.Mutex
	calls  int       // running
	tokens float64   // calls that may start now
	filled time.Time // when tokens was last brought up to date
}

// enter takes a place for one call, or says why there is none.
func (t *trunkState) enter(now time.Time) error {
	l := t.load
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.MaxCalls > 0 && l.calls >= t.MaxCalls {
		return errTrunkFull
	}
	if rate := float64(t.CallsPerSecond); rate > 0 {
		l.tokens = min(rate, l.tokens+rate*now.Sub(l.filled).Seconds())
		l.filled = now
		if l.tokens < 1 {
			return errTrunkRate
		}
		l.tokens--
	}
	l.calls++
	return nil
}

func (t *trunkState) leave() {
	t.load.mu.Lock()
	t.load.calls--
	t.load.mu.Unlock()
}

// trunks finds the trunk that an address belongs to.
type trunks struct {
	routes []trunkRoute
	list   []*trunkState
}

type trunkRoute struct {
	prefix netip.Prefix
	trunk  *trunkState
}

func newTrunks(list []Trunk) trunks {
	var ts trunks
	for _, t := range list {
		s := &trunkState{Trunk: t, load: &trunkLoad{}}
		if aor, err := sipmsg.ParseURI(t.Register); err == nil {
			s.account, s.domain = aor.User, aor.Host
		}
		ts.list = append(ts.list, s)
		for _, p := range t.Sources {
			ts.routes = append(ts.routes, trunkRoute{p.Masked(), s})
		}
	}
	// The narrowest source wins, so that one address can be taken out of a range.
	slices.SortStableFunc(ts.routes, func(a, b trunkRoute) int { return cmp.Compare(b.prefix.Bits(), a.prefix.Bits()) })
	return ts
}

// of returns the trunk for an address, nil when it belongs to none.
func (ts trunks) of(addr netip.Addr) *trunkState {
	addr = addr.Unmap()
	for _, r := range ts.routes {
		if r.prefix.Contains(addr) {
			return r.trunk
		}
	}
	return nil
}
