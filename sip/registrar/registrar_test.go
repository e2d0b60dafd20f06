package registrar_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

const realm, password = "gw.example", "s3cret"

// bench is a registrar with lines 1000 and 1001, whose users have those names.
type bench struct {
	*registrar.Registrar
	t      *testing.T
	now    time.Time
	events []string
	seq    int
}

func newBench(t *testing.T, edits ...func(*registrar.Config)) *bench {
	b := &bench{t: t, now: time.Unix(1_790_000_000, 0), seq: 100}
	clock := func() time.Time { return b.now }
	cfg := registrar.Config{
		Domains: []string{realm},
		Auth: digest.NewServer(digest.Config{Realm: realm, Now: clock, Lookup: func(user string) (digest.Secret, bool) {
			return digest.NewSecret(user, realm, password), user == "1000" || user == "1001"
		}}),
		Line:  func(user, record string) (string, bool) { return "line " + record, user == record },
		Now:   clock,
		Event: func(e registrar.Event) { b.events = append(b.events, e.Kind.String()+" "+e.Contact) },
	}
	for _, e := range edits {
		e(&cfg)
	}
	b.Registrar = registrar.New(cfg)
	return b
}

// from is a REGISTER's way in.
type from struct {
	network, addr string
	conn          uint64
}

var lan = from{"udp", "192.0.2.7:5060", 0}

// request makes a REGISTER of user with those Contact values and other fields
// ("Name: value").
func (b *bench) request(f from, user string, contacts []string, fields ...string) *sipmsg.Message {
	b.seq++
	m := sipmsg.NewRequest("REGISTER", "sip:"+realm)
	m.Add("Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1")
	m.Add("From", "<sip:"+user+"@"+realm+">;tag=1")
	m.Add("To", "<sip:"+user+"@"+realm+">")
	m.Add("Call-ID", "call of "+f.addr)
	m.Set("Call-ID", strings.ReplaceAll(m.CallID(), " ", "-"))
	m.Add("CSeq", fmt.Sprint(b.seq, " REGISTER"))
	for _, c := range contacts {
		m.Add("Contact", c)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		m.Set(name, value)
	}
	m.Transport, m.ConnID = f.network, f.conn
	m.Source = netip.MustParseAddrPort(f.addr)
	m.Local = netip.MustParseAddrPort("192.0.2.1:5060")
	return m
}

// send has a request authenticated and handled.
func (b *bench) send(m *sipmsg.Message, user string) *sipmsg.Message {
	b.t.Helper()
	challenge := b.Handle(m)
	if challenge.Status != 401 {
		b.t.Fatalf("got %d, want a challenge", challenge.Status)
	}
	m, err := digest.Credentials{Realm: realm, User: user, Password: password}.Retry(m, challenge, m.Source.Addr())
	if err != nil {
		b.t.Fatal(err)
	}
	b.seq++
	resp := b.Handle(m)
	return resp
}

// register is send for line 1000.
func (b *bench) register(f from, contact string, fields ...string) *sipmsg.Message {
	b.t.Helper()
	var contacts []string
	if contact != "" {
		contacts = []string{contact}
	}
	return b.send(b.request(f, "1000", contacts, fields...), "1000")
}

func (b *bench) expect(resp *sipmsg.Message, status int, contacts ...string) {
	b.t.Helper()
	if got := resp.Values("Contact"); resp.Status != status || !slices.Equal(got, contacts) {
		b.t.Errorf("got %d with %q, want %d with %q", resp.Status, got, status, contacts)
	}
}

// uris are the contacts of line 1000 in the order to ring.
func (b *bench) uris() []string {
	var out []string
	for _, c := range b.Contacts("line 1000") {
		out = append(out, c.URI)
	}
	return out
}

// TestRegister: add, list, refresh, remove (RFC 3261 §10.3).
func TestRegister(t *testing.T) {
	b := newBench(t)
	b.expect(b.register(lan, ""), 200)
	b.expect(b.register(lan, "<sip:1000@192.0.2.7:5060>;expires=120"), 200, "<sip:1000@192.0.2.7:5060>;expires=120")
	b.expect(b.register(lan, `"Desk" <sip:desk@192.0.2.7:5062>;q=0.5`, "Expires: 600"), 200,
		"<sip:1000@192.0.2.7:5060>;expires=120", "<sip:desk@192.0.2.7:5062>;expires=600;q=0.5")
	b.now = b.now.Add(20 * time.Second)
	b.expect(b.register(lan, ""), 200, "<sip:1000@192.0.2.7:5060>;expires=100", "<sip:desk@192.0.2.7:5062>;expires=580;q=0.5")
	b.expect(b.register(lan, "<sip:1000@192.0.2.7:5060>"), 200, "<sip:desk@192.0.2.7:5062>;expires=580;q=0.5", "<sip:1000@192.0.2.7:5060>;expires=300")
	if got := b.uris(); !slices.Equal(got, []string{"sip:1000@192.0.2.7:5060", "sip:desk@192.0.2.7:5062"}) {
		t.Errorf("rings %q, want the q of 1 first", got)
	}
	b.expect(b.register(lan, "<sip:desk@192.0.2.7:5062>;expires=0"), 200, "<sip:1000@192.0.2.7:5060>;expires=300")
	b.expect(b.register(lan, "*", "Expires: 0"), 200)
	want := []string{"added sip:1000@192.0.2.7:5060", "added sip:desk@192.0.2.7:5062", "renewed sip:1000@192.0.2.7:5060", "removed sip:desk@192.0.2.7:5062", "removed sip:1000@192.0.2.7:5060"}
	if !slices.Equal(b.events, want) || b.Len() != 0 || b.Known(netip.MustParseAddr("192.0.2.7")) {
		t.Errorf("told %q, %d left; want %q, 0", b.events, b.Len(), want)
	}
}

// TestRegisterRefused: what a registrar must not take.
func TestRegisterRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		contact string
		fields  []string
		status  int
	}{
		{"too short", "<sip:1000@192.0.2.7>;expires=59", nil, 423},
		{"too short by Expires", "<sip:1000@192.0.2.7>", []string{"Expires: 1"}, 423},
		{"not sip", "<tel:+862100000000>", nil, 400},
		{"headers", "<sip:1000@192.0.2.7?Route=evil>", nil, 400},
		{"q of 2", "<sip:1000@192.0.2.7>;q=2", nil, 400},
		{"q that is no number", "<sip:1000@192.0.2.7>;q=NaN", nil, 400},
		{"long", "<sip:" + strings.Repeat("x", 600) + "@192.0.2.7>", nil, 400},
		{"long instance", `<sip:1000@192.0.2.7>;+sip.instance="` + strings.Repeat("x", 300) + `"`, nil, 400},
		{"reg-id of 0", `<sip:1000@192.0.2.7>;+sip.instance="<urn:uuid:1>";reg-id=0`, []string{"Supported: outbound"}, 400},
		{"another's record", "<sip:1000@192.0.2.7>", []string{"To: <sip:1001@gw.example>"}, 403},
		{"foreign record", "<sip:1000@192.0.2.7>", []string{"To: <sip:1000@elsewhere.example>"}, 404},
		{"nine at once", "<sip:1@h>,<sip:2@h>,<sip:3@h>,<sip:4@h>,<sip:5@h>,<sip:6@h>,<sip:7@h>,<sip:8@h>,<sip:9@h>", nil, 400},
	} {
		b := newBench(t)
		resp := b.register(lan, c.contact, c.fields...)
		if resp.Status != c.status || b.Len() != 0 {
			t.Errorf("%s: got %d and %d contacts, want %d and none", c.name, resp.Status, b.Len(), c.status)
		}
		if c.status == 423 && resp.Get("Min-Expires") != "60" {
			t.Errorf("%s: Min-Expires %q, want 60", c.name, resp.Get("Min-Expires"))
		}
	}
	b := newBench(t)
	m := b.request(lan, "1000", []string{"<sip:1000@192.0.2.7>"})
	m.RequestURI = "sip:elsewhere.example"
	if resp := b.send(m, "1000"); resp.Status != 404 {
		t.Errorf("foreign domain: got %d, want 404", resp.Status)
	}
	if got := b.events; !slices.Equal(got, []string{"denied "}) {
		t.Errorf("told %q, want one denial", got)
	}
}

// TestLongExpiry is shortened; what cannot be read is as not said.
func TestLongExpiry(t *testing.T) {
	for param, want := range map[string]string{"expires=86400": "3600", "expires=4294967295": "3600", "expires=soon": "300", "expires=99999999999": "300"} {
		b := newBench(t)
		b.expect(b.register(lan, "<sip:a@192.0.2.7>;"+param), 200, "<sip:a@192.0.2.7>;expires="+want)
	}
}

// TestOrder: an old REGISTER that arrives late changes nothing (RFC 3261 §10.3
// step 7).
func TestOrder(t *testing.T) {
	b := newBench(t)
	b.register(lan, "<sip:a@192.0.2.7>")
	b.seq -= 10
	b.expect(b.register(lan, "<sip:a@192.0.2.7>;expires=0"), 500)
	b.expect(b.register(lan, "*", "Expires: 0"), 500)
	if got := b.uris(); len(got) != 1 {
		t.Errorf("contacts %q, want one", got)
	}
	b.expect(b.register(lan, "<sip:a@192.0.2.7>;expires=0", "Call-ID: restarted"), 200)
}

// TestReach: where calls to a contact go. A phone cannot point us elsewhere.
func TestReach(t *testing.T) {
	local := netip.MustParseAddrPort("192.0.2.1:5060")
	at := func(n, a string, conn uint64, flow bool) transport.Target {
		return transport.Target{Network: n, Addr: netip.MustParseAddrPort(a), ConnID: conn, Flow: flow, Local: local}
	}
	for _, c := range []struct {
		name, contact string
		from          from
		want          transport.Target
		pin           bool
	}{
		{"in the open", "<sip:a@192.0.2.7:5066>", from{"udp", "192.0.2.7:40000", 0}, at("udp", "192.0.2.7:5066", 0, false), false},
		{"default port", "<sip:a@192.0.2.7>", from{"udp", "192.0.2.7:40000", 0}, at("udp", "192.0.2.7:5060", 0, false), false},
		{"behind a NAT", "<sip:a@10.0.0.5:5060>", from{"udp", "198.51.100.4:31000", 0}, at("udp", "198.51.100.4:31000", 0, false), true},
		{"pointing elsewhere", "<sip:a@203.0.113.80:53>", from{"udp", "192.0.2.7:5060", 0}, at("udp", "192.0.2.7:5060", 0, false), true},
		{"by name", "<sip:a@phone.example>", from{"udp", "192.0.2.7:5060", 0}, at("udp", "192.0.2.7:5060", 0, false), true},
		{"TCP in the open", "<sip:a@192.0.2.7:5060;transport=tcp>", from{"tcp", "192.0.2.7:40000", 7}, at("tcp", "192.0.2.7:5060", 7, false), false},
		{"TCP behind a NAT", "<sip:a@10.0.0.5:5060;transport=tcp>", from{"tcp", "198.51.100.4:31000", 7}, at("tcp", "198.51.100.4:31000", 7, true), true},
		{"TLS", "<sip:a@192.0.2.7:5061;transport=tls>", from{"tls", "192.0.2.7:40000", 8}, at("tls", "192.0.2.7:40000", 8, true), true},
		{"WebSocket", "<sip:a@df7jal23ls0d.invalid;transport=ws>", from{"wss", "192.0.2.7:40000", 9}, at("wss", "192.0.2.7:40000", 9, true), true},
		{"IPv6", "<sip:a@[2001:db8::7]:5062>", from{"udp", "[2001:db8::7]:5060", 0}, at("udp", "[2001:db8::7]:5062", 0, false), false},
	} {
		b := newBench(t)
		b.register(c.from, c.contact)
		got := b.Contacts("line 1000")
		if len(got) != 1 || got[0].Target != c.want || got[0].Pin != c.pin {
			t.Errorf("%s: got %+v, want %+v, pinned %v", c.name, got, c.want, c.pin)
		}
		if !b.Known(c.want.Addr.Addr()) || b.Known(netip.MustParseAddr("203.0.113.80")) {
			t.Errorf("%s: the phone's address is not known, or another is", c.name)
		}
		m := b.request(c.from, "1000", nil)
		if !b.From("line 1000", m) || b.From("line 1001", m) {
			t.Errorf("%s: a request by the same flow is not from line 1000 alone", c.name)
		}
		m.Source = netip.AddrPortFrom(m.Source.Addr(), 9)
		if b.From("line 1000", m) {
			t.Errorf("%s: a request from another port is taken for the phone's", c.name)
		}
	}
}

// TestOutbound: a flow is replaced by its instance and reg-id, and two flows are
// one phone (RFC 5626 §6, §5.3).
func TestOutbound(t *testing.T) {
	b := newBench(t)
	contact := func(port, regID int) string {
		return fmt.Sprintf(`<sip:a@10.0.0.5:%d;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=%d`, port, regID)
	}
	ob := "Supported: path, outbound"
	resp := b.register(from{"tcp", "198.51.100.4:1001", 1}, contact(1, 1), ob)
	b.expect(resp, 200, `<sip:a@10.0.0.5:1;transport=tcp>;expires=300;+sip.instance="<urn:uuid:1>";reg-id=1`)
	if resp.Get("Require") != "outbound" || resp.Get("Flow-Timer") != "120" {
		t.Errorf("Require %q, Flow-Timer %q; want outbound, 120", resp.Get("Require"), resp.Get("Flow-Timer"))
	}
	b.register(from{"tcp", "198.51.100.4:1002", 2}, contact(2, 2), ob)
	b.register(from{"tcp", "198.51.100.4:1003", 3}, contact(3, 1), ob) // after a restart
	got := b.Contacts("line 1000")
	if len(got) != 1 || got[0].Target.ConnID != 3 || len(got[0].Others) != 1 || got[0].Others[0].ConnID != 2 {
		t.Fatalf("got %+v, want the flow 3 and then 2", got)
	}
	b.Failed("line 1000", got[0].Target)
	if got := b.Contacts("line 1000"); len(got) != 1 || got[0].Target.ConnID != 2 {
		t.Errorf("got %+v, want the flow 2 left", got)
	}
	b.register(lan, `<sip:a@192.0.2.7>;+sip.instance="<urn:uuid:2>";reg-id=1`) // without outbound: by its URI
	b.register(lan, `<sip:b@192.0.2.7>;+sip.instance="<urn:uuid:2>";reg-id=1`)
	if got := b.Len(); got != 3 {
		t.Errorf("%d contacts, want 3", got)
	}
}

// TestBounds: of a line and in all.
func TestBounds(t *testing.T) {
	b := newBench(t, func(c *registrar.Config) { c.MaxContacts, c.MaxBindings = 2, 3 })
	for _, user := range []string{"a", "b", "c"} {
		b.register(lan, "<sip:"+user+"@192.0.2.7>")
	}
	if got := b.uris(); !slices.Equal(got, []string{"sip:c@192.0.2.7", "sip:b@192.0.2.7"}) {
		t.Errorf("contacts %q, want the newest two", got)
	}
	other := func(contact string) *sipmsg.Message {
		return b.send(b.request(lan, "1001", []string{contact}), "1001")
	}
	b.expect(other("<sip:x@192.0.2.7>"), 200, "<sip:x@192.0.2.7>;expires=300")
	if resp := other("<sip:y@192.0.2.7>"); resp.Status != 503 || resp.Get("Retry-After") == "" {
		t.Errorf("one too many: got %d, want 503 with Retry-After", resp.Status)
	}
	b.now = b.now.Add(301 * time.Second)
	b.expect(other("<sip:y@192.0.2.7>"), 200, "<sip:y@192.0.2.7>;expires=300")
	if got := b.uris(); got != nil {
		t.Errorf("contacts %q after they expired", got)
	}
}
