package transaction_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// TestServerSays100 after 200 ms of silence of its user (RFC 3261 §17.2.1), and
// not if the user spoke.
func TestServerSays100(t *testing.T) {
	for _, early := range []bool{false, true} {
		bubble(t, func(t *testing.T, n *network) {
			a, b := pair(n, transaction.Config{})
			b.handle = func(tx *transaction.Server) {
				if early {
					respond(t, tx, 100)
				}
				time.Sleep(300 * time.Millisecond)
				respond(t, tx, 486)
			}
			got := answers(send(t, a, request("INVITE", 1)))
			if want := []int{100, 486}; !slices.Equal(got, want) {
				t.Errorf("early %v: answers %v, want %v", early, got, want)
			}
			n.settle()
			if got, want := n.sent(), "INVITE 100/INVITE 486/INVITE ACK"; got != want {
				t.Errorf("early %v: sent %q, want %q", early, got, want)
			}
			if b.ackCount() != 0 {
				t.Error("the ACK for a non-2xx reached the user")
			}
		})
	}
}

// TestNoAck: timers G and H (RFC 3261 §17.2.1).
func TestNoAck(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		n.drop = func(_ int, m *sipmsg.Message) bool { return m.Method == "ACK" }
		ended := make(chan error, 1)
		b.handle = func(tx *transaction.Server) {
			respond(t, tx, 486)
			<-tx.Done()
			ended <- tx.Err()
		}
		send(t, a, request("INVITE", 1))
		begin := time.Now()
		if err := <-ended; !errors.Is(err, transaction.ErrTimeout) {
			t.Errorf("Err is %v, want ErrTimeout", err)
		}
		if got := time.Since(begin); got != 32*time.Second {
			t.Errorf("gave up after %v, want 64*T1 = 32s", got)
		}
		if got := n.count("486/INVITE"); got != 11 {
			t.Errorf("486 went out %d times, want 11 (timer G)", got)
		}
		n.settle()
	})
}

// TestRepeatsAreAbsorbed: the user sees a request once, and its last answer is
// sent again for each repeat (RFC 3261 §17.2.1, §17.2.2; RFC 6026 §7.1).
func TestRepeatsAreAbsorbed(t *testing.T) {
	for _, c := range []struct {
		name, method string
		status       []int
		want         string
	}{
		{"§17.2.1 no answer yet", "INVITE", nil, ""},
		{"§17.2.1 provisional", "INVITE", []int{180}, "180/INVITE 180/INVITE 180/INVITE"},
		{"§17.2.1 final", "INVITE", []int{486}, "486/INVITE 486/INVITE 486/INVITE"},
		{"RFC 6026 §7.1 2xx is the user's", "INVITE", []int{200}, "200/INVITE"},
		{"§17.2.2 no answer yet", "OPTIONS", nil, ""},
		{"§17.2.2 final", "OPTIONS", []int{200}, "200/OPTIONS 200/OPTIONS 200/OPTIONS"},
	} {
		bubble(t, func(t *testing.T, n *network) {
			_, b := pair(n, transaction.Config{})
			seen := 0
			b.handle = func(tx *transaction.Server) {
				seen++
				for _, s := range c.status {
					respond(t, tx, s)
				}
			}
			for range 3 {
				b.inject(raw(c.method, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
				synctest.Wait()
			}
			if got := n.sent(); got != c.want || seen != 1 {
				t.Errorf("%s: sent %q, seen %d times, want %q and once", c.name, got, seen, c.want)
			}
		})
	}
}

// TestAcceptedTakes2xxAgain is RFC 6026 §7.1: the user repeats its 2xx, other
// answers come too late.
func TestAcceptedTakes2xxAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		_, b := pair(n, transaction.Config{})
		b.handle = func(tx *transaction.Server) {
			respond(t, tx, 200)
			respond(t, tx, 200)
			if err := tx.Respond(sipmsg.NewResponse(tx.Request(), 486, "")); !errors.Is(err, transaction.ErrState) {
				t.Errorf("486 after 200: %v, want ErrState", err)
			}
			begin := time.Now()
			<-tx.Done()
			if got := time.Since(begin); got != 32*time.Second || tx.Err() != nil {
				t.Errorf("ended after %v with %v, want timer L = 32s and nil", got, tx.Err())
			}
			if err := tx.Respond(sipmsg.NewResponse(tx.Request(), 200, "")); !errors.Is(err, transaction.ErrState) {
				t.Errorf("200 after the end: %v, want ErrState", err)
			}
		}
		b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
		n.settle()
	})
}

// TestMergedRequests is RFC 3261 §8.2.2.2, and a loop looks the same.
func TestMergedRequests(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		_, b := pair(n, transaction.Config{})
		var seen atomic.Int32
		b.handle = func(*transaction.Server) { seen.Add(1) }
		b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
		synctest.Wait()
		for range 2 { // and its repeat
			b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2"))
		}
		b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK3", "CSeq: 1", "CSeq: 2"))
		b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK4", "<sip:bob@192.0.2.2>", "<sip:bob@192.0.2.2>;tag=t"))
		synctest.Wait()
		if got, want := n.sent(), "482/INVITE 482/INVITE"; !strings.HasPrefix(got, want) || seen.Load() != 3 {
			t.Errorf("sent %q, %d requests seen; want %q and 3", got, seen.Load(), want)
		}
		if got := b.layer.Stats().Merged; got != 2 {
			t.Errorf("Merged is %d, want 2", got)
		}
	})
}

// TestRFC2543Peer has no cookie in its branch, or no branch (RFC 3261 §17.2.3).
func TestRFC2543Peer(t *testing.T) {
	for _, via := range []string{"SIP/2.0/UDP 192.0.2.1", "SIP/2.0/UDP 192.0.2.1;branch=1"} {
		bubble(t, func(t *testing.T, n *network) {
			_, b := pair(n, transaction.Config{})
			seen, tag := 0, ""
			b.handle = func(tx *transaction.Server) {
				seen++
				r := sipmsg.NewResponse(tx.Request(), 486, "")
				if err := tx.Respond(r); err != nil {
					t.Error(err)
				}
				tag = r.ToTag()
			}
			b.inject(raw("INVITE", via))
			synctest.Wait()
			b.inject(raw("INVITE", via)) // a repeat
			ack := func(tag string) string {
				return raw("ACK", via, "<sip:bob@192.0.2.2>", "<sip:bob@192.0.2.2>;tag="+tag)
			}
			b.inject(ack("other"))
			if got := b.ackCount(); got != 1 {
				t.Errorf("%s: an ACK with another tag reached the user %d times, want once", via, got)
			}
			b.inject(ack(tag))
			time.Sleep(10 * time.Second)
			if got, want := n.sent(), "486/INVITE 486/INVITE"; got != want || seen != 1 || b.ackCount() != 1 {
				t.Errorf("%s: sent %q, seen %d, ACKs up %d; want %q, 1, 1", via, got, seen, b.ackCount(), want)
			}
		})
	}
}

// TestServerKey: what tells transactions apart (RFC 3261 §17.2.3).
func TestServerKey(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		_, b := pair(n, transaction.Config{})
		seen := 0
		b.handle = func(tx *transaction.Server) { seen++ }
		for i, m := range []string{
			raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
			raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1", "raw-1", "raw-2"), // sent-by
			raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2", "raw-1", "raw-3"),      // branch
			raw("INFO", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "raw-1", "raw-4"),         // method
			raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "raw-1", "raw-5"),      // a branch used twice
			raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "CSeq: 1", "CSeq: 2"),  // likewise
		} {
			b.inject(m)
			synctest.Wait()
			if seen != i+1 {
				t.Errorf("request %d: %d seen", i, seen)
			}
		}
	})
}

// TestForgottenRequest: a user that never answers a request other than INVITE
// holds nothing beyond the client's timer F.
func TestForgottenRequest(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		b.handle = func(tx *transaction.Server) {
			<-tx.Done()
			if err := tx.Err(); !errors.Is(err, transaction.ErrTimeout) {
				t.Errorf("Err is %v, want ErrTimeout", err)
			}
		}
		if got := answers(send(t, a, request("INFO", 1))); got != nil {
			t.Errorf("answers %v, want none", got)
		}
		n.settle()
	})
}
