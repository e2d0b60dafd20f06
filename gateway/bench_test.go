package gateway_test

import (
	"log/slog"
	"net/netip"
	"testing"

	"ringward/gateway"
	"ringward/media"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
)

const benchInvite = "INVITE sip:+862155550100@gw.example.com SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.1:6100;branch=z9hG4bK-1;rport\r\nMax-Forwards: 70\r\n" +
	"From: \"caller\" <sip:+8617000001234@127.0.0.1>;tag=1\r\nTo: <sip:+862155550100@gw.example.com>\r\n" +
	"Call-ID: 1@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:127.0.0.1:6100>\r\n" +
	"Content-Type: application/sdp\r\nContent-Length: 133\r\n\r\n" +
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"

type benchLine struct{ line gateway.Line }

func (l benchLine) Line(_ string, n numbering.Number) (gateway.Line, bool) {
	return l.line.For(n), true
}

// benchmarkGate measures decoding, identity, verdict and the encoded answer of
// a listed caller on a trunk in redirect mode.
func benchmarkGate(b *testing.B) {
	builder := index.NewBuilder(0)
	scamListing(scammer)(builder)
	engine, err := media.NewEngine(media.Config{Addr: netip.MustParseAddr("127.0.0.1"), MinPort: 45000, MaxPort: 45100})
	if err != nil {
		b.Fatal(err)
	}
	g, err := gateway.New(gateway.Config{
		Log: slog.New(slog.DiscardHandler), Media: engine, Voice: beeps{}, Register: fixed{builder.Build("bench")},
		Lines:   benchLine{gateway.Line{ID: "shop", Policy: screening.Policy{Mode: screening.ModeBlock}}},
		Redress: gateway.Redress{URL: "https://example.com/blocked"},
		Trunks:  []gateway.Trunk{{Name: "carrier", Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Mode: gateway.ModeRedirect}},
	})
	if err != nil {
		b.Fatal(err)
	}
	raw, buf := []byte(benchInvite), make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		m, err := sipmsg.Decode(raw, true)
		if err != nil {
			b.Fatal(err)
		}
		m.Source = netip.MustParseAddrPort("127.0.0.1:6100")
		answer, admit := g.Gate(m)
		if admit || answer.Status != 608 {
			b.Fatalf("got %v, admit %v", answer, admit)
		}
		if buf, err = answer.Append(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
