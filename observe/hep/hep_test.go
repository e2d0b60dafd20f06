package hep_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"ringward/observe/hep"
)

// chunks reads a packet as a capture server does.
func chunks(t *testing.T, b []byte) map[uint16][]byte {
	t.Helper()
	if len(b) < 6 || string(b[:4]) != "HEP3" {
		t.Fatalf("no HEP3 packet: %q", b)
	}
	if n := int(binary.BigEndian.Uint16(b[4:])); n != len(b) {
		t.Fatalf("the packet says %d octets and has %d", n, len(b))
	}
	out := map[uint16][]byte{}
	for b = b[6:]; len(b) > 0; {
		if len(b) < 6 {
			t.Fatalf("%d octets are no chunk", len(b))
		}
		vendor, kind, n := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), int(binary.BigEndian.Uint16(b[4:]))
		if vendor != 0 || n < 6 || n > len(b) {
			t.Fatalf("chunk of vendor %d, type %d, length %d in %d octets", vendor, kind, n, len(b))
		}
		out[kind] = b[6:n]
		b = b[n:]
	}
	return out
}

func TestPacket(t *testing.T) {
	at := time.Unix(1_700_000_000, 123_456_000)
	tests := []struct {
		name     string
		p        hep.Packet
		family   byte
		proto    byte
		src, dst uint16 // chunk types
		from, to string
	}{
		{"IPv4 UDP", hep.Packet{From: netip.MustParseAddrPort("192.0.2.1:5060"), To: netip.MustParseAddrPort("192.0.2.2:5070")}, 2, 17, 3, 4, "192.0.2.1", "192.0.2.2"},
		{"IPv6 TCP", hep.Packet{From: netip.MustParseAddrPort("[2001:db8::1]:5060"), To: netip.MustParseAddrPort("[2001:db8::2]:5070"), Stream: true}, 10, 6, 5, 6, "2001:db8::1", "2001:db8::2"},
		{"IPv4 in IPv6", hep.Packet{From: netip.MustParseAddrPort("[::ffff:192.0.2.1]:5060"), To: netip.MustParseAddrPort("192.0.2.2:5070")}, 2, 17, 3, 4, "192.0.2.1", "192.0.2.2"},
	}
	for _, tt := range tests {
		tt.p.At, tt.p.Agent, tt.p.Password, tt.p.Payload = at, 2001, "secret", []byte("OPTIONS sip:x SIP/2.0\r\n\r\n")
		b, err := tt.p.Append([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		c := chunks(t, b[len("before"):])
		addr := func(kind uint16) string {
			a, _ := netip.AddrFromSlice(c[kind])
			return a.String()
		}
		if c[1][0] != tt.family || c[2][0] != tt.proto || addr(tt.src) != tt.from || addr(tt.dst) != tt.to {
			t.Errorf("%s: family %d, protocol %d, %s to %s; want %d, %d, %s, %s", tt.name, c[1][0], c[2][0], addr(tt.src), addr(tt.dst), tt.family, tt.proto, tt.from, tt.to)
		}
		if got := binary.BigEndian.Uint16(c[8]); got != 5070 {
			t.Errorf("%s: destination port %d, want 5070", tt.name, got)
		}
		if s, us := binary.BigEndian.Uint32(c[9]), binary.BigEndian.Uint32(c[10]); s != 1_700_000_000 || us != 123_456 {
			t.Errorf("%s: time %d.%06d", tt.name, s, us)
		}
		if c[11][0] != 1 || binary.BigEndian.Uint32(c[12]) != 2001 || string(c[14]) != "secret" || string(c[15]) != string(tt.p.Payload) {
			t.Errorf("%s: protocol %d, agent %v, password %q, payload %q", tt.name, c[11][0], c[12], c[14], c[15])
		}
	}
	long := hep.Packet{Payload: make([]byte, hep.MaxPacket)}
	if b, err := long.Append(nil); !errors.Is(err, hep.ErrTooLong) || len(b) != 0 {
		t.Errorf("got %d octets, %v; want none, ErrTooLong", len(b), err)
	}
}

// TestSender: what is queued arrives, and a sender that does not run loses what
// its queue cannot hold without waiting.
func TestSender(t *testing.T) {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s, err := hep.NewSender(hep.Config{Server: server.LocalAddr().String(), Agent: 7})
	if err != nil {
		t.Fatal(err)
	}
	from, to := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	for range 3000 {
		s.Message(time.Now(), from, to, false, []byte("x"))
	}
	if _, lost := s.Stats(); lost != 3000-1024 {
		t.Errorf("lost %d, want what the queue of 1024 does not hold of 3000", lost)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	b := make([]byte, 2048)
	n, _, err := server.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	if c := chunks(t, b[:n]); string(c[15]) != "x" {
		t.Errorf("payload %q, want x", c[15])
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := hep.NewSender(hep.Config{Server: "homer"}); err == nil {
		t.Error("a server without a port was taken")
	}
}
