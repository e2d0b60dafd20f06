package numbering

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// clean takes the number out of a URI or of a spelling with marks in it. It
// reports false when there is none, having set the class then.
//
//	"Bank" <sip:%2B86-138...;npdi@host;user=phone>;tag=1
//	        scheme number    params host
func (p *parser) clean(raw string) (spelled, bool) {
	if !utf8.ValidString(raw) {
		p.malformed("It is not valid text.")
		return spelled{}, false
	}
	user, context, uri, ok := p.userPart(raw)
	if !ok {
		return spelled{}, false
	}
	s, ok := p.spell(user)
	if !ok {
		p.notNumber(user, uri)
		return spelled{}, false
	}
	return p.inContext(s, context), true
}

// userPart cuts raw down to the number's own text. uri tells that it came as a
// SIP URI, where a user need not be a number.
func (p *parser) userPart(raw string) (user, context string, uri, ok bool) {
	s := strings.TrimSpace(raw)
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		s = s[i+1:]
		s, _, _ = strings.Cut(s, ">")
	}
	scheme, rest, found := strings.Cut(s, ":")
	switch {
	case found && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")):
		s, uri = rest, true
	case found && strings.EqualFold(scheme, "tel"):
		s = rest
	case strings.Contains(s, "@"):
		uri = true
	}
	if i := strings.IndexByte(s, '@'); i >= 0 {
		if host := strings.ToLower(s[i+1:]); strings.HasPrefix(host, "anonymous.invalid") { // RFC 3323 §4.1.1.3
			p.anonymous("The caller's number is withheld.")
			return "", "", uri, false
		}
		s = s[:i]
	}
	s, err := percentDecode(s)
	if err {
		p.malformed("It has a broken %-escape.")
		return "", "", uri, false
	}
	user, params, has := strings.Cut(s, ";")
	if has {
		p.out.Flags |= Stripped
		context = phoneContext(params)
	}
	user, _, _ = strings.Cut(user, "?")
	if uri {
		user, _, _ = strings.Cut(user, ":") // password, or the port of a URI without user
	}
	return user, context, uri, true
}

// percentDecode undoes %-escapes once (RFC 3986 §2.1).
func percentDecode(s string) (decoded string, broken bool) {
	if !strings.Contains(s, "%") {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", true
		}
		hi, lo := unhex(s[i+1]), unhex(s[i+2])
		if hi < 0 || lo < 0 {
			return "", true
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	decoded = b.String()
	return decoded, !utf8.ValidString(decoded)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// phoneContext returns the digits of a global phone-context (RFC 3966 §5.1.5),
// "" for a domain or none.
func phoneContext(params string) string {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if digits, ok := strings.CutPrefix(value, "+"); ok && strings.EqualFold(name, "phone-context") {
			digits = strings.Map(dropSeparators, digits)
			if allDigits(digits) && len(digits) <= MaxDigits {
				return digits
			}
		}
	}
	return ""
}

// inContext completes a local number by its phone-context.
func (p *parser) inContext(s spelled, context string) spelled {
	switch {
	case s.plus || context == "":
	case strings.HasPrefix(context, "86"):
		p.home = "CN"
		if area := context[2:]; area != "" {
			p.area = area
		}
	default:
		return spelled{true, context + s.digits}
	}
	return s
}

// spell reads the digits of user, past separators, invisible characters and
// look-alikes of digits.
func (p *parser) spell(user string) (spelled, bool) {
	var s spelled
	var b strings.Builder
	real, odd := 0, 0
	for _, r := range user {
		switch {
		case r >= '0' && r <= '9':
			real++
			b.WriteRune(r)
		case (r == '+' || r == '＋') && b.Len() == 0 && !s.plus:
			s.plus = true
		case isInvisible(r):
			p.out.Flags |= Stripped
		case dropSeparators(r) < 0:
		default:
			d := lookAlikeDigit(r)
			if d == 0 {
				return spelled{}, false
			}
			if unicode.IsDigit(r) {
				real++
			}
			odd++
			b.WriteByte(d)
		}
	}
	if odd > 0 {
		p.out.Flags |= LookAlike
	}
	s.digits = b.String()
	// A word of look-alike letters is a word: digits have to prevail.
	return s, s.digits != "" && 2*real >= len(s.digits)
}

// dropSeparators is for strings.Map: it drops what people write between digits.
func dropSeparators(r rune) rune {
	if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("-.()/（）·．−", r) {
		return -1
	}
	return r
}

// isInvisible reports format and control characters: zero-width, direction
// marks, soft hyphen, variation selectors.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector) || r == 0x034f || r == 0x115f ||
		r == 0x1160 || r == 0x3164 || r == 0xffa0 || r == 0x2800
}

// lookAlikeDigit returns the ASCII digit that r is or looks like, 0 for none.
func lookAlikeDigit(r rune) byte {
	if unicode.IsDigit(r) {
		return '0' + digitValue(r)
	}
	for _, c := range norm.NFKC.String(string(r)) { // circled, superscript, mathematical digits
		r = c
		break
	}
	if folded, ok := confusable(r); ok {
		r = folded
	}
	switch r {
	case 'o', 'O', '〇', '零', '○', '◯':
		return '0'
	case 'l', 'I', 'i', '|', 'ı':
		return '1'
	case 'z', 'Z':
		return '2'
	case 's', 'S':
		return '5'
	case 'b', 'B':
		if r == 'b' {
			return '6'
		}
		return '8'
	}
	if r >= '0' && r <= '9' {
		return byte(r)
	}
	return 0
}

// digitValue is the value of a decimal digit of any script. Unicode assigns the
// ten digits of a script in order, from a code point that no digit precedes.
func digitValue(r rune) byte {
	if r >= 0x1d7ce && r <= 0x1d7ff { // five mathematical alphabets without a gap
		return byte((r - 0x1d7ce) % 10)
	}
	v := byte(0)
	for v < 9 && unicode.IsDigit(r-1) {
		r--
		v++
	}
	return v
}

// notNumber tells a withheld number and a SIP user's name from garbage.
func (p *parser) notNumber(user string, uri bool) {
	word := FoldName(user)
	switch {
	case strings.TrimSpace(user) == "" || isWithheld(word):
		p.anonymous("The caller's number is withheld.")
	case uri && !strings.ContainsAny(user, "*#+"):
		p.anonymous("The caller gives a name in place of a number.")
	default:
		p.malformed("It is not a telephone number.")
	}
}

// isWithheld knows the words that switches put in place of a number, folded.
func isWithheld(word string) bool {
	switch word {
	case "anonymous", "unknown", "restricted", "private", "unavailable", "withheld", "blocked",
		"no number", "private number", "unknown number", "not available", "out of area", "无号码", "未知", "未知号码",
		"匿名", "私人号码", "隐藏号码", "无法显示", "保密号码", "未显示号码":
		return true
	}
	return false
}
