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
	"ringward/sip/digest"
	"ringward/sip/siptest"
)

// carrierConfig makes Kamailio a carrier: who registers has to know the password,
// and is called where it registered from.
const carrierConfig = `#!KAMAILIO
debug=1
log_stderror=yes
children=2
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:%d
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "siputils.so"
loadmodule "textops.so"
modparam("usrloc", "db_mode", 0)
modparam("auth", "qop", "auth")
request_route {
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("$fd", "hush", "0")) {
			www_challenge("$fd", "1");
			exit;
		}
		save("location");
		exit;
	}
	if (is_method("OPTIONS")) {
		sl_send_reply("200", "OK");
		exit;
	}
	if (has_totag()) {
		loose_route();
		t_relay();
		exit;
	}
	if (is_method("INVITE")) {
		record_route();
		if (!lookup("location")) {
			sl_send_reply("404", "Not Found");
			exit;
		}
	}
	t_relay();
}
`

// startCarrier runs one with a configuration on a free port.
func startCarrier(t *testing.T, config string) (port int) {
	t.Helper()
	program, err := exec.LookPath("kamailio")
	if err != nil {
		if program = "/usr/sbin/kamailio"; !isFile(program) {
			t.Skip("kamailio is not installed")
		}
	}
	port = freeUDP(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "kamailio.cfg")
	must(t, os.WriteFile(file, fmt.Appendf(nil, config, port), 0o600))
	startPeer(t, func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program, "-DD", "-E", "-f", file, "-Y", dir, "-m", "32", "-M", "4")
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends its children then
		return cmd
	})
	asks := siptest.UDP(t)
	asks.Peer = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	until(t, "Kamailio to answer", func() bool {
		asks.NewCall().Send("OPTIONS")
		return asks.Count(siptest.Response(200, "OPTIONS")) > 0
	})
	return port
}

func isFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// TestKamailioAsCarrier: the gateway registers at Kamailio with its password, and
// a call that Kamailio sends to the registration rings the merchant's phone.
func TestKamailioAsCarrier(t *testing.T) {
	port := startCarrier(t, carrierConfig)
	w := newWorld(t, options{trunk: func(tr *gateway.Trunk) {
		tr.Target = fmt.Sprintf("sip:127.0.0.1:%d", port)
		tr.Register = "sip:account@carrier.example"
		tr.Credentials = digest.Credentials{User: "account", Password: "hush", Realm: "carrier.example"}
	}})
	w.alsoRun(w.gateway.Run)
	until(t, "to be registered at Kamailio", func() bool { p := w.gateway.Peers(); return len(p) == 1 && p[0].Registered })
	caller := siptest.UDP(t)
	caller.Peer = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	call := caller.NewCall()
	call.Target, call.RemoteURI = fmt.Sprintf("sip:account@127.0.0.1:%d", port), "sip:"+lineNumber+"@carrier.example"
	call.LocalURI = "sip:+8613800001234@carrier.example"
	call.Send("INVITE", offer)
	merchant := w.rings()
	must(t, merchant.Answer())
	ok := caller.ExpectStatus(200, "INVITE")
	call.Learn(ok)
	call.Ack(ok)
	done(t, merchant.Answered(), "the call to be up")
	call.Send("BYE")
	caller.ExpectStatus(200, "BYE")
	if r := w.record(); r.Outcome != gateway.OutcomeAnswered || r.Called != lineNumber || r.Caller != "+8613800001234" {
		t.Errorf("got %+v", r)
	}
}
