package transaction_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// TestLoss plays whole exchanges on a network that loses the n-th packet, the
// n-th and the next, and so on: each must end as without loss, show each request
// to the user once, and leave nothing.
func TestLoss(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(t *testing.T, n *network, a, b *host)
	}{
		{"answered call", playCall}, {"refused call", playRefused}, {"cancelled call", playCancelled},
	} {
		for first := 1; first <= 12; first++ {
			for burst := 0; burst <= 3; burst++ {
				t.Run(fmt.Sprintf("%s/%d+%d", c.name, first, burst), func(t *testing.T) {
					bubble(t, func(t *testing.T, n *network) {
						n.drop = func(i int, _ *sipmsg.Message) bool { return i >= first && i < first+burst }
						a, b := pair(n, transaction.Config{})
						c.play(t, n, a, b)
						n.settle()
						if t.Failed() {
							t.Logf("sent: %s", n.sent())
						}
					})
				})
			}
		}
	}
}

// once counts how often requests of each method reach the user.
type once struct {
	mu   sync.Mutex
	seen map[string]int
}

func (o *once) saw(m *sipmsg.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = make(map[string]int)
	}
	o.seen[m.Get("CSeq")]++
}

func (o *once) check(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for k, v := range o.seen {
		if v != 1 {
			t.Errorf("%s reached the user %d times", k, v)
		}
	}
}

// playCall is RFC 3261 §13 in small: the users repeat the 2xx until the ACK and
// the ACK for each 2xx.
func playCall(t *testing.T, _ *network, a, b *host) {
	var o once
	acked := make(chan struct{}, 16)
	b.onAck = func(*sipmsg.Message) { acked <- struct{}{} }
	b.handle = func(tx *transaction.Server) {
		o.saw(tx.Request())
		if tx.Request().Method != "INVITE" {
			respond(t, tx, 200)
			return
		}
		respond(t, tx, 180)
		for d := 500 * time.Millisecond; ; d = min(2*d, 4*time.Second) {
			respond(t, tx, 200)
			select {
			case <-acked:
				return
			case <-time.After(d):
			}
		}
	}
	ack := request("ACK", 1)
	a.on2xx = func(*sipmsg.Message) {
		if err := a.layer.SendAck(ack, udp(bob)); err != nil {
			t.Error(err)
		}
	}
	got := answers(send(t, a, request("INVITE", 1)))
	if len(got) == 0 || got[len(got)-1] != 200 {
		t.Errorf("answers to INVITE %v, want 200 in the end", got)
	}
	a.on2xx(nil)
	if got := answers(send(t, a, request("BYE", 2))); !slices.Equal(got, []int{200}) {
		t.Errorf("answers to BYE %v, want 200", got)
	}
	o.check(t)
}

func playRefused(t *testing.T, _ *network, a, b *host) {
	var o once
	b.handle = func(tx *transaction.Server) { o.saw(tx.Request()); respond(t, tx, 486) }
	if got := answers(send(t, a, request("INVITE", 1))); !slices.Equal(got, []int{486}) {
		t.Errorf("answers %v, want 486", got)
	}
	o.check(t)
}

func playCancelled(t *testing.T, n *network, a, b *host) {
	var o once
	b.handle = func(tx *transaction.Server) {
		o.saw(tx.Request())
		respond(t, tx, 180)
		<-tx.Cancelled()
		respond(t, tx, 487)
	}
	c := send(t, a, request("INVITE", 1))
	if err := c.Cancel(); err != nil {
		t.Error(err)
	}
	if got := answers(c); len(got) == 0 || got[len(got)-1] != 487 {
		t.Errorf("answers %v, want 487 in the end", got)
	}
	o.check(t)
}
