package numbering_test

import (
	"strings"
	"testing"

	"ringward/numbering"
)

func TestFoldName(t *testing.T) {
	tests := []struct{ name, a, b string }{
		{"case", "UnionPay", "unionpay"},
		{"full-width", "ＰＯＳ中心", "pos中心"},
		{"zero-for-o", "P0S机", "pos机"},
		{"one-for-l", "PayPa1", "paypal"},
		{"capital-i-for-l", "PayPaI", "paypal"},
		{"cyrillic", "РОЅ", "pos"},
		{"greek", "Ρaypal", "paypal"},
		{"zero-width", "银\u200b联", "银联"},
		{"soft-hyphen", "Union\u00adPay", "unionpay"},
		{"blanks-between-characters", "中 国 银 联", "中国银联"},
		{"dots-between-characters", "中·国·银·联", "中国银联"},
		{"traditional", "中國銀聯", "中国银联"},
		{"kangxi-radicals", "⼯商银⾏", "工商银行"},
		{"katakana", "エ商银行", "工商银行"},
		{"accents", "Pàypal", "paypal"},
		{"marks", "✓ Bank of China [V]", "bank of china v"},
		{"many-blanks", "  Bank   of\tChina ", "bank of china"},
		{"mathematical", "𝐏𝐎𝐒", "pos"},
		{"digits-alone-stay", "95588 10086", "95588 10086"},
		{"full-width-digits", "９５５８８", "95588"},
		{"nothing", "✓!", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := numbering.FoldName(tt.a); got != tt.b {
				t.Errorf("FoldName(%q) is %q, want %q", tt.a, got, tt.b)
			}
			if got := numbering.FoldName(tt.b); got != tt.b {
				t.Errorf("FoldName(%q) is %q, want it unchanged", tt.b, got)
			}
		})
	}
}

func TestFoldNameKeepsInstitutionsApart(t *testing.T) {
	names := strings.Fields("中国银联 银联商务 工商银行 农业银行 中国银行 建设银行 交通银行 拉卡拉 通联支付 Square Stripe Clover Toast SumUp Dojo")
	seen := map[string]string{}
	for _, name := range names {
		f := numbering.FoldName(name)
		if other, ok := seen[f]; ok || f == "" {
			t.Errorf("%q and %q both fold to %q", name, other, f)
		}
		seen[f] = name
	}
}
