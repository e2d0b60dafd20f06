package media

import "errors"

var (
	// ErrNoPorts says that every port of the range is in use, in quarantine or
	// taken by another program. The call is answered 503.
	ErrNoPorts = errors.New("no media port is free: widen media.min_port..media.max_port or wait for calls to end")
	// ErrClosed says that the bridge or the engine has ended.
	ErrClosed = errors.New("media is closed")
	// ErrNoFlow says that the side's session description is not known yet.
	ErrNoFlow = errors.New("no session description of this side yet")
	// ErrCodec says that the side takes no G.711, or that mixing was asked for
	// over a codec that is passed through untouched.
	ErrCodec = errors.New("the negotiated codec is not G.711: nothing can be mixed into it")
	// ErrAudio says that a playback holds no samples.
	ErrAudio = errors.New("playback has no audio")
	// ErrEvents says that the side negotiated no telephone-event, or that a
	// character is not a digit.
	ErrEvents = errors.New("no telephone-event with this side")
)
