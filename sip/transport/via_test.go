package transport

import (
	"net/netip"
	"testing"

	"ringward/sip/sipmsg"
)

func request(method, via string) *sipmsg.Message {
	m := sipmsg.NewRequest(method, "sip:bob@192.0.2.2")
	m.Add("Via", via)
	m.Add("Max-Forwards", "70")
	m.Add("From", "<sip:alice@192.0.2.1>;tag=1")
	m.Add("To", "<sip:bob@192.0.2.2>")
	m.Add("Call-ID", "call-1")
	m.Add("CSeq", "1 "+method)
	m.Add("Contact", "<sip:alice@192.0.2.1>")
	return m
}

// TestStamp: received and rport are the socket's word (RFC 3261 §18.2.1, RFC
// 3581 §4), the rest of the Via is the sender's, octet for octet.
func TestStamp(t *testing.T) {
	src := netip.MustParseAddrPort("192.0.2.7:4321")
	for _, c := range []struct{ name, via, want string }{
		{"same address, nothing asked", "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1"},
		{"§18.2.1 other address", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;received=192.0.2.7"},
		{"§18.2.1 a name", "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1", "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1;received=192.0.2.7"},
		{"RFC 3581 rport", "SIP/2.0/UDP 192.0.2.7;rport;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1;rport=4321;received=192.0.2.7"},
		{"rport with blanks and case", "SIP/2.0/UDP 192.0.2.7 ; RPORT ; branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.7 ; branch=z9hG4bK1;rport=4321;received=192.0.2.7"},
		{"forged received", "SIP/2.0/UDP 192.0.2.7;received=203.0.113.9;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1"},
		{"forged twice, and the port", "SIP/2.0/UDP 10.0.0.1;received=203.0.113.9;rport=53;received=203.0.113.8", "SIP/2.0/UDP 10.0.0.1;rport=4321;received=192.0.2.7"},
		{"only the first of a list", "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.2;rport", "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.7, SIP/2.0/UDP 10.0.0.2;rport"},
		{"quoted separators", `SIP/2.0/UDP 10.0.0.1;x="a;rport,b\"";branch=z9hG4bK1`, `SIP/2.0/UDP 10.0.0.1;x="a;rport,b\"";branch=z9hG4bK1;received=192.0.2.7`},
	} {
		m := request("OPTIONS", c.via)
		stamp(m, src)
		if got := m.Get("Via"); got != c.want {
			t.Errorf("%s:\n got  %s\n want %s\n from %s", c.name, got, c.want, c.via)
		}
	}
}

// TestReplyTarget is RFC 3261 §18.2.2 and RFC 3581 §4.
func TestReplyTarget(t *testing.T) {
	for _, c := range []struct{ name, network, via, want string }{
		{"rport", "udp", "SIP/2.0/UDP 10.0.0.1:5070;rport=4321;received=192.0.2.7", "192.0.2.7:4321"},
		{"sent-by port", "udp", "SIP/2.0/UDP 10.0.0.1:5070;received=192.0.2.7", "192.0.2.7:5070"},
		{"default port", "udp", "SIP/2.0/UDP 192.0.2.7", "192.0.2.7:5060"},
		{"maddr is not obeyed", "udp", "SIP/2.0/UDP 192.0.2.7;maddr=203.0.113.9", "192.0.2.7:5060"},
		{"TCP: a new connection goes to the sent-by port", "tcp", "SIP/2.0/TCP 10.0.0.1:5070;rport=4321", "192.0.2.7:5070"},
		{"TLS default port", "tls", "SIP/2.0/TLS 10.0.0.1", "192.0.2.7:5061"},
	} {
		m := request("OPTIONS", c.via)
		m.Source, m.Transport, m.ConnID = netip.MustParseAddrPort("192.0.2.7:4321"), c.network, 9
		m.Local = netip.MustParseAddrPort("192.0.2.2:5060")
		top, err := m.TopVia()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := ReplyTarget(m, top)
		want := Target{Network: c.network, Addr: netip.MustParseAddrPort(c.want), ConnID: 9, Local: m.Local}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, want)
		}
	}
}

// FuzzStamp: whatever Via the codec accepts can still be read after the stamp,
// and says what the socket saw.
func FuzzStamp(f *testing.F) {
	f.Add("SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1")
	f.Add(`SIP / 2.0 / UDP h:5 ;received=1.2.3.4 ; x="\";rport" , SIP/2.0/TCP b`)
	f.Fuzz(func(t *testing.T, via string) {
		src := netip.MustParseAddrPort("192.0.2.7:4321")
		m := request("OPTIONS", via)
		before, err := m.TopVia()
		if err != nil {
			return
		}
		_, asked := before.RPort()
		stamp(m, src)
		v, err := m.TopVia()
		if err != nil {
			t.Fatalf("Via %q became %q: %v", via, m.Get("Via"), err)
		}
		if r := v.Received(); r != "" && r != "192.0.2.7" {
			t.Errorf("Via %q became %q: received %q is not ours", via, m.Get("Via"), r)
		}
		if port, still := v.RPort(); still != asked || (asked && port != 4321) {
			t.Errorf("Via %q became %q: rport %d, %v", via, m.Get("Via"), port, still)
		}
		if got := ReplyTarget(m, v); v.Branch() != before.Branch() || got.Addr.Addr() != m.Source.Addr() {
			t.Errorf("Via %q became %q: branch %q, target %v", via, m.Get("Via"), v.Branch(), got)
		}
	})
}
