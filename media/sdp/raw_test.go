package sdp_test

import (
	"bytes"
	"strings"
	"testing"

	"ringward/media/sdp"
)

// TestRoundTrip: what pion knows and what it does not come back byte for byte, in order.
func TestRoundTrip(t *testing.T) {
	tests := map[string][]string{
		"audio":                {"m=audio 4000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"},
		"fax alone":            {"m=image 4400 udptl t38", "a=T38FaxVersion:0"},
		"fax before":           {"m=image 4400 udptl t38", "a=T38FaxVersion:0", "m=audio 4000 RTP/AVP 0", "a=ptime:20"},
		"fax between":          {"m=audio 4000/2 RTP/AVP 0", "m=image 4400 udptl t38", "c=IN IP4 10.0.0.1", "a=x", "m=video 4002 RTP/AVP 31", "b=AS:1"},
		"fax behind and again": {"m=audio 4000 RTP/AVP 0", "m=image 4400 udptl t38", "m=image 4402 tcptl t38"},
		"unknown protocol":     {"m=audio 4000 RTP/AVP 0", "m=audio 5000 udp/quic/x 0 a"},
		"no media":             {},
	}
	for name, media := range tests {
		t.Run(name, func(t *testing.T) {
			body := describe(media...)
			for _, in := range [][]byte{body, bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))} {
				s := parse(t, in)
				out, err := s.Bytes()
				if err != nil || !bytes.Equal(out, body) {
					t.Errorf("got %v\n%s\nwant\n%s", err, out, body)
				}
				if want := strings.Count(string(body), "\r\nm="); s.Media() != want {
					t.Errorf("got %d sections, want %d", s.Media(), want)
				}
			}
		})
	}
}

// TestRoundTripOfABrowser: sections, directions, sources, candidates and their order survive; so do the session's lines.
func TestRoundTripOfABrowser(t *testing.T) {
	for name, body := range map[string][]byte{
		"browser": webrtcOffer,
		"all that a session may have": lines("v=0", "o=- 1 2 IN IP6 2001:db8:9::1", "s=-", "i=x", "u=http://a/b?c#d", "e=x", "p=y",
			"c=IN IP6 2001:db8:9::1", "b=AS:1", "b=X-y:2", "t=1 2", "r=604800 3600 0 90000", "z=2882844526 -3600", "k=prompt", "a=inactive",
			"m=audio 4000 RTP/AVP 0 0", "a=ptime:20", "a=ptime:30", "a=fmtp:0 a", "a=fmtp:0 b", "a=sendonly",
			"m=audio 4002 RTP/AVP 96", "a=rtpmap:96 G722/8000", "m=audio 4004 RTP/AVP 96", "a=rtpmap:96 opus/48000/2", "a=recvonly"),
	} {
		out, err := parse(t, body).Bytes()
		if err != nil || !bytes.Equal(out, body) {
			t.Errorf("%s: got %v\n%s\nwant\n%s", name, err, out, body)
		}
	}
}

func TestParseTolerates(t *testing.T) {
	tests := map[string][]byte{
		"no end of the last line": []byte(strings.TrimSpace(string(describe("m=audio 4000 RTP/AVP 0")))),
		"empty lines at the end":  append(describe("m=audio 4000 RTP/AVP 0"), "\r\n\n\r\n"...),
		"unknown bandwidth": lines("v=0", "o=- 1 1 IN IP4 10.0.0.1", "s=-", "c=IN IP4 10.0.0.1", "b=QQ:9", "b=AS:x", "t=0 0",
			"m=audio 4000 RTP/AVP 0", "b=YY:1"),
		"session id over 64 bits": lines("v=0", "o=t 99999999999999999999999999 -5 IN IP4 10.0.0.1", "s=-", "c=IN IP4 10.0.0.1",
			"t=0 0", "m=audio 4000 RTP/AVP 0"),
		"empty session name":    lines("v=0", "o=- 1 1 IN IP4 10.0.0.1", "s=", "c=IN IP4 10.0.0.1", "t=0 0", "m=audio 4000 RTP/AVP 0"),
		"host name in o=":       lines("v=0", "o=- 1 1 IN IP4 pbx.lan", "s=-", "c=IN IP4 10.0.0.1", "t=0 0", "m=audio 4000 RTP/AVP 0"),
		"spaces on the m= line": describe("m=audio  4000  RTP/AVP  0 "),
		"text in a Chinese set": append(describe("m=audio 4000 RTP/AVP 0"), "a=x:\xb2\xe2\xca\xd4\r\n"...),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			s := parse(t, body)
			if err := s.Check(); err != nil {
				t.Errorf("Check: %v", err)
			}
			if _, err := s.ForPeer(ours); err != nil {
				t.Errorf("ForPeer: %v", err)
			}
		})
	}
}

// TestBlameIsCheap: the line of an error is found in the largest body without parsing it line by line.
func TestBlameIsCheap(t *testing.T) {
	body := append(describe("m=audio 4000 RTP/AVP 0"), strings.Repeat("a=x:1\r\n", 1000)...)
	body = append(body, "v=0\r\n"...)
	_, err := sdp.Parse(body)
	if err == nil || !strings.Contains(err.Error(), "line 1007") {
		t.Errorf("got %v, want line 1007", err)
	}
	if n := testing.AllocsPerRun(3, func() { sdp.Parse(body) }); n > 2000 {
		t.Errorf("got %v allocations", n)
	}
}
