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

// Identity is the result of checking a signed caller identity (RFC 8224).
type Identity uint8

// The results. None and a partial attestation are neutral.
const (
	IdentityNone     Identity = iota // none sent, or not checked
	IdentityVerified                 // signature and chain hold, and the signer vouches for the number
	IdentityPartial                  // verified, but the signer does not vouch for the number
	IdentityFailed                   // does not verify
	identityCount
)

var identityNames = [identityCount]string{"none", "verified", "partial", "failed"}

// String returns the stable name, "none" for a value out of range.
func (i Identity) String() string { return nameOf(identityNames[:], uint8(i)) }

// ParseIdentity is String's inverse; false if no result has that name.
func ParseIdentity(s string) (Identity, bool) {
	i, ok := indexOf(identityNames[:], s)
	return Identity(i), ok
}

// ManyLines is how many lines a caller has to ring within the window before
// that tells something.
const ManyLines = 5

// Caller is what is known of who calls, before the phone rings.
type Caller struct {
	Parsed   numbering.Parsed
	Display  string // the name that came with the number, "" none
	Trunk    Trust
	Identity Identity
	Signed   Signed    // what stands behind Identity
	Forward  Forward   // how the call came here, where a trusted trunk tells
	Country  string    // our own country, ISO 3166-1 alpha-2; "" is "CN"
	Line     string    // canonical number of the line that is called
	Allowed  bool      // the merchant said "not a scam" of this number within AllowFor (see Allowances)
	Now      time.Time // for the validity of listings
	Lines    int       // how many lines this caller rang in the window (see Velocity.Observe), this one included
}

// CallerEvidence says what the number, the name and the trunk tell of the
// caller. A nil x gives evidence that the call was not screened. There is
// always some evidence; only verified listings ever speak for a caller, and
// only on a trunk or with a signed identity that proves the number.
func CallerEvidence(c Caller, x *index.Index) []Evidence {
	if x == nil {
		return []Evidence{{Source: SourceGateway, Rule: RuleNotScreened, Text: textNotScreened}}
	}
	s := screener{c: c, x: x, day: int32(c.Now.Unix() / 86400), ev: make([]Evidence, 0, 6)}
	s.saved()
	s.listings()
	s.patterns()
	s.imitation()
	s.form()
	s.identity()
	s.forwarded()
	s.velocity()
	s.display()
	if s.class == CallerUnknown {
		s.add(Evidence{Rule: RuleOrdinary, Caller: CallerOrdinary, Text: textOrdinary})
	}
	return s.ev
}

// screener gathers the evidence of one caller.
type screener struct {
	c     Caller
	x     *index.Index
	day   int32
	ev    []Evidence
	class CallerClass // what the evidence argues for so far

	owner   string // institution that a verified listing gives the number to, "" none
	calls   bool   // the owner calls from it
	claimed string // institution of an unverified listing, or of the merchant's saved number
}

// add notes e; evidence of a caller comes from its number unless it says otherwise.
func (s *screener) add(e Evidence) {
	if e.Source == SourceUnknown {
		e.Source = SourceNumber
	}
	if !e.Shadow {
		s.class = s.class.and(e.Caller)
	}
	s.ev = append(s.ev, e)
}

// proved reports whether the number is really the caller's.
func (s *screener) proved() bool {
	return s.c.Identity != IdentityFailed && (s.c.Trunk.proves() && !s.c.Forward.Unproven || s.c.Identity == IdentityVerified)
}

// fromAbroad reports whether a number of our own country comes in from abroad.
func (s *screener) fromAbroad() bool {
	home := s.c.Country
	if home == "" {
		home = "CN"
	}
	return s.c.Trunk.International && s.c.Parsed.Number.Country == home
}

// saved: what the merchant himself said of the number goes before everything.
func (s *screener) saved() {
	if s.c.Allowed {
		s.add(Evidence{Source: SourceMerchant, Rule: RuleAllowed, Caller: CallerSaved, Text: textAllowed})
	}
	saved, ok := s.x.Saved(s.c.Line, s.c.Parsed.Number.Key())
	switch {
	case !ok:
	case saved.Relation == index.Refused:
		s.add(Evidence{Rule: RuleRefused, Caller: CallerListed, Blockable: true, Text: textRefused})
	default:
		s.claimed = saved.Institution
		s.add(Evidence{Rule: RuleSaved, Caller: CallerSaved, Institution: saved.Institution, Text: textSaved(saved)})
	}
}

// velocity: a registered institution may ring many lines, nobody else does.
func (s *screener) velocity() {
	if s.c.Lines >= ManyLines && !(s.calls && s.proved()) {
		s.add(Evidence{Source: SourceBehaviour, Rule: RuleVelocity, Caller: CallerBulk, Text: textVelocity(s.c.Lines)})
	}
}
