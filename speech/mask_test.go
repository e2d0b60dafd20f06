package speech_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"ringward/speech"
)

func TestMaskDigits(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"您的验证码是382915请告诉我", "您的验证码是****请告诉我"},
		{"验证码 三八二 九一五", "验证码 ****"},
		{"是幺二三四五六对吗", "是****对吗"},
		{"三八二嗯，九幺五对", "****对"},
		{"三八", "****"},         // a group of a code may be all of a text
		{"三八对吗还有", "****对吗还有"}, // or its beginning
		{"那个三八二那个", "那个三八二那个"}, // three digits within
		{"按一", "按一"},
		{"请按1号键", "请按1号键"},
		{"转三千五百元过去", "转****元过去"},
		{"转账五万元", "转账****元"},
		{"万一出了问题", "万一出了问题"},
		{"千万不要告诉别人", "千万不要告诉别人"},
		{"第一个问题第二个", "第一个问题第二个"},
		{"您的账户被冻结了", "您的账户被冻结了"},
		{"my code is three eight two nine one five ok", "my code is **** ok"},
		{"it's double five, oh seven yes", "it's **** yes"},
		{"Twelve thirty four is it", "**** is it"},
		{"one moment please", "one moment please"},
		{"no one is here", "no one is here"},
		{"I bought 5 of those", "I bought 5 of those"},
		{"card 6222-0210 0112 is", "card **** is"},
		{"yàn zhèng mǎ sān bā èr jiǔ yāo wǔ duì ma", "yàn zhèng mǎ **** duì ma"},
		{"zhàng hù bèi dòng jié", "zhàng hù bèi dòng jié"},
		{"code １２３４ ends", "code **** ends"},
		{"", ""},
	} {
		if got := speech.MaskDigits(tt.in); got != tt.want {
			t.Errorf("MaskDigits(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// FuzzMaskDigits: no four ASCII digits in a row survive, UTF-8 stays sound, and
// masking again changes nothing.
func FuzzMaskDigits(f *testing.F) {
	for _, s := range []string{"12 34", "一百万", "double\xff five", "八 ē 八八八", "９９９９", "x1234567y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := speech.MaskDigits(s)
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q became invalid %q", s, got)
		}
		for i := 0; i+4 <= len(got); i++ {
			if strings.Trim(got[i:i+4], "0123456789") == "" {
				t.Errorf("%q left %q", s, got)
			}
		}
		if again := speech.MaskDigits(got); again != got {
			t.Errorf("masking %q twice: %q", got, again)
		}
	})
}
