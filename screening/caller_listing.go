package screening

import "ringward/numberdb/index"

// manyReports is how many distinct reporters make an unconfirmed scam report
// count as a listing. It still blocks nobody.
const manyReports = 3

// listings: what the number database says of exactly this number.
func (s *screener) listings() {
	var buf [8]index.Listing
	found := s.x.Number(s.c.Parsed.Number, buf[:0])
	for i := range found {
		if l := &found[i]; l.Kind == index.Registered && l.ValidOn(s.day) {
			s.registered(l)
		}
	}
	for i := range found {
		if l := &found[i]; l.Kind == index.Scam && l.ValidOn(s.day) {
			s.scam(l)
		}
	}
}

// registered: the number belongs to an institution, or somebody says so.
func (s *screener) registered(l *index.Listing) {
	who := s.nameOf(l.Institution)
	if !l.Verified {
		s.claimed = l.Institution
		s.add(Evidence{Rule: RuleUnverified, Text: textUnverified(who)})
		return
	}
	s.owner = l.Institution
	e := Evidence{Institution: l.Institution}
	switch {
	case l.Direction == index.InboundOnly:
		e.Rule, e.Caller, e.Text = RuleInboundOnly, CallerInboundOnly, textInboundOnly(who)
	case l.Direction == index.SMSOnly:
		e.Rule, e.Caller, e.Text = RuleSMSOnly, CallerInboundOnly, textSMSOnly(who)
	case !l.Direction.CallsOut():
		e.Rule, e.Text = RuleNoDirection, textNoDirection(who)
	case s.fromAbroad():
		e.Rule, e.Caller, e.Text = RuleHomeFromAbroad, CallerIrregular, textHotlineFromAbroad(who)
	case !s.proved():
		s.calls = true
		e.Rule, e.Text = RuleUnproven, textUnproven(who)
	default:
		s.calls = true
		e.Rule, e.Caller, e.Text = RuleRegistered, CallerRegistered, textRegistered(who)
	}
	s.add(e)
}

// scam: the number is listed or reported as a scam caller. Against a verified
// listing of an institution it is a conflict for the analysts, not a verdict.
func (s *screener) scam(l *index.Listing) {
	switch {
	case s.owner != "":
		s.add(Evidence{Rule: RuleConflict, Caller: CallerBulk, Text: textConflict(s.nameOf(s.owner))})
	case l.Verified:
		s.add(Evidence{Rule: RuleListed, Caller: CallerListed, Blockable: true, Text: textListed(l.Campaign)})
	case l.Reports >= manyReports:
		s.add(Evidence{Rule: RuleReported, Caller: CallerListed, Text: textReported(l.Reports)})
	default:
		s.add(Evidence{Rule: RuleReported, Caller: CallerBulk, Text: textReported(l.Reports)})
	}
}

// patterns: analysts' rules over ranges of numbers. One on trial is recorded
// and does not count. A number that a verified listing knows is not judged by
// its range.
func (s *screener) patterns() {
	if s.owner != "" {
		return
	}
	var buf [4]index.Pattern
	found := s.x.Patterns(s.c.Parsed.Number, buf[:0])
	for i := range found {
		p := &found[i]
		switch {
		case !p.Listing.ValidOn(s.day):
		case p.Listing.Kind == index.Registered && !p.Shadow:
			s.registered(&p.Listing)
		default:
			s.add(patternEvidence(p))
		}
	}
}

func patternEvidence(p *index.Pattern) Evidence {
	e := Evidence{Rule: RulePattern, Shadow: p.Shadow, Text: textPattern(p)}
	switch {
	case p.Listing.Kind == index.Scam && p.Listing.Verified:
		e.Caller, e.Blockable = CallerListed, !p.Shadow
	case p.Listing.Kind == index.Registered: // on trial
	case p.Severity >= 2:
		e.Caller = CallerIrregular
	case p.Severity == 1, p.Listing.Kind == index.Scam:
		e.Caller = CallerBulk
	}
	return e
}

// nameOf finds what people call an institution; its id when it is not known.
func (s *screener) nameOf(id string) Text {
	inst, ok := s.x.InstitutionByID(id)
	switch {
	case !ok || inst.NameZH == "" && inst.NameEN == "":
		return Text{ZH: id, EN: id}
	case inst.NameZH == "":
		return Text{ZH: inst.NameEN, EN: inst.NameEN}
	case inst.NameEN == "":
		return Text{ZH: inst.NameZH, EN: inst.NameZH}
	}
	return Text{ZH: inst.NameZH, EN: inst.NameEN}
}
