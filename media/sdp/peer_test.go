package sdp_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ringward/media/sdp"
)

// webrtcOffer names every attribute of a browser's offer, on the plain profile so that it is passed on.
var webrtcOffer = lines("v=0", "o=mozilla 4611731400430051336 2 IN IP4 10.9.8.7", "s=inner.example.com", "i=secret 10.9.8.7",
	"u=http://inner.example.com/10.9.8.7", "e=boss@inner.example.com", "p=+86 10 10.9.8.7", "c=IN IP4 10.9.8.7", "b=AS:64",
	"t=0 0", "a=group:BUNDLE 0 1", "a=ice-options:trickle", "a=msid-semantic: WMS 10.9.8.7", "a=extmap-allow-mixed",
	"a=fingerprint:sha-256 49:66:12:17", "a=tool:10.9.8.7", "a=x-secret:10.9.8.7",
	"m=audio 40000 RTP/AVPF 111 0 8 101", "i=10.9.8.7", "c=IN IP4 10.9.8.8", "b=TIAS:96000", "k=clear:10.9.8.7",
	"a=rtcp:40444 IN IP4 10.9.8.9", "a=candidate:1467250027 1 udp 2122260223 10.9.8.6 46243 typ host generation 0",
	"a=candidate:1 1 udp 41885439 198.51.100.9 50000 typ relay raddr 10.9.8.5 rport 33333",
	"a=candidate:2 1 udp 1 3f1c-aa.local 50000 typ host", "a=end-of-candidates", "a=remote-candidates:1 10.9.8.7 3",
	"a=ice-ufrag:Oyef7uvBlwafI3hT", "a=ice-pwd:T0teqPLNQQOf+5W+ls+P2p16", "a=fingerprint:sha-256 49:66:12", "a=setup:actpass",
	"a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=msid:stream 10.9.8.7", "a=rtcp-mux",
	"a=rtcp-rsize", "a=rtcp-fb:111 transport-cc", "a=rtcp-xr:rcvr-rtt", "a=rtpmap:111 opus/48000/2",
	"a=fmtp:111 minptime=10;useinbandfec=1", "a=fmtp:111 relay=10.9.8.6", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15",
	"a=ssrc:1399694169 cname:10.9.8.7", "a=ssrc-group:FID 1 2", "a=rid:1 send", "a=simulcast:send 1",
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", "a=sendrecv", "a=ptime:20",
	"a=maxptime:60", "a=label:10.9.8.7", "a=content:main", "a=lang:zh", "a=source-filter: incl IN IP4 * 10.9.8.7",
	"m=video 40010 UDP/TLS/RTP/SAVPF 96 97", "c=IN IP4 10.9.8.7", "a=rtpmap:96 VP8/90000", "a=candidate:1 1 udp 1 10.9.8.7 1 typ host",
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP6 2001:db8:9::7", "a=sctp-port:5000")

var webrtcOut = strings.ReplaceAll(`v=0
o=- 5 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 30000 RTP/AVPF 111 0 8 101
a=rtpmap:111 opus/48000/2
a=rtpmap:101 telephone-event/8000
a=fmtp:111 minptime=10;useinbandfec=1
a=fmtp:101 0-15
a=ptime:20
a=maxptime:60
a=sendrecv
m=video 0 UDP/TLS/RTP/SAVPF 96
m=application 0 UDP/DTLS/SCTP webrtc-datachannel
`, "\n", "\r\n")

// pbxOffer is what a switch with fax, video and its own extensions sends, with LF line ends.
var pbxOffer = []byte(`v=0
o=FreeSWITCH 1700000000 1700000001 IN IP4 172.16.5.4
s=FreeSWITCH
c=IN IP4 172.16.5.4
b=CT:128
b=RSX:9
t=0 0
a=sendonly
a=silenceSupp:off - - - -
m=audio 16384 RTP/AVP 8 0 9 18 13 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:13 CN/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:77 172.16.5.4/8000
a=X-nat:0 172.16.5.4
a=direction:active
a=alt:1 2 : 10.0.0.1 172.16.5.4 4000
a=rtcp:16390
a=ptime:20
m=image 16386 udptl t38
c=IN IP4 172.16.5.5
a=T38FaxVersion:0
a=T38MaxBitRate:14400
a=T38FaxUdpEC:t38UDPRedundancy
m=video 0 RTP/AVP 31
`)

func TestForPeerKeepsNothingOfTheInnerSide(t *testing.T) {
	out, err := parse(t, webrtcOffer).ForPeer(ours)
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != webrtcOut {
		t.Errorf("got\n%s\nwant\n%s", out, webrtcOut)
	}
	for _, secret := range []string{"10.9.8", "198.51.100", "2001:db8", "local", "inner", "mozilla", "candidate", "ice-", "crypto",
		"ssrc", "fingerprint", "rtcp", "msid", "mid", "group", "extmap", "4611731400430051336", "b=", "k=", "i="} {
		if strings.Contains(string(out), secret) {
			t.Errorf("%q is passed on", secret)
		}
	}
}

func TestForPeerOfAPBX(t *testing.T) {
	l := ours
	l.RTCPPort = 30777
	out, err := parse(t, pbxOffer).ForPeer(l)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`v=0
o=- 5 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 30000 RTP/AVP 8 0 9 18 13 101
a=rtcp:30777 IN IP4 192.0.2.1
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=rtpmap:18 G729/8000
a=rtpmap:13 CN/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:18 annexb=no
a=fmtp:101 0-16
a=ptime:20
a=sendonly
m=image 0 udptl t38
m=video 0 RTP/AVP 31
`, "\n", "\r\n")
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

// TestForPeerAttributes: each attribute alone, what the other leg sees of it.
func TestForPeerAttributes(t *testing.T) {
	tests := []struct{ in, out string }{
		{"a=rtpmap:0 PCMU/8000", "a=rtpmap:0 PCMU/8000"},
		{"a=rtpmap:0 PCMU/8000/1", "a=rtpmap:0 PCMU/8000"},
		{"a=rtpmap:99 opus/48000/2", ""}, // not on the m= line
		{"a=rtpmap:0 10.9.8.7/8000", ""},
		{"a=fmtp:0 x=1", "a=fmtp:0 x=1"},
		{"a=fmtp:0 host=10.9.8.7", ""},
		{"a=fmtp:0 a=203.0.113.9;b=1", ""}, // an address that stands nowhere else
		{"a=fmtp:0 a=[2001:DB8::77]", ""},
		{"a=fmtp:0 br=5.9-24.4;bw=nb-swb;mode-set=0,2", "a=fmtp:0 br=5.9-24.4;bw=nb-swb;mode-set=0,2"},
		{"a=fmtp:0 x=\x01", ""},
		{"a=fmtp:99 x=1", ""},
		{"a=fmtp:0", ""},
		{"a=ptime:40", "a=ptime:40"},
		{"a=ptime:4000", ""},
		{"a=maxptime:60", "a=maxptime:60"},
		{"a=maxptime:x", ""},
		{"a=rtcp:4444", ""}, {"a=rtcp-mux", ""}, {"a=rtcp-fb:* nack", ""}, {"a=rtcp-rsize", ""}, {"a=crypto:1 A inline:B", ""},
		{"a=candidate:1 1 UDP 1 10.9.8.7 1 typ host", ""}, {"a=ice-lite", ""}, {"a=ice-ufrag:a", ""}, {"a=ssrc:1 cname:x", ""},
		{"a=mid:1", ""}, {"a=label:x", ""}, {"a=quality:10", ""}, {"a=framerate:8", ""}, {"a=lang:zh", ""}, {"a=tcap:1 RTP/SAVP", ""},
		{"a=acfg:1 t=1", ""}, {"a=key-mgmt:mikey AA", ""}, {"a=zrtp-hash:1.1 ab", ""}, {"a=silenceSupp:off - - - -", ""},
		{"a=charset:GBK", ""}, {"a=sendrecv:x", ""}, {"a=x", ""}, {"a=", ""}, {"b=AS:80", ""}, {"k=prompt", ""}, {"i=title", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			out, err := parse(t, describe("m=audio 4000 RTP/AVP 0", tt.in)).ForPeer(ours)
			if err != nil {
				t.Fatal(err)
			}
			_, after, _ := strings.Cut(string(out), "m=audio 30000 RTP/AVP 0\r\n")
			want := "a=sendrecv\r\n"
			if tt.out != "" {
				want = tt.out + "\r\n" + want
			}
			if after != want {
				t.Errorf("got %q, want %q", after, want)
			}
		})
	}
}

func TestForPeerHoldAndIPv6(t *testing.T) {
	l := ours
	l.Addr = netip.MustParseAddr("2001:db8::1")
	out, err := parse(t, describe("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0")).ForPeer(l)
	want := "v=0\r\no=- 5 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\na=sendonly\r\n"
	if err != nil || string(out) != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, out, want)
	}
}

func TestForPeerRefuses(t *testing.T) {
	good := parse(t, describe("m=audio 4000 RTP/AVP 0"))
	for _, l := range []sdp.Local{{}, {Addr: netip.MustParseAddr("0.0.0.0"), RTPPort: 1}, {Addr: ours.Addr}} {
		if _, err := good.ForPeer(l); !errors.Is(err, sdp.ErrLocal) {
			t.Errorf("%+v: got %v, want %v", l, err, sdp.ErrLocal)
		}
		if sdp.NewOffer(l, []sdp.Codec{sdp.PCMA}, sdp.SendRecv) != nil {
			t.Errorf("%+v: NewOffer made one", l)
		}
	}
	leak := parse(t, describe("m=audio 4000 RTP/AVP 0", "m=x10.9.8.7 4000 udp 1"))
	if out, err := leak.ForPeer(ours); !errors.Is(err, sdp.ErrSyntax) {
		t.Errorf("address as a media name: got %v\n%s", err, out)
	}
	out, err := parse(t, describe("m=audio 4000 RTP/AVP 0", "m=image 4000 udptl 10.9.8.7", "m=audio 0 RTP/AVP 9 0")).ForPeer(ours)
	if err != nil || !strings.HasSuffix(string(out), "m=image 0 udptl *\r\nm=audio 0 RTP/AVP 9\r\n") {
		t.Errorf("address as a format: got %v\n%s", err, out)
	}
}

func TestOriginCountsChanges(t *testing.T) {
	o := sdp.NewOrigin()
	call := parse(t, describe("m=audio 4000 RTP/AVP 0"))
	held := parse(t, describe("m=audio 4000 RTP/AVP 0", "a=sendonly"))
	var id string
	for i, step := range []struct {
		s       *sdp.Session
		version string
	}{{call, "1"}, {call, "1"}, {held, "2"}, {held, "2"}, {call, "3"}} {
		body, err := o.Write(ours, step.s.ForPeer)
		if err != nil {
			t.Fatal(err)
		}
		f := strings.Fields(strings.Split(string(body), "\r\n")[1])
		if id == "" {
			id = f[1]
		}
		if f[1] != id || f[2] != step.version {
			t.Errorf("step %d: got id %s version %s, want %s and %s", i, f[1], f[2], id, step.version)
		}
		if string(o.Last()) != string(body) {
			t.Errorf("step %d: Last differs", i)
		}
	}
	if _, err := o.Write(sdp.Local{}, call.ForPeer); !errors.Is(err, sdp.ErrLocal) {
		t.Errorf("got %v", err)
	}
	if body, _ := o.Write(ours, call.ForPeer); !strings.Contains(string(body), fmt.Sprintf("o=- %s 3 ", id)) {
		t.Errorf("a failed write used up a version: %s", body)
	}
}
