package screening

// sayings pairs what is known of a caller with what the merchant hears of it;
// its short text is the label. The first that applies is said.
var sayings = [...]struct {
	applies func(*Verdict) bool
	prompt  string
}{
	{hasRule(RuleListed), PromptListed},
	{hasRule(RuleImitation), PromptImitation},
	{hasRule(RuleDisplayName), PromptClaim},
	{isClass(CallerInboundOnly), PromptInboundOnly},
	{hasRule(RuleAnonymous), PromptAnonymous},
	{hasRule(RuleForeign), PromptForeign},
	{hasRule(RuleHomeFromAbroad), PromptForeign},
	{hasRule(RuleMalformed), PromptImpossible},
	{hasRule(RuleImpossible), PromptImpossible},
	{hasRule(RuleUnassigned), PromptImpossible},
	{hasRule(RuleVelocity), PromptManyLines},
	{isClass(CallerListed), PromptSuspicious}, // reported by many, a pattern, refused
	{isClass(CallerIrregular), PromptSuspicious},
	{hasRule(RulePattern), PromptSuspicious},
	{hasRule(RuleCallCentre), PromptCallCentre},
	{isClass(CallerRegistered), PromptRegistered},
	{func(v *Verdict) bool { return v.NotScreened }, PromptNotScreened},
}

func hasRule(rule string) func(*Verdict) bool {
	return func(v *Verdict) bool { return v.Has(rule) }
}

func isClass(c CallerClass) func(*Verdict) bool {
	return func(v *Verdict) bool { return v.Caller == c }
}

// announcementOf is what the merchant hears of the caller; "cannot be verified"
// when nothing more is to be said.
func announcementOf(v Verdict) string {
	for i := range sayings {
		if sayings[i].applies(&v) {
			return sayings[i].prompt
		}
	}
	return PromptClaim
}
