package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringward/gateway"
	"ringward/sip"
	"ringward/sip/registrar"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// peerProgram is another program that a test talks to by lines.
type peerProgram struct {
	t     *testing.T
	in    io.Writer
	lines chan string
}

// startPeer runs a program until the test ends.
func startPeer(t *testing.T, cmd func(context.Context) *exec.Cmd) *peerProgram {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := cmd(ctx)
	in, err := p.StdinPipe()
	must(t, err)
	out, err := p.StdoutPipe()
	must(t, err)
	p.Stderr = logSink()
	must(t, p.Start())
	pp := &peerProgram{t: t, in: in, lines: make(chan string, 1000)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			pp.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		cancel()
		<-read
		_ = p.Wait() // killed
	})
	return pp
}

// says waits for a line that holds a text.
func (p *peerProgram) says(text string) string {
	p.t.Helper()
	for {
		if line := recv(p.t, p.lines, "the peer to say "+text); strings.Contains(line, text) {
			return line
		}
	}
}

func (p *peerProgram) do(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, line+"\n")
	must(p.t, err)
}

// jssip is where scripts/install-test-tools.sh puts the packages of node.
func jssip(t *testing.T) (node, modules string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	cache, err := os.UserCacheDir()
	must(t, err)
	modules = filepath.Join(cache, "ringward", "node", "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "jssip", "lib", "JsSIP.js")); err != nil {
		t.Skip("JsSIP is not installed")
	}
	return node, modules
}

// certificateOf writes the certificate that a listener shows to a file.
func certificateOf(t *testing.T, at netip.AddrPort) string {
	t.Helper()
	c, err := tls.Dial("tcp", at.String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // to learn it
	must(t, err)
	defer c.Close()
	file := filepath.Join(t.TempDir(), "cert.pem")
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ConnectionState().PeerCertificates[0].Raw}), 0o600))
	return file
}

// TestJsSIP: the telephone of JsSIP registers over secure WebSocket, takes a call
// that comes in by the trunk, and calls out. Its media is a stand-in.
func TestJsSIP(t *testing.T) {
	node, modules := jssip(t)
	listen, _ := siptest.TLS(t, "gw.example")
	carrier := siptest.UDP(t)
	w, events := office(t, options{
		config: func(c *gateway.Config) {
			c.Trunks = append(c.Trunks, gateway.Trunk{Name: "out", Target: "sip:" + carrier.Addr().String()})
		},
		line: func(l *gateway.Line) {
			l.Targets, l.NAT = nil, true
			l.Outbound = gateway.Outbound{Trunk: "out", Caller: lineNumber, Allow: []string{"95"}}
		},
		sip: func(c *sip.Config) {
			c.Listen = append(c.Listen, transport.Listen{Network: "wss", Addr: netip.MustParseAddrPort("127.0.0.1:0"), TLS: listen})
		},
	})
	carrier.Peer = w.stack.Addrs()[0].Addr
	at := w.stack.Addrs()[1].Addr
	script, err := filepath.Abs("testdata/jssip.cjs")
	must(t, err)
	phone := startPeer(t, func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, node, script, "wss://"+at.String(), "shop", realm, password, certificateOf(t, at))
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
		return cmd
	})
	phone.says("registered")
	if e := recv(t, events, "the registration"); e.Kind != registrar.Added {
		t.Fatalf("got %v (%v)", e.Kind, e.Outcome)
	}
	if r := w.gateway.Registrations(); len(r) != 1 || r[0].Network != "wss" || !strings.HasPrefix(r[0].Agent, "JsSIP") {
		t.Errorf("registrations %+v, want one of JsSIP over wss", r)
	}

	caller := w.dial("+8613800001234")
	phone.says("rings +8613800001234")
	done(t, caller.Answered(), "JsSIP's answer")
	phone.says("confirmed")
	caller.Hangup()
	phone.says("ended Terminated")
	if r := w.record(); r.Outcome != gateway.OutcomeAnswered {
		t.Errorf("the call in: got %q, want answered", r.Outcome)
	}

	phone.do("call 95588")
	inv := carrier.ExpectRequest("INVITE")
	c := carrier.Accept(inv, "far")
	c.Reply(inv, 200, siptest.Body("application/sdp", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n"))
	carrier.ExpectRequest("ACK")
	phone.says("confirmed")
	phone.do("hangup")
	c.Reply(carrier.ExpectRequest("BYE"), 200)
	if r := w.record(); r.Outcome != gateway.OutcomeAnswered || r.Called != "CN:95588" {
		t.Errorf("the call out: got %q to %s, want answered", r.Outcome, r.Called)
	}
}
