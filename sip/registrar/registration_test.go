package registrar_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// carrier is the other end: a transaction layer of ours over a wire that calls
// answer for each request.
type carrier struct {
	*transaction.Layer
	answer func(m *sipmsg.Message, to transport.Target) *sipmsg.Message // nil: none
	got    []string                                                     // "t CSeq expires auth?" of each request
	begin  time.Time
	pings  int
	noFlow bool
}

func newCarrier(answer func(*sipmsg.Message, transport.Target) *sipmsg.Message) *carrier {
	c := &carrier{answer: answer, begin: time.Now()}
	c.Layer = transaction.New(transaction.Config{Transport: c.wire()}, nobody{})
	return c
}

type nobody struct{}

func (nobody) Request(*transaction.Server) {}
func (nobody) Ack(*sipmsg.Message)         {}
func (nobody) Response(*sipmsg.Message)    {}

type wire struct{ c *carrier }

func (c *carrier) wire() wire { return wire{c} }

func (wire) Local(string, netip.Addr) netip.AddrPort {
	return netip.MustParseAddrPort("192.0.2.1:5060")
}

func (w wire) Send(m *sipmsg.Message, to transport.Target) error {
	seq, _, _ := m.CSeq()
	line := time.Since(w.c.begin).Truncate(time.Second).String() + " " + m.Get("Expires") + " " + to.Addr.Addr().String()
	if m.Has("Authorization") {
		line += " auth"
	}
	w.c.got = append(w.c.got, line)
	_ = seq
	if r := w.c.answer(m, to); r != nil {
		r.Source = to.Addr
		w.c.Receive(r, nil)
	}
	return nil
}

func (c *carrier) Contact(transport.Target, string) string { return "<sip:acct@192.0.2.1:5060>" }

func (c *carrier) Ping(transport.Target) error {
	c.pings++
	if c.noFlow {
		return transport.ErrFlow
	}
	return nil
}

var (
	first  = transport.Target{Network: "tcp", Addr: netip.MustParseAddrPort("203.0.113.1:5060")}
	second = transport.Target{Network: "tcp", Addr: netip.MustParseAddrPort("203.0.113.2:5060")}
)

// keep runs a registration at a carrier for d, then ends it and returns its last
// status before the end.
func keep(t *testing.T, c *carrier, d time.Duration, edits ...func(*registrar.Account)) registrar.Status {
	t.Helper()
	a := registrar.Account{
		Record:      sipmsg.URI{Scheme: "sip", User: "acct", Host: "carrier.example"},
		Credentials: digest.Credentials{Realm: "carrier.example", User: "acct", Password: "pw"},
		Locate:      func(context.Context) ([]transport.Target, error) { return []transport.Target{first, second}, nil },
		Stack:       c, Expires: 10 * time.Minute,
	}
	for _, e := range edits {
		e(&a)
	}
	r, err := registrar.NewRegistration(a)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	time.Sleep(d)
	synctest.Wait()
	s := r.Status()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if r.Status().Registered {
		t.Error("registered after the end")
	}
	c.Layer.Close()
	return s
}

// auth is a digest server that the carrier challenges with.
func auth() *digest.Server {
	return digest.NewServer(digest.Config{Realm: "carrier.example", Lookup: func(user string) (digest.Secret, bool) {
		return digest.NewSecret(user, "carrier.example", "pw"), user == "acct"
	}})
}

// TestRegistration: challenge answered, refreshed in time, taken back at the end.
func TestRegistration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := auth()
		var seqs []uint32
		c := newCarrier(func(m *sipmsg.Message, to transport.Target) *sipmsg.Message {
			seq, _, _ := m.CSeq()
			seqs = append(seqs, seq)
			m.Source = netip.MustParseAddrPort("192.0.2.1:5060")
			v := a.Check(m)
			if v.Outcome != digest.Accepted {
				return v.Answer
			}
			r := sipmsg.NewResponse(m, 200, "")
			r.Add("Contact", "<sip:other@198.51.100.1>;expires=5")
			r.Add("Contact", "<sip:acct@192.0.2.1:5060>;expires=300")
			return r
		})
		s := keep(t, c, 5*time.Minute)
		if !s.Registered || s.Target != first || s.Code != 200 || s.Err != nil {
			t.Errorf("status %+v, want registered at the first", s)
		}
		want := []string{"0s 600 203.0.113.1", "0s 600 203.0.113.1 auth", "4m30s 600 203.0.113.1", "4m30s 600 203.0.113.1 auth", "5m0s 0 203.0.113.1", "5m0s 0 203.0.113.1 auth"}
		if !slices.Equal(c.got, want) || !slices.IsSorted(seqs) || len(slices.Compact(slices.Clone(seqs))) != len(seqs) {
			t.Errorf("sent %q with CSeq %d, want %q", c.got, seqs, want)
		}
	})
}

// TestRegistrationFailover: 503, silence, and what a carrier refuses.
func TestRegistrationFailover(t *testing.T) {
	status := func(code int, fields ...string) func(*sipmsg.Message) *sipmsg.Message {
		return func(m *sipmsg.Message) *sipmsg.Message {
			if code == 0 {
				return nil
			}
			r := sipmsg.NewResponse(m, code, "")
			for _, f := range fields {
				name, value, _ := strings.Cut(f, ": ")
				r.Add(name, value)
			}
			return r
		}
	}
	for _, c := range []struct {
		name       string
		first      func(*sipmsg.Message) *sipmsg.Message
		registered bool
		sent       int // within two seconds, or twelve where the first is silent
		err        string
	}{
		{"503", status(503), true, 2, ""},
		{"silence", status(0), true, 2, ""},
		{"403", status(403), false, 1, "403"},
		{"redirect", status(302, "Contact: <sip:evil.example>"), false, 1, "302"},
		{"another realm", status(401, `WWW-Authenticate: Digest realm="evil",nonce="n"`), false, 1, "another realm"},
		{"fresh nonces for ever", status(401, `WWW-Authenticate: Digest realm="carrier.example",nonce="n",stale=true`), false, 2, "refused"},
		{"423 without end", status(423, "Min-Expires: 99999999"), false, 1, "423"},
	} {
		synctest.Test(t, func(t *testing.T) {
			car := newCarrier(func(m *sipmsg.Message, to transport.Target) *sipmsg.Message {
				if to.Addr == first.Addr && m.Get("Expires") != "0" {
					return c.first(m)
				}
				return sipmsg.NewResponse(m, 200, "")
			})
			s := keep(t, car, 12*time.Second)
			sent := slices.DeleteFunc(car.got, func(l string) bool { return strings.Contains(l, " 0 ") })
			if s.Registered != c.registered || len(sent) != c.sent || (s.Err == nil) != c.registered {
				t.Errorf("%s: status %+v after %q", c.name, s, sent)
			}
			if c.err != "" && !strings.Contains(s.Err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q in it", c.name, s.Err, c.err)
			}
		})
	}
}

// TestRegistrationBackOff: tries get rarer, and Retry-After is heard.
func TestRegistrationBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(func(m *sipmsg.Message, _ transport.Target) *sipmsg.Message { return sipmsg.NewResponse(m, 403, "") })
		s := keep(t, c, 24*time.Hour)
		if n := len(c.got); n < 48 || n > 110 || s.Failures != n {
			t.Errorf("%d tries and %d failures in a day, want one each half hour or quarter", n, s.Failures)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(func(m *sipmsg.Message, _ transport.Target) *sipmsg.Message {
			r := sipmsg.NewResponse(m, 480, "")
			r.Add("Retry-After", "7200 (maintenance);duration=60")
			return r
		})
		keep(t, c, 3*time.Hour)
		if len(c.got) != 2 || !strings.HasPrefix(c.got[1], "2h0m0s") {
			t.Errorf("tried %q, want again after 2 h", c.got)
		}
	})
}

// TestRegistration423 asks for what the carrier wants.
func TestRegistration423(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(func(m *sipmsg.Message, _ transport.Target) *sipmsg.Message {
			if n, _ := strconv.Atoi(m.Get("Expires")); n > 0 && n < 1800 {
				r := sipmsg.NewResponse(m, 423, "")
				r.Add("Min-Expires", "1800")
				return r
			}
			return sipmsg.NewResponse(m, 200, "")
		})
		s := keep(t, c, time.Minute)
		if !s.Registered || time.Until(s.Until) < 28*time.Minute {
			t.Errorf("status %+v, want registered for 30 min", s)
		}
	})
}

// TestRegistrationKeepAlive: a flow that is gone is made anew at once.
func TestRegistrationKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(func(m *sipmsg.Message, _ transport.Target) *sipmsg.Message { return sipmsg.NewResponse(m, 200, "") })
		keep(t, c, 99*time.Second, func(a *registrar.Account) {
			a.KeepAlive = 25 * time.Second
			a.Changed = func(registrar.Status) { c.noFlow = c.pings == 0 && len(c.got) == 1 }
		})
		if len(c.got) != 3 || !strings.HasPrefix(c.got[1], "25s") || c.pings != 3 {
			t.Errorf("sent %q and %d pings, want a new REGISTER after 25 s", c.got, c.pings)
		}
	})
}

// TestRegistrationUnresolved: no address is a failure like others.
func TestRegistrationUnresolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(nil)
		gone := errors.New("no such host")
		s := keep(t, c, time.Second, func(a *registrar.Account) {
			a.Locate = func(context.Context) ([]transport.Target, error) { return nil, gone }
		})
		if s.Registered || !errors.Is(s.Err, gone) || s.Failures != 1 {
			t.Errorf("status %+v, want a failure for %v", s, gone)
		}
	})
	for _, a := range []registrar.Account{{}, {Record: sipmsg.URI{Scheme: "sip", User: "a", Host: "b"}}} {
		if _, err := registrar.NewRegistration(a); err == nil {
			t.Errorf("%+v accepted", a)
		}
	}
}
