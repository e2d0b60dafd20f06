package gateway_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/media/wav"
	"ringward/sip"
	"ringward/sip/registrar"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// baresip is a running telephone that is not ours.
type baresip struct {
	t       *testing.T
	port    int
	dir     string
	process *exec.Cmd
	done    chan error
}

// startBaresip runs one that speaks a tone of hz and records what it hears. It
// answers by itself, and dials uri if there is one.
func startBaresip(t *testing.T, user string, hz float64, dial string) *baresip {
	t.Helper()
	return startBaresipAs(t, user, hz, dial, "", "")
}

// startBaresipAs is startBaresip with an account of its own, or with parameters
// (";mediaenc=srtp") of the usual one, and more settings.
func startBaresipAs(t *testing.T, user string, hz float64, dial, account, settings string) *baresip {
	t.Helper()
	path, err := exec.LookPath("baresip")
	if err != nil {
		t.Skip("baresip is not installed")
	}
	b := &baresip{t: t, dir: t.TempDir(), port: freeUDP(t), done: make(chan error, 1)}
	b.write("config", fmt.Sprintf(`sip_listen 127.0.0.1:%d
net_interface 127.0.0.1
audio_source aufile,%s
audio_player aubridge,nobody
snd_path %s
ausrc_srate 8000
auplay_srate 8000
audio_level no
rtp_ports 34000-34999
jitter_buffer_delay 5-10
module_path %s
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
%smodule account.so
module menu.so
`, b.port, b.path("speaks.wav"), b.dir, baresipModules(t, path), settings))
	if account == "" || account[0] == ';' {
		account = fmt.Sprintf("<sip:%s@127.0.0.1:%d>;regint=0%s", user, b.port, account)
	}
	b.write("accounts", account+";answermode=auto;audio_codecs=PCMA/8000/1\n")
	b.write("contacts", "")
	f, err := os.Create(b.path("speaks.wav"))
	must(t, err)
	must(t, wav.Write(f, sine(hz, 30*time.Second)))
	must(t, f.Close())
	args := []string{"-f", b.dir, "-t", "40"}
	if dial != "" {
		args = append(args, "-e", "/dial "+dial)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	b.process = exec.CommandContext(ctx, path, args...)
	log, err := os.Create(b.path("log"))
	must(t, err)
	b.process.Stdout, b.process.Stderr = log, log
	must(t, b.process.Start())
	go func() { b.done <- b.process.Wait(); _ = log.Close() }()
	t.Cleanup(func() {
		cancel()
		<-b.done
		if t.Failed() {
			text, _ := os.ReadFile(b.path("log"))
			t.Logf("baresip %s: %s", user, text)
		}
	})
	return b
}

func (b *baresip) path(name string) string { return filepath.Join(b.dir, name) }

func (b *baresip) write(name, text string) {
	must(b.t, os.WriteFile(b.path(name), []byte(text), 0o600))
}

// says waits until the log holds a text.
func (b *baresip) says(text string) {
	b.t.Helper()
	until(b.t, "baresip to say "+text, func() bool {
		log, _ := os.ReadFile(b.path("log"))
		return strings.Contains(string(log), text)
	})
}

// stop ends the process in order, so that its recording is complete.
func (b *baresip) stop() []int16 {
	b.t.Helper()
	_ = b.process.Process.Signal(os.Interrupt)
	err := <-b.done
	b.done <- err
	dumps, err := filepath.Glob(b.path("dump-*-dec.wav"))
	if err != nil || len(dumps) != 1 {
		b.t.Fatalf("baresip's recordings: %v, %v; want one", dumps, err)
	}
	f, err := os.Open(dumps[0])
	must(b.t, err)
	defer f.Close()
	pcm, err := wav.Read(f)
	must(b.t, err)
	return pcm
}

func baresipModules(t *testing.T, path string) string {
	t.Helper()
	for _, dir := range []string{"/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules", filepath.Join(filepath.Dir(path), "../lib/baresip/modules")} {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
	}
	t.Skip("baresip's modules are not installed where they are looked for")
	return ""
}

func freeUDP(t *testing.T) int {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// TestBaresip calls from one baresip to another: each hears the other's tone,
// and the announcement is heard by the merchant alone.
func TestBaresip(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	phone := startBaresip(t, "100", 500, "")
	phone.says("baresip is ready")
	w := newWorld(t, options{numbers: scamListing(scammer),
		config: func(c *gateway.Config) { c.ChoiceTimeout = 200 * time.Millisecond },
		line:   func(l *gateway.Line) { l.Targets = []string{fmt.Sprintf("sip:100@127.0.0.1:%d", phone.port)} }})
	caller := startBaresip(t, "+8617000001234", 300, "sip:862155550100@"+w.stack.Addrs()[0].Addr.String())
	w.event(gateway.EventAnnounced)
	w.event(gateway.EventAnswered)
	until(t, "two seconds of sound each way", func() bool {
		s := w.engine.Stats().Total
		return s.PacketsIn > 200
	})
	heardByCaller := caller.stop()
	heardByMerchant := phone.stop()
	r := w.record()
	if r.Outcome != gateway.OutcomeAnswered || r.Media.FromCaller == 0 || r.Media.FromMerchant == 0 {
		t.Errorf("got %+v", r)
	}
	for _, c := range []struct {
		who      string
		pcm      []int16
		hz       float64
		min, max float64
	}{
		{"merchant hears the caller", heardByMerchant, 300, 0.2, 2},
		{"caller hears the merchant", heardByCaller, 500, 0.2, 2},
		{"merchant hears the announcement", heardByMerchant, promptHz, 0.02, 2},
		{"caller hears the announcement", heardByCaller, promptHz, 0, 0.01},
	} {
		if p := power(c.pcm, c.hz); p < c.min || p > c.max {
			t.Errorf("%s: %.3f of the tone, want %.2f to %.2f", c.who, p, c.min, c.max)
		}
	}
}

// TestBaresipRegisters: baresip registers at the gateway with a password, over UDP
// and over TLS, and takes a call on each.
func TestBaresipRegisters(t *testing.T) {
	for i, network := range []string{"udp", "tls"} {
		t.Run(network, func(t *testing.T) {
			listen, _ := siptest.TLS(t, "gw.example")
			w, events := office(t, options{
				line: func(l *gateway.Line) { l.Targets = nil },
				sip: func(c *sip.Config) {
					c.Listen = append(c.Listen, transport.Listen{Network: "tls", Addr: netip.MustParseAddrPort("127.0.0.1:0"), TLS: listen})
				},
			})
			at := w.stack.Addrs()[i].Addr
			startBaresipAs(t, "shop", 500, "", fmt.Sprintf("<sip:shop@%s;transport=%s>;auth_pass=%s;regint=120;outbound=\"sip:%s;transport=%s\"",
				realm, network, password, at, network), "sip_verify_server no\n")
			if e := recv(t, events, "the registration"); e.Kind != registrar.Added {
				t.Fatalf("got %v (%v)", e.Kind, e.Outcome)
			}
			if r := w.gateway.Registrations(); len(r) != 1 || r[0].Network != network {
				t.Errorf("registrations %+v, want one over %s", r, network)
			}
			caller := w.dial("+8613800001234")
			done(t, caller.Answered(), "baresip's answer")
			until(t, "a second of baresip's tone", func() bool { return len(caller.Heard()) > 8000 })
			if p := power(caller.Heard(), 500); p < 0.2 {
				t.Errorf("%.3f of baresip's tone is heard, want 0.2 or more", p)
			}
			caller.Hangup()
			until(t, "baresip to answer the BYE", func() bool { return w.stack.Stats().Legs == 0 })
			if r := w.record(); r.Outcome != gateway.OutcomeAnswered {
				t.Errorf("got %q, want answered", r.Outcome)
			}
		})
	}
}
