package fingerprint

import (
	"errors"
	"fmt"
	"time"
)

// Reasons of Admit, told with errors.Is.
var (
	// ErrShort: less than MinStrong of sound that tells something. Silence too.
	ErrShort = errors.New("recording too short")
	// ErrNoise: the sound is mostly noise.
	ErrNoise = errors.New("recording of noise")
	// ErrTones: dial tone, ringing, beeps, keys: every call has them.
	ErrTones = errors.New("recording of tones")
	// ErrMusic: hold music, which honest callers play as well.
	ErrMusic = errors.New("recording of music")
	// ErrCommon: it matches the list of greetings and announcements that honest
	// callers play as well.
	ErrCommon = errors.New("recording of a common announcement")
	// ErrDuplicate: it matches a recording that is already known.
	ErrDuplicate = errors.New("recording already known")
)

// MinStrong is the least Recording.Strong that Admit takes.
const MinStrong = 3 * time.Second

const (
	mostNoise = 0.5  // share of frames that may be noise
	mostTones = 0.5  // share of frames that may be tones
	mostHeld  = 0.62 // share of frames whose pitch may stand still
)

// MatchError is an ErrCommon or ErrDuplicate with the match that led to it.
type MatchError struct {
	Reason error // ErrCommon or ErrDuplicate
	Hit    Hit   // At is the time in the new recording, Offset in the known one
}

// Error names the other recording and the place in both.
func (e *MatchError) Error() string {
	return fmt.Sprintf("%v: number %d plays at %.1f s what this one plays at %.1f s (score %.1f); cut that part off or keep one of them",
		e.Reason, e.Hit.ID, e.Hit.Offset.Seconds(), e.Hit.At.Seconds(), e.Hit.Score)
}

// Unwrap gives the reason.
func (e *MatchError) Unwrap() error { return e.Reason }

// Admit makes the fingerprint of a recording that an analyst wants to add and
// says why it must not be: it would tell nothing (ErrShort, ErrNoise), or would be found
// in honest calls (ErrTones, ErrMusic, ErrCommon), or is in known already
// (ErrDuplicate). common holds greetings and announcements that are no fraud;
// either index may be nil. The recording is returned with an error as well, for
// an analyst who insists.
func Admit(pcm []int16, common, known *Index) (Recording, error) {
	rows, facts := analyse(pcm)
	r := Recording{rows: rows}
	if n := facts.share(facts.noise); n > mostNoise {
		return r, fmt.Errorf("%w: %.0f %% of its sound are noise; cut out the speech", ErrNoise, 100*n)
	}
	if n := facts.share(facts.tones); n > mostTones {
		return r, fmt.Errorf("%w: %.0f %% of its sound are pure tones", ErrTones, 100*n)
	}
	if n := facts.share(facts.held); n > mostHeld {
		return r, fmt.Errorf("%w: its pitch stands still in %.0f %% of its sound; cut out the speech", ErrMusic, 100*n)
	}
	if s := r.Strong(); s < MinStrong {
		return r, fmt.Errorf("%w: %.1f s of clear sound in %.1f s, it takes %.0f", ErrShort, s.Seconds(), r.Length().Seconds(), MinStrong.Seconds())
	}
	if h, found := firstStrict(pcm, common); found {
		return r, &MatchError{Reason: ErrCommon, Hit: h}
	}
	if h, found := firstStrict(pcm, known); found {
		return r, &MatchError{Reason: ErrDuplicate, Hit: h}
	}
	return r, nil
}

// Find lists every match of a sound, as a call that plays it would be matched.
func Find(pcm []int16, ix *Index) []Hit {
	if ix.Len() == 0 {
		return nil
	}
	return NewMatcher(ix).Feed(pcm, nil)
}

// firstStrict finds the first match that a warning could rest on.
func firstStrict(pcm []int16, ix *Index) (Hit, bool) {
	for _, h := range Find(pcm, ix) {
		if h.Strength == Strict {
			return h, true
		}
	}
	return Hit{}, false
}
