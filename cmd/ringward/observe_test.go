package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/softphone"
)

// TestPrivatePort: a call shows in the metrics and at the capture server, and
// readiness ends when the gateway is told to stop.
func TestPrivatePort(t *testing.T) {
	phone, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	homer, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer homer.Close()
	recorded := make(chan gateway.Record, 8)
	a := newObserved(t, phone.Addr(), homer.LocalAddr().String(), recorded)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.run(ctx, ctx); err != nil {
			t.Error(err)
		}
	})
	defer func() { cancel(); wg.Wait(); a.close() }()

	caller, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	call, err := caller.Call(softphone.Outgoing{To: a.stack.Addrs()[0].Addr, Number: demoNumber, From: "13800138000"})
	if err != nil {
		t.Fatal(err)
	}
	taken := <-phone.Incoming()
	if err := taken.Ring(); err != nil {
		t.Fatal(err)
	}
	if err := taken.Answer(); err != nil {
		t.Fatal(err)
	}
	<-call.Answered()
	call.Hangup()
	<-recorded

	for _, want := range []string{
		`ringward_calls_ended_total{trunk="demo-carrier",outcome="answered"} 1`,
		`ringward_verdicts_total{level="clear"} 1`,
		`ringward_sip_requests_total{direction="in",method="INVITE"} 1`,
		`ringward_sip_responses_total{direction="out",code="200"}`,
		`ringward_rules_total{rule="caller.ordinary",level="clear"} 1`,
		"ringward_call_duration_seconds_count 1",
		"ringward_post_dial_delay_seconds_count 1",
		"ringward_media_port_pairs ",
		"# TYPE ringward_sip_requests_total counter",
		"go_goroutines",
	} {
		if body := private(t, a, "/metrics", 200); !strings.Contains(body, want) {
			t.Errorf("no %q in the metrics:\n%s", want, body)
		}
	}
	private(t, a, "/readyz", 200)
	if status, out, errs := ran(t, "health", "--ready", "--addr", a.private.Addr().String()); status != 0 || out != "ok\n" {
		t.Errorf("health: status %d, %q %q", status, out, errs)
	}
	captured(t, homer)
	cancel()
	wg.Wait()
	if status, _, errs := ran(t, "health", "--addr", a.private.Addr().String()); status == 0 || !strings.Contains(errs, "does not answer") {
		t.Errorf("health of a gateway that is gone: status %d, %q", status, errs)
	}
	http.DefaultClient.CloseIdleConnections()
}

func newObserved(t *testing.T, phone netip.AddrPort, homer string, recorded chan gateway.Record) *app {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Trunks, cfg.Lines = t.TempDir(), demoTrunks(), []config.Line{demoLine(phone.String())}
	cfg.Listen = []config.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}
	cfg.Media.Ports = config.PortRange{Min: 31200, Max: 31399}
	cfg.Observe = config.Observe{Listen: netip.MustParseAddrPort("127.0.0.1:0"), HEP: config.HEP{Server: homer, Agent: 2001}}
	a, err := newApp(cfg, appOptions{log: slog.New(slog.DiscardHandler), seed: true, recorded: func(r gateway.Record) { recorded <- r }})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func private(t *testing.T, a *app, path string, status int) string {
	t.Helper()
	res, err := http.Get("http://" + a.private.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != status {
		t.Errorf("%s: %d %s, want %d", path, res.StatusCode, b, status)
	}
	return string(b)
}

// captured reads what a capture server got until both legs' INVITEs are there.
func captured(t *testing.T, homer net.PacketConn) {
	t.Helper()
	b := make([]byte, 1<<16)
	for invites := 0; invites < 2; {
		n, _, err := homer.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(b[:n], []byte("HEP3")) {
			t.Fatalf("no HEP3 packet: %q", b[:n])
		}
		if bytes.Contains(b[:n], []byte("INVITE sip:")) {
			invites++
		}
	}
}

func TestCaptureHidesMediaKeys(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a=rtpmap:0 PCMU/8000\r\n", "a=rtpmap:0 PCMU/8000\r\n"},
		{"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19z|2^20\r\na=crypto:2 X inline:abc\r\n", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:********|2^20\r\na=crypto:2 X inline:***\r\n"},
	} {
		in := []byte(tt.in)
		if got := string(withoutKeys(in)); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if string(in) != tt.in {
			t.Errorf("the message itself was changed to %q", in)
		}
	}
}
