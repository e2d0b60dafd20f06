package sdp_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"ringward/media/sdp"
)

// lines joins lines the way a peer sends them.
func lines(l ...string) []byte { return []byte(strings.Join(l, "\r\n") + "\r\n") }

// describe puts media lines under an ordinary head with the inner address 10.9.8.7.
func describe(media ...string) []byte {
	return lines(append([]string{"v=0", "o=alice 11 22 IN IP4 10.9.8.7", "s=call", "c=IN IP4 10.9.8.7", "t=0 0"}, media...)...)
}

func parse(t *testing.T, body []byte) *sdp.Session {
	t.Helper()
	s, err := sdp.Parse(body)
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, body)
	}
	return s
}

var ours = sdp.Local{Addr: netip.MustParseAddr("192.0.2.1"), RTPPort: 30000, RTCPPort: 30001, SessionID: 5, Version: 1}

func TestParseRefuses(t *testing.T) {
	more := func(text string) []byte { return append(describe("m=audio 4000 RTP/AVP 0"), text...) }
	tests := []struct {
		name string
		body []byte
		want error
		line int
	}{
		{"empty", nil, sdp.ErrSyntax, 1},
		{"only NUL", []byte(strings.Repeat("\x00", 3000)), sdp.ErrSyntax, 1},
		{"no v=", lines("o=t 1 1 IN IP4 127.0.0.66", "s=-"), sdp.ErrSyntax, 1},
		{"no t=", lines("v=0", "o=t 1 1 IN IP4 127.0.0.66", "s=-"), sdp.ErrSyntax, 0},
		{"head alone", lines("v=0"), sdp.ErrSyntax, 0},
		{"no space in line", more("garbage\r\n"), sdp.ErrSyntax, 7},
		{"NUL in attribute", more("a=fmtp\x00:0 1\r\n"), sdp.ErrSyntax, 7},
		{"CR inside", more("a=x:1\ra=y\r\n"), sdp.ErrSyntax, 7},
		{"t= after m=", more("t=0 0\r\n"), sdp.ErrSyntax, 7},
		{"bad c= network", more("c=OUT IP4 1.2.3.4\r\n"), sdp.ErrSyntax, 7},
		{"version 1", lines("v=1", "o=t 1 1 IN IP4 127.0.0.66", "s=-", "t=0 0"), sdp.ErrSyntax, 1},
		{"o= without an address", lines("v=0", "o=t 1 1 IN IP4", "s=-", "t=0 0"), sdp.ErrSyntax, 2},
		{"c= with two addresses", more("c=IN IP4 10.0.0.1 10.0.0.2\r\n"), sdp.ErrSyntax, 7},
		{"port wraps", describe("m=audio 99999 RTP/AVP 0"), sdp.ErrSyntax, 6},
		{"port negative", describe("m=audio -1 RTP/AVP 0"), sdp.ErrSyntax, 6},
		{"raw port wraps", describe("m=image 99999 udptl t38"), sdp.ErrSyntax, 6},
		{"payload type wraps", describe("m=audio 4000 RTP/AVP 4294967296"), sdp.ErrSyntax, 6},
		{"payload type 128", describe("m=audio 4000 RTP/AVP 128"), sdp.ErrSyntax, 6},
		{"no format", describe("m=audio 4000 RTP/AVP"), sdp.ErrSyntax, 6},
		{"bytes", more("a=x:" + strings.Repeat("y", sdp.MaxBytes)), sdp.ErrTooLarge, 0},
		{"lines", more(strings.Repeat("a=x\n", sdp.MaxLines)), sdp.ErrTooLarge, 0},
		{"m= lines", describe(strings.Split(strings.Repeat("m=audio 4000 RTP/AVP 0\n", sdp.MaxMedia)+"m=audio 4000 RTP/AVP 0", "\n")...), sdp.ErrTooLarge, 0},
		{"formats", describe("m=audio 4000 RTP/AVP" + strings.Repeat(" 0", sdp.MaxFormats+1)), sdp.ErrTooLarge, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdp.Parse(tt.body)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			var syntax *sdp.SyntaxError
			if errors.As(err, &syntax) && syntax.Line != tt.line {
				t.Errorf("got line %d (%v), want %d", syntax.Line, err, tt.line)
			}
		})
	}
}
