package locate

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a small DNS server on loopback, by UDP and TCP on one port.
type nameServer struct {
	addr netip.AddrPort

	mu    sync.Mutex
	zone  map[string][]dnsmessage.ResourceBody // "name. type"
	asked []string
	// spoil, if set, changes an answer on its way; nil is none.
	spoil func(network string, m *dnsmessage.Message) *dnsmessage.Message
}

const ttl = 300

func newNameServer(t testing.TB) *nameServer {
	t.Helper()
	s := &nameServer{zone: make(map[string][]dnsmessage.ResourceBody)}
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = netip.MustParseAddrPort(pc.LocalAddr().String())
	ln, err := net.Listen("tcp4", s.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.serveUDP(pc) })
	wg.Go(func() { s.serveTCP(ln) })
	t.Cleanup(func() {
		_ = pc.Close()
		_ = ln.Close()
		wg.Wait()
	})
	return s
}

func (s *nameServer) serveUDP(pc net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return
		}
		if b := s.answer("udp", buf[:n]); b != nil {
			_, _ = pc.WriteTo(b, from)
		}
	}
}

func (s *nameServer) serveTCP(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err == nil {
			b := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, b); err == nil {
				if b = s.answer("tcp", b); b != nil {
					_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
				}
			}
		}
		_ = c.Close()
	}
}

func (s *nameServer) answer(network string, query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := m.Questions[0]
	name := strings.ToLower(q.Name.String())
	s.asked = append(s.asked, name+" "+typeName(q.Type))
	r := &dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RCode: dnsmessage.RCodeNameError}, Questions: m.Questions}
	for key, bodies := range s.zone {
		if strings.HasPrefix(key, name+" ") {
			r.RCode = dnsmessage.RCodeSuccess
		}
		if key == name+" "+typeName(q.Type) {
			for _, b := range bodies {
				r.Answers = append(r.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: ttl}, Body: b})
			}
		}
	}
	if s.spoil != nil {
		if r = s.spoil(network, r); r == nil {
			return nil
		}
	}
	b, err := r.Pack()
	if err != nil {
		return nil
	}
	return b
}

func typeName(t dnsmessage.Type) string {
	if t == typeNAPTR {
		return "NAPTR"
	}
	return strings.TrimPrefix(t.String(), "Type")
}

func (s *nameServer) set(spoil func(string, *dnsmessage.Message) *dnsmessage.Message) {
	s.mu.Lock()
	s.spoil = spoil
	s.mu.Unlock()
}

// questions returns what was asked since the last call.
func (s *nameServer) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	return out
}

func (s *nameServer) add(key string, b dnsmessage.ResourceBody) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zone[key] = append(s.zone[key], b)
}

func (s *nameServer) remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.zone, key)
}

func (s *nameServer) a(name, addr string) {
	a := netip.MustParseAddr(addr)
	if a.Is4() {
		s.add(name+". A", &dnsmessage.AResource{A: a.As4()})
		return
	}
	s.add(name+". AAAA", &dnsmessage.AAAAResource{AAAA: a.As16()})
}

func (s *nameServer) srv(name string, priority, weight, port uint16, target string) {
	s.add(name+". SRV", &dnsmessage.SRVResource{Priority: priority, Weight: weight, Port: port, Target: dnsmessage.MustNewName(target + ".")})
}

func (s *nameServer) naptr(name string, order, preference uint16, flags, service, replacement string) {
	s.add(name+". NAPTR", &dnsmessage.UnknownResource{Type: typeNAPTR, Data: packNAPTR(order, preference, flags, service, "", replacement)})
}

func packNAPTR(order, preference uint16, flags, service, regexp, replacement string) []byte {
	b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, order), preference)
	for _, s := range append([]string{flags, service, regexp}, strings.Split(replacement, ".")...) {
		b = append(append(b, byte(len(s))), s...)
	}
	return append(b, 0)
}

// TestLookup: answers by UDP, cut ones by TCP, and what a server may say wrong.
func TestLookup(t *testing.T) {
	s := newNameServer(t)
	s.a("host.example", "192.0.2.1")
	dead := netip.MustParseAddrPort("127.0.0.1:9")
	for _, c := range []struct {
		name    string
		servers []netip.AddrPort
		spoil   func(string, *dnsmessage.Message) *dnsmessage.Message
		want    error
	}{
		{"plain", []netip.AddrPort{s.addr}, nil, nil},
		{"second server", []netip.AddrPort{dead, s.addr}, nil, nil},
		{"cut over UDP", []netip.AddrPort{s.addr}, func(network string, m *dnsmessage.Message) *dnsmessage.Message {
			if network == "udp" {
				m.Truncated, m.Answers = true, nil
			}
			return m
		}, nil},
		{"no server", nil, nil, ErrNoServer},
		{"dead server", []netip.AddrPort{dead}, nil, ErrNoServer},
		{"SERVFAIL", []netip.AddrPort{s.addr}, func(_ string, m *dnsmessage.Message) *dnsmessage.Message {
			m.RCode = dnsmessage.RCodeServerFailure
			return m
		}, errRCode},
		{"NXDOMAIN", []netip.AddrPort{s.addr}, func(_ string, m *dnsmessage.Message) *dnsmessage.Message {
			m.RCode = dnsmessage.RCodeNameError
			return m
		}, ErrNotFound},
		{"empty", []netip.AddrPort{s.addr}, func(_ string, m *dnsmessage.Message) *dnsmessage.Message {
			m.Answers = nil
			return m
		}, ErrNotFound},
	} {
		s.set(c.spoil)
		got, err := dns{c.servers}.lookup(context.Background(), "Host.example", dnsmessage.TypeA)
		if !errors.Is(err, c.want) || err == nil && (len(got) != 1 || got[0].ttl != ttl*time.Second) {
			t.Errorf("%s: got %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

// TestForgedAnswers: another ID, question or no response is passed over.
func TestForgedAnswers(t *testing.T) {
	q, err := question("host.example", dnsmessage.TypeA)
	if err != nil {
		t.Fatal(err)
	}
	good := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, Response: true}, Questions: []dnsmessage.Question{q}}
	for name, change := range map[string]func(m *dnsmessage.Message){
		"ID":          func(m *dnsmessage.Message) { m.ID = 8 },
		"a query":     func(m *dnsmessage.Message) { m.Response = false },
		"no question": func(m *dnsmessage.Message) { m.Questions = nil },
		"type":        func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeSRV },
		"name":        func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("evil.example.") },
	} {
		m := good
		m.Questions = slices.Clone(good.Questions)
		change(&m)
		b, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := parseAnswer(b, 7, q); !errors.Is(err, errForeign) {
			t.Errorf("%s: %v, want it passed over", name, err)
		}
	}
}

// TestNames that are none are not asked for.
func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "_sip._udp.carrier.example": true, "carrier.example.": true,
		"": false, ".": false, "a..b": false, "a b": false, "a\r\nb": false, "ä.example": false,
		strings.Repeat("x", 64): false, strings.Repeat("x.", 127) + "xx": false,
	} {
		if isName(name) != want {
			t.Errorf("%.20q: %v, want %v", name, !want, want)
		}
	}
}

// TestSystemServers reads resolv.conf.
func TestSystemServers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	text := "# comment\nsearch example\nnameserver 192.0.2.53\nnameserver bogus\nnameserver 2001:db8::53\noptions ndots:1\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53"), netip.MustParseAddrPort("[2001:db8::53]:53")}
	if got := systemServers(file); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := systemServers(file + ".none"); got != nil {
		t.Errorf("without file: %v", got)
	}
}

// TestParseNAPTR takes whole records and nothing else.
func TestParseNAPTR(t *testing.T) {
	good := packNAPTR(10, 20, "s", "SIP+D2U", "", "_sip._udp.carrier.example")
	if n, err := parseNAPTR(good); err != nil || n != (naptr{10, 20, "s", "SIP+D2U", "_sip._udp.carrier.example"}) {
		t.Errorf("got %+v, %v", n, err)
	}
	for i := range good {
		if _, err := parseNAPTR(good[:i]); err == nil {
			t.Errorf("%d octets of %d accepted", i, len(good))
		}
	}
	for name, b := range map[string][]byte{
		"octets after it":    append(slices.Clone(good), 0),
		"regular expression": packNAPTR(1, 1, "s", "SIP+D2U", "!.*!x!", "a.example"),
		"no replacement":     packNAPTR(1, 1, "u", "SIP+D2U", "", ""),
		"compressed":         append(packNAPTR(1, 1, "s", "SIP+D2U", "", "a")[:16], 0xc0, 0x0c),
	} {
		if _, err := parseNAPTR(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzNAPTR: what is read names a host and can be written again.
func FuzzNAPTR(f *testing.F) {
	f.Add(packNAPTR(10, 20, "s", "SIP+D2U", "", "_sip._udp.carrier.example"))
	f.Add([]byte{0, 1, 0, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseNAPTR(b)
		if err != nil {
			return
		}
		again, err := parseNAPTR(packNAPTR(n.order, n.preference, n.flags, n.service, "", n.replacement))
		if err != nil || again != n || !isName(n.replacement) {
			t.Errorf("%x: %+v, then %+v, %v", b, n, again, err)
		}
	})
}

// FuzzAnswer: bounded, whatever a server sends.
func FuzzAnswer(f *testing.F) {
	q, err := question("host.example", dnsmessage.TypeSRV)
	if err != nil {
		f.Fatal(err)
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, Response: true}, Questions: []dnsmessage.Question{q}, Answers: []dnsmessage.Resource{
		{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.SRVResource{Target: q.Name}},
	}}
	b, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, cut, err := parseAnswer(b, 7, q)
		if len(got) > maxRecords || err == nil && !cut && len(got) == 0 {
			t.Errorf("%d records, cut %v, %v", len(got), cut, err)
		}
	})
}
