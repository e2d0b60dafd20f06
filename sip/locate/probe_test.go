package locate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// peers answers OPTIONS by address: a status, or 0 for nothing.
type peers struct {
	*transaction.Layer
	mu    sync.Mutex
	says  map[string]int
	asked []string
}

type nobody struct{}

func (nobody) Request(*transaction.Server) {}
func (nobody) Ack(*sipmsg.Message)         {}
func (nobody) Response(*sipmsg.Message)    {}

type wire struct{ p *peers }

func (wire) Local(string, netip.Addr) netip.AddrPort {
	return netip.MustParseAddrPort("192.0.2.100:5060")
}

func (w wire) Send(m *sipmsg.Message, to transport.Target) error {
	w.p.mu.Lock()
	status := w.p.says[to.Addr.Addr().String()]
	w.p.asked = append(w.p.asked, m.Method+" "+m.RequestURI+" "+to.Addr.String())
	w.p.mu.Unlock()
	switch {
	case status < 0:
		return errors.New("connection refused")
	case status > 0:
		w.p.Receive(sipmsg.NewResponse(m, status, ""), nil)
	}
	return nil
}

func (p *peers) Contact(transport.Target, string) string { return "<sip:gw@192.0.2.100>" }

// TestProbe marks what answers and what does not, and tells of changes.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peers{says: map[string]int{"192.0.2.1": 200, "192.0.2.2": 0, "192.0.2.3": 503, "192.0.2.4": 404, "192.0.2.5": -1}}
		p.Layer = transaction.New(transaction.Config{Transport: wire{p}}, nobody{})
		l := New(Config{Servers: []netip.AddrPort{}})
		var changes []string
		probe := &Probe{Locator: l, Sender: p, From: uri(t, "sip:gw@gw.example"), Changed: func(_ sipmsg.URI, t transport.Target, up bool) {
			p.mu.Lock()
			defer p.mu.Unlock()
			changes = append(changes, fmt.Sprint(t.Addr.Addr(), " ", up))
		}}
		for i := range 5 {
			probe.Peers = append(probe.Peers, uri(t, fmt.Sprintf("sip:192.0.2.%d;transport=tcp", i+1)))
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- probe.Run(ctx) }()
		seen := func() []string {
			synctest.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			out := changes
			changes = nil
			slices.Sort(out)
			return out
		}
		time.Sleep(5 * time.Second)
		if got, want := seen(), []string{"192.0.2.2 false", "192.0.2.3 false", "192.0.2.5 false"}; !slices.Equal(got, want) {
			t.Errorf("changes %q, want %q", got, want)
		}
		p.mu.Lock()
		p.says["192.0.2.2"] = 200
		p.mu.Unlock()
		time.Sleep(30 * time.Second)
		if got := seen(); !slices.Contains(got, "192.0.2.2 true") || slices.Contains(got, "192.0.2.4 false") {
			t.Errorf("changes %q, want 192.0.2.2 up and 192.0.2.4 left alone", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		p.Close()
		if len(p.asked) < 10 || !strings.HasPrefix(p.asked[0], "OPTIONS sip:192.0.2.") {
			t.Errorf("asked %q", p.asked)
		}
	})
}
