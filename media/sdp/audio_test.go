package sdp_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/media/sdp"
)

var (
	g729  = sdp.Codec{PT: 18, Name: "G729", Clock: 8000, Channels: 1}
	event = sdp.Codec{PT: 101, Name: "telephone-event", Clock: 8000, Channels: 1}
)

// plain is what Audio gives for "m=audio 4000 RTP/AVP 0" of describe.
func plain() sdp.Audio {
	return sdp.Audio{Profile: "RTP/AVP", RTP: netip.MustParseAddrPort("10.9.8.7:4000"),
		RTCP: netip.MustParseAddrPort("10.9.8.7:4001"), Codecs: []sdp.Codec{sdp.PCMU}, Direction: sdp.SendRecv}
}

func TestAudio(t *testing.T) {
	rtp := netip.MustParseAddrPort
	tests := []struct {
		name  string
		media []string
		want  func(a *sdp.Audio)
	}{
		{"plain", []string{"m=audio 4000 RTP/AVP 0"}, func(*sdp.Audio) {}},
		{"lower-case profile", []string{"m=audio 4000 rtp/avp 0"}, func(*sdp.Audio) {}},
		{"two ports", []string{"m=audio 4000/2 RTP/AVP 0"}, func(*sdp.Audio) {}},
		{"feedback profile", []string{"m=audio 4000 RTP/AVPF 0"}, func(a *sdp.Audio) { a.Profile = "RTP/AVPF" }},
		{"encrypted", []string{"m=audio 4000 RTP/SAVP 0"}, func(a *sdp.Audio) { a.Profile = "RTP/SAVP" }},
		{"encrypted is seen behind plain", []string{"m=audio 4000 RTP/AVP 0", "m=audio 4000 RTP/SAVP 0"},
			func(a *sdp.Audio) { a.Profile, a.Index = "RTP/SAVP", 1 }},
		{"refused encrypted does not count", []string{"m=audio 0 RTP/SAVP 0", "m=audio 4000 RTP/AVP 0"},
			func(a *sdp.Audio) { a.Index = 1 }},
		{"RTP over TCP after plain", []string{"m=audio 9 TCP/RTP/AVP 0", "m=audio 4000 RTP/AVP 0"},
			func(a *sdp.Audio) { a.Index = 1 }},
		{"fax and video before", []string{"m=image 4400 udptl t38", "m=video 5000 RTP/AVP 31", "m=audio 4000 RTP/AVP 0"},
			func(a *sdp.Audio) { a.Index = 2 }},
		{"address of the section", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP4 10.1.1.1"},
			func(a *sdp.Audio) { a.RTP, a.RTCP = rtp("10.1.1.1:4000"), rtp("10.1.1.1:4001") }},
		{"IPv6", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"},
			func(a *sdp.Audio) { a.RTP, a.RTCP = rtp("[2001:db8::1]:4000"), rtp("[2001:db8::1]:4001") }},
		{"time to live", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP4 10.1.1.1/127"},
			func(a *sdp.Audio) { a.RTP, a.RTCP = rtp("10.1.1.1:4000"), rtp("10.1.1.1:4001") }},
		{"host name", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP4 pbx.example.com"},
			func(a *sdp.Audio) { a.RTP, a.RTCP, a.Host = netip.AddrPort{}, netip.AddrPort{}, "pbx.example.com" }},
		{"last port has no RTCP", []string{"m=audio 65535 RTP/AVP 0"},
			func(a *sdp.Audio) { a.RTP, a.RTCP = rtp("10.9.8.7:65535"), netip.AddrPort{} }},
		{"rtcp port", []string{"m=audio 4000 RTP/AVP 0", "a=rtcp:4500"}, func(a *sdp.Audio) { a.RTCP = rtp("10.9.8.7:4500") }},
		{"rtcp address", []string{"m=audio 4000 RTP/AVP 0", "a=rtcp:4500 IN IP6 2001:db8::5"},
			func(a *sdp.Audio) { a.RTCP = rtp("[2001:db8::5]:4500") }},
		{"rtcp port 0", []string{"m=audio 4000 RTP/AVP 0", "a=rtcp:0"}, func(*sdp.Audio) {}},
		{"rtcp nonsense", []string{"m=audio 4000 RTP/AVP 0", "a=rtcp:x IN"}, func(*sdp.Audio) {}},
		{"rtcp at a host name", []string{"m=audio 4000 RTP/AVP 0", "a=rtcp:4500 IN IP4 h.example"}, func(*sdp.Audio) {}},
		{"rtcp-mux", []string{"m=audio 4000 RTP/AVP 0", "a=rtcp-mux"}, func(a *sdp.Audio) { a.RTCPMux = true }},
		{"static types are named", []string{"m=audio 4000 RTP/AVP 18 8 0"},
			func(a *sdp.Audio) { a.Codecs = []sdp.Codec{g729, sdp.PCMA, sdp.PCMU} }},
		{"repeated type counts once", []string{"m=audio 4000 RTP/AVP 0 0 0"}, func(*sdp.Audio) {}},
		{"dynamic type", []string{"m=audio 4000 RTP/AVP 96 0", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1"},
			func(a *sdp.Audio) {
				a.Codecs = []sdp.Codec{{PT: 96, Name: "opus", Clock: 48000, Channels: 2, FMTP: "useinbandfec=1"}, sdp.PCMU}
			}},
		{"dynamic type without a name", []string{"m=audio 4000 RTP/AVP 96 0"}, func(*sdp.Audio) {}},
		{"clock 0", []string{"m=audio 4000 RTP/AVP 96 0", "a=rtpmap:96 PCMU/0", "a=ptime:0", "a=maxptime:-1"}, func(*sdp.Audio) {}},
		{"clock over 32 bits", []string{"m=audio 4000 RTP/AVP 96 0", "a=rtpmap:96 X/4294975296"}, func(*sdp.Audio) {}},
		{"first rtpmap holds", []string{"m=audio 4000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=rtpmap:0 PCMA/8000"}, func(*sdp.Audio) {}},
		{"second fmtp is joined", []string{"m=audio 4000 RTP/AVP 18", "a=fmtp:18 annexb=no", "a=fmtp:18 x=1"},
			func(a *sdp.Audio) {
				c := g729
				c.FMTP = "annexb=no;x=1"
				a.Codecs = []sdp.Codec{c}
			}},
		{"telephone-event", []string{"m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"},
			func(a *sdp.Audio) { a.Events = event; a.Events.FMTP = "0-16" }},
		{"telephone-event at 8 kHz is preferred", []string{"m=audio 4000 RTP/AVP 0 100 101",
			"a=rtpmap:100 telephone-event/48000", "a=rtpmap:101 Telephone-Event/8000"},
			func(a *sdp.Audio) { a.Events = event; a.Events.Name = "Telephone-Event" }},
		{"voice cannot be called events", []string{"m=audio 4000 RTP/AVP 0 8", "a=rtpmap:0 telephone-event/8000"},
			func(a *sdp.Audio) { a.Codecs = []sdp.Codec{sdp.PCMA} }},
		{"comfort noise", []string{"m=audio 4000 RTP/AVP 0 13"}, func(a *sdp.Audio) { a.CN = sdp.ComfortNoise }},
		{"ptime", []string{"m=audio 4000 RTP/AVP 0", "a=ptime:30", "a=maxptime:150"},
			func(a *sdp.Audio) { a.PTime, a.MaxPTime = 30*time.Millisecond, 150*time.Millisecond }},
		{"ptime too long", []string{"m=audio 4000 RTP/AVP 0", "a=ptime:1001"}, func(*sdp.Audio) {}},
		{"sendonly", []string{"m=audio 4000 RTP/AVP 0", "a=sendonly"}, func(a *sdp.Audio) { a.Direction = sdp.SendOnly }},
		{"recvonly", []string{"m=audio 4000 RTP/AVP 0", "a=recvonly"}, func(a *sdp.Audio) { a.Direction = sdp.RecvOnly }},
		{"inactive", []string{"m=audio 4000 RTP/AVP 0", "a=inactive"}, func(a *sdp.Audio) { a.Direction = sdp.Inactive }},
		{"old hold", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"},
			func(a *sdp.Audio) { a.RTP, a.RTCP, a.Direction = netip.AddrPort{}, netip.AddrPort{}, sdp.SendOnly }},
		{"old hold IPv6", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP6 ::", "a=recvonly"},
			func(a *sdp.Audio) { a.RTP, a.RTCP, a.Direction = netip.AddrPort{}, netip.AddrPort{}, sdp.Inactive }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := plain()
			tt.want(&want)
			got, ok := parse(t, describe(tt.media...)).Audio()
			if !ok {
				t.Fatal("got no audio")
			}
			if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
				t.Errorf("want - got +:\n%s", d)
			}
		})
	}
}

func TestSessionLevelDirection(t *testing.T) {
	body := lines("v=0", "o=a 1 1 IN IP4 10.9.8.7", "s=-", "c=IN IP4 10.9.8.7", "t=0 0", "a=inactive",
		"m=audio 4000 RTP/AVP 0", "a=sendonly", "m=video 4002 RTP/AVP 31")
	if a, _ := parse(t, body).Audio(); a.Direction != sdp.SendOnly || !a.Held() {
		t.Errorf("got %v, want the section's own sendonly", a.Direction)
	}
	body = lines("v=0", "o=a 1 1 IN IP4 10.9.8.7", "s=-", "c=IN IP4 10.9.8.7", "t=0 0", "a=inactive", "m=audio 4000 RTP/AVP 0")
	if a, _ := parse(t, body).Audio(); a.Direction != sdp.Inactive {
		t.Errorf("got %v, want the session's inactive", a.Direction)
	}
}

func TestCheck(t *testing.T) {
	at := func(c string) []string { return []string{"m=audio 4000 RTP/AVP 0", c} }
	tests := []struct {
		name  string
		media []string
		want  error
	}{
		{"good", []string{"m=audio 4000 RTP/AVP 0"}, nil},
		{"no media", nil, sdp.ErrNoAudio},
		{"refused", []string{"m=audio 0 RTP/AVP 0"}, sdp.ErrNoAudio},
		{"fax alone", []string{"m=image 4400 udptl t38"}, sdp.ErrNoAudio},
		{"video alone", []string{"m=video 4400 RTP/AVP 31"}, sdp.ErrNoAudio},
		{"SAVP", []string{"m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA"}, sdp.ErrProfile},
		{"savpf in small letters", []string{"m=audio 4000 rtp/savpf 0"}, sdp.ErrProfile},
		{"DTLS", []string{"m=audio 4000 UDP/TLS/RTP/SAVPF 0"}, sdp.ErrProfile},
		{"plain and SAVP", []string{"m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/SAVP 0"}, sdp.ErrProfile},
		{"RTP over TCP", []string{"m=audio 4000 TCP/RTP/AVP 0"}, sdp.ErrProfile},
		{"no usable codec", []string{"m=audio 4000 RTP/AVP 96 101", "a=rtpmap:101 telephone-event/8000"}, sdp.ErrNoCodec},
		{"old hold", at("c=IN IP4 0.0.0.0"), nil},
		{"multicast", at("c=IN IP4 224.2.1.1/127/3"), sdp.ErrAddress},
		{"multicast IPv6", at("c=IN IP6 ff15::101"), sdp.ErrAddress},
		{"multicast mapped", at("c=IN IP6 ::ffff:224.2.1.1"), sdp.ErrAddress},
		{"multicast held", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP4 224.2.1.1", "a=inactive"}, sdp.ErrAddress},
		{"broadcast", at("c=IN IP4 255.255.255.255"), sdp.ErrAddress},
		{"reserved", at("c=IN IP4 240.0.0.1"), sdp.ErrAddress},
		{"this network", at("c=IN IP4 0.1.2.3"), sdp.ErrAddress},
		{"zone", at("c=IN IP6 fe80::1%eth0"), sdp.ErrAddress},
		{"host name", at("c=IN IP4 pbx.example.com"), sdp.ErrAddress},
		{"name server's port", []string{"m=audio 53 RTP/AVP 0"}, sdp.ErrAddress},
		{"rtcp to multicast", at("a=rtcp:4001 IN IP4 224.0.0.1"), sdp.ErrAddress},
		{"rtcp to a low port", at("a=rtcp:123"), sdp.ErrAddress},
		{"our own socket", []string{"m=audio 5060 RTP/AVP 0", "c=IN IP4 127.0.0.1"}, sdp.ErrAddress},
		{"rtcp at our own socket", at("a=rtcp:5060 IN IP4 127.0.0.1"), sdp.ErrAddress},
	}
	own := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5060"), netip.MustParseAddrPort("0.0.0.0:5061")}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, describe(tt.media...))
			if err := s.Check(own...); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if _, err := s.ForPeer(ours); tt.want != nil && !slices.Contains([]string{"our own socket", "rtcp at our own socket"}, tt.name) && !errors.Is(err, tt.want) {
				t.Errorf("ForPeer: got %v, want %v", err, tt.want)
			}
		})
	}
	if sdp.CheckTarget(netip.MustParseAddrPort("127.0.0.1:5061"), own...) == nil {
		t.Error("a socket bound to every address is ours on loopback too")
	}
}

func TestG711(t *testing.T) {
	for _, tt := range []struct {
		codec sdp.Codec
		want  bool
	}{
		{sdp.PCMA, true}, {sdp.PCMU, true}, {sdp.Codec{PT: 96, Name: "pcma", Clock: 8000, Channels: 1}, true}, {g729, false},
		{sdp.Codec{PT: 96, Name: "PCMA", Clock: 16000, Channels: 1}, false}, {sdp.Codec{PT: 96, Name: "PCMU", Clock: 8000, Channels: 2}, false},
	} {
		if got := tt.codec.G711(); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.codec, got, tt.want)
		}
	}
}

func TestDirection(t *testing.T) {
	for _, d := range []struct{ is, reverse sdp.Direction }{
		{sdp.SendRecv, sdp.SendRecv}, {sdp.SendOnly, sdp.RecvOnly}, {sdp.RecvOnly, sdp.SendOnly}, {sdp.Inactive, sdp.Inactive},
	} {
		if got := d.is.Reverse(); got != d.reverse {
			t.Errorf("%v reversed: got %v, want %v", d.is, got, d.reverse)
		}
	}
	if sdp.Inactive.Send() || sdp.Inactive.Receive() || !sdp.SendOnly.Send() || !sdp.RecvOnly.Receive() {
		t.Error("send and receive bits are mixed up")
	}
}
