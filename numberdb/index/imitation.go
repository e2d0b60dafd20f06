package index

import (
	"strings"

	"ringward/numbering"
)

// ImitationKind is how a number imitates a listed one.
type ImitationKind uint8

// The kinds of imitation.
const (
	ImitationNone   ImitationKind = iota
	ByForm                        // written so that it reads as the listed number: +95588, +400..., +10086
	FromAbroad                    // the listed number itself, on a path that it cannot take: a 400 number from abroad
	HotlineTail                   // no valid number, and ends with a hotline: +853 210 95588
	AreaTail                      // no valid number, and ends with area code and service code: +40 010 95588
	NationalTail                  // a listed national number behind a foreign code
	ExtraDigit                    // one digit too many
	MissingDigit                  // one digit too few
	SwappedDigits                 // two neighbouring digits exchanged
	LookAlikeDigits               // written with letters or other characters that look like digits
)

// String returns the stable name in kebab case, "none" for a value out of range.
func (k ImitationKind) String() string { return nameOf(k, imitationNames) }

var imitationNames = []string{"none", "by-form", "from-abroad", "hotline-tail", "area-tail", "national-tail",
	"extra-digit", "missing-digit", "swapped-digits", "look-alike-digits"}

// ImitationHit says which number a caller number imitates, and how.
type ImitationHit struct {
	Kind        ImitationKind
	Caller      numbering.Number // the number that imitates; zero if what came is no number
	Raw         string           // what came
	Imitated    numbering.Number // the number that it imitates
	Institution string           // the imitated number's institution id, "" if it is not listed
	NameZH      string           // the institution's name in Chinese, "" unknown
	NameEN      string
	Verified    bool // the imitated listing is verified
}

// Imitation reports whether a caller number imitates a listed number. A number
// that is itself registered, and verified, imitates nothing, unless it came in a
// form or on a path that the real one cannot come in; what nobody verified
// excuses nothing. Fewer than 1 in 100,000 valid Chinese
// and US mobile and fixed numbers are hit by chance.
func (x *Index) Imitation(p numbering.Parsed) (ImitationHit, bool) {
	if x == nil {
		return ImitationHit{}, false
	}
	m := x.imitations
	if !p.Imitates.IsZero() {
		return x.hit(p, m.form(p), p.Imitates), true
	}
	listed, verified := x.registered(p.Number.Key())
	if listed {
		switch {
		case p.Class == numbering.Impossible:
			return x.hit(p, FromAbroad, p.Number), true
		case p.Flags.Has(numbering.LookAlike):
			return x.hit(p, LookAlikeDigits, p.Number), true
		}
	}
	if verified {
		return ImitationHit{}, false
	}
	if t, kind := m.nearMiss(p); kind != ImitationNone {
		return x.hit(p, kind, t), true
	}
	if t, kind := m.tail(p); kind != ImitationNone && (kind == NationalTail || !assigned(p.Class)) {
		return x.hit(p, kind, t), true
	}
	return ImitationHit{}, false
}

// Resembles is the faint sister of Imitation: a valid number of another country
// that happens to end with a listed hotline of five digits or more, or a service
// code in use that is another's with two digits exchanged or one left out. About one
// foreign number in two thousand does, so it explains, it does not convict.
func (x *Index) Resembles(p numbering.Parsed) (ImitationHit, bool) {
	if x == nil {
		return ImitationHit{}, false
	}
	if _, verified := x.registered(p.Number.Key()); verified {
		return ImitationHit{}, false
	}
	if t, kind := x.imitations.tail(p); kind != ImitationNone {
		return x.hit(p, kind, t), true
	}
	if v, ok := x.imitations.near[packDigits(p.Number.Country, p.Number.Digits)]; ok {
		return x.hit(p, v.kind, x.imitations.targets[v.target].number), true
	}
	return ImitationHit{}, false
}

// form tells a number that is written like the imitated one from the number
// itself on a path that it cannot take, and from one that only ends like it.
func (m *imitations) form(p numbering.Parsed) ImitationKind {
	if p.Number.Same(p.Imitates) {
		return FromAbroad
	}
	if t, kind := m.tail(p); kind != ImitationNone && t.Same(p.Imitates) && len(p.Number.Digits) > len(t.Digits) {
		return kind
	}
	return ByForm
}

// hit tells about the imitation of n.
func (x *Index) hit(p numbering.Parsed, kind ImitationKind, n numbering.Number) ImitationHit {
	h := ImitationHit{Kind: kind, Caller: p.Number, Raw: p.Raw, Imitated: n}
	t, ok := x.imitations.exact[packDigits(n.Country, n.Digits)]
	if !ok {
		return h
	}
	h.Institution, h.Verified = x.imitations.targets[t].institution, x.imitations.targets[t].verified
	if in, ok := x.institutions.byID(h.Institution); ok {
		h.NameZH, h.NameEN = in.NameZH, in.NameEN
	}
	return h
}

// assigned reports whether a class is that of numbers that can be in use.
func assigned(c numbering.Class) bool {
	switch c {
	case numbering.Unknown, numbering.Unassigned, numbering.Impossible, numbering.Malformed, numbering.Anonymous:
		return false
	}
	return true
}

// Explain tells in one sentence what is imitated and how; lang is "zh" (any
// tag that begins so) or English.
func (h ImitationHit) Explain(lang string) string {
	texts, name := explainEN, h.NameEN
	if strings.HasPrefix(lang, "zh") {
		texts, name = explainZH, h.NameZH
	}
	if name == "" {
		name = h.NameZH + h.NameEN
	}
	if name == "" {
		name = h.Institution
	}
	imitated := numbering.FormatNational(h.Imitated)
	if name != "" {
		if strings.HasPrefix(lang, "zh") {
			imitated += "（" + name + "）"
		} else {
			imitated += " (" + name + ")"
		}
	}
	caller := numbering.FormatNational(h.Caller)
	if h.Caller.IsZero() {
		caller = h.Raw
	}
	return strings.NewReplacer("{caller}", caller, "{imitated}", imitated).Replace(texts[min(int(h.Kind), len(texts)-1)])
}

var explainZH = []string{
	ImitationNone:   "{caller} 没有模仿 {imitated}",
	ByForm:          "{caller} 不是真正的这类号码，写法模仿 {imitated}",
	FromAbroad:      "{imitated} 不能从境外或以这种方式打出，来电是冒用",
	HotlineTail:     "{caller} 不是有效号码，末尾模仿 {imitated}",
	AreaTail:        "{caller} 不是有效号码，末尾用“区号+客服号”模仿 {imitated}",
	NationalTail:    "{caller} 在其他国家代码后面放上了 {imitated}",
	ExtraDigit:      "{caller} 比 {imitated} 多一位数字",
	MissingDigit:    "{caller} 比 {imitated} 少一位数字",
	SwappedDigits:   "{caller} 是把 {imitated} 的相邻两位数字对调而成",
	LookAlikeDigits: "来电用形似数字的字符冒充 {imitated}",
}

var explainEN = []string{
	ImitationNone:   "{caller} does not imitate {imitated}",
	ByForm:          "{caller} is no real number of that form; it is written to look like {imitated}",
	FromAbroad:      "{imitated} cannot call from abroad or in this way; somebody else uses its number",
	HotlineTail:     "{caller} is no valid number; its end imitates {imitated}",
	AreaTail:        "{caller} is no valid number; it ends with an area code and the code {imitated}",
	NationalTail:    "{caller} puts {imitated} behind another country's code",
	ExtraDigit:      "{caller} is {imitated} with one digit too many",
	MissingDigit:    "{caller} is {imitated} with one digit missing",
	SwappedDigits:   "{caller} is {imitated} with two neighbouring digits exchanged",
	LookAlikeDigits: "the caller writes {imitated} with characters that look like digits",
}
