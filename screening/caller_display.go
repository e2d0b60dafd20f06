package screening

import "ringward/numbering"

// maxDisplayNames bounds the institutions that one display name can name.
const maxDisplayNames = 4

// display: the name that came with the number claims to be an institution.
// Whether the number is that institution's is the heart of the matter.
func (s *screener) display() {
	if s.c.Display == "" {
		return
	}
	named := s.x.InstitutionsNamed(numbering.FoldName(s.c.Display))
	for i := range named[:min(len(named), maxDisplayNames)] {
		id := named[i].ID
		who := s.nameOf(id)
		e := Evidence{Source: SourceDisplay, Rule: RuleDisplayName, Kind: InstitutionNamed, By: PartyCaller, Institution: id, Text: textDisplayName(who)}
		switch {
		case id == s.owner && s.calls && s.proved():
			e.Rule, e.Text = RuleDisplayMatches, textDisplayMatches(who)
		case id == s.owner, id == s.claimed:
			e.Rule, e.Text = RuleDisplayUnverified, textDisplayUnverified(who)
		}
		s.add(e)
	}
}
