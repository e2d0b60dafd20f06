package sipmsg

// Character classes of RFC 3261 §25.1, one bit each.
const (
	chToken  = 1 << iota // token
	chValue              // unquoted parameter value: token, host, IPv6 reference
	chLoose              // what we also take there, though the grammar does not
	chUser               // user, without escapes
	chPass               // password, without escapes
	chHost               // host name or IPv4 address
	chV6                 // inside [ ]
	chParam              // URI parameter, without escapes
	chHeader             // URI headers, without escapes
	chURI                // anything printable that cannot end a URI
	chText               // may stand in a field value
	chTel                // number of a tel URI
	chHex
	chDigit
	chAlpha
)

var class = buildClasses()

func buildClasses() (c [256]uint16) {
	set := func(bit uint16, chars string) {
		for i := range len(chars) {
			c[chars[i]] |= bit
		}
	}
	const digits, hexa = "0123456789", "abcdefABCDEF"
	const alpha = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const alnum = alpha + digits
	const unreserved = alnum + "-_.!~*'()"
	set(chDigit, digits)
	set(chAlpha, alpha)
	set(chHex, digits+hexa)
	set(chToken, alnum+"-.!%*_+`'~")
	set(chValue, alnum+"-.!%*_+`'~[]:")
	set(chLoose, "=/@?&$#{}|^")
	set(chUser, unreserved+"&=+$,;?/")
	set(chPass, unreserved+"&=+$,")
	set(chHost, alnum+"-.")
	set(chV6, digits+hexa+".:")
	set(chParam, unreserved+"[]/:&+$")
	set(chHeader, unreserved+"[]/?:+$&=")
	set(chTel, digits+hexa+"*#-.()+")
	set(chText, "\t ")
	for b := 0x21; b < 0x100; b++ {
		if b == 0x7f {
			continue
		}
		c[b] |= chText
		if b != '<' && b != '>' && b != '"' {
			c[b] |= chURI
		}
		if b >= 0x80 {
			c[b] |= chLoose
		}
	}
	return c
}

func is(b byte, bits uint16) bool { return class[b]&bits != 0 }

// allOf reports whether s is not empty and holds nothing but these classes.
func allOf(s string, bits uint16) bool {
	for i := range len(s) {
		if class[s[i]]&bits == 0 {
			return false
		}
	}
	return s != ""
}

func isToken(s string) bool      { return allOf(s, chToken) }
func isParamValue(s string) bool { return allOf(s, chValue) }

// isText reports that s holds what may stand in a field value (chText). It looks
// at eight octets at a time: every octet of every message passes here.
func isText(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for len(s) >= 8 {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// A top bit for each octet below 0x20 and each 0x7f; a borrow can set one
		// too many above them, never one too few.
		del := w ^ 0x7f*ones
		if ((w-0x20*ones)&^w|(del-ones)&^del)&tops != 0 && !allOf(s[:8], chText) {
			return false
		}
		s = s[8:]
	}
	return s == "" || allOf(s, chText)
}

// isPrintable reports that s holds nothing but spaces and visible ASCII.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isEscape reports a %HH at the start of s.
func isEscape(s string) bool {
	return len(s) >= 3 && s[0] == '%' && is(s[1], chHex) && is(s[2], chHex)
}

// allEscaped reports whether s holds nothing but these classes and %HH.
func allEscaped(s string, bits uint16) bool {
	for i := 0; i < len(s); i++ {
		if class[s[i]]&bits != 0 {
			continue
		}
		if !isEscape(s[i:]) {
			return false
		}
		i += 2
	}
	return true
}

// skipSpace returns the position of the first character from i on that is
// neither space nor tab.
func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// trimSpace cuts spaces and tabs from both ends, nothing else.
func trimSpace(s string) string {
	s = s[skipSpace(s, 0):]
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// parseNumber reads a decimal number of digits alone, at most limit. Leading
// zeros are allowed, signs and spaces are not.
func parseNumber(s string, limit uint64) (uint64, bool) {
	var n uint64
	for i := range len(s) {
		if !is(s[i], chDigit) {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
		if n > limit {
			return 0, false // limit is far below 2^60: no overflow before here
		}
	}
	return n, s != ""
}

func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

func upperASCII(s string) string {
	for i := range len(s) {
		if 'a' <= s[i] && s[i] <= 'z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'a' <= b[j] && b[j] <= 'z' {
					b[j] -= 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
