package transaction_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// FuzzLayer plays random events against a layer: requests, repeats, ACKs and
// CANCELs of few branches, answers of all kinds, transport failures, time. It
// must not panic, must end in bounded time and leave nothing.
func FuzzLayer(f *testing.F) {
	f.Add([]byte{0, 16, 1, 17, 33, 2, 50, 70, 99})
	f.Add([]byte{4, 4, 20, 36, 52, 255, 255, 7, 8, 9})
	f.Add([]byte("INVITE and what may follow it, and then some more of the same"))
	f.Fuzz(func(t *testing.T, events []byte) {
		events = events[:min(len(events), 200)]
		bubble(t, func(t *testing.T, n *network) {
			a, b := pair(n, transaction.Config{MaxServer: 16})
			p := player{t: t, n: n, a: a, b: b}
			b.handle = p.keep
			for _, e := range events {
				p.play(e)
				synctest.Wait()
			}
			n.lose(nil, nil, a, b)
			p.answerAll()
			for _, c := range p.clients {
				_ = c.Cancel() // not all are INVITEs
			}
			n.settle()
		})
	})
}

// player turns octets into events: the low four bits say what, the high ones
// to which of the few transactions, or how long.
type player struct {
	t       *testing.T
	n       *network
	a, b    *host
	mu      sync.Mutex
	servers []*transaction.Server // guarded by mu
	over    bool                  // guarded by mu
	clients []*transaction.Client
	seq     int
}

func (p *player) keep(tx *transaction.Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		_ = tx.Respond(sipmsg.NewResponse(tx.Request(), 500, "")) // the layer may say no
	}
	p.servers = append(p.servers, tx)
}

func (p *player) server(i int) *transaction.Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.servers) == 0 {
		return nil
	}
	return p.servers[i%len(p.servers)]
}

// answerAll does what the contract asks of the user, for requests still to come
// too.
func (p *player) answerAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	for _, tx := range p.servers {
		_ = tx.Respond(sipmsg.NewResponse(tx.Request(), 500, "")) // answered already, mostly
	}
}

var fuzzStatus = []int{100, 180, 183, 199, 200, 202, 299, 302, 404, 486, 487, 503, 600, 603, 699, 101}

func (p *player) play(e byte) {
	x := int(e >> 4)
	switch e & 15 {
	case 0, 1, 2, 3: // a third party's request
		method := []string{"INVITE", "ACK", "CANCEL", "OPTIONS"}[e&3]
		p.b.inject(raw(method, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"+string(rune('a'+x&3)), "raw-1", string(rune('a'+x>>2))))
	case 4, 5: // ours
		p.seq++
		method := []string{"INVITE", "MESSAGE"}[e&1]
		to := udp(bob)
		if x&1 == 1 {
			to = transport.Target{Network: "tcp", Addr: bob}
		}
		if c, err := p.a.layer.Send(request(method, p.seq), to); err == nil {
			p.clients = append(p.clients, c)
		}
	case 6, 7: // the user answers
		if tx := p.server(x); tx != nil {
			_ = tx.Respond(sipmsg.NewResponse(tx.Request(), fuzzStatus[(x*7+int(e&1))%len(fuzzStatus)], "")) // may be too late
		}
	case 8, 9: // an answer out of nowhere to one of ours
		if len(p.clients) > 0 {
			r := sipmsg.NewResponse(p.clients[x%len(p.clients)].Request(), fuzzStatus[x], "")
			if b, err := r.Append(nil); err == nil {
				p.a.receive(arrival{b, bob, "udp"})
			}
		}
	case 10:
		if len(p.clients) > 0 {
			_ = p.clients[x%len(p.clients)].Cancel() // not all are INVITEs
		}
	case 11:
		if len(p.clients) > 0 {
			v, _ := p.clients[x%len(p.clients)].Request().TopVia()
			p.a.layer.Undelivered(v.Branch(), bob, errDown)
		}
	case 12:
		p.n.lose(func(i int, _ *sipmsg.Message) bool { return i&x != 0 }, nil, p.a, p.b)
	case 13:
		p.n.lose(nil, errDown, []*host{p.a, p.b}[x&1])
	default:
		time.Sleep(time.Duration(x*x) * 200 * time.Millisecond) // of the bubble
	}
}
