package registrar_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// pinger records pings, and has lost the connections named.
type pinger struct {
	got  atomic.Int32
	lost atomic.Uint64
}

func (p *pinger) Ping(to transport.Target) error {
	p.got.Add(1)
	if lost := p.lost.Load(); to.ConnID == lost && lost != 0 {
		return transport.ErrFlow
	}
	return nil
}

// TestRun: NAT bindings are kept open, dead connections and old contacts go.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *registrar.Config) { c.Now = time.Now })
		b.register(lan, "<sip:open@192.0.2.7>")
		b.register(from{"udp", "198.51.100.4:1001", 0}, "<sip:nat@10.0.0.5>")
		b.register(from{"tls", "198.51.100.4:1002", 5}, "<sip:tls@10.0.0.5>")
		p := &pinger{}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx, p) }()
		time.Sleep(50*time.Second + time.Millisecond)
		synctest.Wait()
		if p.got.Load() != 4 {
			t.Errorf("%d pings in 50 s, want two each for two of three contacts", p.got.Load())
		}
		p.lost.Store(5)
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if got := b.uris(); !slices.Equal(got, []string{"sip:nat@10.0.0.5", "sip:open@192.0.2.7"}) {
			t.Errorf("contacts %q, want those that live", got)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil || b.Len() != 0 {
			t.Errorf("Run: %v, %d contacts left", err, b.Len())
		}
		if want := "lost sip:tls@10.0.0.5"; b.events[3] != want || !strings.HasPrefix(b.events[4], "expired") {
			t.Errorf("told %q, want %s and then what expired", b.events, want)
		}
	})
}

// TestRegisterGuess: wrong passwords are told and bind nothing.
func TestRegisterGuess(t *testing.T) {
	var outcomes []digest.Outcome
	b := newBench(t, func(c *registrar.Config) {
		c.Event = func(e registrar.Event) { outcomes = append(outcomes, e.Outcome) }
	})
	m := b.request(lan, "1000", []string{"<sip:a@192.0.2.7>"})
	challenge := b.Handle(m)
	m, err := digest.Credentials{Realm: realm, User: "1000", Password: "guess"}.Retry(m, challenge, m.Source.Addr())
	if err != nil {
		t.Fatal(err)
	}
	resp := b.Handle(m)
	if resp.Status != 401 || b.Len() != 0 || !slices.Equal(outcomes, []digest.Outcome{digest.Wrong}) {
		t.Errorf("got %d, %d contacts, told %v; want 401, none, wrong", resp.Status, b.Len(), outcomes)
	}
}

// FuzzRegister: whatever an authenticated phone registers, the answer can be
// sent, calls go to where it came from, and the bounds hold.
func FuzzRegister(f *testing.F) {
	f.Add("<sip:1000@192.0.2.7:5060>;expires=120;q=0.5", "")
	f.Add("*", "0")
	f.Add(`<sip:a@[::1]>;+sip.instance="<urn:uuid:1>";reg-id=1, sip:b@c;q=.1`, "60")
	f.Fuzz(func(t *testing.T, contact, expires string) {
		b := newBench(t)
		m := b.request(lan, "1000", []string{contact}, "Supported: outbound")
		if expires != "" {
			m.Add("Expires", expires)
		}
		wire, err := m.Append(nil)
		if err != nil {
			return
		}
		d, err := sipmsg.Decode(wire, true)
		if err != nil {
			return
		}
		d.Source, d.Local, d.Transport = m.Source, m.Local, m.Transport
		resp := b.send(d, "1000")
		if _, err := resp.Append(nil); err != nil {
			t.Errorf("%q: %v", contact, err)
		}
		for _, c := range b.Contacts("line 1000") {
			if c.Target.Addr.Addr() != lanAddr || len(c.URI) > 600 {
				t.Errorf("%q: calls go to %v", contact, c.Target)
			}
			if _, err := sipmsg.ParseURI(c.URI); err != nil {
				t.Errorf("%q: Request-URI %q: %v", contact, c.URI, err)
			}
		}
		if b.Len() > 8 {
			t.Errorf("%q: %d contacts", contact, b.Len())
		}
	})
}

var lanAddr = netip.MustParseAddr("192.0.2.7")
