package numberdb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"ringward/numbering"
	"ringward/speech/fingerprint"
)

// The kinds of a Recording.
const (
	ScamRecording   = "scam"   // playing it in a call is evidence of fraud
	CommonRecording = "common" // a greeting or announcement that honest callers play too: no recording that matches it is taken
)

// Recording is a recorded voice that is known, by its fingerprint. The sound
// itself is not kept and cannot be made from it.
type Recording struct {
	ID          int64   `json:"id,omitempty"`
	Title       string  `json:"title"`
	Language    string  `json:"language,omitempty"` // zh-CN, en
	Campaign    string  `json:"campaign,omitempty"`
	Kind        string  `json:"kind,omitempty"`        // scam (default) or common
	Institution string  `json:"institution,omitempty"` // whose name it misuses; for kind common: whose it is
	Seconds     float64 `json:"seconds,omitempty"`     // length of the sound
	Fingerprint []byte  `json:"fingerprint,omitempty"` // as fingerprint.Recording.Encode writes it
	Source      string  `json:"source,omitempty"`      // where the sound came from
	Review
}

// maxFingerprint is the largest fingerprint kept, in bytes: that of the longest
// recording, and room for another layout.
const maxFingerprint = 256 << 10

// PutRecording adds a recording (ID 0) or replaces one, as a draft by e.Author,
// and returns its ID. One with the same fingerprint is replaced. A draft is
// served, like a listing that was reported and not yet confirmed: take back
// what is wrong with Retire.
func (s *Store) PutRecording(ctx context.Context, e Edit, r Recording) (int64, error) {
	sound, err := fingerprint.Decode(r.Fingerprint)
	if err != nil {
		return 0, fieldError("fingerprint", err.Error())
	}
	if r.Seconds == 0 {
		r.Seconds = sound.Length().Seconds()
	}
	if r.Kind == "" {
		r.Kind = ScamRecording
	}
	return s.put(ctx, e, r.ID, &r)
}

func (r *Recording) entity() Entity  { return Recordings }
func (r *Recording) setID(id int64)  { r.ID = id }
func (r *Recording) review() *Review { return &r.Review }

// pack marks the rows that are served, so that finding what changed reads no JSON.
func (r *Recording) pack() []byte {
	if !r.served() {
		return nil
	}
	return []byte{1}
}

// place: a recording has no number; its fingerprint tells it from others. One
// of an older layout keeps its place, so that the log stays whole, but is not
// served.
func (r *Recording) place() (numbering.Key, string, error) {
	switch {
	case r.Title == "":
		return 0, "", fieldError("title", "is missing")
	case r.Kind != "" && r.Kind != ScamRecording && r.Kind != CommonRecording:
		return 0, "", fieldError("kind", "has to be scam or common")
	case r.Institution != "" && !validSlug(r.Institution):
		return 0, "", fieldError("institution", "has to be the id of an institution")
	case len(r.Fingerprint) == 0 || len(r.Fingerprint) > maxFingerprint:
		return 0, "", fieldError("fingerprint", fmt.Sprintf("is missing or larger than %d bytes", maxFingerprint))
	case !(r.Seconds >= 0 && r.Seconds <= fingerprint.MaxLength.Seconds()): // NaN is neither
		return 0, "", fieldError("seconds", fmt.Sprintf("has to be 0 to %.0f", fingerprint.MaxLength.Seconds()))
	}
	if _, err := fingerprint.Decode(r.Fingerprint); err != nil && !errors.Is(err, fingerprint.ErrVersion) {
		return 0, "", fieldError("fingerprint", err.Error())
	}
	sum := sha256.Sum256(r.Fingerprint)
	return 0, hex.EncodeToString(sum[:]), checkTexts(maxText, r.Title, r.Language, r.Campaign, r.Source)
}
