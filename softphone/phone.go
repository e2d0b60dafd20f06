// Package softphone is a telephone made of our own sip and media packages: it
// calls, rings, answers, presses keys, speaks what it is given and records what
// it hears. The demonstration and the gateway's tests use it as caller and as
// the merchant's phone, over real SIP and RTP.
//
// It speaks G.711 and RFC 4733 only, on addresses of this machine, and takes
// every call as it comes: it is no product.
package softphone

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"

	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Options are a phone's settings; the zero value is useful.
type Options struct {
	Addr  netip.Addr // to bind, 127.0.0.1 by default
	Port  uint16     // of SIP; 0 picks one
	Log   *slog.Logger
	Codec sdp.Codec // PCMA by default

	Protection Protection     // of its media
	Suite      string         // the one crypto-suite that it has; "" is all
	TLS        *transport.TLS // to call and be called by TLS with; nil is no TLS
}

// Phone is one telephone. Run serves it.
type Phone struct {
	opts     Options
	stack    *sip.Stack
	incoming chan *Call
	stop     context.CancelFunc
	done     chan struct{}
	err      error
	calls    sync.WaitGroup
}

// incomingCapacity is how many calls may wait to be taken; more get 486.
const incomingCapacity = 64

// New opens a phone and serves it until Close.
func New(o Options) (*Phone, error) {
	if !o.Addr.IsValid() {
		o.Addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Codec.Name == "" {
		o.Codec = sdp.PCMA
	}
	p := &Phone{opts: o, incoming: make(chan *Call, incomingCapacity), done: make(chan struct{})}
	listen := []transport.Listen{{Network: "udp", Addr: netip.AddrPortFrom(o.Addr, o.Port), Sockets: 1}}
	if o.TLS != nil {
		listen = append(listen, transport.Listen{Network: "tls", Addr: netip.AddrPortFrom(o.Addr, 0), TLS: o.TLS})
	}
	stack, err := sip.New(sip.Config{
		Listen: listen,
		Log:    o.Log, DialTLS: o.TLS,
		Allow: []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY"},
	}, p)
	if err != nil {
		return nil, fmt.Errorf("open the phone: %w", err)
	}
	p.stack = stack
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go func() {
		defer close(p.done)
		p.err = stack.Run(ctx)
	}()
	return p, nil
}

// Close ends every call and the phone.
func (p *Phone) Close() error {
	p.stop()
	<-p.done
	p.calls.Wait()
	if errors.Is(p.err, context.Canceled) {
		return nil
	}
	return p.err
}

// Addr is where the phone takes SIP.
func (p *Phone) Addr() netip.AddrPort { return p.stack.Addrs()[0].Addr }

// Incoming gives the calls that ring, each before any answer but 100.
func (p *Phone) Incoming() <-chan *Call { return p.incoming }

// Stats returns the counters of the phone's SIP stack.
func (p *Phone) Stats() sip.Stats { return p.stack.Stats() }

// Invite takes an incoming call (sip.Handler). It returns when the call is over.
func (p *Phone) Invite(leg *sip.Leg) {
	c, err := p.newCall(leg)
	if err != nil {
		_ = leg.Reject(503, "")
		return
	}
	_ = leg.Trying()
	select {
	case p.incoming <- c:
	default:
		_ = leg.Reject(486, "")
	}
	c.run()
}

// Request refuses requests outside calls (sip.Handler).
func (p *Phone) Request(tx *transaction.Server) {
	_ = tx.Respond(sipmsg.NewResponse(tx.Request(), 405, ""))
}

// Outgoing says whom to call and as whom.
type Outgoing struct {
	To      netip.AddrPort // where the INVITE goes
	Network string         // "" is udp
	Number  string         // the called number, user part of the Request-URI
	From    string         // the caller's number
	Name    string         // display name
	Headers []sipmsg.Header
	Session sip.SessionTimer // RFC 4028
	NoOffer bool             // an INVITE without a session description
	Account *Account         // who calls, where the other side asks; Call then waits for that
}

// Call places a call. The result is told by its channels.
func (p *Phone) Call(o Outgoing) (*Call, error) {
	c, err := p.newCall(nil)
	if err != nil {
		return nil, err
	}
	to := sipmsg.URI{Scheme: "sip", User: o.Number, Host: o.To.Addr().String(), Port: o.To.Port()}
	from := sipmsg.URI{Scheme: "sip", User: o.From, Host: p.Addr().Addr().String()}
	var body sip.Body
	if !o.NoOffer {
		body = c.offer()
	}
	leg, err := p.dial(sip.DialOptions{
		To: sipmsg.NameAddr{URI: to}, From: sipmsg.NameAddr{Display: o.Name, URI: from},
		Target:  transport.Target{Network: cmp.Or(o.Network, "udp"), Addr: o.To},
		Headers: o.Headers, Body: body, Session: o.Session,
	}, o.Account)
	if err != nil {
		c.sound.close()
		return nil, err
	}
	c.leg = leg
	p.calls.Add(1)
	go func() {
		defer p.calls.Done()
		c.run()
	}()
	return c, nil
}
