package console

import (
	"ringward/calllog"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

// Verdict is what was found out about a call.
type Verdict struct {
	Level     string   `json:"level" enum:"unknown,clear,notice,warning,alarm"`
	Dismissed bool     `json:"dismissed,omitempty" doc:"the merchant said that it is no scam"`
	Reasons   []Reason `json:"reasons" doc:"the heaviest first"`
}

// Reason is one reason of a verdict, in both languages.
type Reason struct {
	Rule string `json:"rule" doc:"stable id of the rule that found it"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// In returns the reason in a language.
func (r Reason) In(lang string) string {
	return screening.Text{ZH: r.ZH, EN: r.EN}.In(lang)
}

// Institution is one that a caller claims to be, and how to reach the real one.
type Institution struct {
	ID      string `json:"id"`
	NameZH  string `json:"name_zh,omitempty"`
	NameEN  string `json:"name_en,omitempty"`
	Hotline string `json:"hotline,omitempty" doc:"official number to dial instead, as people write it; only when it was verified"`
}

// In returns the institution's name in a language, or in the other if it has none.
func (i *Institution) In(lang string) string {
	name, other := i.NameEN, i.NameZH
	if lang == "zh-CN" {
		name, other = i.NameZH, i.NameEN
	}
	for _, n := range []string{name, other} {
		if n != "" {
			return n
		}
	}
	return i.ID
}

func verdictOf(v screening.Verdict) Verdict {
	out := Verdict{Level: v.Level.String(), Dismissed: v.Dismissed, Reasons: make([]Reason, 0, len(v.Reasons))}
	for _, r := range v.Reasons {
		out.Reasons = append(out.Reasons, Reason{r.Rule, r.Text.ZH, r.Text.EN})
	}
	return out
}

func reasonsOf(rs []calllog.Reason) []Reason {
	out := make([]Reason, 0, len(rs))
	for _, r := range rs {
		out = append(out, Reason{r.Rule, r.ZH, r.EN})
	}
	return out
}

// institution looks one up; nil when it is not known. A hotline that nobody
// verified is not shown: it would send the merchant to whoever proposed it.
func (c *Console) institution(id string) *Institution {
	if id == "" {
		return nil
	}
	i, ok := c.o.Numbers.Index().InstitutionByID(id)
	if !ok {
		return nil
	}
	return institutionOf(i)
}

func institutionOf(i index.Institution) *Institution {
	out := &Institution{ID: i.ID, NameZH: i.NameZH, NameEN: i.NameEN}
	if i.HotlineVerified {
		out.Hotline = numbering.FormatNational(i.Hotline)
	}
	return out
}

// forPeople writes a canonical number as people do; other text stays as it is.
func forPeople(canonical string) string {
	if n, err := numbering.ParseCanonical(canonical); err == nil {
		return numbering.FormatNational(n)
	}
	return canonical
}
