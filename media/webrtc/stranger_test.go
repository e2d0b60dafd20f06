package webrtc_test

import (
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pion/stun/v4"

	"ringward/media"
	"ringward/media/webrtc"
	"ringward/media/webrtc/webrtctest"
)

// clientHello is a DTLS 1.2 ClientHello with nothing but the NULL cipher.
var clientHello = append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 254, 253}, // record, handshake, version
	append(make([]byte, 32), 0, 0, 0, 2, 0, 2, 1, 0)...)

// fatalAlert is an unprotected DTLS alert: fatal, handshake failure.
var fatalAlert = []byte{21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40}

var userOf = regexp.MustCompile(`a=ice-ufrag:(\S+)`)

// TestStrangers sends from a third address, before, during and after the
// handshake, what must not matter: handshakes, alerts, checks without the
// password that claim the nomination. Every call is set up and none is torn down.
func TestStrangers(t *testing.T) {
	r := newRig(t, webrtc.Config{})
	stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(r.e.Addr()))
	must(t, err)
	defer stranger.Close()
	attack := func(users string) {
		check := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(users), stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.Fingerprint)
		forged := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(users), stun.RawAttribute{Type: stun.AttrUseCandidate},
			stun.NewShortTermIntegrity("not the password"), stun.Fingerprint)
		for range 250 {
			for _, b := range [][]byte{clientHello, fatalAlert, check.Raw, forged.Raw} {
				_, _ = stranger.Write(b)
			}
		}
	}
	r.talk(400)
	calls := 5
	if n, err := strconv.Atoi(os.Getenv("RINGWARD_ATTACKED_CALLS")); err == nil {
		calls = n
	}
	for i := range calls {
		b := webrtctest.New(t)
		offer := b.Offer(false)
		attack("nobody:else")
		s, answer, err := r.e.Open(t.Context(), offer, []media.Codec{media.PCMA})
		must(t, err)
		users := userOf.FindStringSubmatch(answer)[1] + ":" + userOf.FindStringSubmatch(offer)[1]
		attack(users)
		b.Accept(answer)
		attack(users)
		recv(t, s.Connected(), "the browser to connect")
		attack(users)
		if i == 0 {
			s.Carry(r.bridge, media.Merchant)
			r.bridge.Set(media.Merchant, media.Flow{Send: true, Receive: true, Codecs: []media.Codec{s.Codec()}, Events: s.Events()})
			r.bridge.Connect(true)
			until(t, "the caller's tone", func() bool { return b.Heard.Power(400) > 0.9 })
			attack(users)
			b.Heard.Clear()
			until(t, "the caller's tone under attack", func() bool { return b.Heard.Power(400) > 0.9 })
		}
		select {
		case <-s.Over():
			t.Errorf("call %d was torn down", i)
		default:
		}
		s.Close()
		b.Close()
	}
}

// TestFingerprint: a certificate that the offer did not name ends the session.
func TestFingerprint(t *testing.T) {
	r := newRig(t, webrtc.Config{})
	b := webrtctest.New(t)
	offer := b.Offer(false)
	at := strings.Index(offer, "a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
	forged := offer[:at] + strings.Repeat("00:", 31) + "00" + offer[at+95:]
	s, answer, err := r.e.Open(t.Context(), forged, []media.Codec{media.PCMA})
	must(t, err)
	defer s.Close()
	b.Accept(answer)
	recv(t, s.Over(), "the session to end")
	select {
	case <-s.Connected():
		t.Error("connected to a stranger's certificate")
	default:
	}
}
