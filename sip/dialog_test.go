package sip

import (
	"net/netip"
	"strings"
	"testing"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

func message(t *testing.T, lines ...string) *sipmsg.Message {
	t.Helper()
	head := []string{lines[0], "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1", "From: <sip:a@x>;tag=theirs",
		"To: <sip:b@y>", "Call-ID: c", "CSeq: 7 INVITE", "Max-Forwards: 70"}
	m, err := sipmsg.Decode([]byte(strings.Join(append(head, lines[1:]...), "\r\n")+"\r\n\r\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// RFC 3261 §12.1.1 and §12.2.1.1: route sets of loose and strict routers.
func TestRouteSet(t *testing.T) {
	for _, tc := range []struct {
		name    string
		record  string
		uri     string
		routes  string
		nextHop string
	}{
		{"none", "", "sip:a@192.0.2.9", "", "sip:a@192.0.2.9"},
		{"loose", "<sip:p1;lr>, <sip:p2;lr>", "sip:a@192.0.2.9", "<sip:p1;lr>,<sip:p2;lr>", "sip:p1;lr"},
		{"strict first", "<sip:p1;method=INVITE>, <sip:p2;lr>", "sip:p1", "<sip:p2;lr>,<sip:a@192.0.2.9>", "sip:p1;method=INVITE"},
		{"strict only", "<sip:p1?h=v>", "sip:p1", "<sip:a@192.0.2.9>", "sip:p1?h=v"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lines := []string{"INVITE sip:b@y SIP/2.0", "Contact: <sip:a@192.0.2.9>"}
			if tc.record != "" {
				lines = append(lines, "Record-Route: "+tc.record)
			}
			d, err := newServerDialog(message(t, lines...), "ours")
			if err != nil {
				t.Fatal(err)
			}
			m := d.request("BYE", "c", 0)
			if got := strings.Join(m.Values("Route"), ","); m.RequestURI != tc.uri || got != tc.routes {
				t.Errorf("request to %q by %q, want %q by %q", m.RequestURI, got, tc.uri, tc.routes)
			}
			hop, err := d.nextHop()
			if err != nil || hop.String() != tc.nextHop {
				t.Errorf("next hop %q, %v, want %q", hop, err, tc.nextHop)
			}
			if m.FromTag() != "ours" || m.ToTag() != "theirs" || m.Get("CSeq") != "1 BYE" {
				t.Errorf("From %q To %q CSeq %q", m.Get("From"), m.Get("To"), m.Get("CSeq"))
			}
			if _, err := m.Append(nil); err != nil {
				t.Errorf("encode: %v", err)
			}
		})
	}
}

func TestDialogRefused(t *testing.T) {
	for name, edit := range map[string]func(*sipmsg.Message){
		"no Contact":         func(m *sipmsg.Message) { m.Del("Contact") },
		"Contact of no SIP":  func(m *sipmsg.Message) { m.Set("Contact", "<tel:+8610>") },
		"unreadable Contact": func(m *sipmsg.Message) { m.Set("Contact", "<") },
		"endless route set":  func(m *sipmsg.Message) { m.Set("Record-Route", strings.Repeat("<sip:p;lr>,", 16)+"<sip:p;lr>") },
	} {
		m := message(t, "INVITE sip:b@y SIP/2.0", "Contact: <sip:a@b>")
		edit(m)
		if _, err := newServerDialog(m, "t"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// RFC 3261 §12.2.2.
func TestCSeqOrder(t *testing.T) {
	d := dialog{remoteSeq: 7, hasRemote: true}
	for _, tc := range []struct {
		seq  uint32
		want bool
	}{{7, false}, {6, false}, {8, true}, {8, false}, {100, true}, {99, false}} {
		if got := d.accepts(tc.seq); got != tc.want {
			t.Errorf("accepts(%d) after %d: %v, want %v", tc.seq, d.remoteSeq, got, tc.want)
		}
	}
	fresh := dialog{} // a client dialog: the peer may begin anywhere
	if !fresh.accepts(1) || fresh.accepts(1) {
		t.Error("first request of the peer, then its repeat: want true, false")
	}
}

// RFC 3262 §4, and a new INVITE counts anew.
func TestRSeqOrder(t *testing.T) {
	var d dialog
	for _, tc := range []struct {
		invite, rseq uint32
		want         bool
	}{{1, 0, false}, {1, 5, true}, {1, 5, false}, {1, 7, false}, {1, 6, true}, {2, 900, true}, {2, 901, true}} {
		if got := d.acceptsRSeq(tc.invite, tc.rseq); got != tc.want {
			t.Errorf("acceptsRSeq(%d, %d): %v, want %v", tc.invite, tc.rseq, got, tc.want)
		}
	}
}

// Where requests go without DNS.
func TestLocate(t *testing.T) {
	local := netip.MustParseAddrPort("192.0.2.1:5060")
	tcp := transport.Target{Network: "tcp", Addr: netip.MustParseAddrPort("192.0.2.9:40000"), ConnID: 4, Local: local}
	udp := transport.Target{Network: "udp", Addr: netip.MustParseAddrPort("192.0.2.9:5060"), Local: local}
	tls := transport.Target{Network: "tls", Addr: netip.MustParseAddrPort("192.0.2.9:41000"), ConnID: 5, Local: local}
	ws := transport.Target{Network: "wss", Addr: netip.MustParseAddrPort("192.0.2.9:42000"), ConnID: 6, Local: local}
	for _, tc := range []struct {
		name string
		uri  string
		flow transport.Target
		want string
	}{
		{"literal", "sip:a@198.51.100.3:5070", udp, "udp 198.51.100.3:5070 0"},
		{"default port", "sip:a@198.51.100.3", udp, "udp 198.51.100.3:5060 0"},
		{"IPv6", "sip:a@[2001:db8::1]:5070", udp, "udp [2001:db8::1]:5070 0"},
		{"transport", "sip:a@198.51.100.3;transport=TCP", udp, "tcp 198.51.100.3:5060 0"},
		{"no transport, other host", "sip:a@198.51.100.3", tcp, "udp 198.51.100.3:5060 0"},
		{"no transport, same host", "sip:a@192.0.2.9:5062", tcp, "tcp 192.0.2.9:5062 4"},
		{"same host by UDP", "sip:a@192.0.2.9:5062;transport=udp", tcp, "udp 192.0.2.9:5062 0"},
		{"name", "sip:a@phone.example", udp, "udp 192.0.2.9:5060 0"},
		{"name by stream", "sip:a@phone.invalid;transport=ws", tcp, "tcp 192.0.2.9:40000 4"},
		{"unspecified", "sip:a@0.0.0.0", udp, "udp 192.0.2.9:5060 0"},
		{"multicast", "sip:a@224.0.1.75", udp, "udp 192.0.2.9:5060 0"},
		{"broadcast", "sip:a@255.255.255.255", udp, "udp 192.0.2.9:5060 0"},
		{"sips", "sips:a@198.51.100.3", udp, "tls 198.51.100.3:5061 0"},
		{"to TLS", "sip:a@198.51.100.3;transport=tls", udp, "tls 198.51.100.3:5061 0"},
		{"TLS stays", "sip:a@192.0.2.9:5062", tls, "tls 192.0.2.9:5062 5"},
		{"never out of TLS", "sip:a@198.51.100.3", tls, "tls 192.0.2.9:41000 5"},
		{"nor by its parameter", "sip:a@198.51.100.3;transport=udp", tls, "tls 192.0.2.9:41000 5"},
		{"never out of WebSocket", "sip:a@198.51.100.3:5062;transport=ws", ws, "wss 192.0.2.9:42000 6"},
		{"mapped", "sip:a@[::ffff:198.51.100.3]", udp, "udp 198.51.100.3:5060 0"},
	} {
		u, err := sipmsg.ParseURI(tc.uri)
		if err != nil {
			t.Fatal(err)
		}
		got := locate(u, tc.flow)
		s := got.Network + " " + got.Addr.String() + " " + string(rune('0'+got.ConnID))
		if s != tc.want {
			t.Errorf("%s: %s goes to %s, want %s", tc.name, tc.uri, s, tc.want)
		}
	}
}
