package siptest

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

//go:embed sipp/*.xml
var scenarios embed.FS

// SIPp is a running SIPp, a SIP stack that is not ours, as caller or phone.
type SIPp struct {
	t      testing.TB
	name   string
	addr   netip.AddrPort
	dir    string
	cancel context.CancelFunc
	done   chan error
}

// sippLimit bounds every run.
const sippLimit = 120 * time.Second

// StartSIPp runs a scenario of the folder sipp: uac_* as caller of the address
// to, uas_* as phone (to is not used) that listens on Addr. calls is how many it
// makes or takes before it exits. args are further options of sipp: "-d", "500"
// for the pauses in ms, "-r", "50" for calls a second, "-lost", "10" for per
// cent of packets lost, "-s", "12345" for the called user, "-t", "t1" for TCP,
// "-key", "caller", "+861..." for the calling user. The test is skipped when
// sipp is not installed; the process is ended with the test.
func StartSIPp(t testing.TB, scenario string, to netip.AddrPort, calls int, args ...string) *SIPp {
	t.Helper()
	path, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not installed")
	}
	p := &SIPp{t: t, name: scenario, addr: freePort(t), dir: t.TempDir(), done: make(chan error, 1)}
	xml, err := scenarios.ReadFile("sipp/" + scenario + ".xml")
	if err != nil {
		t.Fatalf("siptest: %v", err)
	}
	file := filepath.Join(p.dir, scenario+".xml")
	if err := os.WriteFile(file, xml, 0o600); err != nil {
		t.Fatalf("siptest: %v", err)
	}
	// What uac_rtp plays; any octets are A-law.
	if err := os.WriteFile(filepath.Join(p.dir, "tone.al"), bytes.Repeat([]byte("octets of A-law!"), 1000), 0o600); err != nil {
		t.Fatalf("siptest: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), sippLimit)
	p.cancel = cancel
	cmd := exec.CommandContext(ctx, path, p.options(file, to, calls, args)...)
	cmd.Dir = p.dir
	out, err := os.Create(filepath.Join(p.dir, "out"))
	if err != nil {
		t.Fatalf("siptest: %v", err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatalf("siptest: start sipp: %v", err)
	}
	go func() {
		p.done <- cmd.Wait()
		_ = out.Close()
	}()
	t.Cleanup(func() { cancel(); <-p.done })
	if strings.HasPrefix(scenario, "uas_") {
		p.listening()
	}
	return p
}

func (p *SIPp) options(file string, to netip.AddrPort, calls int, args []string) []string {
	o := []string{"-sf", file, "-i", "127.0.0.1", "-p", strconv.Itoa(int(p.addr.Port())), "-m", strconv.Itoa(calls),
		"-nostdin", "-timeout", "100", "-timeout_error", "-trace_err", "-error_file", filepath.Join(p.dir, "errors")}
	if !contains(args, "caller") {
		o = append(o, "-key", "caller", "caller")
	}
	o = append(o, args...)
	if strings.HasPrefix(p.name, "uac_") {
		o = append(o, to.String())
	}
	return o
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// Addr returns the address that the SIPp sends from and listens on.
func (p *SIPp) Addr() netip.AddrPort { return p.addr }

// Wait waits for the end of all calls and fails the test unless every one went
// by the scenario.
func (p *SIPp) Wait() {
	p.t.Helper()
	err := <-p.done
	p.done <- nil // for the clean-up
	if err == nil {
		return
	}
	p.t.Errorf("siptest: sipp %s: %v\n%s\n%s", p.name, err, p.tail("errors"), p.tail("out"))
}

// Stop ends a phone that is not waited for.
func (p *SIPp) Stop() { p.cancel() }

func (p *SIPp) tail(name string) string {
	b, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		return ""
	}
	const most = 4000
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return name + ": " + string(b)
}

// listening waits until the process has its port, as the kernel's tables tell;
// where there are none, for half a second.
func (p *SIPp) listening() {
	p.t.Helper()
	hex := fmt.Sprintf(":%04X ", p.addr.Port())
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := range 1000 {
		<-tick.C
		known := false
		for _, f := range []string{"/proc/net/udp", "/proc/net/tcp"} {
			b, err := os.ReadFile(f)
			known = known || err == nil
			if strings.Contains(string(b), hex) {
				return
			}
		}
		if !known && n >= 50 {
			return
		}
		select {
		case err := <-p.done:
			p.done <- err
			p.t.Fatalf("siptest: sipp %s: %v\n%s\n%s", p.name, err, p.tail("errors"), p.tail("out"))
		default:
		}
	}
	p.t.Fatalf("siptest: sipp %s does not listen on %s", p.name, p.addr)
}

// freePort returns a loopback address with a port that nobody uses.
func freePort(t testing.TB) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatalf("siptest: %v", err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}
