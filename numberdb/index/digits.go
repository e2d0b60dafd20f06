package index

import (
	"strings"

	"ringward/numbering"
)

// packDigits is an identity of digits within a country ("" none) in one word:
// the country above bit 54, below it 1 and the digits as a decimal number, so
// that leading zeros count. Digits beyond numbering.MaxDigits give 0.
func packDigits(country, digits string) uint64 {
	if len(digits) > numbering.MaxDigits {
		return 0
	}
	return packCountry(country) | packOn(1, digits)
}

// packWithout is packDigits of digits without the one at position at.
func packWithout(country, digits string, at int) uint64 {
	return packCountry(country) | packOn(packOn(1, digits[:at]), digits[at+1:])
}

func packOn(v uint64, digits string) uint64 {
	for i := 0; i < len(digits); i++ {
		v = v*10 + uint64(digits[i]-'0')
	}
	return v
}

func packCountry(country string) uint64 {
	if len(country) < 2 {
		return 0
	}
	return (uint64(country[0]&31)<<5 | uint64(country[1]&31)) << 54
}

// nationalDigits are the digits as dialled inside the country, without trunk 0.
func nationalDigits(n numbering.Number) string {
	if n.Short {
		return n.Digits
	}
	return n.Digits[min(callingCodeLen(n.Digits), len(n.Digits)):]
}

// twoDigitCodes are the calling codes of two digits (ITU-T E.164 annex, list of
// country codes); 1 and 7 have one digit, all others three.
const twoDigitCodes = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

func callingCodeLen(digits string) int {
	switch {
	case digits == "":
		return 0
	case digits[0] == '1' || digits[0] == '7':
		return 1
	case len(digits) >= 2 && strings.Contains(twoDigitCodes, digits[:2]):
		return 2
	}
	return 3
}

// areaBefore reports whether digits end like a Chinese area code with its
// trunk 0: 010, 02x, 0xxx with x from 3.
func areaBefore(digits string) bool {
	n := len(digits)
	switch {
	case n >= 3 && (digits[n-3:] == "010" || digits[n-3:n-1] == "02"):
		return true
	case n >= 4 && digits[n-4] == '0' && digits[n-3] >= '3':
		return true
	}
	return false
}

// plainDigits takes the digits out of text that is no number: a bounded look at
// the user part, "" if anything but digits and the usual separators is in it.
func plainDigits(raw string) string {
	if len(raw) > 64 {
		return ""
	}
	raw = strings.TrimPrefix(strings.TrimPrefix(raw, "sip:"), "tel:")
	if i := strings.IndexAny(raw, "@;"); i >= 0 {
		raw = raw[:i]
	}
	digits := make([]byte, 0, 20)
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case c != '+' && c != '-' && c != ' ' && c != '(' && c != ')' && c != '.':
			return ""
		}
	}
	return string(digits)
}
