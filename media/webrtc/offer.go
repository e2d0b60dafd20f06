package webrtc

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"

	"ringward/media"
	"ringward/media/sdp"
)

// maxCandidates bounds the addresses of a browser that we try, where a STUN or
// TURN server makes us try any.
const maxCandidates = 16

// readOffer checks a browser's offer before pion sees it.
func readOffer(offer string) (sdp.Audio, error) {
	s, err := sdp.Parse([]byte(offer))
	if err != nil {
		return sdp.Audio{}, fmt.Errorf("%w: %w", ErrOffer, err)
	}
	a, ok := s.Audio()
	switch {
	case s.Media() != 1 || !ok:
		return a, fmt.Errorf("%w: %d media sections, not one of audio", ErrOffer, s.Media())
	case a.Profile != "UDP/TLS/RTP/SAVPF":
		return a, fmt.Errorf("%w: profile %s, not UDP/TLS/RTP/SAVPF", ErrOffer, a.Profile)
	case !a.RTCPMux:
		return a, fmt.Errorf("%w: no a=rtcp-mux", ErrOffer)
	}
	return a, nil
}

// reachable leaves of a browser's offer the candidates that may be tried: none
// without servers, since a browser reaches us and is known by that.
func (e *Endpoint) reachable(offer string) string {
	left := 0
	if len(e.cfg.Servers) > 0 {
		left = maxCandidates
	}
	var out strings.Builder
	for line := range strings.Lines(offer) {
		if c, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			if left == 0 || !mayTry(c) {
				continue
			}
			left--
		}
		out.WriteString(line)
	}
	return out.String()
}

// mayTry reports whether a candidate (RFC 8839 §5.1) is an address that media
// may be sent to. Names are not looked up.
func mayTry(candidate string) bool {
	f := strings.Fields(candidate)
	if len(f) < 8 || !strings.EqualFold(f[2], "udp") {
		return false
	}
	at, err := netip.ParseAddrPort(f[4] + ":" + f[5])
	if err != nil {
		at, err = netip.ParseAddrPort("[" + f[4] + "]:" + f[5])
	}
	return err == nil && sdp.CheckTarget(at) == nil
}

// choose is the first codec of the call that the browser has.
func choose(call []media.Codec, browser []sdp.Codec) (media.Codec, error) {
	for _, c := range call {
		if slices.ContainsFunc(browser, func(b sdp.Codec) bool { return same(c, b) }) {
			return c, nil
		}
	}
	return media.Codec{}, ErrCodec
}

func same(c media.Codec, b sdp.Codec) bool {
	return strings.EqualFold(c.Name, b.Name) && c.ClockRate == b.Clock && max(c.Channels, 1) == max(b.Channels, 1)
}

// engineFor is what pion may negotiate: that codec and keys on its clock.
func engineFor(c media.Codec) (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	voice := webrtc.RTPCodecCapability{MimeType: "audio/" + c.Name, ClockRate: c.ClockRate}
	if c.Channels > 1 {
		voice.Channels = uint16(c.Channels)
	}
	if strings.EqualFold(c.Name, "opus") {
		voice.SDPFmtpLine = "minptime=10;useinbandfec=1" // RFC 7587 §6.1
	}
	keys := webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: c.ClockRate}
	for pt, capability := range map[webrtc.PayloadType]webrtc.RTPCodecCapability{ownVoice: voice, ownKeys: keys} {
		// The payload types are the browser's in the end: it makes the offer.
		if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capability, PayloadType: pt}, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("codec %s: %w", c.Name, err)
		}
	}
	return m, nil
}

const (
	ownVoice = 96
	ownKeys  = 97
)
