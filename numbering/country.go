package numbering

// countryOf finds the country of an E.164 number from its leading digits.
func countryOf(digits string) string {
	if len(digits) > 1 && digits[0] == '8' && digits[1] == '6' {
		return "CN"
	}
	return ""
}
