package sip

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

const (
	defaultT1 = 500 * time.Millisecond // RFC 3261 §17.1.1.1
	defaultT2 = 4 * time.Second        // §17.1.2.2
)

// Handler is what a Stack serves: the gateway.
type Handler interface {
	// Invite is called for every new incoming INVITE without To-tag that
	// passed the checks of RFC 3261 §8.2, on a goroutine of its own. 100 has
	// not been sent. If it returns without a final answer, the stack answers
	// 500; if it panics, the stack answers 500 and goes on.
	Invite(leg *Leg)
	// Request is called for other requests outside a dialog whose method is in
	// Config.Allow. The handler answers through the transaction.
	Request(tx *transaction.Server)
}

// OptionsHandler is implemented by a Handler that answers OPTIONS outside a
// dialog itself. Otherwise the stack answers 200 with Allow, Accept and
// Supported (RFC 3261 §11.2).
type OptionsHandler interface {
	Options(tx *transaction.Server)
}

// Stats is a snapshot of the counters of a Stack.
type Stats struct {
	Legs        int    // alive now
	InvitesIn   uint64 // legs made by an incoming INVITE
	InvitesOut  uint64 // legs made by Dial
	Refused     uint64 // requests that the stack refused by itself (RFC 3261 §8.2)
	Strays      uint64 // requests, ACKs and responses that belong to no dialog
	Panics      uint64 // contained panics of the owner's code
	Floods      uint64 // legs ended because their events went unread
	Transaction transaction.Stats
}

// Stack is a SIP endpoint. Its methods are safe for concurrent use.
type Stack struct {
	cfg     Config
	handler Handler
	log     *slog.Logger
	set     *transport.Set
	layer   *transaction.Layer
	legs    legTable
	work    sync.WaitGroup // every goroutine that the stack started for a leg
	stopped atomic.Bool

	invitesIn, invitesOut, refused, strays, panics, floods atomic.Uint64
}

// New opens the sockets of a stack. It serves from Run on.
func New(cfg Config, h Handler) (*Stack, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if h == nil {
		return nil, errors.New("sip: handler is missing")
	}
	s := &Stack{cfg: cfg, handler: h, log: cfg.Log}
	return s, errTODO
}

// Run serves until ctx ends, then ends every leg, closes the sockets and
// returns when nothing of the stack is left.
func (s *Stack) Run(ctx context.Context) error { return errTODO }

// Addrs returns the addresses that the stack listens on, with real ports where
// the configuration asked for any.
func (s *Stack) Addrs() []transport.Listen { return s.set.Addrs() }

// Stats returns the counters as they stand.
func (s *Stack) Stats() Stats {
	return Stats{
		Legs:        s.legs.len(),
		InvitesIn:   s.invitesIn.Load(),
		InvitesOut:  s.invitesOut.Load(),
		Refused:     s.refused.Load(),
		Strays:      s.strays.Load(),
		Panics:      s.panics.Load(),
		Floods:      s.floods.Load(),
		Transaction: s.layer.Stats(),
	}
}

// DialOptions say whom to call and how.
type DialOptions struct {
	To, From    sipmsg.NameAddr // From needs no tag, the stack sets it
	RequestURI  string          // "" means the URI of To
	Target      transport.Target
	Route       []string // Route values to preload, topmost first
	CallID      string   // "" means a new one
	MaxForwards int      // 0 means 70
	Headers     []sipmsg.Header
	Body        Body // zero: an INVITE without an offer
	Reliable    bool // ask for reliable provisional responses by Require: 100rel; else they are only offered
}

// Dial sends an INVITE and returns its leg; the result comes by events.
func (s *Stack) Dial(o DialOptions) (*Leg, error) { return nil, errTODO }
