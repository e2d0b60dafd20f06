package speech

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Runs of digits are masked from minInside on, and from minAtEdge on where they
// touch the start or the end of a text: codes are read in groups, and the next
// group may be the next text.
const (
	minInside = 4
	minAtEdge = 2
)

// MaskDigits replaces numbers of four digits and more by "****", so that codes,
// card and account numbers are neither logged nor kept. It knows digits of all
// scripts, Chinese numerals (一, 幺, 两千), English number words ("double five",
// "seven thousand") and pinyin with tone marks, also with blanks, punctuation
// and fillers between them. A number that touches either end of the text is
// masked from two digits on.
func MaskDigits(text string) string {
	units := numerals(text)
	var b strings.Builder
	done := 0
	for i := 0; i < len(units); {
		if units[i].scale {
			i++ // no number begins with one: 万一, 千万
			continue
		}
		j, digits := i, 0
		for ; j < len(units) && (j == i || joined(text[units[j-1].end:units[j].start])); j++ {
			digits += units[j].digits
		}
		from, to := units[i].start, units[j-1].end
		least := minInside
		if joined(text[:from]) || joined(text[to:]) {
			least = minAtEdge
		}
		if digits >= least {
			b.WriteString(text[done:from])
			b.WriteString("****")
			done = to
		}
		i = j
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// numeral is one number word or digit in a text.
type numeral struct {
	start, end int
	digits     int  // it adds to the number's length
	scale      bool // 万, "thousand": multiplies what stands before it
}

// numerals finds the number words of a text in order.
func numerals(text string) (list []numeral) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsNumber(r): // Nd, and ①, Ⅳ, ½
			list = append(list, numeral{i, i + size, 1, false})
		case hanDigits[r] > 0:
			list = append(list, numeral{i, i + size, hanDigits[r], hanDigits[r] > 2})
		case unicode.IsLetter(r) && !unicode.Is(unicode.Han, r):
			size = wordLen(text[i:])
			w := strings.ToLower(text[i : i+size])
			if n := wordDigits[w]; n > 0 {
				list = append(list, numeral{i, i + size, n, n > 2})
			}
		}
		i += size
	}
	return list
}

// wordLen is the length of the run of letters that s begins with.
func wordLen(s string) int {
	for i, r := range s {
		if !(unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) || r == '\'') || unicode.Is(unicode.Han, r) {
			return i
		}
	}
	return len(s)
}

// Chinese numerals: 1 for a digit, more for what multiplies.
var hanDigits = func() map[rune]int {
	m := map[rune]int{'十': 2, '拾': 2, '百': 3, '佰': 3, '千': 4, '仟': 4, '万': 5, '萬': 5, '亿': 9, '億': 9}
	for _, r := range "〇零一二三四五六七八九幺两兩壹贰貳叁參肆伍陆陸柒捌玖" {
		m[r] = 1
	}
	return m
}()

// English number words and pinyin of the digits, by how many digits they add.
var wordDigits = func() map[string]int {
	m := map[string]int{}
	add := func(n int, words string) {
		for w := range strings.FieldsSeq(words) {
			m[w] = n
		}
	}
	add(1, "zero oh nought one two three four five six seven eight nine double triple treble")
	add(2, "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	add(2, "twenty thirty forty fifty sixty seventy eighty ninety")
	add(3, "hundred")
	add(4, "thousand")
	add(7, "million")
	add(1, "líng yī yāo èr liǎng sān sì wǔ liù qī bā jiǔ yí yì")
	add(2, "shí")
	add(3, "bǎi")
	add(4, "qiān")
	add(5, "wàn")
	return m
}()

// fillers are what people say between the groups of a number.
var fillers = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("uh um er erm and then ah ok okay 呃 嗯 啊 哦 额 那 然后 再 杠 点 ēn à è ò") {
		m[w] = true
	}
	return m
}()

// joined reports whether s, the text between two numerals, lets them be one
// number: nothing but blanks, punctuation and fillers.
func joined(s string) bool {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.Is(unicode.Han, r):
			if next, n := utf8.DecodeRuneInString(s[i+size:]); fillers[string([]rune{r, next})] {
				size += n
			} else if !fillers[string(r)] {
				return false
			}
		case unicode.IsLetter(r):
			size = wordLen(s[i:])
			if !fillers[strings.ToLower(s[i:i+size])] {
				return false
			}
		}
		i += size
	}
	return true
}
