package numbering

import (
	"errors"
	"fmt"
	"strings"
)

// MaxDigits is the most digits a Number may have (ITU-T E.164 §6).
const MaxDigits = 15

// ErrNotCanonical is wrapped by every error of ParseCanonical.
var ErrNotCanonical = errors.New("not a canonical number")

// Number is a telephone number in its one normal form. The zero value is none.
// Two Numbers are the same number when their Keys are equal; Area does not
// count (010-95588 and 95588 are one number).
type Number struct {
	Country string // ISO 3166-1 alpha-2 in capitals ("CN"), "001" for world-wide codes, "" unknown
	Digits  string // E.164 digits without "+", or for Short the digits dialled inside Country
	Short   bool   // known inside Country only: 95588, 400xxxxxxx, 110
	Area    string // area code without 0 that came with a short code ("10"); not part of the identity
}

// IsZero reports whether n is no number at all.
func (n Number) IsZero() bool { return n.Digits == "" }

// String returns the canonical text: "+8613800138000", "CN:95588", "" for none.
// The area that came with a short code is not in it.
func (n Number) String() string {
	switch {
	case n.Digits == "":
		return ""
	case n.Short:
		return n.Country + ":" + n.Digits
	}
	return "+" + n.Digits
}

// Same reports whether n and m are the same number (their identities are
// equal; Area is not compared).
func (n Number) Same(m Number) bool {
	return n.Short == m.Short && n.Digits == m.Digits && (!n.Short || n.Country == m.Country)
}

// ParseCanonical reads what String wrote. It accepts only canonical text; the
// spellings that trunks and people use are for Parse. The country of an E.164
// number is found again from its calling code.
func ParseCanonical(s string) (Number, error) {
	if s == "" {
		return Number{}, nil
	}
	if digits, ok := strings.CutPrefix(s, "+"); ok {
		if err := checkDigits(s, digits); err != nil {
			return Number{}, err
		}
		return Number{Country: countryOf(digits), Digits: digits}, nil
	}
	country, digits, ok := strings.Cut(s, ":")
	if !ok || !isCountry(country) {
		return Number{}, fmt.Errorf("%w: %q has to be like +8613800138000 or CN:95588", ErrNotCanonical, clip(s))
	}
	if err := checkDigits(s, digits); err != nil {
		return Number{}, err
	}
	return Number{Country: country, Digits: digits, Short: true}, nil
}

// CanonicalKey is the key of the number that canonical text stands for, without
// finding out the country of an E.164 number; 0 for "".
func CanonicalKey(s string) (Key, error) {
	digits, ok := strings.CutPrefix(s, "+")
	if s == "" || !ok {
		n, err := ParseCanonical(s)
		return n.Key(), err
	}
	if err := checkDigits(s, digits); err != nil {
		return 0, err
	}
	return Number{Digits: digits}.Key(), nil
}

func checkDigits(s, digits string) error {
	switch {
	case !allDigits(digits) || digits == "":
		return fmt.Errorf("%w: %q may have only the digits 0-9 after its mark", ErrNotCanonical, clip(s))
	case len(digits) > MaxDigits:
		return fmt.Errorf("%w: %q has %d digits, at most %d are allowed", ErrNotCanonical, clip(s), len(digits), MaxDigits)
	}
	return nil
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// clip bounds what an error quotes of foreign text.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
