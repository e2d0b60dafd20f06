package registrar_test

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"ringward/sip/digest"
	"ringward/sip/registrar"
)

func anybody(user, line string) bool { return line == "line "+user }

// TestSaveAndRestore: what another process can call is carried over and is the
// same contact to its phone; connections, what expired and who is gone are not.
func TestSaveAndRestore(t *testing.T) {
	b := newBench(t)
	b.register(lan, "<sip:1000@192.0.2.7:5060>;expires=120")
	b.register(from{"udp", "203.0.113.9:40000", 0}, "<sip:1000@192.168.1.2:5060>;expires=600;q=0.5")
	b.register(from{"tls", "192.0.2.8:40000", 7}, "<sip:1000@192.0.2.8:5061;transport=tls>;expires=600")
	b.send(b.request(lan, "1001", []string{"<sip:1001@192.0.2.7:5064>;expires=600"}), "1001")
	text, err := json.Marshal(b.Save())
	if err != nil {
		t.Fatal(err)
	}
	var list []registrar.Saved
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 {
		t.Fatalf("%d saved, want the three over UDP: %s", len(list), text)
	}
	next := newBench(t)
	next.now = b.now.Add(3 * time.Minute) // the first has expired
	evil := list[1]
	evil.Source = evil.Target
	evil.Target = netip.MustParseAddrPort("198.51.100.1:5060")
	list = append(list, evil) // a file that was written by somebody else
	if n := next.Restore(list, func(user, line string) bool { return anybody(user, line) && user != "1001" }); n != 1 {
		t.Errorf("%d restored, want one", n)
	}
	got, want := next.Contacts("line 1000"), b.Contacts("line 1000")
	want = slices.DeleteFunc(want, func(c registrar.Contact) bool { return !c.NAT || c.Target.Network != "udp" })
	if len(got) != 1 || len(want) != 1 || got[0].URI != want[0].URI || got[0].Target != want[0].Target || !got[0].Pin || !got[0].NAT || got[0].Q != 0.5 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !reflect.DeepEqual(next.Lines(), []string{"line 1000"}) {
		t.Errorf("lines %v", next.Lines())
	}
	next.seq = b.seq // the phone counts on
	next.expect(next.register(from{"udp", "203.0.113.9:40000", 0}, "<sip:1000@192.168.1.2:5060>;expires=600;q=0.5"), 200, "<sip:1000@192.168.1.2:5060>;expires=600;q=0.5")
}

// TestUsersOfOneLine: two users ring together, and neither sees, removes or pushes
// out the other's contacts; who may no longer register is taken out.
func TestUsersOfOneLine(t *testing.T) {
	b := newBench(t, func(c *registrar.Config) {
		c.MaxContacts = 3
		c.Line = func(user, record string) (string, bool) { return "shop", user == record }
		c.Auth = digest.NewServer(digest.Config{Realm: realm, Now: c.Now, Lookup: func(user string) (digest.Secret, bool) {
			return digest.NewSecret(user, realm, password), true
		}})
	})
	other := from{"udp", "192.0.2.9:5060", 0}
	b.send(b.request(other, "1001", []string{"<sip:1001@192.0.2.9>"}), "1001")
	for _, contact := range []string{"<sip:a@192.0.2.7>", "<sip:b@192.0.2.7>", "<sip:c@192.0.2.7>"} {
		b.register(lan, contact)
	}
	b.expect(b.register(lan, ""), 200, "<sip:b@192.0.2.7>;expires=300", "<sip:c@192.0.2.7>;expires=300")
	if n := len(b.Contacts("shop")); n != 3 {
		t.Errorf("%d contacts, want one of the first user and two of the second", n)
	}
	b.expect(b.register(lan, "*", "Expires: 0"), 200)
	b.expect(b.send(b.request(other, "1001", nil), "1001"), 200, "<sip:1001@192.0.2.9>;expires=300")
	b.Keep(func(user, line string) bool { return user != "1001" })
	if n := b.Len(); n != 0 {
		t.Errorf("%d contacts of a user that is gone", n)
	}
}
