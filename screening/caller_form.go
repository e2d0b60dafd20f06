package screening

import "ringward/numbering"

// imitation: the number is made to look like a listed one. A number that is
// itself listed imitates nothing.
func (s *screener) imitation() {
	if s.owner != "" {
		return
	}
	if hit, ok := s.x.Imitation(s.c.Parsed); ok {
		t := Text{ZH: hit.Explain("zh-CN") + "。", EN: hit.Explain("en") + "."}
		s.add(Evidence{Rule: RuleImitation, Caller: CallerIrregular, Institution: hit.Institution, Text: t})
		return
	}
	if s.c.Parsed.ImitatesKind != numbering.ImitatesNone {
		s.add(Evidence{Rule: RuleImitation, Caller: CallerIrregular, Text: textImitation(s.c.Parsed.Imitates)})
		return
	}
	if hit, ok := s.x.Resembles(s.c.Parsed); ok {
		s.add(Evidence{Rule: RuleResembles, Text: textResembles(hit.Imitated)})
	}
}

// formRule is what the class of a number alone tells.
type formRule struct {
	rule   string
	caller CallerClass
	text   Text
	always bool // holds for numbers of an institution too
}

// formRules holds, by class, the classes that tell something. A class that is
// not here is an ordinary number.
var formRules = [...]formRule{
	numbering.Anonymous:     {rule: RuleAnonymous, caller: CallerIrregular, text: textAnonymous, always: true},
	numbering.Malformed:     {rule: RuleMalformed, caller: CallerIrregular, text: textMalformed, always: true},
	numbering.Impossible:    {rule: RuleImpossible, caller: CallerIrregular, text: textImpossible, always: true},
	numbering.Unassigned:    {rule: RuleUnassigned, caller: CallerIrregular, text: textUnassigned},
	numbering.International: {rule: RuleForeign, caller: CallerIrregular, text: textForeign},
	numbering.IoT:           {rule: RuleMachine, caller: CallerIrregular, text: textIoT, always: true},
	numbering.SMSPort:       {rule: RuleMachine, caller: CallerIrregular, text: textSMSPort, always: true},
	numbering.Premium:       {rule: RulePremium, caller: CallerIrregular, text: textPremium},
	numbering.TollFree:      {rule: RuleTollFree, caller: CallerIrregular, text: textTollFree},
	numbering.PublicService: {rule: RuleAuthority, caller: CallerIrregular, text: textAuthority},
	numbering.CarrierCode:   {rule: RuleCarrierCode, caller: CallerUnknown, text: textCarrierCode, always: true},
	numbering.CallCentre:    {rule: RuleCallCentre, caller: CallerBulk, text: textCallCentre},
	numbering.MVNO:          {rule: RuleMVNO, caller: CallerBulk, text: textMVNO},
	numbering.SharedCost:    {rule: RuleSharedCost, caller: CallerBulk, text: textSharedCost},
}

// form: what sort of number it is. A verified listing explains the sorts that
// institutions really use.
func (s *screener) form() {
	var r formRule
	if class := int(s.c.Parsed.Class); class < len(formRules) {
		r = formRules[class]
	}
	if r.rule != "" && (r.always || s.owner == "") {
		e := Evidence{Rule: r.rule, Caller: r.caller, Text: r.text}
		switch {
		case r.rule == RuleForeign:
			e.Text = textForeignFrom(s.c.Parsed)
		case r.rule == RuleTollFree && s.c.Parsed.Number.Country != "CN": // elsewhere they do call
			e.Caller, e.Text = CallerBulk, textTollFreeAbroad
		}
		s.add(e)
	}
	if s.owner == "" && s.fromAbroad() {
		s.homeFromAbroad()
	}
}

// homeFromAbroad: a number of our own country on a trunk from abroad is a
// traveller's mobile, or shown by somebody else.
func (s *screener) homeFromAbroad() {
	e := Evidence{Rule: RuleHomeFromAbroad, Caller: CallerIrregular, Text: textFixedFromAbroad}
	switch s.c.Parsed.Class {
	case numbering.Mobile, numbering.MVNO, numbering.DataCard, numbering.Satellite:
		e.Caller, e.Text = CallerBulk, textMobileFromAbroad
	case numbering.Impossible, numbering.Unassigned:
		return // told already
	}
	s.add(e)
}
