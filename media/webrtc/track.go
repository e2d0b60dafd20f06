package webrtc

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/pion/webrtc/v4"
)

// track is what we say to a browser: packets as they are, under their own
// payload types.
type track struct {
	mime string
	out  atomic.Pointer[webrtc.TrackLocalWriter] // nil before the connection stands
}

var errNotAgreed = errors.New("the codec was not agreed")

// Bind is told where packets go.
func (t *track) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, c := range ctx.CodecParameters() {
		if strings.EqualFold(c.MimeType, t.mime) {
			w := ctx.WriteStream()
			t.out.Store(&w)
			return c, nil
		}
	}
	return webrtc.RTPCodecParameters{}, errNotAgreed
}

// Unbind ends that.
func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.out.Store(nil)
	return nil
}

// ID names the track in the description.
func (t *track) ID() string { return "voice" }

// RID is empty: there is one encoding.
func (t *track) RID() string { return "" }

// StreamID names the track's group.
func (t *track) StreamID() string { return "ringward" }

// Kind is audio.
func (t *track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// write encrypts one packet and sends it; before the connection stands it goes
// nowhere.
func (t *track) write(b []byte) {
	if w := t.out.Load(); w != nil {
		_, _ = (*w).Write(b) // a path that is gone shows in the connection's state
	}
}
