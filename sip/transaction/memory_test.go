package transaction_test

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

var (
	alice = netip.MustParseAddrPort("192.0.2.1:5060")
	bob   = netip.MustParseAddrPort("192.0.2.2:5060")
)

// network joins the layers of two hosts in memory, octets and all. drop, if
// set, decides on the n-th packet (from 1) of the whole exchange.
type network struct {
	t *testing.T

	mu    sync.Mutex
	drop  func(n int, m *sipmsg.Message) bool
	n     int
	log   []string // what was sent, lost packets in brackets
	hosts map[netip.AddrPort]*host
	wg    sync.WaitGroup
}

// host is one end: transport below, layer, and user above.
type host struct {
	net   *network
	addr  netip.AddrPort
	layer *transaction.Layer
	in    chan arrival

	handle func(tx *transaction.Server)
	mu     sync.Mutex
	acks   []*sipmsg.Message
	strays []*sipmsg.Message
	onAck  func(m *sipmsg.Message)
	on2xx  func(m *sipmsg.Message)
	refuse error // what Send returns; guarded by net.mu
}

type arrival struct {
	wire    []byte
	from    netip.AddrPort
	network string
}

func newNetwork(t *testing.T) *network {
	return &network{t: t, hosts: make(map[netip.AddrPort]*host)}
}

func (n *network) host(addr netip.AddrPort, cfg transaction.Config) *host {
	h := &host{net: n, addr: addr, in: make(chan arrival, 1<<16)}
	cfg.Transport = h
	h.layer = transaction.New(cfg, h)
	n.hosts[addr] = h
	n.wg.Go(func() {
		for a := range h.in {
			h.receive(a)
		}
	})
	return h
}

// lose sets which packets get lost from now on, and what Send says instead of
// sending, for the hosts given.
func (n *network) lose(drop func(int, *sipmsg.Message) bool, err error, hosts ...*host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop = drop
	for _, h := range hosts {
		h.refuse = err
	}
}

// close ends all layers, waits, and checks that nothing is left.
func (n *network) close() {
	n.t.Helper()
	for _, h := range n.hosts {
		h.layer.Close()
		if s := h.layer.Stats(); s.Server != 0 || s.Client != 0 {
			n.t.Errorf("left after Close: %d server, %d client transactions", s.Server, s.Client)
		}
		close(h.in)
	}
	n.wg.Wait()
}

// settle waits until every transaction has ended by its own timers.
func (n *network) settle() {
	n.t.Helper()
	time.Sleep(5 * time.Minute) // of the bubble
	synctest.Wait()
	for a, h := range n.hosts {
		if s := h.layer.Stats(); s.Server != 0 || s.Client != 0 {
			n.t.Errorf("%v has %d server and %d client transactions after 5 min", a, s.Server, s.Client)
		}
	}
}

func (h *host) Local(string, netip.Addr) netip.AddrPort { return h.addr }

func (h *host) Send(m *sipmsg.Message, to transport.Target) error {
	b, err := m.Append(nil)
	if err != nil {
		return err
	}
	n := h.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.refuse != nil {
		return h.refuse
	}
	n.n++
	lost := n.drop != nil && n.drop(n.n, m)
	n.log = append(n.log, line(m, lost))
	peer := n.hosts[to.Addr]
	if lost || peer == nil {
		return nil
	}
	peer.in <- arrival{b, h.addr, to.Network}
	return nil
}

func line(m *sipmsg.Message, lost bool) string {
	s := m.Method
	if s == "" {
		_, method, _ := m.CSeq()
		s = strconv.Itoa(m.Status) + "/" + method
	}
	if lost {
		return "[" + s + "]"
	}
	return s
}

func (n *network) sent() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.log, " ")
}

func (n *network) count(what string) (c int) {
	for _, s := range strings.Fields(n.sent()) {
		if strings.Trim(s, "[]") == what {
			c++
		}
	}
	return c
}

func (h *host) receive(a arrival) {
	m, err := sipmsg.Decode(a.wire, a.network == "udp")
	if m == nil {
		return
	}
	m.Source, m.Local, m.Transport = a.from, h.addr, a.network
	h.layer.Receive(m, err)
}

// inject gives a host octets as if they came from a third party.
func (h *host) inject(wire string) {
	h.receive(arrival{[]byte(wire), alice, "udp"})
}

func (h *host) Request(tx *transaction.Server) {
	if h.handle != nil {
		h.handle(tx)
	}
}

func (h *host) Ack(m *sipmsg.Message) {
	h.mu.Lock()
	h.acks = append(h.acks, m)
	h.mu.Unlock()
	if h.onAck != nil {
		h.onAck(m)
	}
}

func (h *host) Response(m *sipmsg.Message) {
	h.mu.Lock()
	h.strays = append(h.strays, m)
	h.mu.Unlock()
	if h.on2xx != nil {
		h.on2xx(m)
	}
}

func (h *host) ackCount() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.acks)
}

func udp(a netip.AddrPort) transport.Target { return transport.Target{Network: "udp", Addr: a} }

// request is a request as the dialog layer gives it to Send.
func request(method string, seq int) *sipmsg.Message {
	m := sipmsg.NewRequest(method, "sip:bob@192.0.2.2")
	m.Add("Max-Forwards", "70")
	m.Add("From", "<sip:alice@192.0.2.1>;tag=a1")
	m.Add("To", "<sip:bob@192.0.2.2>")
	m.Add("Call-ID", "call-1@192.0.2.1")
	m.Add("CSeq", strconv.Itoa(seq)+" "+method)
	m.Add("Contact", "<sip:alice@192.0.2.1>")
	return m
}

// raw is a request on the wire, with a Via of our choice.
func raw(method, via string, edit ...string) string {
	to := "<sip:bob@192.0.2.2>"
	s := method + " sip:bob@192.0.2.2 SIP/2.0\r\nVia: " + via + "\r\nMax-Forwards: 70\r\nFrom: <sip:x@192.0.2.1>;tag=f1\r\nTo: " + to +
		"\r\nCall-ID: raw-1\r\nCSeq: 1 " + method + "\r\nContact: <sip:x@192.0.2.1>\r\nContent-Length: 0\r\n\r\n"
	return strings.NewReplacer(edit...).Replace(s)
}

func respond(t *testing.T, tx *transaction.Server, status int) {
	t.Helper()
	if err := tx.Respond(sipmsg.NewResponse(tx.Request(), status, "")); err != nil {
		t.Errorf("respond %d: %v", status, err)
	}
}

// answers reads responses until a final one.
func answers(c *transaction.Client) (status []int) {
	for m := range c.Responses() {
		status = append(status, m.Status)
		if m.Status >= 200 {
			break
		}
	}
	return status
}

// bubble runs f with a fresh network on fake time.
func bubble(t *testing.T, f func(t *testing.T, n *network)) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		f(t, n)
		n.close()
	})
}

var errDown = errors.New("network is down")
