package transport_test

import (
	"net"
	"testing"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// BenchmarkUDPEcho is a request of a foreign peer on loopback, decoded, stamped
// and answered with 200 from the reader: the time and the allocations of both
// directions through a Set, and the peer's own system calls.
func BenchmarkUDPEcho(b *testing.B) {
	set, peer := echo(b)
	wire := encode(b, request("OPTIONS", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport"))
	buf := make([]byte, 2048)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := peer.Write(wire); err != nil {
			b.Fatal(err)
		}
		if _, err := peer.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if s := set.Stats(); s.SendErrors != 0 || s.Undecodable != 0 {
		b.Errorf("stats %+v", s)
	}
}

// BenchmarkUDPSend is one encoded message out of a Set.
func BenchmarkUDPSend(b *testing.B) {
	set, peer := echo(b)
	sink, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer sink.Close()
	_ = peer
	m := request("OPTIONS", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport")
	to := transport.Target{Network: "udp", Addr: sink.LocalAddr().(*net.UDPAddr).AddrPort()}
	b.ReportAllocs()
	for b.Loop() {
		if err := set.Send(m, to); err != nil {
			b.Fatal(err)
		}
	}
}

// echo runs a Set that answers each request with 200.
func echo(b *testing.B) (*transport.Set, net.Conn) {
	set, err := transport.Open(transport.Config{Listen: []transport.Listen{{Network: "udp", Addr: loopback0, Sockets: 1}}})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = set.Run(b.Context(), &echoSink{set}) // nil by its contract
	}()
	peer, err := net.Dial("udp", set.Addrs()[0].Addr.String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = peer.Close()
		set.Close()
		<-done
	})
	return set, peer
}

type echoSink struct{ set *transport.Set }

func (e *echoSink) Receive(m *sipmsg.Message, _ error) {
	top, err := m.TopVia()
	if err != nil || !m.IsRequest() {
		return
	}
	_ = e.set.Send(sipmsg.NewResponse(m, 200, ""), transport.ReplyTarget(m, top)) // counted
}
