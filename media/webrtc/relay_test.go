package webrtc_test

import (
	"net"
	"strings"
	"testing"

	"github.com/pion/turn/v5"

	"ringward/media"
	"ringward/media/webrtc"
	"ringward/media/webrtc/webrtctest"
)

// TestRelay: with a TURN server configured, the answer names an address of the
// server too, the browser's own addresses are tried, and a call stands.
func TestRelay(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "ringward",
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), a.Username == "gateway"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}}},
	})
	must(t, err)
	t.Cleanup(func() { _ = server.Close() })
	r := newRig(t, webrtc.Config{Servers: []webrtc.Server{{URL: "turn:" + conn.LocalAddr().String() + "?transport=udp", User: "gateway", Password: "secret"}}})
	b := webrtctest.New(t)
	s, answer, err := r.e.Open(t.Context(), b.Offer(false), []media.Codec{media.PCMA})
	must(t, err)
	t.Cleanup(s.Close)
	if !strings.Contains(answer, "typ relay") || !strings.Contains(answer, "typ host") {
		t.Errorf("the answer names no relay:\n%s", answer)
	}
	b.Accept(answer)
	recv(t, s.Connected(), "the browser to connect")
}

// TestWrongServers: an address that is no STUN or TURN server is refused at once.
func TestWrongServers(t *testing.T) {
	for _, url := range []string{"", "http://example.com", "stun:", "example.com:3478"} {
		if e, err := webrtc.New(webrtc.Config{Addr: loopback, Servers: []webrtc.Server{{URL: url}}}); err == nil {
			t.Errorf("%q was taken", url)
			_ = e.Close()
		}
	}
}
