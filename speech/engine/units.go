package engine

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// initials are the first halves of pinyin syllables in models whose units are
// "ppinyin": an initial, then a final with its tone mark. y and w count as
// initials there.
var initials = []string{"b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x",
	"zh", "ch", "sh", "r", "z", "c", "s", "y", "w"}

const toneMarks = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"

// lag is how long a unit lasts when nothing follows it soon: sherpa-onnx tells
// only when one was recognised.
const lag = 0.3

// Units makes words of a sherpa-onnx model's tokens: syllables of pinyin units
// (pinyin is true), Chinese characters one by one, words of byte pairs (a word
// begins with "▁"). times are the tokens' seconds after start. Tokens without a
// time each make no words.
func Units(tokens []string, times []float64, start float64) (words []Word, pinyin bool) {
	if len(tokens) == 0 || len(tokens) != len(times) || len(tokens) > 4*MaxWords {
		return nil, false
	}
	pinyin = slices.ContainsFunc(tokens, func(t string) bool { return strings.ContainsAny(t, toneMarks) })
	open := false // the last word may go on
	for i, t := range tokens {
		text := strings.TrimLeft(t, "▁ ")
		fresh := text != t
		if text == "" {
			open = false
			continue
		}
		until := times[i] + lag
		if i+1 < len(times) {
			until = min(until, times[i+1])
		}
		switch {
		case pinyin && open, !pinyin && open && !fresh && !isWide(text):
			w := &words[len(words)-1]
			w.Text += text
			w.End = Seconds(start + until)
		default:
			words = append(words, Word{Text: text, Start: Seconds(start + times[i]), End: Seconds(start + until)})
		}
		switch {
		case pinyin:
			open = slices.Contains(initials, text)
		default:
			open = !isWide(text)
		}
	}
	return words, pinyin
}

func isWide(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return wide(r)
}

// Spoken is the words' text, parted by blanks.
func Spoken(words []Word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}
