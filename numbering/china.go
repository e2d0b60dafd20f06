package numbering

import "strings"

// chinaInternational reads the digits behind +86. National service codes are
// not valid E.164 there without an area code, but trunks do deliver them so.
func (p *parser) chinaInternational(digits string) {
	trimmed := strings.TrimPrefix(digits, "0") // +86 (0)10 ...
	if trimmed != digits {
		p.out.Flags |= NotE164
	}
	if p.chinaMobile(trimmed) || p.chinaFixed(trimmed) || p.chinaAreaCode(trimmed) {
		return
	}
	if row, ok := china.code(trimmed); ok {
		p.chinaCode(trimmed, row)
		if p.out.Number.Short && row.class != SharedCost && row.class != TollFree {
			p.out.Flags |= NotE164
		}
		return
	}
	if len(trimmed) == 0 || len(trimmed)+2 > MaxDigits {
		p.malformed("It has the Chinese country code but not the length of a Chinese number.")
		return
	}
	p.out.Flags |= NotE164
	p.chinaImpossible(trimmed)
}

// chinaNational reads a number without international form.
func (p *parser) chinaNational(digits string) {
	if rest, ok := strings.CutPrefix(digits, "0"); ok {
		p.chinaTrunkZero(rest)
		return
	}
	if row, ok := china.code(digits); ok && !p.bareFixedWins(digits, row.class) {
		p.chinaCode(digits, row)
		return
	}
	if p.chinaLocal(digits) {
		return
	}
	if rest, ok := strings.CutPrefix(digits, "86"); ok && len(digits) >= 9 {
		if p.chinaMobile(rest) || p.chinaFixed(rest) || p.chinaAreaCode(rest) {
			p.out.Flags |= IntlForm
			return
		}
		if row, ok := china.code(rest); ok {
			p.out.Flags |= IntlForm
			p.chinaCode(rest, row)
			return
		}
	}
	// Some trunks drop the 0 of the area code. Not for 955: a code with digits
	// added, which looks like a bank on the phone's display.
	if !strings.HasPrefix(digits, "955") && (p.chinaFixed(digits) || p.chinaAreaCode(digits)) {
		return
	}
	p.chinaUnfit(digits)
}

// bareFixedWins settles 10 digits that begin with 106: without a trunk 0 they
// are an SMS port, unless the trunk is in area 10, whose numbers they may be.
func (p *parser) bareFixedWins(digits string, c Class) bool {
	return c == SMSPort && p.area == "10" && len(digits) == 10 && p.chinaFixed(digits)
}

// chinaTrunkZero reads what follows the trunk prefix 0: an area code and a
// fixed number or short code, or a mobile or short code to which it was added.
func (p *parser) chinaTrunkZero(rest string) {
	if p.chinaMobile(rest) || p.chinaFixed(rest) || p.chinaAreaCode(rest) {
		return
	}
	if row, ok := china.code(rest); ok {
		p.chinaCode(rest, row)
		return
	}
	p.chinaUnfit(rest)
}

// chinaMobile takes 11-digit mobile, data and satellite numbers and 13-digit IoT.
func (p *parser) chinaMobile(digits string) bool {
	if len(digits) != 11 && len(digits) != 13 || digits[0] != '1' {
		return false
	}
	row, ok := china.code(digits)
	if !ok || isShort(row.class) {
		return false
	}
	p.chinaCode(digits, row)
	return true
}

// chinaFixed takes area code plus subscriber number. Subscriber numbers begin
// with 2 to 8: 1 and 9 lead to services.
func (p *parser) chinaFixed(digits string) bool {
	a, ok := china.area(digits)
	if !ok {
		return false
	}
	subscriber := digits[len(a.code):]
	if len(subscriber) < 7 || len(subscriber) > 8 || subscriber[0] < '2' || subscriber[0] > '8' {
		return false
	}
	p.out.Number = Number{Country: "CN", Digits: "86" + digits}
	p.out.Region, p.out.RegionChinese = a.english, a.chinese
	if !a.subscriber.has(len(subscriber)) {
		p.out.Class = Unassigned
		p.out.Note = "It is a fixed line by form, but numbers of that area have another length."
		return true
	}
	p.out.Class = Fixed
	p.out.Note = "It is a fixed line with the area code of that place."
	return true
}

// chinaAreaCode takes area code plus short code: 010-95588, 0571-96110. An area
// code before 400 or 800 cannot be: those numbers are national.
func (p *parser) chinaAreaCode(digits string) bool {
	a, ok := china.area(digits)
	if !ok {
		return false
	}
	code := digits[len(a.code):]
	row, ok := china.code(code)
	if !ok || !isShort(row.class) || row.class == SMSPort || row.class == Premium {
		return false
	}
	if row.class == SharedCost || row.class == TollFree {
		p.out.Flags |= AreaPrefixed
		p.chinaForged(digits, Number{Country: "CN", Digits: code, Short: true}, row.class,
			"It has an area code before a 400 or 800 number, which has none.")
		return true
	}
	p.chinaCode(code, row)
	p.out.Flags |= AreaPrefixed
	p.out.Number.Area = a.code
	p.out.Region, p.out.RegionChinese = a.english, a.chinese
	return true
}

// chinaCode fills in a number that a row of the plan describes.
func (p *parser) chinaCode(digits string, row chinaRow) {
	p.out.Class, p.out.Note = row.class, row.note
	p.out.Region, p.out.RegionChinese = "China", "中国"
	switch {
	case isShort(row.class) && len(digits) > MaxDigits:
		p.out.Number = Number{}
	case isShort(row.class):
		p.out.Number = Number{Country: "CN", Digits: digits, Short: true}
	default:
		p.out.Number = Number{Country: "CN", Digits: "86" + digits}
	}
}

// chinaLocal takes 7 and 8 digit numbers of the trunk's own area.
func (p *parser) chinaLocal(digits string) bool {
	if p.area == "" || len(digits) < 7 || len(digits) > 8 {
		return false
	}
	if !p.chinaFixed(p.area + digits) {
		return false
	}
	p.out.Flags |= LocalForm
	return true
}

// chinaUnfit names digits in national form that fit no row of the plan.
func (p *parser) chinaUnfit(digits string) {
	if n, class, ok := chinaOverlong(digits); ok {
		p.chinaForged(digits, n, class, "It is a service code with digits too many.")
		return
	}
	if a, ok := china.area(digits); ok && len(digits)+2 <= MaxDigits {
		if row, ok := china.code(digits[len(a.code):]); ok && !isShort(row.class) {
			p.chinaForged(digits, Number{Country: "CN", Digits: "86" + digits[len(a.code):]}, row.class,
				"It has an area code before a mobile number, which has none.")
			return
		}
	}
	p.formless("CN", digits, "It has no form that a number in China can have.")
}

// chinaImpossible is a +86 number that fits no row of the plan.
func (p *parser) chinaImpossible(digits string) {
	p.out.Class = Impossible
	p.out.Number = Number{Country: "CN", Digits: "86" + digits}
	p.out.Region, p.out.RegionChinese = "China", "中国"
	p.out.Note = "It has the Chinese country code, but no number in China has this form."
	if n, class, ok := chinaOverlong(digits); ok {
		p.out.Imitates, p.out.ImitatesKind = n, imitationKind(n, class)
	}
}

// chinaForged is a number that cannot exist and shows another in it.
func (p *parser) chinaForged(digits string, of Number, class Class, note string) {
	p.out.Class, p.out.Note = Impossible, note
	p.out.Number = Number{}
	if len(digits)+2 <= MaxDigits {
		p.out.Number = Number{Country: "CN", Digits: "86" + digits}
	}
	p.out.Imitates, p.out.ImitatesKind = of, imitationKind(of, class)
	p.out.Region, p.out.RegionChinese = "China", "中国"
}

// chinaOverlong finds a 955xx or 100xx code that digits begin with: those codes
// take no further digits, so what follows only makes the number look official.
func chinaOverlong(digits string) (Number, Class, bool) {
	if len(digits) <= 5 || !strings.HasPrefix(digits, "955") && !isCarrierHead(digits) {
		return Number{}, Unknown, false
	}
	n := Number{Country: "CN", Digits: digits[:5], Short: true}
	if digits[0] == '9' {
		return n, ServiceCode, true
	}
	return n, CarrierCode, true
}

func isCarrierHead(digits string) bool {
	switch digits[:min(5, len(digits))] {
	case "10000", "10010", "10086", "10099":
		return true
	}
	return false
}

// isShort reports whether numbers of class c are known inside their country only.
func isShort(c Class) bool {
	switch c {
	case SharedCost, TollFree, ServiceCode, CallCentre, ProvincialCode, CarrierCode, EnterpriseCode,
		SMSPort, PublicService, Premium:
		return true
	}
	return false
}
