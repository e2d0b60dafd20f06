package screening

import (
	"time"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// Trust is how far a trunk's caller numbers are to be believed.
type Trust struct {
	Name           string
	Domestic       bool // hands in calls of our own country only
	International  bool // hands in calls from abroad
	ScreensNumbers bool // refuses caller numbers that its customers may not show
}

// proves reports whether a number on this trunk is its owner's: a caller
// number that equals a hotline proves nothing anywhere else.
func (t Trust) proves() bool { return t.Domestic && t.ScreensNumbers && !t.International }

// Identity is the result of checking a signed caller identity.
type Identity uint8

// The results. None, and a lower attestation, are neutral.
const (
	IdentityNone     Identity = iota // none sent, or not checked
	IdentityVerified                 // full attestation, signature and chain hold
	IdentityPartial                  // verified, but the signer does not vouch for the number
	IdentityFailed                   // does not verify
)

// Caller is what is known of who calls, before the phone rings.
type Caller struct {
	Parsed   numbering.Parsed
	Display  string // the name that came with the number, "" none
	Trunk    Trust
	Identity Identity
	Line     string    // canonical number of the line that is called
	Now      time.Time // for the validity of listings
	Lines    int       // how many lines this caller rang in the window (see Velocity.Observe), this one included
}

// CallerEvidence says what the number, the name and the trunk tell of the
// caller. A nil x gives evidence that the call was not screened.
func CallerEvidence(c Caller, x *index.Index) []Evidence { return nil }
