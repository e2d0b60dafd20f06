package transaction_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// TestTimeouts: how often and how long a request goes out that nobody answers
// (RFC 3261 §17.1.1.2 timers A and B, §17.1.2.2 timers E and F).
func TestTimeouts(t *testing.T) {
	for _, c := range []struct {
		method  string
		network string
		sends   int
	}{{"INVITE", "udp", 7}, {"OPTIONS", "udp", 11}, {"INVITE", "tcp", 1}, {"OPTIONS", "tcp", 1}} {
		t.Run(c.method+"_"+c.network, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network) {
				a := n.host(alice, transaction.Config{})
				begin := time.Now()
				tx, err := a.layer.Send(request(c.method, 1), transport.Target{Network: c.network, Addr: bob})
				if err != nil {
					t.Fatal(err)
				}
				if got := answers(tx); got != nil {
					t.Errorf("answers %v, want none", got)
				}
				if err := tx.Err(); !errors.Is(err, transaction.ErrTimeout) {
					t.Errorf("Err is %v, want ErrTimeout", err)
				}
				if got := time.Since(begin); got != 32*time.Second {
					t.Errorf("ended after %v, want 64*T1 = 32s", got)
				}
				if got := n.count(c.method); got != c.sends {
					t.Errorf("sent %d times, want %d: %s", got, c.sends, n.sent())
				}
			})
		})
	}
}

// TestCancelUnanswered: the INVITE ends 64*T1 after the CANCEL (RFC 3261 §9.1).
func TestCancelUnanswered(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		b.handle = func(tx *transaction.Server) { respond(t, tx, 180); <-tx.Done() }
		c := send(t, a, request("INVITE", 1))
		<-c.Responses()
		begin := time.Now()
		if err := c.Cancel(); err != nil {
			t.Error(err)
		}
		<-c.Done()
		if got := time.Since(begin); got != 32*time.Second || !errors.Is(c.Err(), transaction.ErrTimeout) {
			t.Errorf("ended after %v with %v, want 32s and ErrTimeout", got, c.Err())
		}
	})
}

// TestUnreadAnswers: provisionals beyond the queue are dropped, the final
// answer is there (Client.Responses).
func TestUnreadAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		b.handle = func(tx *transaction.Server) {
			for range 30 {
				respond(t, tx, 180)
			}
			respond(t, tx, 486)
		}
		c := send(t, a, request("INVITE", 1))
		synctest.Wait()
		if got := answers(c); len(got) != 11 || got[10] != 486 {
			t.Errorf("answers %v, want ten 180 and 486", got)
		}
		if got := a.layer.Stats().DroppedProvisionals; got != 20 {
			t.Errorf("dropped %d, want 20", got)
		}
	})
}

// TestForks: 2xx of different forks are delivered, repeats and what comes after
// timer M go to User.Response (RFC 6026 §7.2, §8.7).
func TestForks(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a := n.host(alice, transaction.Config{})
		c := send(t, a, request("INVITE", 1))
		ok := func(tag string) {
			r := sipmsg.NewResponse(c.Request(), 200, "")
			r.Set("To", "<sip:bob@192.0.2.2>;tag="+tag)
			b, err := r.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			a.inject(string(b))
		}
		for _, tag := range []string{"x", "y", "x", "z", "v", "w", "y"} {
			ok(tag)
		}
		if got := len(c.Responses()); got != 4 {
			t.Errorf("%d answers delivered, want 4 forks", got)
		}
		if got := len(a.strays); got != 3 {
			t.Errorf("%d answers to User.Response, want 3", got)
		}
		n.settle()
		ok("x")
		if got := len(a.strays); got != 4 {
			t.Errorf("%d answers to User.Response after timer M, want 4", got)
		}
		if c.Err() != nil {
			t.Errorf("Err is %v, want nil", c.Err())
		}
	})
}

// TestTransportErrors end the transaction at once (RFC 3261 §17.1.4).
func TestTransportErrors(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		c := send(t, a, request("INVITE", 1))
		d := send(t, a, request("OPTIONS", 2))
		for _, tx := range []*transaction.Client{c, d} {
			via, err := tx.Request().TopVia()
			if err != nil {
				t.Fatal(err)
			}
			a.layer.Undelivered(via.Branch(), alice, errDown) // not where it went
			if tx.Err() != nil {
				t.Error("ended by an error of another address")
			}
			a.layer.Undelivered(via.Branch(), bob, errDown)
			<-tx.Done()
			if err := tx.Err(); !errors.Is(err, transaction.ErrTransport) || !errors.Is(err, errDown) {
				t.Errorf("Err is %v, want ErrTransport and its cause", err)
			}
		}
		n.lose(nil, errDown, a)
		if _, err := a.layer.Send(request("OPTIONS", 3), udp(bob)); !errors.Is(err, transaction.ErrTransport) {
			t.Errorf("Send: %v, want ErrTransport", err)
		}
		n.lose(nil, errDown, b)
		synctest.Wait()
		b.handle = func(tx *transaction.Server) {
			if err := tx.Respond(sipmsg.NewResponse(tx.Request(), 486, "")); !errors.Is(err, transaction.ErrTransport) {
				t.Errorf("Respond: %v, want ErrTransport", err)
			}
			<-tx.Done()
			if !errors.Is(tx.Err(), transaction.ErrTransport) {
				t.Errorf("server Err is %v, want ErrTransport", tx.Err())
			}
		}
		b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
		synctest.Wait()
	})
}

// TestLongRequest goes over TCP if the target allows it, and back to UDP when
// that cannot be reached (RFC 3261 §18.1.1).
func TestLongRequest(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  int
		allow bool
		want  string
	}{{"short", 100, true, "udp"}, {"long", 1300, true, "tcp"}, {"long, UDP only", 1300, false, "udp"}} {
		bubble(t, func(t *testing.T, n *network) {
			a, b := pair(n, transaction.Config{})
			over := ""
			b.handle = func(tx *transaction.Server) {
				v, _ := tx.Request().TopVia()
				over = tx.Request().Transport + " " + v.Transport
				respond(t, tx, 200)
			}
			m := request("INVITE", 1)
			m.Add("Content-Type", "application/sdp")
			m.Body = []byte(strings.Repeat("x", c.size))
			n.drop = func(_ int, m *sipmsg.Message) bool { v, _ := m.TopVia(); return m.Method != "" && v.Transport == "TCP" }
			to := udp(bob)
			to.AllowTCP = c.allow
			tx, err := a.layer.Send(m, to)
			if err != nil {
				t.Fatal(err)
			}
			if got := tx.Target().Network; got != c.want {
				t.Errorf("%s: went over %s, want %s", c.name, got, c.want)
			}
			if c.want == "tcp" {
				v, _ := tx.Request().TopVia()
				a.layer.Undelivered(v.Branch(), bob, errDown)
			}
			if got := answers(tx); !slices.Equal(got, []int{200}) || over != "udp UDP" {
				t.Errorf("%s: answers %v over %q, want 200 over udp UDP in the end", c.name, got, over)
			}
		})
	}
}
