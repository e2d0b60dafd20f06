package media_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"ringward/media"
)

// patience is how long a test waits for a packet that must come.
const patience = 5 * time.Second

// networks are the two ways of carrying packets.
var networks = []struct {
	name string
	conf func(media.Config) media.Config
}{
	{"own", func(c media.Config) media.Config { return c }},
	{"plain", media.Plain},
}

// loopback is a configuration for tests.
func loopback(ip string) media.Config {
	return media.Config{Addr: netip.MustParseAddr(ip), MinPort: 20000, MaxPort: 29999, Loops: 2}
}

// start runs an engine until the test ends, and checks that it ends well.
func start(t testing.TB, c media.Config) *media.Engine {
	t.Helper()
	e, err := media.NewEngine(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return e
}

func bridge(t testing.TB, e *media.Engine) *media.Bridge {
	t.Helper()
	b, err := e.NewBridge(media.BridgeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// phone is a party with two sockets and one stream.
type phone struct {
	t         testing.TB
	rtp, rtcp *net.UDPConn
	to, ctl   netip.AddrPort // the gateway's ports for it
	ssrc      uint32
	seq       uint16
	ts        uint32
}

func newPhone(t testing.TB, ip string, ssrc uint32) *phone {
	t.Helper()
	return &phone{t: t, rtp: listen(t, ip), rtcp: listen(t, ip), ssrc: ssrc, seq: uint16(ssrc), ts: ssrc * 7}
}

func listen(t testing.TB, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addr(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// flow is its session description.
func (p *phone) flow() media.Flow {
	return media.Flow{RTP: addr(p.rtp), RTCP: addr(p.rtcp), Send: true, Receive: true,
		Codecs: []media.Codec{media.PCMA}, Events: 101, CN: 13}
}

// join gives the phone its place in a bridge.
func (p *phone) join(b *media.Bridge, s media.Side) {
	ip, rtp, rtcp := b.Local(s)
	p.to, p.ctl = netip.AddrPortFrom(ip, rtp), netip.AddrPortFrom(ip, rtcp)
	b.Set(s, p.flow())
}

// packet is the next packet of its stream.
func (p *phone) packet(payload []byte) []byte {
	b := rtp(p.ssrc, p.seq, p.ts, payload)
	p.seq++
	p.ts += uint32(len(payload))
	return b
}

func rtp(ssrc uint32, seq uint16, ts uint32, payload []byte) []byte {
	b := []byte{0x80, 8}
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, ts)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	return append(b, payload...)
}

func (p *phone) say(payload []byte) { send(p.t, p.rtp, p.packet(payload), p.to) }

func send(t testing.TB, c *net.UDPConn, b []byte, to netip.AddrPort) {
	t.Helper()
	if _, err := c.WriteToUDPAddrPort(b, to); err != nil {
		t.Fatal(err)
	}
}

// hear waits for the next packet.
func (p *phone) hear() []byte {
	p.t.Helper()
	b, from := receive(p.t, p.rtp)
	if from != p.to {
		p.t.Errorf("got a packet from %s, want %s", from, p.to)
	}
	return b
}

func receive(t testing.TB, c *net.UDPConn) ([]byte, netip.AddrPort) {
	t.Helper()
	buf := make([]byte, 2048)
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	n, from, err := c.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatalf("nothing arrived: %v", err)
	}
	return buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}

// pending counts what waits in a socket. Loopback delivers as it is sent, so
// that what has not come once a later packet has will not come.
func pending(t testing.TB, c *net.UDPConn) (n int) {
	t.Helper()
	buf := make([]byte, 2048)
	for {
		if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadFromUDPAddrPort(buf); err != nil {
			return n
		}
		n++
	}
}

// settled waits until there are no more goroutines than before.
func settled(t testing.TB, before int) {
	t.Helper()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, want %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		runtime.Gosched()
	}
}

func listenAt(a netip.AddrPort) (*net.UDPConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(a))
}
