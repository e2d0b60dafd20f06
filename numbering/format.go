package numbering

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// FormatNational writes n for people: "138 0013 8000", "010 8888 1234",
// "400-820-8820", "95588" for numbers of China, "+40 21 ..." for all others.
// It returns "" for none.
func FormatNational(n Number) string {
	switch {
	case n.IsZero():
		return ""
	case n.Short:
		return formatShort(n.Digits)
	case strings.HasPrefix(n.Digits, "86"):
		if s := formatChina(n.Digits[2:]); s != "" {
			return s
		}
	}
	parsed, err := phonenumbers.Parse("+"+n.Digits, "ZZ")
	if err != nil || !phonenumbers.IsValidNumber(parsed) {
		return "+" + n.Digits
	}
	return phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
}

func formatShort(digits string) string {
	if len(digits) == 10 && (strings.HasPrefix(digits, "400") || strings.HasPrefix(digits, "800")) {
		return digits[:3] + "-" + digits[3:6] + "-" + digits[6:]
	}
	return digits
}

// formatChina groups the digits of a mobile or a fixed line; "" for others.
func formatChina(digits string) string {
	if row, ok := china.code(digits); ok && len(digits) == 11 && !isShort(row.class) {
		return digits[:3] + " " + digits[3:7] + " " + digits[7:]
	}
	a, ok := china.area(digits)
	if subscriber := len(digits) - len(a.code); !ok || subscriber < 7 || subscriber > 8 {
		return ""
	}
	last := len(digits) - 4
	return "0" + a.code + " " + digits[len(a.code):last] + " " + digits[last:]
}
