package sdp

import (
	"errors"
	"fmt"
)

// The reasons for which a description is refused; test for them with errors.Is. All but the first two answer 488 in
// SIP; those are 400 or 488 as the caller likes.
var (
	// ErrTooLarge: a limit (MaxBytes, MaxLines, MaxMedia, MaxFormats) is exceeded.
	ErrTooLarge = errors.New("session description over a limit")
	// ErrSyntax: not a session description; the error is a *SyntaxError that names the line.
	ErrSyntax = errors.New("session description malformed")
	// ErrNoAudio: no audio stream over RTP is offered, or the answer refused it.
	ErrNoAudio = errors.New("no active RTP audio stream")
	// ErrProfile: an audio stream is offered with a profile that we do not carry (RTP/SAVP and the like). It must be
	// refused, never answered with RTP/AVP.
	ErrProfile = errors.New("RTP profile not supported")
	// ErrAddress: media is asked to go to an address or port that must never get any.
	ErrAddress = errors.New("media address not allowed")
	// ErrNoCodec: the stream names no codec that can be used, or two descriptions have none in common.
	ErrNoCodec = errors.New("no usable codec")
	// ErrMismatch: the answer does not fit the offer (RFC 3264 §6).
	ErrMismatch = errors.New("answer does not fit the offer")
	// ErrLocal: the Local given to a writer is not complete.
	ErrLocal = errors.New("local media address incomplete")
)

// SyntaxError says which line of a description is wrong. It unwraps to ErrSyntax.
type SyntaxError struct {
	Line   int    // from 1; 0 if no single line is to blame
	Reason string // what is wrong with it
}

// Error gives the line number and the reason, without the peer's text.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%v: %s", ErrSyntax, e.Reason)
	}
	return fmt.Sprintf("%v: line %d: %s", ErrSyntax, e.Line, e.Reason)
}

// Unwrap makes errors.Is(err, ErrSyntax) true.
func (e *SyntaxError) Unwrap() error { return ErrSyntax }

func syntaxAt(line int, format string, args ...any) error {
	return &SyntaxError{Line: line, Reason: fmt.Sprintf(format, args...)}
}
