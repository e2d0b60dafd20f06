package screening

// sayings pairs what is known of a caller with the label that the phone shows
// and the prompt that the merchant hears. The first that applies is said.
var sayings = [...]struct {
	applies       func(*Verdict) bool
	label, prompt string
}{
	{hasRule(RuleRefused), LabelRefused, PromptRefused},
	{isClass(CallerListed), LabelListed, PromptListed},
	{hasRule(RuleImitation), LabelImitation, PromptImitation},
	{hasRule(RuleDisplayName), LabelName, PromptName},
	{isClass(CallerInboundOnly), LabelInboundOnly, PromptInboundOnly},
	{hasRule(RuleAnonymous), LabelAnonymous, PromptAnonymous},
	{hasRule(RuleForeign), LabelForeign, PromptForeign},
	{isClass(CallerIrregular), LabelIrregular, PromptIrregular},
	{isClass(CallerBulk), LabelBulk, PromptBulk},
	{isClass(CallerRegistered), LabelRegistered, PromptUnverified},
	{func(v *Verdict) bool { return v.NotScreened }, LabelNotScreened, PromptNotScreened},
}

func hasRule(rule string) func(*Verdict) bool {
	return func(v *Verdict) bool { return v.Has(rule) }
}

func isClass(c CallerClass) func(*Verdict) bool {
	return func(v *Verdict) bool { return v.Caller == c }
}

func labelOf(v Verdict) string {
	for i := range sayings {
		if sayings[i].applies(&v) {
			return sayings[i].label
		}
	}
	return LabelUnverified
}

func announcementOf(v Verdict) string {
	for i := range sayings {
		if sayings[i].applies(&v) {
			return sayings[i].prompt
		}
	}
	return PromptUnverified
}
