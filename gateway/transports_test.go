package gateway_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/sip"
	"ringward/sip/siptest"
	"ringward/sip/transport"
	"ringward/softphone"
)

// loopback6 is ::1, where there is IPv6.
func loopback6(t *testing.T) netip.Addr {
	t.Helper()
	probe, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	_ = probe.Close()
	return netip.IPv6Loopback()
}

// TestIPv6 places a call with everything on ::1: signalling, and sound both ways.
func TestIPv6(t *testing.T) {
	w := newWorld(t, options{addr: loopback6(t)})
	caller, merchant := w.call("+8613800001234")
	must(t, merchant.Answer())
	done(t, caller.Answered(), "the answer")
	<-caller.Say(sine(300, time.Second))
	until(t, "the caller's tone", func() bool { return power(merchant.Heard(), 300) > 0.1 })
	until(t, "packets back", func() bool { in, _ := caller.Packets(); return in > 10 })
	caller.Hangup()
	done(t, merchant.Over(), "the end")
}

// TestIPv6Registers: a phone registers from ::1.
func TestIPv6Registers(t *testing.T) {
	six := loopback6(t)
	w, events := office(t, options{addr: six})
	w.registers(w.merchant, "shop", events)
	if r := w.gateway.Registrations(); len(r) != 1 || r[0].Address.Addr() != six || r[0].NAT {
		t.Errorf("registrations %+v, want one at ::1", r)
	}
}

// TestTrunkShowsItsCertificate: a trunk that has to show a certificate gets calls
// through by TLS with it, and none without.
func TestTrunkShowsItsCertificate(t *testing.T) {
	for name, want := range map[string]int{"gw.example": 486, "carrier.example": 403} {
		t.Run(name, func(t *testing.T) {
			_, both := siptest.TLS(t, "gw.example") // shows and believes itself, asks clients too
			w := newWorld(t, options{
				trunk: func(tr *gateway.Trunk) { tr.Certificate = name },
				sip: func(c *sip.Config) {
					c.Listen = append(c.Listen, transport.Listen{Network: "tls", Addr: netip.MustParseAddrPort("127.0.0.1:0"), TLS: both})
				},
			})
			plain := w.dial("+8613800001234") // over UDP: no certificate
			done(t, plain.Over(), "the refusal over UDP")
			if s := plain.Failure().Status; s != 403 {
				t.Errorf("over UDP: got %d, want 403", s)
			}
			phone, err := softphone.New(softphone.Options{TLS: both})
			must(t, err)
			t.Cleanup(func() { _ = phone.Close() })
			call, err := phone.Call(softphone.Outgoing{To: w.stack.Addrs()[1].Addr, Number: lineNumber, From: "+8613800001234", Network: "tls"})
			must(t, err)
			if want == 486 {
				must(t, w.rings().Reject(486))
			}
			done(t, call.Over(), "the end")
			if s := call.Failure().Status; s != want {
				t.Errorf("over TLS: got %d, want %d", s, want)
			}
		})
	}
}
