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

// wants finds the action: the merchant's own word first, then the operator's
// own rule, then what the verdict asks for. For a listed caller or an imitation
// the operator's rule can only add to that.
func (p Policy) wants(v Verdict) Action {
	if v.Caller == CallerSaved {
		return Pass
	}
	if v.Has(RuleRefused) {
		return Block
	}
	action := p.byVerdict(v)
	own, ok := p.ownRule(v)
	switch {
	case !ok:
		return action
	case v.Caller == CallerListed || v.Has(RuleImitation):
		return max(own, action)
	}
	return own
}

// byVerdict goes by the listing and the thresholds.
func (p Policy) byVerdict(v Verdict) Action {
	switch {
	case v.Blockable && p.Mode == ModeBlock && p.Listed == ByVerdict:
		return Block
	case v.Blockable && p.Mode == ModeBlock:
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

// ownRule is what the operator chose for this sort of caller, if anything.
func (p Policy) ownRule(v Verdict) (Action, bool) {
	choice := ByVerdict
	switch {
	case v.NotScreened && v.Level == LevelUnknown:
		choice = p.Unscreened
	case v.Has(RuleAnonymous):
		choice = p.Anonymous
	case v.Has(RuleForeign):
		choice = p.Foreign
	}
	return p.cap(choice.action()), choice != ByVerdict
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
