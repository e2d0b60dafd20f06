package stir

// Status is why a check failed, as RFC 8224 §6.2.2 numbers it; zero is none.
type Status int

// The statuses.
const (
	OK          Status = 0
	Stale       Status = 403 // iat or Date is too old, or ahead
	Missing     Status = 428 // an identity is asked for, and none came
	BadInfo     Status = 436 // the certificate could not be fetched
	Unsupported Status = 437 // the certificate is not to be believed, or not for this number
	Invalid     Status = 438 // the signature, or what it signs, does not fit the call
)

// Phrase is the reason phrase of RFC 8224.
func (s Status) Phrase() string {
	switch s {
	case Stale:
		return "Stale Date"
	case Missing:
		return "Use Identity Header"
	case BadInfo:
		return "Bad Identity Info"
	case Unsupported:
		return "Unsupported Credential"
	case Invalid:
		return "Invalid Identity Header"
	}
	return "OK"
}

// Failure is one Identity that did not hold.
type Failure struct {
	Status Status
	Why    string // in English, without the caller's text
	PPI    string // the token, for the Reason; "" where there is none
}

// Result is what all Identities of a request come to.
type Result struct {
	Verified bool // one that vouches for the caller's number holds
	// Attest is the shaken attestation 'A', 'B' or 'C'; 0 for a PASSporT without.
	Attest byte
	// Other says that a signature holds, for another number of the caller than
	// the one that is judged.
	Other    bool
	Diverted []string // numbers that the call was diverted from, by verified div, the last first
	Name     string   // rcd nam: the caller's name, as signed
	Reason   string   // crn: the reason of the call, as signed
	Failures []Failure
}

// Vouched reports whether the signer vouches for the number itself: full
// attestation, or a PASSporT of the number's own holder.
func (r Result) Vouched() bool { return r.Verified && (r.Attest == 0 || r.Attest == 'A') }

// Failed reports that identities came, and that what is known of them speaks
// against the number: none holds and none is for another number. A certificate
// that cannot be fetched speaks against nobody; that may be our own network.
func (r Result) Failed() bool {
	if r.Verified || r.Other {
		return false
	}
	for _, f := range r.Failures {
		if f.Status != BadInfo {
			return true
		}
	}
	return false
}

// First is the failure that says most: of those that speak against the number
// the first, else any; zero without one.
func (r Result) First() Failure {
	for _, f := range r.Failures {
		if f.Status != BadInfo {
			return f
		}
	}
	if len(r.Failures) > 0 {
		return r.Failures[0]
	}
	return Failure{}
}
