package locate

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Sender sends requests outside dialogs; *sip.Stack is one.
type Sender interface {
	Send(req *sipmsg.Message, to transport.Target) (*transaction.Client, error)
	// Contact returns our Contact value for a peer.
	Contact(to transport.Target, user string) string
}

// Probe asks peers by OPTIONS whether they answer (RFC 3261 §11), and marks what
// it sees at a Locator.
type Probe struct {
	Locator *Locator
	Sender  Sender
	Peers   []sipmsg.URI  // all targets of each are asked
	Every   time.Duration // 30 s
	Wait    time.Duration // for an answer, 4 s
	From    sipmsg.URI    // who asks
	// Changed, if set, hears when a target begins or ceases to answer. It is
	// called from several goroutines and must be quick.
	Changed func(peer sipmsg.URI, t transport.Target, up bool)
}

// Run asks until ctx is done, and returns nil then, with nothing left running.
func (p *Probe) Run(ctx context.Context) error {
	setDuration(&p.Every, 30*time.Second)
	setDuration(&p.Wait, 4*time.Second)
	tick := time.NewTicker(p.Every)
	defer tick.Stop()
	for {
		p.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// round asks all targets of all peers, side by side, and waits for them.
func (p *Probe) round(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, peer := range p.Peers {
		wg.Go(func() {
			targets, err := p.Locator.Targets(ctx, peer)
			if err != nil {
				return // who calls the peer learns it
			}
			for _, t := range targets {
				wg.Go(func() { p.ask(ctx, peer, t) })
			}
		})
	}
}

// ask sends one OPTIONS and marks the target by what comes of it.
func (p *Probe) ask(ctx context.Context, peer sipmsg.URI, t transport.Target) {
	before := p.Locator.Up(t)
	switch resp, err := p.exchange(ctx, peer, t); {
	case ctx.Err() != nil:
		return
	case err != nil:
		p.Locator.Failed(t)
	default:
		p.Locator.Answered(t, resp.Status, resp.RetryAfter())
	}
	if up := p.Locator.Up(t); up != before && p.Changed != nil {
		p.Changed(peer, t, up)
	}
}

func (p *Probe) exchange(ctx context.Context, peer sipmsg.URI, t transport.Target) (*sipmsg.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Wait)
	defer cancel()
	tx, err := p.Sender.Send(p.request(peer, t), t)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case m, ok := <-tx.Responses():
			if !ok {
				return nil, fmt.Errorf("options to %s: %w", t.Addr, transaction.ErrTimeout)
			}
			if m.Status >= 200 {
				return m, nil
			}
		}
	}
}

func (p *Probe) request(peer sipmsg.URI, t transport.Target) *sipmsg.Message {
	m := sipmsg.NewRequest("OPTIONS", peer.String())
	m.Add("Max-Forwards", "70")
	m.Add("From", sipmsg.NameAddr{URI: p.From, Params: sipmsg.Params{{Name: "tag", Value: strings.ToLower(rand.Text()[:12])}}}.String())
	m.Add("To", sipmsg.NameAddr{URI: peer}.String())
	m.Add("Call-ID", rand.Text())
	m.Add("CSeq", "1 OPTIONS")
	m.Add("Contact", p.Sender.Contact(t, p.From.User))
	m.Add("Accept", "application/sdp")
	return m
}
