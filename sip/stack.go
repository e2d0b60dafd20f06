package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
	// 500; if it panics, the stack answers 500 and goes on. A CANCEL is
	// answered from the first call of Events, Trying or Progress on: a handler
	// that has to think first should send Trying.
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

// Gatekeeper is implemented by a Handler that wants to see requests outside
// dialogs before anything is kept of them: to refuse strangers, or to answer
// from a table. See transaction.Gatekeeper: Gate runs on the reader's goroutine
// and must not block; with admit false the answer, if there is one, is sent once.
type Gatekeeper interface {
	Gate(m *sipmsg.Message) (answer *sipmsg.Message, admit bool)
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
	Transport   transport.Stats // zero with a Config.Network that does not count
}

// Stack is a SIP endpoint. Its methods are safe for concurrent use.
type Stack struct {
	cfg     Config
	handler Handler
	gate    Gatekeeper // the handler, if it is one; or nil
	log     *slog.Logger
	set     Network
	layer   *transaction.Layer
	legs    legTable
	ghosts  ghosts
	work    sync.WaitGroup // every goroutine that the stack started for a leg
	stopped atomic.Bool

	allow, supported, accept string // header values
	reliable                 bool   // we understand 100rel
	times                    bool   // we understand timer (RFC 4028)

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
	set := cfg.Network
	if set == nil {
		set, err = transport.Open(transport.Config{
			Listen: cfg.Listen, Log: cfg.Log, Admit: cfg.Admit, Trace: cfg.Trace,
			MaxConns: cfg.MaxConns, MaxConnsPerAddr: cfg.MaxConnsPerAddr, DialTLS: cfg.DialTLS,
		})
		if err != nil {
			return nil, fmt.Errorf("sip: %w", err)
		}
	}
	return newStack(cfg, h, set), nil
}

// Network is what a stack sends and receives by: a *transport.Set, or what
// stands for one in tests.
type Network interface {
	transaction.Sender
	Run(ctx context.Context, sink transport.Sink) error
	Addrs() []transport.Listen
	Close()
}

func newStack(cfg Config, h Handler, set Network) *Stack {
	s := &Stack{
		cfg: cfg, handler: h, log: cfg.Log, set: set,
		allow:     strings.Join(cfg.Allow, ", "),
		supported: strings.Join(cfg.Supported, ", "),
		accept:    strings.Join(append(slices.Clone(cfg.Accept), "multipart/mixed"), ", "),
		reliable:  slices.Contains(cfg.Supported, option100rel),
		times:     slices.Contains(cfg.Supported, optionTimer),
	}
	s.gate, _ = h.(Gatekeeper)
	s.legs.init()
	s.ghosts.byTag = make(map[string]*ghost)
	s.layer = transaction.New(transaction.Config{
		Transport: set, Clock: cfg.Clock, Timers: cfg.Timers, Log: cfg.Log,
	}, (*user)(s))
	return s
}

// Run serves until ctx ends. Then new requests are refused, every leg ends
// (with ErrStopped, the peer told by BYE, CANCEL or 503), the sockets close,
// and Run returns when nothing of the stack is left: handlers have to return.
func (s *Stack) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.set.Run(context.WithoutCancel(ctx), s.layer) }()
	var err error
	select {
	case err = <-served:
		served <- nil // the sockets failed; read again below
	case <-ctx.Done():
	}
	s.stop()
	s.layer.Close()
	s.set.Close()
	<-served
	s.work.Wait()
	return err
}

// stop ends every leg.
func (s *Stack) stop() {
	s.stopped.Store(true)
	for _, l := range s.legs.all() {
		l.mu.Lock()
		l.abort(503, ErrStopped)
		l.mu.Unlock()
	}
	s.ghosts.stop()
}

// Addrs returns the addresses that the stack listens on, with real ports where
// the configuration asked for any.
func (s *Stack) Addrs() []transport.Listen { return s.set.Addrs() }

// Queued is how many requests were read whose handler has not begun yet.
func (s *Stack) Queued() int { return s.layer.Queued() }

// Stats returns the counters as they stand.
func (s *Stack) Stats() Stats {
	var wire transport.Stats
	if counting, ok := s.set.(interface{ Stats() transport.Stats }); ok {
		wire = counting.Stats()
	}
	return Stats{
		Legs:        s.legs.len(),
		InvitesIn:   s.invitesIn.Load(),
		InvitesOut:  s.invitesOut.Load(),
		Refused:     s.refused.Load(),
		Strays:      s.strays.Load(),
		Panics:      s.panics.Load(),
		Floods:      s.floods.Load(),
		Transaction: s.layer.Stats(),
		Transport:   wire,
	}
}
