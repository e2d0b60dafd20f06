package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ringward/sip/registrar"
	"ringward/softphone"
)

// served is an app that runs until stop.
type served struct {
	*app
	stop func()
}

func serveText(t *testing.T, file, text string) served {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(file, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(cfg, appOptions{log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.run(ctx, ctx); err != nil {
			t.Error(err)
		}
	})
	return served{a, func() { cancel(); wg.Wait(); a.close() }}
}

// TestContactsOutliveARestart: a telephone that registered before the gateway was
// stopped rings in the next run, without registering again, unless its user is
// gone from the configuration.
func TestContactsOutliveARestart(t *testing.T) {
	phone, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "secret"), filepath.Join(dir, "ringward.yaml")
	if err := os.WriteFile(secret, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "data: " + filepath.Join(dir, "data") + "\nname: gw.example\nlisten: [udp://127.0.0.1:0]\nconsole: {listen: \"\"}\nmedia: {ports: 31800-31999}\nlimits: {calls: 20}\n" +
		"trunks: [{name: carrier, sources: [127.0.0.10/32]}]\nlines:\n  - {number: \"+862155550100\", id: shop, phones: [{user: %s, secret: \"file:" + secret + "\"}]}\n"
	first := serveText(t, file, fmt.Sprintf(text, "till"))
	registered := make(chan registrar.Status, 10)
	r, err := phone.Registration(softphone.Account{User: "till", Password: "open sesame", Realm: "gw.example", At: first.stack.Addrs()[0].Addr},
		func(s registrar.Status) { registered <- s })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Run(ctx) })
	if s := <-registered; !s.Registered {
		t.Fatalf("not registered: %v", s.Err)
	}
	if got := first.gateway.Registrations(); len(got) != 1 || got[0].Line != "shop" {
		t.Errorf("registrations %+v", got)
	}
	first.stop()
	cancel()
	wg.Wait()
	for _, again := range []struct {
		user string
		want int
	}{{"till", 1}, {"somebody-else", 0}} {
		user, want := again.user, again.want
		next := serveText(t, file, fmt.Sprintf(text, user))
		got := next.gateway.Registrations()
		if len(got) != want || want == 1 && got[0].Address != phone.Addr() {
			t.Errorf("after the restart, with user %s: %+v, want %d", user, got, want)
		}
		if want == 0 {
			next.stop()
			continue
		}
		caller, err := softphone.New(softphone.Options{Addr: netip.MustParseAddr("127.0.0.10")})
		if err != nil {
			t.Fatal(err)
		}
		c, err := caller.Call(softphone.Outgoing{To: next.stack.Addrs()[0].Addr, Number: "+862155550100", From: "13800138000"})
		if err != nil {
			t.Fatal(err)
		}
		rings := <-phone.Incoming()
		c.Hangup()
		<-rings.Over()
		_ = caller.Close()
		next.stop()
	}
}
