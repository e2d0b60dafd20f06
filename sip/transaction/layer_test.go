package transaction_test

import (
	"errors"
	"slices"
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

// gated is a host whose user turns requests away.
type gated struct {
	*host
	answer func(m *sipmsg.Message) (*sipmsg.Message, bool)
}

func (g gated) Admit(m *sipmsg.Message) (*sipmsg.Message, bool) { return g.answer(m) }

// TestGatekeeper: what is turned away is answered once or not at all and leaves
// nothing; its ACK reaches nobody (security C5).
func TestGatekeeper(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		b.layer.Close()
		b.layer = transaction.New(transaction.Config{Transport: b}, gated{b, func(m *sipmsg.Message) (*sipmsg.Message, bool) {
			switch m.Method {
			case "INVITE":
				return sipmsg.NewResponse(m, 403, ""), false
			case "OPTIONS":
				return nil, false
			}
			return nil, true
		}})
		var seen atomic.Int32
		b.handle = func(tx *transaction.Server) { seen.Add(1); respond(t, tx, 200) }
		if got := answers(send(t, a, request("INVITE", 1))); !slices.Equal(got, []int{403}) {
			t.Errorf("answers %v, want 403", got)
		}
		synctest.Wait() // for the ACK
		if got := answers(send(t, a, request("MESSAGE", 2))); !slices.Equal(got, []int{200}) || seen.Load() != 1 {
			t.Errorf("answers %v, seen %d; want 200 and 1", got, seen.Load())
		}
		b.inject(raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
		n.settle()
		if got, want := n.sent(), "INVITE 403/INVITE ACK MESSAGE 200/MESSAGE"; got != want || b.ackCount() != 0 {
			t.Errorf("sent %q, %d ACKs up; want %q, 0", got, b.ackCount(), want)
		}
	})
}

// TestTenThousand transactions at a time, half of them INVITEs, all come to
// their end and leave nothing.
func TestTenThousand(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{})
		b.handle = func(tx *transaction.Server) {
			time.Sleep(100 * time.Millisecond) // of the bubble: all are there by then
			respond(t, tx, 486)
		}
		var txs []*transaction.Client
		for i := range 10_000 {
			txs = append(txs, send(t, a, request([]string{"INVITE", "MESSAGE"}[i%2], i+1)))
		}
		for i, c := range txs {
			if got := answers(c); len(got) == 0 || got[len(got)-1] != 486 {
				t.Fatalf("answers to %d: %v, want 486", i, got)
			}
		}
		n.settle()
	})
}

// TestHandlersAreBounded even where transactions end before their handlers, as
// over TCP.
func TestHandlersAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, n *network) {
		a, b := pair(n, transaction.Config{MaxServer: 2})
		stop := make(chan struct{})
		b.handle = func(tx *transaction.Server) { respond(t, tx, 200); <-stop }
		var got []int
		for i := range 4 {
			c, err := a.layer.Send(request("MESSAGE", i+1), transport.Target{Network: "tcp", Addr: bob})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, answers(c)...)
		}
		if s := b.layer.Stats(); !slices.Equal(got, []int{200, 200, 503, 503}) || s.Handlers != 2 || s.Server != 0 {
			t.Errorf("answers %v, %d handlers, %d transactions; want two 200, two 503, 2, 0", got, s.Handlers, s.Server)
		}
		close(stop)
	})
}
