package sdp_test

import (
	"slices"
	"testing"

	"ringward/media/sdp"
)

// FuzzAgree: whatever two parties say, what is settled can be carried: shared codecs, flows that both sides want, and
// addresses that may get media.
func FuzzAgree(f *testing.F) {
	offer := describe("m=audio 4000 RTP/AVP 96 8 0 13 101", "a=rtpmap:96 opus/48000/2", "a=rtpmap:101 telephone-event/8000")
	f.Add(offer, describe("m=audio 5000 RTP/AVP 96 0 101", "a=rtpmap:101 telephone-event/8000", "a=sendonly"))
	f.Add(offer, describe("m=audio 5000 RTP/AVP 8", "c=IN IP4 0.0.0.0"))
	f.Add(offer, offer)
	f.Add(webrtcOffer, webrtcOffer)
	f.Add(pbxOffer, describe("m=audio 5000 RTP/AVP 8 101", "m=image 0 udptl t38", "m=video 0 RTP/AVP 31"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		offer, err := sdp.Parse(one)
		if err != nil {
			return
		}
		answer, err := sdp.Parse(two)
		if err != nil {
			return
		}
		g, err := sdp.Agree(offer, answer)
		if err != nil {
			return
		}
		carries(t, g.Offerer, g.Answerer)
		carries(t, g.Answerer, g.Offerer)
	})
}

// carries asserts that what one party settled for fits the other.
func carries(t *testing.T, a, b sdp.Audio) {
	t.Helper()
	if len(a.Codecs) == 0 {
		t.Error("no codec")
	}
	for _, c := range a.Codecs {
		if !slices.ContainsFunc(b.Codecs, c.Same) || c.Clock == 0 || c.PT > 127 {
			t.Errorf("%+v is not among %+v", c, b.Codecs)
		}
	}
	if a.Direction.Send() != b.Direction.Receive() {
		t.Errorf("%v does not fit %v", a.Direction, b.Direction)
	}
	if a.HasEvents() != b.HasEvents() || a.HasCN() != b.HasCN() {
		t.Errorf("events or comfort noise on one side only: %+v, %+v", a, b)
	}
	if !a.RTP.IsValid() && !a.Held() {
		t.Errorf("wants to receive nowhere: %+v", a)
	}
	if a.RTP.IsValid() && sdp.CheckTarget(a.RTP) != nil || a.RTCP.IsValid() && sdp.CheckTarget(a.RTCP) != nil {
		t.Errorf("media to %v and %v", a.RTP, a.RTCP)
	}
}
