package registrar_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// TestBaresip: a real telephone registers two lines, by UDP and by TLS, and both
// are reached where the registrar says. baresip 1.0 knows MD5 alone.
func TestBaresip(t *testing.T) {
	baresip, err := exec.LookPath("baresip")
	if err != nil {
		t.Skip("baresip is not installed")
	}
	events := make(chan registrar.Event, 16)
	r := registrar.New(registrar.Config{
		Auth: digest.NewServer(digest.Config{
			Realm: "gw.example", OnlyMD5: func(agent string) bool { return strings.HasPrefix(agent, "baresip v1") },
			Lookup: func(user string) (digest.Secret, bool) { return digest.NewSecret(user, "gw.example", password), true },
		}),
		Line:  func(user, record string) (string, bool) { return record, user == record },
		Event: func(e registrar.Event) { events <- e },
	})
	listen, _ := siptest.TLS(t, "gw.example")
	s, err := sip.New(sip.Config{
		Listen: []transport.Listen{
			{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0"), Sockets: 1},
			{Network: "tls", Addr: netip.MustParseAddrPort("127.0.0.1:0"), TLS: listen},
		},
		Log:   slog.New(slog.DiscardHandler),
		Allow: []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER"},
	}, server{r})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	phone := exec.CommandContext(ctx, baresip, "-f", phoneConfig(t, s.Addrs()), "-t", "15")
	if err := phone.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = phone.Process.Kill(); _ = phone.Wait() }() // it is done with
	networks := map[string]bool{}
	for len(networks) < 2 {
		select {
		case e := <-events:
			if e.Kind != registrar.Added {
				t.Fatalf("%v of %s, want added", e.Kind, e.Contact)
			}
			c := r.Contacts(e.Line)[0]
			networks[c.Target.Network] = true
			if got := options(ctx, t, s, c); got != 200 {
				t.Errorf("OPTIONS to %s by %s answered %d, want 200", c.URI, c.Target.Network, got)
			}
		case <-ctx.Done():
			t.Fatalf("registered by %v, want udp and tls", networks)
		}
	}
}

// options asks a contact by OPTIONS and returns the status of its answer.
func options(ctx context.Context, t *testing.T, s *sip.Stack, c registrar.Contact) int {
	t.Helper()
	m := sipmsg.NewRequest("OPTIONS", c.URI)
	m.Add("Max-Forwards", "70")
	m.Add("From", "<sip:gw@gw.example>;tag=1")
	m.Add("To", "<"+c.URI+">")
	m.Add("Call-ID", rand.Text())
	m.Add("CSeq", "1 OPTIONS")
	m.Add("Contact", s.Contact(c.Target, ""))
	tx, err := s.Send(m, c.Target)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case r := <-tx.Responses():
		if r != nil {
			return r.Status
		}
	case <-ctx.Done():
	}
	return 0
}

// phoneConfig writes the files of a baresip with a line on each listener.
func phoneConfig(t *testing.T, at []transport.Listen) string {
	t.Helper()
	dir := t.TempDir()
	var accounts strings.Builder
	for i, l := range at {
		fmt.Fprintf(&accounts, "<sip:100%d@gw.example;transport=%s>;auth_pass=%s;regint=120;outbound=\"sip:%s;transport=%s\"\n", i, l.Network, password, l.Addr, l.Network)
	}
	for name, text := range map[string]string{
		"accounts": accounts.String(), "contacts": "",
		"config": "sip_listen 127.0.0.1:0\nsip_verify_server no\nmodule_path /usr/lib/baresip/modules\nmodule account.so\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
