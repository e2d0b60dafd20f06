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
	{DigitsRead, HeardRequest, PromptCompliance},
	{AgreedToShare, HeardRequest, PromptCompliance},
	{CodeRequest, HeardRequest, PromptCode},
	{ScreenShare, HeardRequest, PromptScreenShare},
	{Transfer, HeardRequest, PromptTransfer},
	{CredentialRequest, HeardRequest, PromptCode},
	{KnownRecording, HeardFreeze, PromptRecording},
	{Secrecy, HeardRequest, PromptSecrecy},
	{PaymentDemand, HeardRequest, PromptPayment},
	{AccountFrozen, HeardFreeze, PromptFreeze},
	{FreezeThreat, HeardFreeze, PromptFreeze},
	{KeyPressed, HeardFreeze, PromptClaim},
	{LinkOrApp, HeardFreeze, PromptClaim},
	{ChannelMove, HeardFreeze, PromptClaim},
	{RefundPitch, HeardPitch, PromptClaim},
	{UpgradePitch, HeardPitch, PromptClaim},
	{RatePitch, HeardPitch, PromptClaim},
	{AuthorityNamed, HeardInstitution, PromptClaim},
	{InstitutionNamed, HeardInstitution, PromptClaim},
	{LegalThreat, HeardInstitution, PromptClaim},
	{ServiceSuspended, HeardInstitution, PromptClaim},
}

// reaches reports whether this kind is enough, for this caller, to bring the
// call to the level: a claim repeated after an alarm over a request is no
// second alarm.
func (s subject) reaches(level Level, v Verdict) bool {
	at := theMatrix.cells[v.Caller][min(s.column, v.Heard)].level
	return max(at, theMatrix.floor[s.kind]) >= level
}

func (s subject) promptFor(v Verdict) string {
	switch {
	case s.prompt == PromptFreeze && v.Info:
		return PromptFreezeRegistered
	case s.prompt == PromptFreeze && v.Caller == CallerListed:
		return PromptFreezeListed
	}
	return s.prompt
}
