package numbering

import (
	_ "embed" // the folding tables
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed data/confusables.txt
var confusablesText string

//go:embed data/traditional.txt
var traditionalText string

// folds maps a character to the one that stands for it in comparisons.
var folds = mustFolds(confusablesText, traditionalText)

// mustFolds panics on a broken embedded file: that is a mistake of the
// programmer, and a test loads it.
func mustFolds(confusables, traditional string) map[rune]rune {
	m, err := readFolds(confusables, traditional)
	if err != nil {
		panic(err)
	}
	return m
}

func readFolds(confusables, traditional string) (map[rune]rune, error) {
	m := map[rune]rune{}
	f, err := readPlanFile("data/confusables.txt", confusables, 2)
	if err != nil {
		return nil, err
	}
	for _, row := range f.rows {
		to := []rune(row[0])
		if len(to) != 1 {
			return nil, fmt.Errorf("data/confusables.txt: %q has to be one character", row[0])
		}
		for _, r := range row[1] {
			m[r] = to[0]
		}
	}
	if f, err = readPlanFile("data/traditional.txt", traditional, 1); err != nil {
		return nil, err
	}
	for _, row := range f.rows {
		pairs := []rune(row[0])
		if len(pairs)%2 != 0 {
			return nil, fmt.Errorf("data/traditional.txt: %q has to be pairs of characters", row[0])
		}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m, nil
}

// confusable returns the character that r stands for, if it looks like one.
func confusable(r rune) (rune, bool) {
	to, ok := folds[r]
	return to, ok
}

// FoldName brings a display name or an institution's name into the form in
// which names are compared; it is not for showing. In this order: NFKC without
// accents, invisible characters removed, look-alike letters of other scripts
// and traditional Chinese characters to their common form, lower case, 0 and 1
// between letters to o and l (P0S), punctuation to blanks, single blanks, and no
// blank beside a Chinese character (中 国 银 联). It is idempotent, and an
// empty result means that nothing comparable was in s.
func FoldName(s string) string {
	if isPlainLower(s) {
		return s
	}
	runes := foldRunes(norm.NFKD.String(strings.ToValidUTF8(s, " ")))
	foldDigits(runes)
	return norm.NFC.String(joinWords(runes))
}

// isPlainLower reports what folding leaves alone, without work.
func isPlainLower(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// foldRunes folds one character after the other; what is no letter and no digit
// becomes a blank.
func foldRunes(s string) []rune {
	out := make([]rune, 0, len(s))
	afterSmall := false
	for _, r := range s {
		if r == '\n' || r == '\t' || r == '\r' {
			r = ' '
		}
		if unicode.Is(unicode.Mn, r) || isInvisible(r) {
			continue
		}
		small := unicode.IsLower(r)
		if r == 'I' && afterSmall { // PayPaI
			r = 'l'
		}
		if to, ok := folds[r]; ok {
			r = to
		}
		if afterSmall = small; !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		r = unicode.ToLower(r)
		if to, ok := folds[r]; ok {
			r = to
		}
		out = append(out, r)
	}
	return out
}

// foldDigits turns runs of 0 and 1 beside a Latin letter into o and l, and
// digits of other scripts into ASCII.
func foldDigits(s []rune) {
	for i, r := range s {
		if unicode.IsDigit(r) {
			s[i] = rune('0' + digitValue(r))
		}
	}
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && (s[i] == '0' || s[i] == '1') {
			i++
		}
		if i > from && (from > 0 && isLatin(s[from-1]) || i < len(s) && isLatin(s[i])) {
			toLetters(s[from:i])
		}
		i++
	}
}

func toLetters(s []rune) {
	for i, r := range s {
		s[i] = 'l'
		if r == '0' {
			s[i] = 'o'
		}
	}
}

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' }

// joinWords collapses blanks, and drops them beside Chinese characters.
func joinWords(s []rune) string {
	var b strings.Builder
	last, blank := rune(0), false
	for _, r := range s {
		if r == ' ' {
			blank = true
			continue
		}
		if blank && last != 0 && !unicode.Is(unicode.Han, last) && !unicode.Is(unicode.Han, r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last, blank = r, false
	}
	return b.String()
}
