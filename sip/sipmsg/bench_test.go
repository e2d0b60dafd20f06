package sipmsg_test

import (
	"strconv"
	"strings"
	"testing"

	"ringward/sip/sipmsg"
)

const benchSDP = `v=0
o=- 3724394400 3724394400 IN IP4 192.0.2.10
s=call
c=IN IP4 192.0.2.10
t=0 0
m=audio 40000 RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendrecv
`

const benchHead = `Via: SIP/2.0/UDP sbc1.carrier.example:5060;branch=z9hG4bK-524287-1---f3a9d2c1b0e87a65;rport
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;received=192.0.2.10
From: "Zhang San" <sip:+8613800138000@carrier.example;user=phone>;tag=1928301774
To: <sip:+861088886666@gw.example;user=phone>%s
Call-ID: a84b4c76e66710d7f3a9@192.0.2.10
CSeq: 314159 INVITE
Contact: <sip:+8613800138000@192.0.2.10:5060;transport=udp>
Max-Forwards: 68
Record-Route: <sip:sbc1.carrier.example;lr>
P-Asserted-Identity: <sip:+8613800138000@carrier.example>
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO
Supported: 100rel, timer
User-Agent: Carrier SBC 7
Content-Type: application/sdp
`

const benchOptions = `OPTIONS sip:gw.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-options-1;rport
From: <sip:ping@192.0.2.10>;tag=5c1a
To: <sip:gw.example>
Call-ID: 0f3c7a-options@192.0.2.10
CSeq: 102 OPTIONS
Contact: <sip:ping@192.0.2.10:5060>
Max-Forwards: 70
User-Agent: Carrier SBC 7
Accept: application/sdp
Content-Length: 0

`

// padded makes a message of exactly size octets.
func padded(start, toTag string, size int) string {
	body := crlf(benchSDP)
	head := crlf(start + strings.Replace(benchHead, "%s", toTag, 1))
	head += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	if pad := size - len(head) - len(body) - 2 - len("X-Pad: \r\n"); pad > 0 {
		head += "X-Pad: " + strings.Repeat("x", pad) + "\r\n"
	}
	return head + "\r\n" + body
}

func benchMessages() map[string]string {
	return map[string]string{
		"INVITE":  padded("INVITE sip:+861088886666@gw.example;user=phone SIP/2.0\n", "", 1064),
		"200":     padded("SIP/2.0 200 OK\n", ";tag=314159", 976),
		"OPTIONS": crlf(benchOptions),
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range benchMessages() {
		in := []byte(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := sipmsg.Decode(in, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, text := range benchMessages() {
		m := decode(b, text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 4096)
			for b.Loop() {
				if _, err := m.Append(buf[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTyped reads what a server looks at in every INVITE.
func BenchmarkTyped(b *testing.B) {
	m := decode(b, benchMessages()["INVITE"])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.TopVia(); err != nil {
			b.Fatal(err)
		}
		if _, err := m.From(); err != nil {
			b.Fatal(err)
		}
		if _, _, err := m.CSeq(); err != nil {
			b.Fatal(err)
		}
		_ = m.ToTag()
	}
}
