package screening

// subject picks what the warning is about: of the evidence heard in the call
// that no warning of this level covered yet, the one that matters most. What
// only the number or the display name tell was announced before the call.
func (c *Case) subject(level Level) (Kind, string) {
	t := tallyOf(c.evidence)
	var fresh kinds
	for i := range c.evidence {
		e := &c.evidence[i]
		if t.takes(e) && e.Source != SourceDisplay && e.Strength != Weak && c.added[i] > c.covered[level] {
			fresh |= kindsOf(e.Kind)
		}
	}
	for _, s := range subjects {
		if fresh.any(kindsOf(s.kind)) && s.reaches(level, c.verdict) {
			return s.kind, s.promptFor(c.verdict)
		}
	}
	return KindNone, ""
}

// subject is one thing that a warning may be about, and what is then said.
type subject struct {
	kind   Kind
	column Heard // the furthest column that this kind can bring a call to
	prompt string
}

// subjects are in order of urgency.
var subjects = [...]subject{
	{DigitsRead, HeardRequest, WarnCompliance},
	{AgreedToShare, HeardRequest, WarnScreenShare},
	{CodeRequest, HeardRequest, WarnCode},
	{ScreenShare, HeardRequest, WarnScreenShare},
	{Transfer, HeardRequest, WarnTransfer},
	{CredentialRequest, HeardRequest, WarnCard},
	{KnownRecording, HeardFreeze, WarnRecording},
	{PaymentDemand, HeardRequest, WarnTransfer},
	{Secrecy, HeardRequest, WarnClaim},
	{AccountFrozen, HeardFreeze, WarnFreeze},
	{FreezeThreat, HeardFreeze, WarnFreeze},
	{KeyPressed, HeardFreeze, WarnClaim},
	{LinkOrApp, HeardFreeze, WarnClaim},
	{ChannelMove, HeardFreeze, WarnClaim},
	{RefundPitch, HeardPitch, WarnClaim},
	{UpgradePitch, HeardPitch, WarnClaim},
	{RatePitch, HeardPitch, WarnClaim},
	{AuthorityNamed, HeardInstitution, WarnClaim},
	{InstitutionNamed, HeardInstitution, WarnClaim},
	{LegalThreat, HeardInstitution, WarnClaim},
	{ServiceSuspended, HeardInstitution, WarnClaim},
}

// reaches reports whether this kind is enough, for this caller, to bring the
// call to the level: a claim repeated after an alarm over a request is no
// second alarm.
func (s subject) reaches(level Level, v Verdict) bool {
	at := theMatrix.cells[v.Caller][min(s.column, v.Heard)].level
	return max(at, theMatrix.floor[s.kind]) >= level
}

// promptFor says nothing against a number that fits: there, what is asked for
// is to be checked, not the number.
func (s subject) promptFor(v Verdict) string {
	if v.Caller == CallerRegistered && (s.prompt == WarnFreeze || s.prompt == WarnClaim) {
		return WarnFreezeRegistered
	}
	return s.prompt
}
