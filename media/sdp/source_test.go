package sdp

import (
	"slices"
	"testing"

	pion "github.com/pion/sdp/v3"
)

// TestPionKnows holds our lists of what pion accepts against pion itself: when it learns more, this says so.
func TestPionKnows(t *testing.T) {
	accepts := func(line string) bool {
		var d pion.SessionDescription
		return d.UnmarshalString("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n"+line+"\r\n") == nil
	}
	for _, media := range slices.Concat(pionMedia, []string{"image", "control", "data", "Audio", "x"}) {
		for _, proto := range slices.Concat(pionProtos, []string{"udptl", "tcptl", "udp", "UDPTL", "ZRTP", "QUIC", "RTP/AVP/udptl"}) {
			n := name{media: media, proto: proto}
			if got, want := pionKnows(n), accepts("m="+media+" 4000 "+proto+" 0"); got != want {
				t.Errorf("%s %s: got %v, pion says %v", media, proto, got, want)
			}
		}
	}
	for _, kind := range slices.Concat(pionBandwidths, []string{"X-a", "x-a", "as", "QQ", "RSX"}) {
		line := "m=audio 4000 RTP/AVP 0\r\nb=" + kind + ":1"
		if got, want := tolerate("b="+kind+":1", name{}) != "", accepts(line); got != want {
			t.Errorf("b=%s: got %v, pion says %v", kind, got, want)
		}
	}
}
