package sipmsg

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds CleanText's result, in octets.
const maxText = 256

// CleanText makes text fit for a display name or reason phrase: control
// characters and other invisible format characters that end or turn lines are
// dropped, tabs and line ends become one space, invalid UTF-8 is replaced, and
// the length is bounded to 256 octets at a character boundary.
func CleanText(s string) string {
	s = repairText(s)
	if len(s) <= maxText {
		return s
	}
	cut := maxText
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return trimSpace(s[:cut])
}

// repairText is CleanText without the length bound.
func repairText(s string) string {
	if isCleanText(s) {
		return trimSpace(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s { // invalid octets come as U+FFFD
		switch {
		case r == '\r' || r == '\n' || r == '\t':
			gap = true
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || isBidiControl(r):
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(r)
		}
	}
	return trimSpace(b.String())
}

func isCleanText(s string) bool {
	ascii := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	return ascii
}

// isBidiControl tells the characters that reorder a line on the screen, with
// which a name can be made to look like another.
func isBidiControl(r rune) bool {
	return r == '\u200e' || r == '\u200f' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// appendQuoted writes s as a quoted-string (RFC 3261 §25.1).
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// scanQuoted finds the end of the quoted-string that starts at s[i] and
// returns the position behind it; ok is false when it does not end. escaped
// tells that it holds a backslash.
func scanQuoted(s string, i int) (end int, escaped, ok bool) {
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '"':
			return j + 1, escaped, true
		case '\\':
			escaped = true
			j++
		}
	}
	return len(s), escaped, false
}

// unquote returns the content of a whole quoted-string.
func unquote(s string, escaped bool) string {
	s = s[1 : len(s)-1]
	if !escaped {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

// nextElement cuts the first element off a comma-separated list. Commas in
// quoted strings and angle brackets do not count. The element is trimmed.
func nextElement(s string) (elem, rest string, more bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ',':
			return trimSpace(s[:i]), s[i+1:], true
		case '"':
			end, _, _ := scanQuoted(s, i)
			i = end - 1
		case '<':
			if n := strings.IndexByte(s[i:], '>'); n > 0 {
				i += n
			} else {
				i = len(s)
			}
		}
	}
	return trimSpace(s), "", false
}

// appendElements appends the non-empty elements of a list.
func appendElements(dst []string, s string) []string {
	for more := true; more; {
		var elem string
		if elem, s, more = nextElement(s); elem != "" {
			dst = append(dst, elem)
		}
	}
	return dst
}
