// Package engine says what a speech recogniser is to Ringward: sound goes in,
// words with times come out, one Session a side of a call. The recognisers
// themselves are the packages below it, and all of them live outside this
// process:
//
//	vosk    a Vosk server                  WebSocket
//	funasr  a FunASR runtime (2pass)       WebSocket
//	sherpa  a sherpa-onnx online server    WebSocket
//	worker  sherpa-onnx in a child process pipes, restarted when it dies
//
// A Session is as plain as a connection: one goroutine writes, one reads, no
// goroutine of its own. Reconnecting, waiting, dropping what comes too fast and
// saying when nobody listened is the caller's business (package speech).
//
// The package refuses what is not 8 kHz mono, and bounds what a recogniser may
// answer (Tidy): its words are as little to be trusted as the caller's.
package engine

import (
	"context"
	"errors"
	"time"
)

// Rate is the sampling rate of all sound here, in Hz.
const Rate = 8000

// Errors that tell a caller what to do next.
var (
	ErrBusy = errors.New("recogniser has no free place")  // try another, or later
	ErrGone = errors.New("recogniser went away")          // open a new session
	ErrSlow = errors.New("recogniser does not keep pace") // open a new session

	// ErrSilent comes with ErrGone: the engine has been dead for an unknown
	// while, and sound was given to nobody.
	ErrSilent = errors.New("recogniser shows no sign of life")
)

// Word is one word (a character, a syllable) and where it is in the sound that
// was written to the session. End is the zero value when it is not known.
type Word struct {
	Text       string
	Start, End time.Duration
}

// Result is what one segment (a sentence, a stretch between pauses) is heard
// as so far. A later Result of the same Segment replaces it until Final.
type Result struct {
	Text    string
	Words   []Word // nil when the engine tells no times
	Final   bool
	Segment int  // counted from 0 in each session
	Spotted bool // Text is the label of a keyword; Segment says when, nothing is replaced
	Pinyin  bool // Text is pinyin with tone marks, syllables parted by blanks
}

// Options of one session.
type Options struct {
	ID       string   // for the engine's own log: names the call and the side, nothing about people
	Phrases  []string // words likely to come, for engines that weigh their guesses (FunASR's hot words); may be nil
	Language string   // BCP 47, for a Recogniser that stands for several; "" is the engine's own
}

// Recogniser opens sessions. It is safe for concurrent use.
type Recogniser interface {
	// Open may wait until ctx ends: it dials, or waits for a process to start.
	Open(ctx context.Context, o Options) (Session, error)
}

// Session recognises one stream of sound. Write and Finish belong to one
// goroutine, Read to another, Close to any.
type Session interface {
	// Write gives sound of 8 kHz, at most a second at a time. It waits while
	// too much sound is unanswered, and does not keep pcm.
	Write(ctx context.Context, pcm []int16) error
	// Finish says that no more sound comes; what is left is then read up to io.EOF.
	Finish(ctx context.Context) error
	// Read returns the next result, io.EOF after Finish's last, and an error
	// with ErrGone in it when the engine ended by itself.
	Read(ctx context.Context) (Result, error)
	// Close ends the session at once and unblocks the others. Later calls do nothing.
	Close()
}
