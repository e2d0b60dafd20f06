package claims

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuote bounds the words that a finding quotes, in bytes.
const maxQuote = 160

// quote returns the words of a span, digits masked.
func quote(text string, toks []token, s span) string {
	from, to := int(toks[s.start].start), int(toks[s.end-1].end)
	if to > len(text) {
		to = len(text)
	}
	if to-from > maxQuote {
		to = from + cutRune(text[from:], maxQuote)
	}
	return mask(text[from:to])
}

// mask replaces every digit, and every spoken digit in a run of three or more
// (Chinese) or at all (English), so that no code or number leaves the package.
func mask(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		n := size
		switch {
		case unicode.IsDigit(r):
			b.WriteByte('*')
		case spokenDigit(r):
			n = prefix(s, spokenDigit)
			if count := utf8.RuneCountInString(s[:n]); count >= 3 {
				b.WriteString(strings.Repeat("*", count))
			} else {
				b.WriteString(s[:n])
			}
		case latin(r):
			n = prefix(s, latin)
			b.WriteString(maskWord(s[:n]))
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// prefix returns the length of the prefix of s in which every character is in.
func prefix(s string, in func(rune) bool) int {
	for i, r := range s {
		if !in(r) {
			return i
		}
	}
	return len(s)
}

func latin(r rune) bool { return r < 0x250 && unicode.IsLetter(r) }

func spokenDigit(r rune) bool { return strings.ContainsRune("零〇一二三四五六七八九幺", r) }

// maskWord masks an English digit said as a word.
func maskWord(w string) string {
	for _, d := range digitWords {
		if strings.EqualFold(w, d) {
			return "*"
		}
	}
	return w
}

// digitReader notices that the merchant reads digits aloud, also over several
// short turns.
type digitReader struct {
	settled int  // digits of the finished turns of the row under way
	told    bool // the row was reported
}

// minDigits is how many digits in a row count as reading a code or a number.
const minDigits = 4

// read returns the masked words when toks bring the row to minDigits, once a
// row. Partial results of a turn each tell the whole turn again, so they are
// counted from where the turns before it ended; only a final one moves that.
// Only digits next to each other count, or a turn of nothing else: "one
// moment" and "慢一点" read nothing out.
func (r *digitReader) read(toks []token, text string, final bool) (string, bool) {
	n := digitRow(toks, text)
	run := r.settled + n
	if n == 0 {
		run = 0
	}
	tell := run >= minDigits && !r.told
	r.told = r.told || tell
	if final {
		r.settled = run
		r.told = r.told && run > 0
	}
	if !tell {
		return "", false
	}
	return mask(text[:cutRune(text, maxQuote)]), true
}

// digitRow counts the longest row of digits, 0 if it is no more than a numeral
// among other words.
func digitRow(toks []token, text string) int {
	longest, run, all := 0, 0, 0
	for i := range toks {
		n := digitsIn(text[toks[i].start:toks[i].end])
		all += min(n, 1)
		if run += n; n == 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	if longest < 2 && all < len(toks) {
		return 0
	}
	return longest
}

// digitsIn counts the digits of a token, which may be several words where a
// word was repeated ("eight eight").
func digitsIn(s string) (n int) {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsDigit(r), spokenDigit(r):
			n++
		case latin(r):
			size = prefix(s, latin)
			if maskWord(s[:size]) == "*" {
				n++
			}
		}
		s = s[size:]
	}
	return n
}
