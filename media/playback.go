package media

import "time"

// MixMode says what happens to the other party while a prompt plays.
type MixMode int

const (
	// Over plays the prompt over the other party, who is ducked.
	Over MixMode = iota
	// Alone mutes the other party towards this side meanwhile.
	Alone
)

// Playback is a prompt for one side: a whisper or an announcement.
type Playback struct {
	// Audio is 8 kHz, 16 bit, mono. It is only read, and may be shared by any
	// number of playbacks.
	Audio []int16
	// Repeat is how often it plays; 0 means once, negative until Stop.
	Repeat int
	// Gap is the pause between two repeats.
	Gap time.Duration
	Mix MixMode
	// DuckDB is by how much the other party is lowered under Over;
	// 0 means 18 dB.
	DuckDB float64
	// AttenuateBackDB lowers, while it plays, what this side says to the other
	// (a loudspeaker's echo of the prompt); 0 leaves it untouched.
	AttenuateBackDB float64
	// Done, if set, is called once when the playback is over, from the media
	// loop or from the call that ended it (Play, Stop, Set, Close). It must
	// return at once and hold no lock that such a caller holds.
	Done func(PlayResult)
}

// PlayEnd says why a playback ended.
type PlayEnd int

const (
	// Played to its end.
	Played PlayEnd = iota + 1
	// Stopped by Stop.
	Stopped
	// Replaced by another Play on the same side.
	Replaced
	// Hangup: the bridge was closed, or the codec changed to one that can't
	// carry it.
	Hangup
)

// String names the ending.
func (e PlayEnd) String() string {
	switch e {
	case Played:
		return "played"
	case Stopped:
		return "stopped"
	case Replaced:
		return "replaced"
	case Hangup:
		return "hangup"
	}
	return "unknown"
}

// PlayResult is how a playback ended and how much of it was sent.
type PlayResult struct {
	End  PlayEnd
	Sent time.Duration // prompt audio sent, repeats included, gaps not
}
