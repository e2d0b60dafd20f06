package screening

import "math/bits"

// kinds is a set of Kind, one bit each.
type kinds uint64

func kindsOf(list ...Kind) (s kinds) {
	for _, k := range list {
		s |= 1 << k
	}
	return s
}

func (s kinds) any(of kinds) bool { return s&of != 0 }

// The slots that the column is made of. No kind fills two of them.
var (
	namingKinds  = kindsOf(InstitutionNamed, AuthorityNamed)
	freezeKinds  = kindsOf(AccountFrozen, FreezeThreat)
	threatKinds  = kindsOf(LegalThreat, ServiceSuspended)
	pressKinds   = kindsOf(LegalThreat, ServiceSuspended, Deadline)
	pitchKinds   = kindsOf(UpgradePitch, RatePitch, RefundPitch)
	hardRequests = kindsOf(CodeRequest, CredentialRequest, ScreenShare, Transfer)
	requestKinds = hardRequests | kindsOf(Secrecy)
	softRequests = kindsOf(PaymentDemand, LinkOrApp, ChannelMove, RefusalToVerify)
	takingKinds  = kindsOf(PaymentDemand, LinkOrApp)
	secretKinds  = kindsOf(CodeRequest, CredentialRequest, ScreenShare)
	sayingKinds  = kindsOf(AccountFrozen, ScreenShare, Transfer) // say it all where they are strong
	complyKinds  = kindsOf(DigitsRead, AgreedToShare)
	storyKinds   = namingKinds | freezeKinds | threatKinds | pitchKinds
)

// heardSet is what was heard, by strength. Strong is plain too.
type heardSet struct {
	weak, plain, strong kinds
	owned               bool // the number itself names or lies: registered, inbound-only or listed
	irregular           bool
}

func (h *heardSet) add(e *Evidence) {
	switch e.Caller {
	case CallerRegistered, CallerInboundOnly, CallerListed:
		h.owned = true
	case CallerIrregular:
		h.irregular = true
	}
	if e.Kind == KindNone {
		return
	}
	k := kindsOf(e.Kind)
	switch e.Strength {
	case Weak:
		h.weak |= k
	case Strong:
		h.strong |= k
		h.plain |= k
	default:
		h.plain |= k
	}
}

// column says how far what was heard goes. Every condition is one that more
// evidence can only fulfil, so the column never falls.
func (h heardSet) column(class CallerClass) Heard {
	switch {
	case h.request(class):
		return HeardRequest
	case h.freeze():
		return HeardFreeze
	case h.pitch():
		return HeardPitch
	case h.plain.any(storyKinds | hardRequests):
		return HeardInstitution
	}
	return HeardNothing
}

// request: something is asked for that no genuine caller asks for, in a call
// that already tells a story or whose number does.
func (h heardSet) request(class CallerClass) bool {
	known := class != CallerSaved && (h.owned || h.irregular && h.plain.any(secretKinds))
	switch {
	case h.plain.any(requestKinds) && h.plain.any(storyKinds):
		return true
	case h.plain.any(hardRequests) && known:
		return true
	case h.plain.any(freezeKinds) && h.plain.any(kindsOf(PaymentDemand)): // pay to be unfrozen
		return true
	}
	// The merchant already gives what was, or must have been, asked for.
	return h.plain.any(complyKinds) && h.plain.any(freezeKinds|threatKinds|requestKinds|kindsOf(KnownRecording))
}

// freeze: the account is said to be frozen and something else stands beside
// it; or a pitch or a request of another sort has come as far as that.
func (h heardSet) freeze() bool {
	all := h.plain | h.weak
	switch {
	case h.strong.any(sayingKinds), h.plain.any(kindsOf(KnownRecording)):
		return true
	case h.plain.any(freezeKinds) && (all.any(namingKinds|softRequests|requestKinds|kindsOf(KnownRecording)) || h.plain.any(pressKinds)):
		return true
	case h.plain.any(pitchKinds) && h.plain.any(takingKinds):
		return true
	case h.plain.any(kindsOf(RefundPitch)) && h.plain.any(kindsOf(ChannelMove)):
		return true
	case h.plain.any(threatKinds) && h.plain.any(kindsOf(PaymentDemand)): // pay or be prosecuted
		return true
	case h.plain.any(hardRequests) && bits.OnesCount64(uint64(h.plain&requestKinds)) >= 2:
		return true
	case h.plain.any(hardRequests) && h.weak.any(freezeKinds|namingKinds):
		return true
	case h.plain.any(complyKinds) && h.plain.any(namingKinds|pitchKinds):
		return true
	}
	// The merchant pressed the key that a recorded threat or pitch asked for.
	return h.plain.any(kindsOf(KeyPressed)) && all.any(kindsOf(RobocallMenu)) && h.plain.any(storyKinds)
}

// pitch: an institution is claimed and something is sold, or a bare word of
// freezing has fallen.
func (h heardSet) pitch() bool {
	return h.plain.any(namingKinds) && (h.plain.any(pitchKinds) || h.weak.any(freezeKinds))
}

// floor is the least level for what was heard, whoever calls.
func (h heardSet) floor() Level {
	level := LevelUnknown
	for k, floor := range theMatrix.floor {
		if floor > level && h.plain.any(kindsOf(Kind(k))) {
			level = floor
		}
	}
	return level
}
