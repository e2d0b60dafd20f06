package claims

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readAs renders tokens as the lexicon sees them: equal texts give equal keys.
func readAs(text string) (keys []uint32) {
	toks, _ := newTokeniser().next(text, 0)
	for _, k := range toks {
		keys = append(keys, k.key)
	}
	return keys
}

func TestSpellingsThatReadAlike(t *testing.T) {
	for _, tt := range []struct{ name, a, b string }{
		{"full width", "ＰＯＳ机", "pos机"},
		{"zero for O", "P0S机", "POS机"},
		{"spelled out", "P O S 机", "POS机"},
		{"zero width", "冻\u200b结", "冻结"},
		{"dashes", "封——停", "封停"},
		{"traditional", "凍結帳戶", "冻结账户"},
		{"fillers", "那个您的呃账户啊", "您的账户"},
		{"stutter", "冻结结了", "冻结了"},
		{"Cyrillic look-alikes", "ассоunt", "account"},
		{"inflections", "accounts suspended", "account suspend"},
		{"contraction", "isn't", "is not"},
		{"one digit as word", "press 1", "press one"},
		{"one digit among characters", "请按1", "请按一"},
		{"numbers", "转299元", "转二百九十九元"},
		{"English filler", "your uh account", "your account"},
	} {
		if diff := cmp.Diff(readAs(tt.a), readAs(tt.b)); diff != "" {
			t.Errorf("%s: %q and %q differ: %s", tt.name, tt.a, tt.b, diff)
		}
	}
}

func TestHomophonesShareSyllables(t *testing.T) {
	sound := func(text string) (s []uint32) {
		toks, _ := newTokeniser().next(text, 0)
		for i := range toks {
			s = append(s, toks[i].symbol())
		}
		return s
	}
	for _, pair := range [][2]string{
		{"封停", "风停"}, {"封停", "丰庭"}, {"封停", "轰停"}, {"冻结", "动结"}, {"冻结", "洞节"}, {"冻结", "dong4 jie2"}, {"冻结", "dòng jié"}, {"信xi息", "信息"},
		{"停用", "庭用"}, {"收款码", "手款马"}, {"银联", "迎联"}, {"验证码", "艳正码"}, {"终端", "中端"}, {"押金", "压金"}, {"洗钱", "喜前"},
	} {
		if diff := cmp.Diff(sound(pair[0]), sound(pair[1])); diff != "" {
			t.Errorf("%s does not sound like %s: %s", pair[1], pair[0], diff)
		}
	}
	if cmp.Equal(sound("冻结"), sound("解冻")) {
		t.Error("order of syllables is lost")
	}
}

// TestLexiconKeysAreDistinct holds that no two words of the lexicon hash alike.
func TestLexiconKeysAreDistinct(t *testing.T) {
	words := map[uint32]string{}
	tk := newTokeniser()
	for _, name := range []string{"en.yaml", "zh.yaml"} {
		b, err := dataFiles.ReadFile("data/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for from := 0; from < len(b); {
			toks, end := tk.next(string(b), from)
			for _, k := range toks {
				if k.key < wordBit {
					continue
				}
				word := string(b[k.start:k.end])
				if len(word) > 3 && words[k.key] != "" && irregular[word] == "" && words[k.key][0]|0x20 != word[0]|0x20 && stemKey([]byte(word)) == k.key {
					t.Errorf("%q and %q have one key", words[k.key], word)
				}
				words[k.key] = word
			}
			from = end
		}
	}
}
