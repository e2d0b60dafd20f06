package gateway_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/siptest"
	"ringward/sip/transport"
	"ringward/softphone"
)

// trunkSRTP protects the trunk; its keys may cross the loopback's UDP.
func trunkSRTP(s gateway.SRTP) func(*gateway.Trunk) {
	return func(t *gateway.Trunk) { t.SRTP, t.SRTPClearKeys = s, true }
}

func lineSRTP(s gateway.SRTP) func(*gateway.Line) {
	return func(l *gateway.Line) { l.SRTP, l.SRTPClearKeys = s, true }
}

func protects(p softphone.Protection, suite string) softphone.Options {
	return softphone.Options{Protection: p, Suite: suite}
}

// Every suite on either side and on both, heard bit by bit; what the other leg
// carries has no key of this one in it.
func TestSRTPEndsAtEachLeg(t *testing.T) {
	for _, c := range []struct {
		name             string
		caller, merchant softphone.Options
		trunk            gateway.SRTP
		line             gateway.SRTP
	}{
		{"caller only", protects(softphone.Protected, ""), protects(softphone.Clear, ""), gateway.SRTPRequired, gateway.SRTPOff},
		{"merchant only", protects(softphone.Clear, ""), protects(softphone.Protected, ""), gateway.SRTPOff, gateway.SRTPRequired},
		{"both, other suites", protects(softphone.Protected, "AES_CM_128_HMAC_SHA1_32"), protects(softphone.Protected, "AEAD_AES_128_GCM"), gateway.SRTPRequired, gateway.SRTPRequired},
		{"optional, both have it", protects(softphone.Opportunistic, "AES_CM_128_HMAC_SHA1_80"), protects(softphone.Opportunistic, "AEAD_AES_256_GCM"), gateway.SRTPOptional, gateway.SRTPOptional},
		{"optional, neither has it", protects(softphone.Clear, ""), protects(softphone.Clear, ""), gateway.SRTPOptional, gateway.SRTPOptional},
		{"optional, the caller insists", protects(softphone.Protected, ""), protects(softphone.Clear, ""), gateway.SRTPOptional, gateway.SRTPOptional},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{caller: c.caller, merchant: c.merchant, trunk: trunkSRTP(c.trunk), line: lineSRTP(c.line)})
			caller, merchant := w.call(ordinary)
			caller.Say(sine(300, time.Minute))
			merchant.Say(sine(500, time.Minute))
			must(t, merchant.Answer())
			done(t, caller.Answered(), "the answer")
			packets(t, caller, 20)
			packets(t, merchant, 20)
			bitExact(t, "caller to merchant", caller, merchant)
			bitExact(t, "merchant to caller", merchant, caller)
			if n := caller.Undecryptable() + merchant.Undecryptable(); n != 0 {
				t.Errorf("%d packets did not fit the keys", n)
			}
			for side, want := range map[*softphone.Call]bool{caller: c.caller.Protection != softphone.Clear, merchant: c.merchant.Protection != softphone.Clear} {
				if side.Encrypted() != want {
					t.Errorf("encrypted %v, want %v", side.Encrypted(), want)
				}
			}
			offer, answer := crypto(t, caller.Invite().Body), crypto(t, merchant.Invite().Body)
			for _, o := range offer {
				for _, a := range answer {
					if bytes.Equal(o.Key, a.Key) {
						t.Error("a key of the caller's leg is on the merchant's")
					}
				}
			}
			must(t, merchant.Hold(true)) // a re-INVITE keeps keys and counters
			must(t, merchant.Hold(false))
			before, _ := merchant.Packets()
			until(t, "sound after the hold", func() bool { in, _ := merchant.Packets(); return in > before+10 })
			if n := caller.Undecryptable() + merchant.Undecryptable(); n != 0 {
				t.Errorf("%d packets did not fit the keys after a hold", n)
			}
			caller.Hangup()
			done(t, merchant.Over(), "the end")
			done(t, caller.Over(), "the end")
		})
	}
}

func crypto(t *testing.T, body []byte) []sdp.Crypto {
	t.Helper()
	s, err := sdp.Parse(body)
	must(t, err)
	a, _ := s.Audio()
	return a.Crypto
}

// A whisper and an announcement go out under the merchant's keys.
func TestSRTPAnnouncement(t *testing.T) {
	w := newWorld(t, options{numbers: scamListing(scammer), caller: protects(softphone.Protected, ""), merchant: protects(softphone.Protected, ""),
		trunk: trunkSRTP(gateway.SRTPRequired), line: lineSRTP(gateway.SRTPRequired)})
	caller, merchant := w.call(scammer)
	must(t, merchant.Answer())
	w.event(gateway.EventChoice)
	if p := power(merchant.Heard(), promptHz); p < 0.3 || !merchant.Encrypted() {
		t.Errorf("announcement at %.2f, encrypted %v", p, merchant.Encrypted())
	}
	must(t, merchant.Press('1'))
	done(t, caller.Answered(), "key 1 under SRTP")
	packets(t, merchant, 5)
	must(t, w.gateway.Whisper(w.gateway.Calls()[0], "warn.code"))
	from := len(merchant.Heard())
	until(t, "the whisper", func() bool { return power(merchant.Heard()[from:], promptHz) > 0.2 })
	caller.Hangup()
	done(t, merchant.Over(), "the end")
}

// Whatever is less than configured is refused, never carried in the clear.
func TestSRTPDowngradesAreRefused(t *testing.T) {
	inClear := func(l *gateway.Trunk) { l.SRTP = gateway.SRTPRequired }
	for _, c := range []struct {
		name   string
		caller softphone.Protection
		trunk  func(*gateway.Trunk)
		status int
	}{
		{"clear on a trunk that requires it", softphone.Clear, trunkSRTP(gateway.SRTPRequired), 488},
		{"opportunistic on a trunk that requires it", softphone.Opportunistic, trunkSRTP(gateway.SRTPRequired), 488},
		{"SAVP on a trunk without", softphone.Protected, nil, 488},
		{"keys over UDP", softphone.Protected, inClear, 488},
		{"keys over UDP, optional", softphone.Protected, func(l *gateway.Trunk) { l.SRTP = gateway.SRTPOptional }, 488},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{caller: protects(c.caller, ""), trunk: c.trunk})
			call := w.dial(ordinary)
			done(t, call.Over(), "the refusal")
			if f := call.Failure(); f.Status != c.status {
				t.Errorf("got %d, want %d", f.Status, c.status)
			}
		})
	}
	t.Run("keys over UDP, optional, are overlooked", func(t *testing.T) {
		w := newWorld(t, options{caller: protects(softphone.Opportunistic, ""), trunk: func(l *gateway.Trunk) { l.SRTP = gateway.SRTPOptional }})
		caller, merchant := w.call(ordinary)
		must(t, merchant.Answer())
		done(t, caller.Answered(), "the answer")
		if caller.Encrypted() {
			t.Error("protection with keys that everybody can read")
		}
		caller.Hangup()
		done(t, merchant.Over(), "the end")
	})
	t.Run("a phone that answers in the clear", func(t *testing.T) {
		w := newWorld(t, options{line: lineSRTP(gateway.SRTPRequired)})
		caller, merchant := w.call(ordinary)
		if err := merchant.Answer(); err == nil {
			t.Error("a phone without SRTP took the offer")
		}
		done(t, caller.Over(), "the refusal")
		if f := caller.Failure(); f.Status != 488 {
			t.Errorf("got %d", f.Status)
		}
	})
	t.Run("a phone without TLS", func(t *testing.T) {
		w := newWorld(t, options{line: func(l *gateway.Line) { l.SRTP = gateway.SRTPRequired }})
		call := w.dial(ordinary)
		done(t, call.Over(), "the refusal")
		if f := call.Failure(); f.Status != 480 {
			t.Errorf("got %d, want 480: no phone can be reached", f.Status)
		}
	})
}

// safeBuffer is a log to look through.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestSRTPKeysAreNotLogged(t *testing.T) {
	var log safeBuffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w := newWorld(t, options{caller: protects(softphone.Protected, ""), merchant: protects(softphone.Protected, ""),
		trunk: trunkSRTP(gateway.SRTPRequired), line: lineSRTP(gateway.SRTPRequired),
		config: func(c *gateway.Config) { c.Log = logger }})
	caller, merchant := w.call(ordinary)
	must(t, merchant.Answer())
	done(t, caller.Answered(), "the answer")
	caller.Hangup()
	done(t, merchant.Over(), "the end")
	r := w.record()
	for _, body := range [][]byte{caller.Invite().Body, merchant.Invite().Body} {
		for _, c := range crypto(t, body) {
			if key := base64.StdEncoding.EncodeToString(c.Key); strings.Contains(log.String(), key) {
				t.Errorf("a key is in the log of call %s", r.ID)
			}
		}
	}
	if log.String() == "" {
		t.Error("nothing was logged at all")
	}
}

// TestBaresipSRTP has a real telephone on either side, each with its own keys:
// RTP/SAVP from the caller, RTP/AVP with keys beside it from the merchant's.
func TestBaresipSRTP(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	const module = "module srtp.so\n"
	for _, c := range []struct {
		name          string
		caller, phone string
		trunk, line   gateway.SRTP
	}{
		{"required", ";mediaenc=srtp-mand", ";mediaenc=srtp-mand", gateway.SRTPRequired, gateway.SRTPRequired},
		{"optional", ";mediaenc=srtp", ";mediaenc=srtp", gateway.SRTPOptional, gateway.SRTPOptional},
		{"one side", ";mediaenc=srtp-mand", "", gateway.SRTPRequired, gateway.SRTPOff},
	} {
		t.Run(c.name, func(t *testing.T) {
			phone := startBaresipAs(t, "100", 500, "", c.phone, module)
			phone.says("baresip is ready")
			w := newWorld(t, options{trunk: trunkSRTP(c.trunk), line: func(l *gateway.Line) {
				l.SRTP, l.SRTPClearKeys = c.line, true
				l.Targets = []string{fmt.Sprintf("sip:100@127.0.0.1:%d", phone.port)}
			}})
			caller := startBaresipAs(t, "+8613800138000", 300, "sip:862155550100@"+w.stack.Addrs()[0].Addr.String(), c.caller, module)
			w.event(gateway.EventAnswered)
			until(t, "two seconds of sound each way", func() bool { return w.engine.Stats().Total.PacketsIn > 200 })
			heardByCaller, heardByMerchant := caller.stop(), phone.stop()
			r := w.record()
			// Its control packets before it has keys and its RTCP BYE after it has
			// let go of them baresip sends in the clear.
			if s := w.engine.Stats().Total; s.Unauthentic > 4 || r.Outcome != gateway.OutcomeAnswered {
				t.Errorf("%d packets did not fit the keys; %+v", s.Unauthentic, r)
			}
			if p := power(heardByMerchant, 300); p < 0.2 {
				t.Errorf("the merchant hears the caller at %.2f", p)
			}
			if p := power(heardByCaller, 500); p < 0.2 {
				t.Errorf("the caller hears the merchant at %.2f", p)
			}
			for _, b := range []*baresip{caller, phone} {
				if log, _ := os.ReadFile(b.path("log")); strings.Contains(string(log), "SRTP is Enabled") != (b == caller || c.phone != "") {
					t.Errorf("what baresip says of SRTP:\n%s", log)
				}
			}
		})
	}
}

// A parked caller gets new keys when he is back: his stream stood still while
// the hotline had his side, and no counter may be used twice.
func TestSRTPCallerIsBackFromTheHotline(t *testing.T) {
	institution := newPhone(t)
	w := newWorld(t, options{caller: protects(softphone.Protected, ""), trunk: trunkSRTP(gateway.SRTPRequired),
		config: func(g *gateway.Config) { g.Outbound = "sip:{number}@" + institution.Addr().String() }})
	t.Cleanup(func() { _ = institution.Close() })
	caller, merchant := warned(t, w)
	hotline := recv(t, institution.Incoming(), "the hotline to ring")
	hotline.Say(sine(900, time.Minute))
	must(t, hotline.Answer())
	until(t, "the merchant to hear the hotline", func() bool { return power(tail(merchant.Heard(), 4000), 900) > 0.5 })
	hotline.Hangup()
	until(t, "the merchant to hear the caller again", func() bool { return power(tail(merchant.Heard(), 4000), 300) > 0.5 })
	until(t, "the caller to hear the merchant again", func() bool { return power(tail(caller.Heard(), 4000), 500) > 0.5 })
	if n := caller.Undecryptable(); n > 50 {
		t.Errorf("%d packets came under keys that the caller does not have", n)
	}
	caller.Hangup()
	done(t, merchant.Over(), "the end")
}

// TestBaresipSRTPOverTLS: over TLS the keys may go without another word, as they
// may not over UDP.
func TestBaresipSRTPOverTLS(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	listen, _ := siptest.TLS(t, "gw.example")
	w := newWorld(t, options{
		trunk: func(tr *gateway.Trunk) { tr.SRTP = gateway.SRTPRequired },
		sip: func(c *sip.Config) {
			c.Listen = append(c.Listen, transport.Listen{Network: "tls", Addr: netip.MustParseAddrPort("127.0.0.1:0"), TLS: listen})
		},
	})
	at := w.stack.Addrs()[1].Addr
	caller := startBaresipAs(t, "+8613800138000", 300, fmt.Sprintf("sip:862155550100@%s;transport=tls", at), ";mediaenc=srtp-mand",
		"module srtp.so\nsip_verify_server no\n")
	merchant := w.rings()
	if v, err := merchant.Invite().TopVia(); err != nil || v.Transport != "UDP" {
		t.Errorf("the phone is called over %v, %v", v.Transport, err)
	}
	merchant.Say(sine(500, time.Minute))
	must(t, merchant.Answer())
	until(t, "the merchant to hear the caller", func() bool { return power(tail(merchant.Heard(), 4000), 300) > 0.2 })
	packets(t, merchant, 100)
	if p := power(caller.stop(), 500); p < 0.2 {
		t.Errorf("the caller hears the merchant at %.2f", p)
	}
	done(t, merchant.Over(), "the end")
	if merchant.Encrypted() {
		t.Error("the merchant's leg has keys, and is configured without")
	}
}
