package webrtc_test

import (
	"errors"
	"strings"
	"testing"

	pion "github.com/pion/webrtc/v4"

	"ringward/media"
	"ringward/media/webrtc"
	"ringward/media/webrtc/webrtctest"
)

// TestSession joins a caller on RTP with a browser: each hears the other's
// tone, a whisper reaches the browser alone, and a restart keeps the call.
func TestSession(t *testing.T) {
	r := newRig(t, webrtc.Config{})
	b := webrtctest.New(t)
	s := r.join(b)
	if c := s.Codec(); c.PayloadType != 8 || c.Name != "PCMA" || s.Events() != 126 {
		t.Errorf("agreed %+v, keys %d; want PCMA 8, 126", c, s.Events())
	}
	r.talk(400)
	b.Speak(1000)
	until(t, "both tones", func() bool { return b.Heard.Power(400) > 0.9 && r.heard.Power(1000) > 0.9 })

	tone := make([]int16, 16000)
	for i := range tone {
		tone[i] = int16(6000 * (1 - 2*(i/4%2))) // 1000 Hz and its odd multiples
	}
	ended := make(chan struct{})
	must(t, r.bridge.Play(media.Merchant, media.Playback{Audio: tone, Mix: media.Over, DuckDB: 60, Done: func(media.PlayResult) { close(ended) }}))
	until(t, "the whisper", func() bool { return b.Heard.Power(1000) > 0.9 && b.Heard.Power(400) < 0.1 })
	if p := r.heard.Power(3000); p > 0.02 {
		t.Errorf("the caller hears %.3f of the whisper", p)
	}
	recv(t, ended, "the whisper to end")

	answer, err := s.Restart(t.Context(), b.Offer(true))
	must(t, err)
	b.Accept(answer)
	b.Heard.Clear()
	r.heard.Clear()
	until(t, "both tones after the restart", func() bool { return b.Heard.Power(400) > 0.9 && r.heard.Power(1000) > 0.9 })

	b.Close()
	recv(t, s.Over(), "the session to notice that the browser left")
	s.Close()
	s.Close()
	if n := r.e.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// TestCodecs: the answer names the first codec of the call that the browser has.
func TestCodecs(t *testing.T) {
	r := newRig(t, webrtc.Config{})
	opusCall := media.Codec{Name: "opus", ClockRate: 48000, Channels: 2, PayloadType: 96}
	for _, c := range []struct {
		name    string
		call    []media.Codec
		browser []pion.RTPCodecParameters
		want    string
		pt      uint8
		err     error
	}{
		{"the call's first", []media.Codec{media.PCMU, media.PCMA}, []pion.RTPCodecParameters{webrtctest.PCMA, webrtctest.PCMU, webrtctest.Keys}, "PCMU", 0, nil},
		{"the only one in common", []media.Codec{media.PCMU, media.PCMA}, []pion.RTPCodecParameters{webrtctest.Opus, webrtctest.PCMA}, "PCMA", 8, nil},
		{"opus", []media.Codec{opusCall, media.PCMA}, []pion.RTPCodecParameters{webrtctest.Opus, webrtctest.PCMA}, "opus", 111, nil},
		{"nothing in common", []media.Codec{opusCall}, []pion.RTPCodecParameters{webrtctest.PCMA}, "", 0, webrtc.ErrCodec},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, answer, err := r.e.Open(t.Context(), webrtctest.New(t, c.browser...).Offer(false), c.call)
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			defer s.Close()
			if got := s.Codec(); got.Name != c.want || got.PayloadType != c.pt {
				t.Errorf("agreed %+v, want %s %d", got, c.want, c.pt)
			}
			if strings.Count(answer, "a=rtpmap:") > 2 {
				t.Errorf("the answer names more than one codec and keys:\n%s", answer)
			}
		})
	}
	if n := r.e.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// TestRefusedOffers: what is no offer of a browser is refused, and keeps no place.
func TestRefusedOffers(t *testing.T) {
	r := newRig(t, webrtc.Config{MaxSessions: 1})
	good := webrtctest.New(t).Offer(false)
	plain := []media.Codec{media.PCMA}
	for name, offer := range map[string]string{
		"empty":           "",
		"no SDP":          "hello",
		"too long":        good + strings.Repeat("a=x\r\n", 20_000),
		"plain RTP":       strings.Replace(good, "UDP/TLS/RTP/SAVPF", "RTP/AVP", 1),
		"two streams":     good + good[strings.Index(good, "m=audio"):],
		"no fingerprint":  dropLines(good, "a=fingerprint"),
		"no credentials":  dropLines(good, "a=ice-"),
		"no mux":          dropLines(good, "a=rtcp-mux"),
		"no audio at all": strings.Replace(good, "m=audio", "m=video", 1),
	} {
		if s, _, err := r.e.Open(t.Context(), offer, plain); err == nil {
			t.Errorf("%s: taken", name)
			s.Close()
		}
		if n := r.e.Sessions(); n != 0 {
			t.Fatalf("%s: %d sessions are left", name, n)
		}
	}
	s, _, err := r.e.Open(t.Context(), good, plain)
	must(t, err)
	defer s.Close()
	if _, _, err := r.e.Open(t.Context(), webrtctest.New(t).Offer(false), plain); !errors.Is(err, webrtc.ErrFull) {
		t.Errorf("one more than allowed: %v, want %v", err, webrtc.ErrFull)
	}
}

func dropLines(s, prefix string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, prefix) {
			out.WriteString(line)
		}
	}
	return out.String()
}
