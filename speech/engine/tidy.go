package engine

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on one segment: a sentence of 30 s has some 150 characters.
const (
	MaxText  = 2000 // bytes
	MaxWords = 500
)

// Tidy bounds a result and rids it of control characters and broken UTF-8. Of
// what is too long the end stays: that is what was said last.
func (r Result) Tidy() Result {
	r.Text = clean(r.Text)
	if n := len(r.Words) - MaxWords; n > 0 {
		r.Words = r.Words[n:]
	}
	for i := range r.Words {
		r.Words[i].Text = clean(r.Words[i].Text)
		r.Words[i].Start = max(r.Words[i].Start, 0)
		r.Words[i].End = max(r.Words[i].End, 0)
	}
	return r
}

func clean(s string) string {
	if n := len(s) - MaxText; n > 0 {
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n++
		}
		s = s[n:]
	}
	if !dirty(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}

func dirty(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return true
		}
	}
	return false
}

// Join joins the words of an engine that parts all of them by blanks: Chinese
// is written without.
func Join(text string) string {
	fields := strings.Fields(text)
	var b strings.Builder
	for i, f := range fields {
		if i > 0 && needsBlank(fields[i-1], f) {
			b.WriteByte(' ')
		}
		b.WriteString(f)
	}
	return b.String()
}

func needsBlank(left, right string) bool {
	l, _ := utf8.DecodeLastRuneInString(left)
	r, _ := utf8.DecodeRuneInString(right)
	return !(wide(l) && wide(r))
}

func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || (r >= 0x3000 && r <= 0x303F) || (r >= 0xFF00 && r <= 0xFFEF)
}
