package sip

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Config is what a Stack is made of. Only Listen and Log are required.
type Config struct {
	Listen  []transport.Listen
	Network Network // in place of sockets on Listen; for tests
	Log     *slog.Logger
	Clock   transaction.Clock  // nil: the machine's
	Timers  transaction.Timers // zero fields: RFC 3261 table 4

	// MaxLegs bounds the legs alive at once; an INVITE beyond it is answered
	// 503 with Retry-After, a Dial gets ErrBusy. 0 means 100,000.
	MaxLegs int
	// Admit is asked before a datagram of n octets is decoded or a connection
	// accepted; false drops it. nil admits all.
	Admit func(src netip.AddrPort, n int) bool
	// Trace is shown every message as it crosses the wire, see transport.Config.
	Trace func(transport.Crossing)

	// Allow lists the methods that we take, for Allow and 405 (RFC 3261
	// §8.2.1). nil means INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE and
	// INFO. Add REFER, NOTIFY, MESSAGE, REGISTER, SUBSCRIBE when the owner of
	// the legs or the Handler serves them.
	Allow []string
	// Supported lists the option tags that we understand, for Supported and
	// 420 (§8.2.2.3). nil means 100rel and timer. Without 100rel in it, the stack sends
	// and asks for nothing reliable.
	Supported []string
	// MinSession is the shortest session timer (RFC 4028) that a peer may ask
	// for; less gets 422. 0 means 90 s, the least that there is.
	MinSession time.Duration
	// Registrar says that the Handler serves REGISTER: then Allow has it, and
	// Supported the options of registrars, outbound (RFC 5626) and path (RFC 3327).
	Registrar bool
	// Transfers says that the owner of the legs serves REFER and INVITE with
	// Replaces: then Allow has REFER, and Supported replaces (RFC 3891) and
	// norefersub (RFC 4488).
	Transfers bool
	// Require lists option tags that a caller must support; others get 421
	// (§21.4.15). nil requires none.
	Require []string
	// Accept lists the media types of session bodies that we take, for Accept
	// and 415 (§8.2.3). nil means application/sdp. multipart/* is accepted when
	// it has a part of such a type.
	Accept []string
	// Events lists the event packages for Allow-Events and 489 (RFC 6665
	// §8.3.1). Requests for others never reach the Handler.
	Events []string

	// ExternalAddr gives the address that a peer should send to, as it goes
	// into Contact, when we stand behind a NAT. nil, or an invalid result,
	// means the transport's own.
	ExternalAddr func(network string, peer netip.Addr) netip.AddrPort
	// NextHop may change where a request within a dialog goes. flow is where the
	// signalling of the leg comes from, hop the topmost route or the remote
	// target, to what the stack makes of it: an address literal, or else the
	// flow, for the stack resolves no names. nil changes nothing. It must be
	// quick and must not call the leg.
	NextHop func(flow transport.Target, hop sipmsg.URI, to transport.Target) transport.Target

	// Limits of the connections, see transport.Config; zero: its defaults.
	MaxConns, MaxConnsPerAddr int
	// DialTLS is what we show and believe when we connect by TLS, see
	// transport.Config.
	DialTLS *transport.TLS
}

var defaultAllow = []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO"}

const (
	defaultMaxLegs = 100_000
	option100rel   = "100rel"
)

// withDefaults checks the configuration and fills what is left out.
func (c Config) withDefaults() (Config, error) {
	if c.Log == nil {
		return c, errors.New("sip: config: Log is missing")
	}
	if len(c.Listen) == 0 && c.Network == nil {
		return c, errors.New("sip: config: Listen is empty, name at least one address")
	}
	if c.MaxLegs < 0 {
		return c, fmt.Errorf("sip: config: MaxLegs is %d, must not be negative", c.MaxLegs)
	}
	if c.MaxLegs == 0 {
		c.MaxLegs = defaultMaxLegs
	}
	if c.Clock == nil {
		c.Clock = transaction.RealClock()
	}
	if c.Timers.T1 <= 0 {
		c.Timers.T1 = defaultT1
	}
	if c.Timers.T2 <= 0 {
		c.Timers.T2 = defaultT2
	}
	if c.Allow == nil {
		c.Allow = defaultAllow
	}
	for _, m := range []string{"INVITE", "ACK", "CANCEL", "BYE"} {
		if !slices.Contains(c.Allow, m) {
			return c, fmt.Errorf("sip: config: Allow lacks %s, without which there is no call", m)
		}
	}
	if c.Supported == nil {
		c.Supported = []string{option100rel, optionTimer}
	}
	if c.Registrar {
		c.Allow = append(slices.Clone(c.Allow), "REGISTER")
		c.Supported = append(slices.Clone(c.Supported), "outbound", "path")
	}
	if c.Transfers {
		c.Allow = append(slices.Clone(c.Allow), "REFER")
		c.Supported = append(slices.Clone(c.Supported), "replaces", "norefersub")
	}
	if c.Accept == nil {
		c.Accept = []string{"application/sdp"}
	}
	return c, nil
}
