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
	"ringward/sip/transport"
)

func send(t *testing.T, h *host, m *sipmsg.Message) *transaction.Client {
	t.Helper()
	c, err := h.layer.Send(m, udp(bob))
	if err != nil {
		t.Fatalf("send %s: %v", m.Method, err)
	}
	return c
}

func pair(n *network, cfg transaction.Config) (a, b *host) {
	return n.host(alice, transaction.Config{}), n.host(bob, cfg)
}

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

// TestCancel is RFC 3261 §9: CANCEL waits for a provisional answer, is answered
// 200, and the INVITE 487.
func TestCancel(t *testing.T) {
	for _, early := range []bool{false, true} {
		bubble(t, func(t *testing.T, n *network) {
			a, b := pair(n, transaction.Config{})
			b.handle = func(tx *transaction.Server) {
				respond(t, tx, 180)
				<-tx.Cancelled()
				if got := tx.CancelRequest().Get("Reason"); got != "SIP;cause=200" {
					t.Errorf("Reason of CANCEL %q", got)
				}
				respond(t, tx, 487)
			}
			c := send(t, a, request("INVITE", 1))
			if !early {
				<-c.Responses()
			}
			for range 2 { // the second does nothing
				if err := c.Cancel(sipmsg.Header{Name: "Reason", Value: "SIP;cause=200"}); err != nil {
					t.Error(err)
				}
			}
			if got := answers(c); got[len(got)-1] != 487 {
				t.Errorf("answers %v, want 487", got)
			}
			n.settle()
			want := "INVITE 180/INVITE CANCEL 200/CANCEL 487/INVITE ACK"
			if got := n.sent(); got != want {
				t.Errorf("early %v: sent %q, want %q", early, got, want)
			}
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

// TestCancelOfNothing is answered 481 (RFC 3261 §9.2) and a CANCEL after the
// final answer 200, to no effect.
func TestCancelOfNothing(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		_, b := pair(n, transaction.Config{})
		b.inject(raw("CANCEL", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnone"))
		b.handle = func(tx *transaction.Server) { respond(t, tx, 200) }
		b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKsome"))
		synctest.Wait()
		b.inject(raw("CANCEL", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKsome"))
		synctest.Wait()
		if got, want := n.sent(), "481/CANCEL 200/INVITE 200/CANCEL"; got != want {
			t.Errorf("sent %q, want %q", got, want)
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
		} {
			b.inject(m)
			synctest.Wait()
			if seen != i+1 {
				t.Errorf("request %d: %d seen", i, seen)
			}
		}
	})
}

// TestOverload: beyond MaxServer new requests get 503 with Retry-After, without
// state, and those within a dialog have a reserve.
func TestOverload(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		_, b := pair(n, transaction.Config{MaxServer: 8})
		retry := ""
		n.drop = func(_ int, m *sipmsg.Message) bool { retry = m.Get("Retry-After"); return true }
		invite := func(i int, to string) {
			id := string(rune('a' + i))
			b.inject(raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"+id+to, "raw-1", id, "<sip:bob@192.0.2.2>", "<sip:bob@192.0.2.2>"+to))
		}
		for i := range 10 {
			invite(i, "")
		}
		invite(20, ";tag=in")
		invite(21, ";tag=in") // the reserve is one eighth
		synctest.Wait()
		s := b.layer.Stats()
		if s.Server != 9 || s.Overload != 3 || retry != "5" {
			t.Errorf("%d transactions, %d times 503, Retry-After %q; want 9, 3, 5", s.Server, s.Overload, retry)
		}
	})
}

// TestUndecodable requests get the codec's verdict once each and leave nothing;
// an ACK or a response never gets an answer.
func TestUndecodable(t *testing.T) {
	for _, c := range []struct{ name, wire, want string }{
		{"version", raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "SIP/2.0\r\n", "SIP/7.0\r\n"), "505/OPTIONS"},
		{"CSeq method", raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "1 OPTIONS", "1 INVITE"), "400/INVITE"},
		{"no Call-ID", raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "Call-ID: raw-1\r\n", ""), "400/OPTIONS"},
		{"no Via", raw("OPTIONS", "", "Via: \r\n", ""), ""},
		{"ACK", raw("ACK", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "Call-ID: raw-1\r\n", ""), ""},
		{"response", "SIP/2.0 999 What\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\r\n", ""},
		{"noise", "\x00\x01\x02\x03", ""},
	} {
		bubble(t, func(t *testing.T, n *network) {
			_, b := pair(n, transaction.Config{})
			b.inject(c.wire)
			synctest.Wait()
			if got := n.sent(); got != c.want {
				t.Errorf("%s: sent %q, want %q", c.name, got, c.want)
			}
			if s := b.layer.Stats(); s.Server != 0 {
				t.Errorf("%s: %d transactions left", c.name, s.Server)
			}
		})
	}
}

// TestPanicInHandler: that request is answered 500 and the layer goes on.
func TestPanicInHandler(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		b.handle = func(tx *transaction.Server) { panic("boom") }
		for i := range 2 {
			if got := answers(send(t, a, request("OPTIONS", i+1))); !slices.Equal(got, []int{500}) {
				t.Errorf("answers %v, want 500", got)
			}
		}
		if got := b.layer.Stats().Panics; got != 2 {
			t.Errorf("Panics is %d, want 2", got)
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

// TestCloseEndsAll: every transaction ends with ErrClosed and Close waits for
// the handlers.
func TestCloseEndsAll(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		var err error
		b.handle = func(tx *transaction.Server) { <-tx.Done(); err = tx.Err() }
		c := send(t, a, request("OPTIONS", 1))
		synctest.Wait()
		a.layer.Close()
		b.layer.Close()
		if !errors.Is(err, transaction.ErrClosed) || !errors.Is(c.Err(), transaction.ErrClosed) {
			t.Errorf("server ended with %v, client with %v, want ErrClosed", err, c.Err())
		}
		if _, err := a.layer.Send(request("OPTIONS", 2), udp(bob)); !errors.Is(err, transaction.ErrClosed) {
			t.Errorf("Send after Close: %v, want ErrClosed", err)
		}
		for _, m := range []string{"ACK", "CANCEL"} {
			if _, err := a.layer.Send(request(m, 1), udp(bob)); !errors.Is(err, transaction.ErrMethod) {
				t.Errorf("Send %s: %v, want ErrMethod", m, err)
			}
		}
	})
}
