package webrtc_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"ringward/media"
	"ringward/media/webrtc"
	"ringward/media/webrtc/webrtctest"
)

// FuzzOffer answers offers of all sorts: whatever a page sends is answered or
// refused with a reason, names one codec, and leaves no session behind.
func FuzzOffer(f *testing.F) {
	e, err := webrtc.New(webrtc.Config{Addr: netip.MustParseAddr("127.0.0.1"), MaxSessions: 1})
	if err != nil {
		f.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	f.Cleanup(func() { stop(); <-ended })
	for serving := false; !serving; {
		_, _, err := e.Open(ctx, "", nil)
		serving = !errors.Is(err, webrtc.ErrClosed)
	}
	good := webrtctest.New(f, webrtctest.Opus, webrtctest.PCMU, webrtctest.PCMA, webrtctest.Keys).Offer(false)
	f.Add(good)
	f.Add(strings.Replace(good, "a=mid:0", "a=mid:audio\r\na=rid:1 send\r\na=simulcast:send 1", 1))
	f.Add(strings.Replace(good, "a=sendrecv", "a=inactive\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", 1))
	f.Add(strings.Replace(good, "a=setup:actpass", "a=setup:holdconn\r\na=ssrc:1 cname:x\r\na=ssrc-group:FID 1 2", 1))
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\n")
	f.Fuzz(func(t *testing.T, offer string) {
		s, answer, err := e.Open(t.Context(), offer, []media.Codec{media.PCMA, media.PCMU})
		if err == nil {
			if strings.Count(answer, "m=audio") != 1 || !s.Codec().IsG711() || strings.Contains(answer, "mDNS") {
				t.Errorf("answered %s", answer)
			}
			_, _ = s.Restart(t.Context(), offer)
			s.Close()
		} else if !errors.Is(err, webrtc.ErrOffer) && !errors.Is(err, webrtc.ErrCodec) {
			t.Errorf("refused without a reason of ours: %v", err)
		}
		if n := e.Sessions(); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}
