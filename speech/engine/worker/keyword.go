package worker

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// Keyword is a phrase to be spotted.
type Keyword struct {
	Phrase    string  `json:"phrase"`          // Chinese characters, or the model's own tokens parted by blanks
	Label     string  `json:"label,omitempty"` // what is reported; "" is the phrase without blanks
	Boost     float32 `json:"boost,omitempty"`
	Threshold float32 `json:"threshold,omitempty"`
}

// FreezeKeywords are the Mandarin phrases that recall is measured with (package
// native). The bare word is not among them: three of four false
// alarms were that word alone.
func FreezeKeywords() []Keyword {
	return []Keyword{{Phrase: "被冻结"}, {Phrase: "账户冻结"}, {Phrase: "账户被冻结"}, {Phrase: "已经冻结"}, {Phrase: "已冻结"}}
}

const (
	maxKeywords  = 1000
	maxKeyTokens = 64
)

// Lines makes the library's keyword text: one keyword a line, as tokens, with
// its boost, threshold and label. Every token is known to the model or the
// whole is refused, because an unknown one would end the process.
func (t Tokens) Lines(list []Keyword) (string, error) {
	if len(list) > maxKeywords {
		return "", fmt.Errorf("%d keywords, at most %d", len(list), maxKeywords)
	}
	var b strings.Builder
	for _, k := range list {
		tokens, err := t.Encode(k.Phrase)
		if err != nil {
			return "", err
		}
		b.WriteString(strings.Join(tokens, " "))
		if k.Boost > 0 {
			fmt.Fprintf(&b, " :%.2f", k.Boost)
		}
		if k.Threshold > 0 {
			fmt.Fprintf(&b, " #%.3f", k.Threshold)
		}
		fmt.Fprintf(&b, " @%s\n", k.label())
	}
	return b.String(), nil
}

// label is one word without the characters that mean something in the file.
func (k Keyword) label() string {
	label := k.Label
	if label == "" {
		label = k.Phrase
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("/@:#", r) {
			return -1
		}
		return r
	}, label)
}

// Encode writes a phrase in the model's tokens: as it stands when they are
// tokens already, by characters when the model knows those, else by pinyin.
func (t Tokens) Encode(phrase string) ([]string, error) {
	fields := strings.Fields(phrase)
	if len(fields) == 0 {
		return nil, fmt.Errorf("an empty keyword")
	}
	for _, way := range []func([]string) []string{
		func(f []string) []string { return f },
		characters,
		func(f []string) []string { return initialsAndFinals(strings.Join(f, "")) },
	} {
		if tokens := way(fields); len(tokens) <= maxKeyTokens && t.all(tokens) {
			return tokens, nil
		}
	}
	return nil, fmt.Errorf("keyword %q has sounds that the model does not know (give it in Chinese characters, or as tokens of the model's tokens.txt)", phrase)
}

func (t Tokens) all(tokens []string) bool {
	for _, x := range tokens {
		if !t[x] || strings.HasPrefix(x, "<") {
			return false
		}
	}
	return len(tokens) > 0
}

// characters are Chinese ones only: single letters may be tokens of a pinyin
// model by chance.
func characters(fields []string) (list []string) {
	for _, f := range fields {
		for _, r := range f {
			if !unicode.Is(unicode.Han, r) {
				return nil
			}
			list = append(list, string(r))
		}
	}
	return list
}

// readings are words whose characters are read otherwise than the first
// reading of the dictionary says.
var readings = map[string]string{
	"银行": "yín háng", "行长": "háng zhǎng", "行号": "háng hào", "央行": "yāng háng", "分行": "fēn háng", "支行": "zhī háng",
	"重新": "chóng xīn", "重置": "chóng zhì", "重办": "chóng bàn", "还款": "huán kuǎn", "还是": "hái shì", "还没": "hái méi",
	"长期": "cháng qī", "调查": "diào chá", "相关": "xiāng guān", "应该": "yīng gāi", "处理": "chǔ lǐ", "处罚": "chǔ fá",
	"为了": "wèi le", "给您": "gěi nín", "的话": "de huà", "账号": "zhàng hào", "了": "le", "的": "de", "都": "dōu", "得": "de",
}

const longestReading = 2

var tone = func() pinyin.Args { a := pinyin.NewArgs(); a.Style = pinyin.Tone; return a }()

// initialsAndFinals are a Chinese text's sounds: initial, final with its tone.
// Nil when something in it is not Chinese.
func initialsAndFinals(text string) (list []string) {
	runes := []rune(text)
	for i := 0; i < len(runes); {
		n, reading := read(runes[i:])
		if n == 0 {
			return nil
		}
		for _, syllable := range strings.Fields(reading) {
			list = append(list, cut(syllable)...)
		}
		i += n
	}
	return list
}

// read returns the reading of the first word: n characters.
func read(runes []rune) (n int, reading string) {
	for n := min(longestReading, len(runes)); n > 0; n-- {
		if r, ok := readings[string(runes[:n])]; ok {
			return n, r
		}
	}
	if r := pinyin.SinglePinyin(runes[0], tone); len(r) > 0 {
		return 1, r[0]
	}
	return 0, ""
}

// cut cuts a syllable behind its initial; y and w count as initials.
func cut(s string) []string {
	n := 0
	switch {
	case strings.HasPrefix(s, "zh"), strings.HasPrefix(s, "ch"), strings.HasPrefix(s, "sh"):
		n = 2
	case strings.IndexByte("bpmfdtnlgkhjqxrzcsyw", s[0]) >= 0:
		n = 1
	}
	if n == 0 || n == len(s) {
		return []string{s}
	}
	return []string{s[:n], s[n:]}
}
