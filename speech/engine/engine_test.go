package engine_test

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ringward/speech/engine"
)

func TestJoin(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"您 的 账户 已 被 冻结", "您的账户已被冻结"},
		{"请 打开 zoom 会议", "请打开 zoom 会议"},
		{"your account is  frozen", "your account is frozen"},
		{" ", ""},
		{"您好 ， 请问", "您好，请问"},
	} {
		if got := engine.Join(tt.in); got != tt.want {
			t.Errorf("Join(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestTidyBoundsHostileText(t *testing.T) {
	r := engine.Result{Text: strings.Repeat("冻", 5000), Words: make([]engine.Word, 5000)}
	r.Words[4999].Text = "a\r\nb\u202e\xff"
	r.Words[4998].Start = -time.Hour
	got := r.Tidy()
	if len(got.Text) > engine.MaxText || !utf8.ValidString(got.Text) {
		t.Errorf("text has %d bytes, valid %v", len(got.Text), utf8.ValidString(got.Text))
	}
	if len(got.Words) != engine.MaxWords {
		t.Fatalf("%d words, want %d", len(got.Words), engine.MaxWords)
	}
	if w := got.Words[len(got.Words)-1].Text; w != "a  b " {
		t.Errorf("last word %q", w)
	}
	if s := got.Words[len(got.Words)-2].Start; s != 0 {
		t.Errorf("start %v, want 0", s)
	}
}

// TestUpsample holds the filter's promise: gain of the wanted tone and of its
// image above 4 kHz.
func TestUpsample(t *testing.T) {
	for _, tt := range []struct{ hz, gainDB, imageDB float64 }{
		{300, 0.1, -60}, {1000, 0.1, -60}, {2000, 0.1, -40}, {3000, 0.5, -30},
	} {
		in := make([]int16, 8000)
		for i := range in {
			in[i] = int16(10000 * math.Sin(2*math.Pi*tt.hz*float64(i)/8000))
		}
		var u engine.Upsampler
		out := u.Upsample(nil, in[:4001])
		out = u.Upsample(out, in[4001:]) // pieces make no difference
		if len(out) != 16000 {
			t.Fatalf("%d samples out", len(out))
		}
		gain := level(out, tt.hz) - 20*math.Log10(10000)
		image := level(out, 8000-tt.hz) - 20*math.Log10(10000)
		if math.Abs(gain) > tt.gainDB || image > tt.imageDB {
			t.Errorf("%v Hz: gain %.2f dB (want within %.1f), image %.1f dB (want below %.0f)", tt.hz, gain, tt.gainDB, image, tt.imageDB)
		}
	}
}

// level is the amplitude of one tone at 16 kHz, in dB.
func level(pcm []int16, hz float64) float64 {
	var re, im float64
	for i, s := range pcm {
		a := 2 * math.Pi * hz * float64(i) / 16000
		re += float64(s) * math.Cos(a)
		im += float64(s) * math.Sin(a)
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/float64(len(pcm))+1e-9)
}

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		tokens string
		want   string // words parted by |
		pinyin bool
	}{
		{"zh|ū|w|àng|j|ūn", "zhū|wàng|jūn", true},
		{"ān|q|üán|èr|b", "ān|qüán|èr|b", true},
		{"▁your|▁acc|ount|▁is", "your|account|is", false},
		{"您|的|▁P|OS|机", "您|的|POS|机", false},
		{"▁|hel|lo", "hello", false},
	} {
		tokens := strings.Split(tt.tokens, "|")
		words, pinyin := engine.Units(tokens, make([]float64, len(tokens)), 1)
		var got []string
		for _, w := range words {
			got = append(got, w.Text)
		}
		if g := strings.Join(got, "|"); g != tt.want || pinyin != tt.pinyin {
			t.Errorf("Units(%s) = %s, %v, want %s, %v", tt.tokens, g, pinyin, tt.want, tt.pinyin)
		}
	}
	if w, _ := engine.Units([]string{"a"}, nil, 0); w != nil {
		t.Errorf("tokens without times made %v", w)
	}
}
