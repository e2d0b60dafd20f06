package transaction_test

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// null is a transport that sends nothing.
type null struct{}

func (null) Send(*sipmsg.Message, transport.Target) error { return nil }
func (null) Local(string, netip.Addr) netip.AddrPort      { return alice }

// answering answers each request with these statuses.
type answering struct {
	status []int
	done   chan struct{}
}

func (u *answering) Request(tx *transaction.Server) {
	for _, s := range u.status {
		_ = tx.Respond(sipmsg.NewResponse(tx.Request(), s, "")) // nothing refuses it
	}
	u.done <- struct{}{}
}
func (u *answering) Ack(*sipmsg.Message)      { u.done <- struct{}{} }
func (u *answering) Response(*sipmsg.Message) {}

// short timers let lingering transactions end while a benchmark runs, as they
// do in a steady load.
var short = transaction.Timers{T1: time.Millisecond, T4: 5 * time.Millisecond}

func received(b *testing.B, wire string) *sipmsg.Message {
	m, err := sipmsg.Decode([]byte(wire), true)
	if err != nil {
		b.Fatal(err)
	}
	m.Source, m.Local, m.Transport = alice, bob, "udp"
	return m
}

// fresh is a copy of a request with another branch and Call-ID.
func fresh(m *sipmsg.Message, i int) *sipmsg.Message {
	c := m.Clone()
	n := strconv.Itoa(i)
	c.Set("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-0123456789-"+n+";rport=5060;received=192.0.2.1")
	c.Set("Call-ID", "0123456789abcdef-"+n)
	return c
}

// BenchmarkServer is one server transaction, messages decoded already and sent
// nowhere: INVITE, 100, 180, 200, ACK; and BYE, 200.
func BenchmarkServer(b *testing.B) {
	for _, c := range []struct {
		method string
		status []int
	}{{"INVITE", []int{100, 180, 200}}, {"BYE", []int{200}}} {
		b.Run(c.method, func(b *testing.B) {
			u := &answering{status: c.status, done: make(chan struct{}, 1)}
			l := transaction.New(transaction.Config{Transport: null{}, Timers: short}, u)
			defer l.Close()
			req := received(b, raw(c.method, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
			ack := received(b, raw("ACK", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				l.Receive(fresh(req, i), nil)
				<-u.done
				if c.method == "INVITE" {
					a := fresh(ack, i)
					a.Set("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-ack-"+strconv.Itoa(i))
					l.Receive(a, nil)
					<-u.done
				}
			}
		})
	}
}

// BenchmarkClient is one client transaction, messages decoded already and sent
// nowhere: INVITE, 100, 180, 200; and BYE, 200.
func BenchmarkClient(b *testing.B) {
	for _, c := range []struct {
		method string
		status []int
	}{{"INVITE", []int{100, 180, 200}}, {"BYE", []int{200}}} {
		b.Run(c.method, func(b *testing.B) {
			l := transaction.New(transaction.Config{Transport: null{}, Timers: short}, &answering{})
			defer l.Close()
			req := request(c.method, 1)
			b.ReportAllocs()
			for b.Loop() {
				tx, err := l.Send(req, udp(bob))
				if err != nil {
					b.Fatal(err)
				}
				for _, s := range c.status {
					l.Receive(sipmsg.NewResponse(tx.Request(), s, ""), nil)
					<-tx.Responses()
				}
			}
		})
	}
}

// BenchmarkRepeat is one absorbed retransmission with its answer sent again.
func BenchmarkRepeat(b *testing.B) {
	u := &answering{status: []int{200}, done: make(chan struct{}, 1)}
	l := transaction.New(transaction.Config{Transport: null{}}, u)
	defer l.Close()
	req := received(b, raw("OPTIONS", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
	l.Receive(req, nil)
	<-u.done
	b.ReportAllocs()
	for b.Loop() {
		l.Receive(req, nil)
	}
}

// BenchmarkClone is what the loops above spend on making their messages.
func BenchmarkClone(b *testing.B) {
	req := received(b, raw("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		fresh(req, i)
	}
}

// BenchmarkCallUDP is the signalling of one call between two endpoints of this
// process over loopback: INVITE, 100, 180, 200, ACK, BYE, 200. Both ends are in
// the figure: seven messages sent and seven received.
func BenchmarkCallUDP(b *testing.B) {
	callee := &answering{status: []int{100, 180, 200}, done: make(chan struct{}, 4)}
	bob := benchEndpoint(b, callee)
	caller := benchEndpoint(b, &answering{})
	to := transport.Target{Network: "udp", Addr: bob.set.Addrs()[0].Addr}
	invite, ack, bye := request("INVITE", 1), request("ACK", 1), request("BYE", 2)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		id := "0123456789abcdef-" + strconv.Itoa(i)
		for _, m := range []*sipmsg.Message{invite, ack, bye} {
			m.Set("Call-ID", id)
		}
		exchange(b, caller.layer, invite, to)
		<-callee.done
		if err := caller.layer.SendAck(ack, to); err != nil {
			b.Fatal(err)
		}
		<-callee.done
		exchange(b, caller.layer, bye, to)
		<-callee.done
	}
}

// exchange sends a request and reads its answers to the final one.
func exchange(b *testing.B, l *transaction.Layer, m *sipmsg.Message, to transport.Target) {
	tx, err := l.Send(m, to)
	if err != nil {
		b.Fatal(err)
	}
	if got := answers(tx); len(got) == 0 || got[len(got)-1] != 200 {
		b.Fatalf("answers %v: %v", got, tx.Err())
	}
}

type benchEnd struct {
	layer *transaction.Layer
	set   *transport.Set
}

func benchEndpoint(b *testing.B, u transaction.User) benchEnd {
	set, err := transport.Open(transport.Config{Listen: []transport.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0"), Sockets: 1}}})
	if err != nil {
		b.Fatal(err)
	}
	e := benchEnd{transaction.New(transaction.Config{Transport: set}, u), set}
	ended := make(chan error, 1)
	go func() { ended <- set.Run(b.Context(), e.layer) }()
	b.Cleanup(func() { e.layer.Close(); set.Close(); <-ended })
	return e
}
