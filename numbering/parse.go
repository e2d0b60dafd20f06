package numbering

import "strings"

// MaxInput is the longest input, in bytes, that Parse looks at. The longest
// tel URI that a gateway meets is well below it.
const MaxInput = 256

// Options say from where a number is read. The zero value reads Chinese numbers.
type Options struct {
	Country            string // home country, ISO 3166-1 alpha-2; "" is "CN"
	Area               string // trunk's area code with or without 0, for 7 and 8 digit local numbers; else than digits refuses them
	InternationalTrunk bool   // the trunk hands in calls from abroad
}

// Parsed is what Parse made of a caller number.
type Parsed struct {
	Raw           string // the input, cut to MaxInput bytes
	Number        Number // zero for Anonymous, for SMS ports of more than 15 digits and for Malformed that is not 9 to 15 digits
	Class         Class
	ForeignClass  Class // for a number of another country: what it is in its own plan (Mobile, Fixed, TollFree, ...)
	Flags         Flags
	Imitates      Number // number that this one pretends to be, by form alone: +95588 -> CN:95588
	ImitatesKind  ImitationKind
	Region        string // place or country in English ("Beijing"), "" unknown
	RegionChinese string // the same in Chinese ("北京市")
	Note          string // one English sentence: why this class
}

// parser is one run of Parse.
type parser struct {
	home string // home country
	area string // area of local numbers
	intl bool   // the trunk hands in calls from abroad
	out  Parsed
}

// Parse brings raw into normal form and names its class. It accepts sip:,
// sips: and tel: URIs with parameters, name-addr with angle brackets, and plain
// numbers in any of the usual spellings. It never fails: what is no number is
// Malformed or Anonymous. Its work is bounded: of an input longer than MaxInput
// nothing is read.
//
// A number of another country is International when valid; when its plan does
// not have it, it is Unassigned (right length) or Impossible, and is held
// against the forms of home numbers (see Imitates).
func Parse(raw string, o Options) Parsed {
	p := parser{home: o.Country, area: strings.TrimPrefix(o.Area, "0"), intl: o.InternationalTrunk}
	if p.home == "" {
		p.home = "CN"
	}
	if !allDigits(p.area) {
		p.area = ""
	}
	if len(raw) > MaxInput {
		p.out.Raw = strings.ToValidUTF8(raw[:MaxInput], "")
		p.malformed("It is longer than any telephone number.")
		return p.out
	}
	p.out.Raw = raw
	s, ok := plainDigits(raw)
	if !ok {
		s, ok = p.clean(raw)
	}
	if ok {
		p.classify(s)
	}
	return p.out
}

// spelled is a number reduced to its digits.
type spelled struct {
	plus   bool
	digits string
}

// plainDigits is the fast path: nothing but digits, with or without +.
func plainDigits(s string) (spelled, bool) {
	digits, plus := strings.CutPrefix(s, "+")
	return spelled{plus, digits}, digits != "" && allDigits(digits)
}

func (p *parser) classify(s spelled) {
	switch {
	case s.plus:
		p.international(s.digits)
	case strings.HasPrefix(s.digits, "00") && p.home == "CN":
		p.international(s.digits[2:])
	case p.home == "CN":
		p.chinaNational(s.digits)
	default:
		p.homeNational(s.digits)
	}
	p.onInternationalTrunk()
	p.seenFromAbroad()
}

// international reads what stands behind + or the international prefix.
func (p *parser) international(digits string) {
	p.out.Flags |= IntlForm
	switch {
	case strings.HasPrefix(digits, "86"):
		p.chinaInternational(digits[2:])
	case digits == "" || digits[0] == '0':
		p.out.Flags |= NotE164
		p.noCountry(digits)
	default:
		p.foreign(digits)
	}
}

// noCountry handles + followed by 0: no country code begins with 0.
func (p *parser) noCountry(digits string) {
	if len(digits) > MaxDigits || digits == "" {
		p.malformed("It is in international form but is no international number.")
		return
	}
	p.out.Class = Impossible
	p.out.Number = Number{Digits: digits}
	p.out.Note = "It is in international form, but no country code begins with 0."
	if p.home == "CN" {
		p.imitatesChinese(strings.TrimLeft(digits, "0"))
	}
}

// onInternationalTrunk judges home numbers that come from abroad. A mobile may
// roam; national service numbers cannot be dialled or shown from there.
func (p *parser) onInternationalTrunk() {
	if !p.intl || !p.out.Number.Short || p.out.Number.Country != p.home {
		return
	}
	p.out.Imitates, p.out.ImitatesKind = p.out.Number, imitationKind(p.out.Number, p.out.Class)
	p.out.Class = Impossible
	p.out.Note = "It is a national service number, which cannot call from abroad, but the call came over an international trunk."
}

// seenFromAbroad makes a valid Chinese number International where home is
// another country.
func (p *parser) seenFromAbroad() {
	if p.home == "CN" || p.out.Number.Country != "CN" || p.out.Class == Impossible || p.out.Class == Unassigned {
		return
	}
	p.out.ForeignClass, p.out.Class = p.out.Class, International
}

func (p *parser) malformed(note string) {
	p.out.Class, p.out.Number, p.out.Note = Malformed, Number{}, note
}

// formless is malformed, but keeps what was shown as a code of its country, so
// that analysts can list it: scammers show such digits again and again. Eight
// digits or fewer may be a local number, which is another one in each area.
func (p *parser) formless(country, digits, note string) {
	p.malformed(note)
	if len(digits) > 8 && len(digits) <= MaxDigits && isCountry(country) {
		p.out.Number = Number{Country: country, Digits: digits, Short: true}
	}
}

func (p *parser) anonymous(note string) {
	p.out.Class, p.out.Number, p.out.Note = Anonymous, Number{}, note
}
