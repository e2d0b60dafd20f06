package gateway_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/softphone"
)

// startKamailio runs a recipe of deploy/partners with the addresses of a test in
// place of its own, and returns where it listens.
func startKamailio(t *testing.T, recipe string, ringward, phones netip.AddrPort) netip.AddrPort {
	t.Helper()
	path, err := exec.LookPath("kamailio")
	if err != nil {
		t.Skip("kamailio is not installed")
	}
	text, err := os.ReadFile(filepath.Join("..", "deploy", "partners", recipe))
	must(t, err)
	dir := t.TempDir()
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(freeUDP(t)))
	cfg := strings.NewReplacer("192.0.2.10:5060", at.String(), "192.0.2.20:5060", ringward.String(), "192.0.2.30:5060", phones.String(), "children=4", "children=2").Replace(string(text))
	must(t, os.WriteFile(filepath.Join(dir, "kamailio.cfg"), []byte(cfg), 0o600))
	log, err := os.Create(filepath.Join(dir, "log"))
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	// -DD and -E: it stays our child and writes to us.
	p := exec.CommandContext(ctx, path, "-f", filepath.Join(dir, "kamailio.cfg"), "-DD", "-E", "-w", dir, "-Y", dir, "-m", "32", "-M", "4")
	p.Stdout, p.Stderr = log, log
	p.Cancel = func() error { return p.Process.Signal(os.Interrupt) } // its children end with it
	p.WaitDelay = 10 * time.Second
	must(t, p.Start())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Wait(); _ = log.Close() }()
	t.Cleanup(func() {
		cancel()
		<-done
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("kamailio: %s", text)
		}
	})
	answersOptions(t, at)
	return at
}

// answersOptions waits until a SIP server answers anything at all.
func answersOptions(t *testing.T, at netip.AddrPort) {
	t.Helper()
	c, err := net.Dial("udp4", at.String())
	must(t, err)
	defer c.Close()
	ask := "OPTIONS sip:probe@" + at.String() + " SIP/2.0\r\nVia: SIP/2.0/UDP " + c.LocalAddr().String() + ";branch=z9hG4bKprobe;rport\r\nMax-Forwards: 0\r\n" +
		"From: <sip:probe@127.0.0.1>;tag=1\r\nTo: <sip:probe@127.0.0.1>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	buf := make([]byte, 2048)
	until(t, "kamailio to answer", func() bool {
		_, _ = c.Write([]byte(ask)) // refused until it listens
		_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := c.Read(buf)
		return err == nil && strings.HasPrefix(string(buf[:n]), "SIP/2.0 ")
	})
}

// TestKamailio: a partner's proxy uses us in both modes, as the recipes of
// docs/partners.md say.
func TestKamailio(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	blocks := func(l *gateway.Line) { l.Policy = screening.Policy{Mode: screening.ModeBlock} }
	for _, c := range []struct {
		name, recipe string
		trunk        func(*gateway.Trunk)
		line         func(*gateway.Line)
		caller       string
		status       int    // 0: the phone rings
		shows        string // on its display, begins so
	}{
		{"redirect, clean", "kamailio-redirect.cfg", redirecting(gateway.Redirect{}), nil, ordinary, 0, ""},
		{"redirect, clean by 404", "kamailio-redirect.cfg", redirecting(gateway.Redirect{Clean: 404}), nil, ordinary, 0, ""},
		{"redirect, labelled", "kamailio-redirect.cfg", redirecting(gateway.Redirect{}), nil, scammer, 0, "!"},
		{"redirect, blocked", "kamailio-redirect.cfg", redirecting(gateway.Redirect{}), blocks, scammer, 608, ""},
		{"anchored, clean", "kamailio-anchor.cfg", nil, nil, ordinary, 0, ""},
		{"anchored, labelled", "kamailio-anchor.cfg", nil, nil, scammer, 0, "!"},
		{"anchored, blocked", "kamailio-anchor.cfg", nil, blocks, scammer, 608, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{numbers: scamListing(scammer), trunk: c.trunk, line: c.line,
				config: func(g *gateway.Config) {
					g.Redress.URL = "https://example.com/blocked"
					g.Redress.Silent = true
					g.ChoiceTimeout = 100 * time.Millisecond
				}})
			at := startKamailio(t, c.recipe, w.stack.Addrs()[0].Addr, w.merchant.Addr())
			throughKamailio(t, w, at, c.caller, c.status, c.shows)
		})
	}
}

// TestKamailioGoesOnWithoutUs: nothing listens where we should be, and the phone
// rings all the same.
func TestKamailioGoesOnWithoutUs(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	for _, recipe := range []string{"kamailio-redirect.cfg", "kamailio-anchor.cfg"} {
		t.Run(recipe, func(t *testing.T) {
			w := newWorld(t, options{})
			nobody := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(freeUDP(t)))
			throughKamailio(t, w, startKamailio(t, recipe, nobody, w.merchant.Addr()), scammer, 0, "")
		})
	}
}

func throughKamailio(t *testing.T, w *world, at netip.AddrPort, caller string, status int, shows string) {
	t.Helper()
	call := w.dial(caller, func(o *softphone.Outgoing) { o.To = at })
	if status != 0 {
		done(t, call.Over(), "the refusal")
		if f := call.Failure(); f.Status != status {
			t.Errorf("got %d %s, want %d", f.Status, f.Reason, status)
		}
		return
	}
	phone := w.rings()
	from, err := phone.Invite().From()
	must(t, err)
	if !strings.HasPrefix(from.Display, shows) || (shows == "") != (from.Display == "") {
		t.Errorf("the phone shows %q, want it to begin %q", from.Display, shows)
	}
	must(t, phone.Answer())
	done(t, call.Answered(), "the answer")
	call.Hangup()
	done(t, phone.Over(), "the phone's call to end")
}
