package gateway_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ringward/gateway"
	"ringward/sip"
	"ringward/sip/registrar"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// linphoneConfig are the settings of a telephone that registers by one transport
// and answers what rings, without a sound card.
const linphoneConfig = `[sip]
sip_port=-1
sip_tcp_port=-2
sip_tls_port=-2
use_ipv6=0
default_proxy=0
verify_server_certs=1
verify_server_cn=0
root_ca=%[4]s
[rtp]
audio_rtp_port=35000-35999
[net]
nat_policy_ref=
[sound]
playback_dev_id=ANULL: 0
ringer_dev_id=ANULL: 0
capture_dev_id=ANULL: 0
[proxy_0]
reg_proxy=<sip:%[1]s;transport=%[2]s>
reg_identity=sip:shop@%[3]s
reg_sendregister=1
reg_expires=120
[auth_info_0]
username=shop
passwd=%[5]s
realm=%[3]s
`

// TestLinphone: linphone registers with SHA-256 over UDP and over TLS, and takes a
// call. It has nothing to speak with here; what the caller says goes to it.
func TestLinphone(t *testing.T) {
	program, err := exec.LookPath("linphonec")
	if err != nil {
		t.Skip("linphonec is not installed")
	}
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
			dir := t.TempDir()
			file := filepath.Join(dir, "linphonerc")
			must(t, os.MkdirAll(filepath.Join(dir, ".local/share/linphone"), 0o700))
			must(t, os.WriteFile(file, fmt.Appendf(nil, linphoneConfig, at, network, realm, certificateOf(t, w.stack.Addrs()[1].Addr), password), 0o600))
			startPeer(t, func(ctx context.Context) *exec.Cmd {
				cmd := exec.CommandContext(ctx, program, "-a", "-c", file, "-l", filepath.Join(dir, "log"), "-d", "6")
				cmd.Env = append(os.Environ(), "HOME="+dir)
				return cmd
			})
			t.Cleanup(func() {
				if t.Failed() {
					text, _ := os.ReadFile(filepath.Join(dir, "log"))
					t.Logf("linphone: %s", text[max(0, len(text)-20000):])
				}
			})
			if e := recv(t, events, "the registration"); e.Kind != registrar.Added {
				t.Fatalf("got %v (%v)", e.Kind, e.Outcome)
			}
			if r := w.gateway.Registrations(); len(r) != 1 || r[0].Network != network {
				t.Errorf("registrations %+v, want one over %s", r, network)
			}
			caller := w.dial("+8613800001234")
			done(t, caller.Answered(), "linphone's answer")
			until(t, "a second of sound to linphone", func() bool { return w.engine.Stats().Total.PacketsIn > 50 })
			caller.Hangup()
			if r := w.record(); r.Outcome != gateway.OutcomeAnswered || r.Media.FromCaller == 0 {
				t.Errorf("got %+v, want answered, with the caller's sound", r)
			}
			until(t, "linphone to answer the BYE", func() bool { return w.stack.Stats().Legs == 0 })
		})
	}
}
