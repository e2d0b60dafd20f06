package screening

// Decision is what a line's policy makes of a verdict before the phone rings.
type Decision struct {
	Action   Action
	Would    Action   // what would have been done without ModeShadow; else equal to Action
	Response Response // for Block
	Label    string   // id of the announcement whose short text is the label, "" none
	Prompts  []string // for Announce: ids of what the merchant hears, in order (see PromptIDs)
	Marked   bool     // the call was not screened and says so
}

// Decide turns a verdict into an action. Numbers that the merchant saved pass
// whatever else is known; only a confirmed listing or an operator's own rule
// blocks; a call that could not be screened goes through, marked.
func Decide(v Verdict, p Policy) Decision {
	d := Decision{Marked: v.NotScreened}
	if p.Mode == ModeOff {
		return d
	}
	d.Would = p.wants(v)
	if d.Would == Block {
		d.Response = p.response(v)
	}
	if p.Mode == ModeShadow {
		return d
	}
	d.Action = d.Would
	if d.Action != Pass && d.Action != Block {
		d.Label = announcementOf(v)
	}
	if d.Action == Announce {
		d.Prompts = []string{announcementOf(v), PromptKeys}
	}
	return d
}

// wants finds the action, the first that applies: the merchant's own word, the
// operator's own rules, listings, thresholds.
func (p Policy) wants(v Verdict) Action {
	if v.Caller == CallerSaved {
		return Pass
	}
	if v.Has(RuleRefused) {
		return Block // the merchant's own choice, in every mode that acts
	}
	if a, ok := p.ownRule(v); ok {
		return p.cap(a)
	}
	switch {
	case v.Blockable && p.Mode == ModeBlock:
		if p.Listed == ByVerdict {
			return Block
		}
		return p.Listed.action()
	case p.ChallengeFrom != LevelUnknown && v.Level >= p.ChallengeFrom:
		return p.cap(Challenge)
	case v.Level >= p.announceFrom() || v.Level >= LevelNotice && (v.Caller == CallerListed || v.Has(RuleImitation)):
		return p.cap(Announce)
	case v.Level >= p.labelFrom(), v.Level == LevelUnknown && v.NotScreened, p.ShowRegistered && v.Caller == CallerRegistered:
		return Label
	}
	return Pass
}

// ownRule applies what the operator chose for this sort of caller. It never
// hides a listing: a listed caller from abroad is treated as listed.
func (p Policy) ownRule(v Verdict) (Action, bool) {
	for _, r := range [...]struct {
		applies bool
		choice  Choice
	}{
		{v.NotScreened && v.Level == LevelUnknown, p.Unscreened},
		{v.Has(RuleAnonymous), p.Anonymous},
		{v.Has(RuleForeign), p.Foreign},
	} {
		if r.applies && r.choice != ByVerdict && !(v.Blockable && r.choice != AlwaysBlock) {
			return r.choice.action(), true
		}
	}
	return Pass, false
}

func (r Choice) action() Action {
	return [choiceCount]Action{Pass, Pass, Label, Announce, Challenge, Divert, Block}[min(r, choiceCount-1)]
}

// cap keeps an action within the mode: ModeLabel speaks to nobody. A block or
// a diversion by the operator's own rule stands in every acting mode.
func (p Policy) cap(a Action) Action {
	if p.Mode == ModeLabel && (a == Announce || a == Challenge) {
		return Label
	}
	return a
}

func (p Policy) response(v Verdict) Response {
	switch {
	case v.Has(RuleRefused):
		return ResponseDecline
	case v.Has(RuleAnonymous) && !v.Blockable:
		return ResponseAnonymity
	}
	return p.BlockResponse
}
