package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ringward/cmd/ringward/config"
	"ringward/softphone"
)

// reloading is a gateway whose configuration file a test rewrites.
type reloading struct {
	t    *testing.T
	file string
	data string
	app  *app
	told chan string // log lines about the configuration
}

func newReloading(t *testing.T, rest string) *reloading {
	t.Helper()
	dir := t.TempDir()
	r := &reloading{t: t, file: filepath.Join(dir, "ringward.yaml"), data: filepath.Join(dir, "data"), told: make(chan string, 16)}
	r.write(rest)
	reread := func() (config.Config, error) { return loadConfig(r.file, "") }
	cfg, err := reread()
	if err != nil {
		t.Fatal(err)
	}
	level := new(slog.LevelVar)
	if r.app, err = newApp(cfg, appOptions{log: slog.New(slog.NewTextHandler(r, nil)), file: r.file, reread: reread, level: level}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.app.run(ctx, ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait(); r.app.close() })
	return r
}

// Write takes the log.
func (r *reloading) Write(b []byte) (int, error) {
	if strings.Contains(string(b), "configuration") {
		select {
		case r.told <- string(b):
		default:
		}
	}
	return len(b), nil
}

func (r *reloading) write(rest string) {
	r.t.Helper()
	text := "data: " + r.data + "\nlisten: [udp://127.0.0.1:0]\nconsole: {listen: \"\"}\nredress: {email: a@example.com}\n" + rest
	if err := os.WriteFile(r.file, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// calls calls a number and returns the refusal's status, 0 when the phone rang.
func (r *reloading) calls(phone *softphone.Phone, number string) int {
	r.t.Helper()
	caller, err := softphone.New(softphone.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	defer caller.Close()
	c, err := caller.Call(softphone.Outgoing{To: r.app.stack.Addrs()[0].Addr, Number: number, From: "13800138000"})
	if err != nil {
		r.t.Fatal(err)
	}
	select {
	case <-c.Over():
		return c.Failure().Status
	case <-phone.Incoming():
		c.Hangup()
		<-c.Over()
		return 0
	}
}

func trunkAndLines(phone netip.AddrPort, trunk string, numbers ...string) string {
	text := "media: {ports: 31600-31799}\nlimits: {calls: 20}\ntrunks: [{name: " + trunk + ", sources: [127.0.0.1/32], trusted: true, domestic: true}]\nlines:\n"
	for _, n := range numbers {
		text += fmt.Sprintf("  - {number: %q, targets: [\"sip:1@%s\"]}\n", n, phone)
	}
	return text
}

// TestReload: a new file is taken whole, or not at all and said why.
func TestReload(t *testing.T) {
	phone, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	const first, second = "+862155550100", "+862155550101"
	r := newReloading(t, trunkAndLines(phone.Addr(), "carrier", first))
	if s := r.calls(phone, second); s != 404 {
		t.Errorf("a number that is no line: %d, want 404", s)
	}

	r.write(trunkAndLines(phone.Addr(), "carrier", first, second))
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if line := <-r.told; !strings.Contains(line, "configuration read again") {
		t.Errorf("after SIGHUP the log says %q", line)
	}
	if s := r.calls(phone, second); s != 0 {
		t.Errorf("the new line: %d, want ringing", s)
	}

	for _, tt := range []struct{ name, text, want string }{
		{"a mistake", "lines: [{number: 1, targetts: []}]\n", "targetts"},
		{"another media range", strings.Replace(trunkAndLines(phone.Addr(), "carrier", first), "31600-31799", "31600-31999", 1), "media cannot change"},
		{"a telephone that registers", trunkAndLines(phone.Addr(), "carrier") + "  - {number: \"+862155550102\", phones: [{user: a, secret: {value: secretword}}]}\n", ""},
		{"a trunk with a registration", strings.Replace(trunkAndLines(phone.Addr(), "carrier", first), "trusted:", "ping: 30s, target: \"sip:127.0.0.1:9\", trusted:", 1), "needs a restart"},
	} {
		r.write(tt.text)
		err := r.app.reload()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error that says %q", tt.name, err, tt.want)
		}
		if s := r.calls(phone, second); s != 0 {
			t.Fatalf("after %s the second line: %d, want ringing as before", tt.name, s)
		}
	}

	r.write(trunkAndLines(phone.Addr(), "renamed", second))
	if err := r.app.reload(); err != nil {
		t.Fatal(err)
	}
	if s := r.calls(phone, first); s != 404 {
		t.Errorf("the line that was taken out: %d, want 404", s)
	}
	if s := r.calls(phone, second); s != 0 {
		t.Errorf("the line that stays: %d, want ringing", s)
	}
	r.write(strings.Replace(trunkAndLines(phone.Addr(), "renamed", second), "127.0.0.1/32", "192.0.2.1/32", 1))
	if err := r.app.reload(); err != nil {
		t.Fatal(err)
	}
	if s := r.calls(phone, second); s != 403 {
		t.Errorf("from an address that is a trunk no more: %d, want 403", s)
	}
}
