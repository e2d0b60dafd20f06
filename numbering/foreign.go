package numbering

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// foreign reads E.164 digits of any country but China, by libphonenumber.
func (p *parser) foreign(digits string) {
	if len(digits) > MaxDigits {
		p.malformed("It has more digits than an international number can have.")
		if p.home == "CN" && strings.HasPrefix(digits, "10086") { // +1 0086 138 0013 8000
			p.imitatesChinese(digits)
			p.out.Class, p.out.Note = Impossible, "It has a foreign country code before the international form of a Chinese number."
		}
		return
	}
	n, err := phonenumbers.Parse("+"+digits, "ZZ")
	if err != nil {
		p.out.Number = Number{Country: countryOf(digits), Digits: digits}
		p.notInPlan(digits, true)
		return
	}
	p.fromLibrary(n, digits)
}

// homeNational reads a national number of a home country other than China.
func (p *parser) homeNational(digits string) {
	n, err := phonenumbers.Parse(digits, p.home)
	if err == nil && phonenumbers.IsValidNumber(n) {
		p.fromLibrary(n, strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+"))
		return
	}
	if prefix := homeIntlPrefix(p.home); prefix != "" && strings.HasPrefix(digits, prefix) {
		p.international(digits[len(prefix):])
		return
	}
	if len(digits) <= 6 && err == nil && phonenumbers.IsValidShortNumberForRegion(n, p.home) {
		p.out.Number = Number{Country: p.home, Digits: digits, Short: true}
		p.out.Class, p.out.Note = ServiceCode, "It is a short code of its country."
		if phonenumbers.IsEmergencyNumber(digits, p.home) {
			p.out.Class, p.out.Note = PublicService, "It is an emergency number, which does not call."
		}
		p.region()
		return
	}
	p.formless(p.home, digits, "It has no form that a number in the home country can have.")
}

// homeIntlPrefix is what people of a country dial before a country code.
func homeIntlPrefix(country string) string {
	if phonenumbers.GetCountryCodeForRegion(country) == 1 {
		return "011"
	}
	return "00"
}

// fromLibrary fills in a number that libphonenumber could read.
func (p *parser) fromLibrary(n *phonenumbers.PhoneNumber, digits string) {
	p.out.Number = Number{Country: libraryRegion(n), Digits: digits}
	p.region()
	if !phonenumbers.IsValidNumber(n) {
		p.notInPlan(digits, phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE)
		return
	}
	if canonical := strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+"); canonical != digits {
		p.out.Number.Digits = canonical // +44 (0)20 ...
		p.out.Flags |= NotE164
	}
	class := libraryClass(phonenumbers.GetNumberType(n))
	if p.out.Number.Country == p.home {
		p.out.Class, p.out.Note = class, "It is a valid number of the home country."
		return
	}
	p.out.Class, p.out.ForeignClass = International, class
	p.out.Note = "It is a valid number of another country."
	if class == TollFree {
		p.out.Note = "It is a toll-free number of another country, which as a rule only receives calls."
	}
}

// notInPlan is a number in international form that its country's plan does not have.
func (p *parser) notInPlan(digits string, wrongLength bool) {
	p.region()
	p.out.Class, p.out.Note = Unassigned, "Its country's numbering plan has no such number."
	if wrongLength {
		p.out.Class, p.out.Note = Impossible, "It cannot be a number of the country whose code it has."
		p.out.Flags |= NotE164
	}
	if p.home == "CN" && !isNANPForm(digits) {
		p.imitatesChinese(digits)
	}
}

// isNANPForm reports the form of every North American number, area code and
// exchange from 2 to 9. Its area codes are given out faster than metadata
// follows, and +1 380 ... looks like a Chinese mobile: no imitation is seen there.
func isNANPForm(digits string) bool {
	return len(digits) == 11 && digits[0] == '1' && digits[1] >= '2' && digits[4] >= '2'
}

func libraryClass(t phonenumbers.PhoneNumberType) Class {
	switch t {
	case phonenumbers.MOBILE, phonenumbers.PAGER:
		return Mobile
	case phonenumbers.TOLL_FREE:
		return TollFree
	case phonenumbers.PREMIUM_RATE:
		return Premium
	case phonenumbers.SHARED_COST, phonenumbers.UAN:
		return SharedCost
	case phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER:
		return Fixed
	}
	return Unknown
}

// countryOf finds the country of E.164 digits: from the number where the plan
// tells (+1 242 is the Bahamas), otherwise the calling code's main country.
func countryOf(digits string) string {
	if strings.HasPrefix(digits, "86") {
		return "CN"
	}
	if digits == "" || digits[0] == '0' { // no country code begins with 0
		return ""
	}
	n, err := phonenumbers.Parse("+"+digits, "ZZ")
	if err != nil {
		return mainCountry(digits)
	}
	return libraryRegion(n)
}

func libraryRegion(n *phonenumbers.PhoneNumber) string {
	if region := phonenumbers.GetRegionCodeForNumber(n); region != "" && region != "ZZ" {
		return region
	}
	return knownRegion(phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())))
}

// mainCountry is for digits too few to be read: the country whose calling code
// they begin with. Calling codes are prefix-free.
func mainCountry(digits string) string {
	for n := 1; n <= 3 && n <= len(digits); n++ {
		if r := knownRegion(phonenumbers.GetRegionCodeForCountryCode(atoi(digits[:n]))); r != "" {
			return r
		}
	}
	return ""
}

func knownRegion(r string) string {
	if r == "ZZ" {
		return ""
	}
	return r
}

// region names the number's country, where no place is known.
func (p *parser) region() {
	if p.out.Number.Country == "" || p.out.Region != "" {
		return
	}
	r, err := language.ParseRegion(p.out.Number.Country)
	if err != nil {
		return
	}
	p.out.Region, p.out.RegionChinese = englishRegions.Name(r), chineseRegions.Name(r)
}

var (
	englishRegions = display.English.Regions()
	chineseRegions = display.Chinese.Regions()
)
