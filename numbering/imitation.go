package numbering

import "strings"

// imitationKind sorts a number that is imitated.
func imitationKind(n Number, c Class) ImitationKind {
	switch c {
	case ServiceCode, CallCentre:
		return ImitatesService
	case SharedCost, TollFree:
		return ImitatesSharedCost
	case CarrierCode:
		return ImitatesCarrier
	case PublicService:
		return ImitatesAuthority
	case ProvincialCode:
		if n.Digits == "96110" { // the police's anti-fraud line
			return ImitatesAuthority
		}
		return ImitatesEnterprise
	case EnterpriseCode:
		return ImitatesEnterprise
	case Fixed:
		return ImitatesFixed
	}
	return ImitatesMobile
}

// imitatesChinese looks for a Chinese number in the digits of a number that is
// itself no valid number: the whole of it (+95588, +400 820 8820), behind a
// broken country code (+1 0086 138...), or its tail (...95588). It is only
// called for invalid numbers, so that honest callers cannot fall into it.
func (p *parser) imitatesChinese(digits string) {
	rest := digits
	if strings.HasPrefix(digits, "10086") {
		if len(digits) == 5 {
			p.imitates(Number{Country: "CN", Digits: digits, Short: true}, CarrierCode)
			return
		}
		rest = digits[len("10086"):]
	}
	if n, class, ok := chinaWhole(rest); ok {
		p.imitates(n, class)
		return
	}
	if len(digits) != len(rest) {
		p.imitates(Number{Country: "CN", Digits: "10086", Short: true}, CarrierCode)
		return
	}
	if n, class, ok := chinaTail(digits); ok {
		p.imitates(n, class)
	}
}

func (p *parser) imitates(n Number, c Class) {
	p.out.Imitates, p.out.ImitatesKind = n, imitationKind(n, c)
}

// chinaWhole reads digits as one Chinese number in national form.
func chinaWhole(digits string) (Number, Class, bool) {
	q := parser{home: "CN"}
	digits = strings.TrimPrefix(digits, "0")
	if !q.chinaMobile(digits) && !q.chinaAreaCode(digits) {
		row, ok := china.code(digits)
		if !ok || row.class == Unassigned || row.class == SMSPort || row.class == Premium {
			return Number{}, Unknown, false
		}
		q.chinaCode(digits, row)
	}
	if q.out.Class == Unassigned || q.out.Class == Impossible || q.out.Number.IsZero() {
		return Number{}, Unknown, false
	}
	return q.out.Number, q.out.Class, true
}

// chinaTail finds a service code of the large institutions, carriers and
// authorities at the end of digits, five digits long. Which code belongs to
// whom is the number database's to say.
func chinaTail(digits string) (Number, Class, bool) {
	if len(digits) <= 5 {
		return Number{}, Unknown, false
	}
	tail := digits[len(digits)-5:]
	official := isCarrierHead(tail) || tail == "96110" || strings.HasPrefix(tail, "123")
	for _, head := range []string{"953", "955", "956"} {
		official = official || strings.HasPrefix(tail, head)
	}
	row, ok := china.code(tail)
	if !official || !ok {
		return Number{}, Unknown, false
	}
	return Number{Country: "CN", Digits: tail, Short: true}, row.class, true
}
