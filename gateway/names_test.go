package gateway_test

import (
	"net"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a name server on loopback that knows the SRV records it is given and
// says that all else does not exist.
type names struct {
	addr netip.AddrPort

	mu    sync.Mutex
	known map[string][]srvRecord // guarded by mu
}

// srvRecord is a place on 127.0.0.1 with its priority.
type srvRecord struct{ priority, port uint16 }

func serveDNS(t *testing.T) *names {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	n := &names{addr: c.LocalAddr().(*net.UDPAddr).AddrPort(), known: map[string][]srvRecord{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		b := make([]byte, 4096)
		for {
			size, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if answer, ok := n.answer(b[:size]); ok {
				_, _ = c.WriteToUDPAddrPort(answer, from)
			}
		}
	})
	t.Cleanup(func() { _ = c.Close(); wg.Wait() })
	return n
}

func (n *names) srv(name string, places ...srvRecord) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[name] = places
}

func (n *names) answer(query []byte) ([]byte, bool) {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	q := m.Questions[0]
	r := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RCode: dnsmessage.RCodeNameError}, Questions: m.Questions}
	add := func(b dnsmessage.ResourceBody) {
		r.RCode = dnsmessage.RCodeSuccess
		r.Answers = append(r.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}, Body: b})
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case q.Type == dnsmessage.TypeSRV:
		for _, p := range n.known[q.Name.String()] {
			add(&dnsmessage.SRVResource{Priority: p.priority, Weight: 1, Port: p.port, Target: dnsmessage.MustNewName("host.carrier.test.")})
		}
	case q.Type == dnsmessage.TypeA && q.Name.String() == "host.carrier.test.":
		add(&dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}})
	case q.Name.String() == "host.carrier.test.":
		r.RCode = dnsmessage.RCodeSuccess
	}
	b, err := r.Pack()
	return b, err == nil
}
