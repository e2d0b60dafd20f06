package claims

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is one Chinese character, one word, or one number of a turn.
type token struct {
	key        uint32 // what it is exactly: see wordKey and hanzi code points; numKey for a number
	syl        uint16 // its folded syllable, 0 if none
	tone       uint8  // 1 to 5 where it came as a toned syllable: key is spelling then
	sentence   uint16 // counts sentences within the text
	start, end int32  // byte offsets in the text as it came
	apart      bool   // a comma or a bracket stands before it
}

const (
	maxTokens = 768     // per chunk of a turn; longer turns are read in chunks
	wordBit   = 1 << 31 // set in the keys of words
	numKey    = wordBit - 1
)

// wordKey hashes a stem (FNV-1a). Two words with one key would be taken for
// each other; among the few thousand of a lexicon that does not happen, and a
// test holds it.
func wordKey[S ~string | ~[]byte](stem S) uint32 {
	h := uint32(2166136261)
	for i := range len(stem) {
		h = (h ^ uint32(stem[i])) * 16777619
	}
	return h | wordBit
}

// tokeniser turns text into tokens. Its buffers are used again for every turn.
type tokeniser struct {
	han      *[hanLast - hanFirst + 1]han
	toks     []token
	word     []byte // the word under way, folded
	wordAt   int32
	tone     uint8 // the tone mark that the word carried: it is pinyin
	letter   bool
	run      []byte // single letters joined so far, in the token runTok
	runTok   int
	sentence uint16
	comma    bool // since the last token
}

func newTokeniser() *tokeniser {
	return &tokeniser{han: hanTable(), toks: make([]token, 0, maxTokens), word: make([]byte, 0, maxWord+4)}
}

// maxWord bounds a word in bytes; the rest of a longer one is dropped.
const maxWord = 32

// next reads tokens from text beginning at byte from until the text or the
// room ends, and returns where it stopped.
func (t *tokeniser) next(text string, from int) (toks []token, end int) {
	t.toks, t.word, t.sentence = t.toks[:0], t.word[:0], 0
	t.run, t.comma = t.run[:0], false
	i := from
	for i < len(text) && len(t.toks) < maxTokens-8 {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		t.rune(text, r, i, n)
		i += n
	}
	t.flush(int32(i))
	return t.toks, i
}

// rune takes the character of n bytes at byte i.
func (t *tokeniser) rune(text string, r rune, i, n int) {
	switch {
	case r < utf8.RuneSelf:
		t.ascii(text, byte(r), i)
	case r >= hanFirst && r <= hanLast:
		t.flush(int32(i))
		t.hanzi(r, int32(i), int32(n))
	case r == '。' || r == '！' || r == '？' || r == '；' || r == '…':
		t.flush(int32(i))
		t.breakSentence()
	case r == '’':
		t.ascii(text, '\'', i)
	case r == '，' || r == '、' || r == '：':
		t.flush(int32(i))
		t.comma = true
	case r == utf8.RuneError || unicode.In(r, unicode.Pd, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf, unicode.So, unicode.Zs):
		t.flush(int32(i))
	case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
		t.tone = max(t.tone, toneOf(r))
	default:
		t.compatible(text, r, i, n)
	}
}

// compatible folds a full-width, accented or look-alike character.
func (t *tokeniser) compatible(text string, r rune, i, n int) {
	if c, ok := lookalikes[r]; ok {
		t.ascii(text, c, i)
		return
	}
	for _, d := range norm.NFKD.String(string(r)) {
		switch {
		case d < utf8.RuneSelf:
			t.ascii(text, byte(d), i)
		case d >= hanFirst && d <= hanLast:
			t.flush(int32(i))
			t.hanzi(d, int32(i), int32(n))
		case toneOf(d) > 0:
			t.tone = toneOf(d)
		case d == '\u0308' && len(t.word) > 0 && t.word[len(t.word)-1] == 'u':
			t.word[len(t.word)-1] = 'v'
		}
	}
}

// lookalikes are letters of other alphabets that look like ours.
var lookalikes = func() map[rune]byte {
	m := map[rune]byte{}
	from, to := []rune("аеорсухкмтвнііјѕԁαοερτνκιβ"), "aeopcyxkmtbhiijsdaoeptvkib"
	for i, r := range from {
		m[r] = to[i]
		m[unicode.ToUpper(r)] = to[i]
	}
	return m
}()

func (t *tokeniser) ascii(text string, c byte, i int) {
	switch {
	case c >= 'A' && c <= 'Z':
		c += 'a' - 'A'
		fallthrough
	case c >= 'a' && c <= 'z':
		t.letter = true
		t.grow(c, i)
	case c >= '0' && c <= '9':
		t.grow(c, i)
	case c == '\'':
		if len(t.word) > 0 && i+1 < len(text) {
			t.grow(c, i)
		}
	case (c == '.' || c == ',') && t.isNumber() && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
		// a decimal point or a thousands separator
	case c == '.' || c == '!' || c == '?' || c == ';' || c == '\n':
		t.flush(int32(i))
		t.breakSentence()
	case c == ',' || c == ':' || c == '(' || c == ')' || c == '"':
		t.flush(int32(i))
		t.comma = true
	default:
		t.flush(int32(i))
	}
}

func (t *tokeniser) isNumber() bool { return len(t.word) > 0 && !t.letter }

func (t *tokeniser) grow(c byte, i int) {
	if len(t.word) == 0 {
		t.wordAt, t.tone = int32(i), 0
	}
	if len(t.word) < maxWord {
		t.word = append(t.word, c)
	}
}

func (t *tokeniser) breakSentence() {
	if n := len(t.toks); n > 0 && t.toks[n-1].sentence == t.sentence {
		t.sentence++
	}
}

func (t *tokeniser) push(k token) {
	k.sentence, k.apart, t.comma = t.sentence, t.comma, false
	if n := len(t.toks); n > 0 && t.toks[n-1].key == k.key && k.key != 0 {
		t.toks[n-1].end = k.end // a stutter, or one number after another
		return
	}
	if len(t.toks) < maxTokens {
		t.toks = append(t.toks, k)
	}
}

// hanzi pushes one Chinese character: simplified, with its syllable; runs of
// numerals become a number, fillers nothing.
func (t *tokeniser) hanzi(r rune, at, n int32) {
	h := t.han[r-hanFirst]
	s := rune(h.simple)
	last := len(t.toks) - 1
	switch {
	case strings.ContainsRune(fillers, s):
		return
	case s == '个' && last >= 0 && (t.toks[last].key == '那' || t.toks[last].key == '这'):
		t.toks = t.toks[:last] // "that, er": the commonest filler of all
		return
	case last >= 0 && isNumeral(s) && t.toks[last].end == at && (t.toks[last].key == numKey || isNumeral(rune(t.toks[last].key))):
		t.toks[last].key, t.toks[last].syl, t.toks[last].end = numKey, 0, at+n
		return
	}
	if last >= 0 && t.toks[last].key >= wordBit && t.toks[last].syl == h.syl && t.toks[last].end == at {
		t.toks[last].key, t.toks[last].end = uint32(s), at+n // "xi息": the character after its own sound
		return
	}
	t.push(token{key: uint32(s), syl: h.syl, start: at, end: at + n})
}

func isNumeral(r rune) bool {
	return strings.ContainsRune("零〇一二三四五六七八九十百千万亿两幺", r)
}

// flush ends the word under way at byte end.
func (t *tokeniser) flush(end int32) {
	if len(t.word) == 0 {
		return
	}
	w, letter, tone := t.word, t.letter, t.tone
	t.word, t.letter, t.tone = t.word[:0], false, 0
	k := token{start: t.wordAt, end: end}
	switch {
	case !letter && len(w) == 1:
		t.digit(w[0], k)
		return
	case !letter:
		k.key = numKey
		t.push(k)
		return
	case tone > 0 || w[len(w)-1] >= '1' && w[len(w)-1] <= '5':
		if s := syllableOf(string(w)); s != 0 {
			if c := w[len(w)-1]; c <= '5' {
				w, tone = w[:len(w)-1], c-'0'
			}
			k.syl, k.key, k.tone = s, spelling(w), tone
			t.push(k)
			return
		}
	case t.afterHanzi(t.wordAt):
		k.syl = syllableOf(string(w)) // "信xi息": letters among characters
	}
	for i, c := range w {
		if c == '0' {
			w[i] = 'o' // "P0S"
		}
	}
	t.english(w, k)
}

func (t *tokeniser) afterHanzi(at int32) bool {
	n := len(t.toks)
	return n > 0 && t.toks[n-1].end == at && t.toks[n-1].key < wordBit && t.toks[n-1].key >= hanFirst
}

// digit pushes a single digit as the numeral that a voice would say.
func (t *tokeniser) digit(c byte, k token) {
	if n := len(t.toks); n > 0 && t.toks[n-1].key == numKey {
		t.toks[n-1].end = k.end
		return
	}
	if n := len(t.toks); n > 0 && t.toks[n-1].key < numKey {
		k.key = uint32([]rune("零一二三四五六七八九")[c-'0'])
		k.syl = t.han[rune(k.key)-hanFirst].syl
	} else {
		k.key = wordKey(digitWords[c-'0'])
	}
	t.push(k)
}

var digitWords = [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
