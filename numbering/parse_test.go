package numbering_test

import (
	"strings"
	"testing"

	"ringward/numbering"
)

// The table is numbers.md's list of vectors: spelling, canonical text, class.
func TestParseVectors(t *testing.T) {
	abroad := numbering.Options{InternationalTrunk: true}
	home := numbering.Options{}
	tests := []struct {
		name     string
		raw      string
		o        numbering.Options
		want     string
		class    numbering.Class
		flags    numbering.Flags
		area     string
		imitates string
		kind     numbering.ImitationKind
	}{
		{"tel-uri", "tel:+8613800138000", home, "+8613800138000", numbering.Mobile, numbering.IntlForm, "", "", 0},
		{"trunk-zero-before-mobile", "sip:013800138000@192.0.2.1", home, "+8613800138000", numbering.Mobile, 0, "", "", 0},
		{"international-prefix-00", "008613800138000", home, "+8613800138000", numbering.Mobile, numbering.IntlForm, "", "", 0},
		{"country-code-without-plus", "8613800138000", home, "+8613800138000", numbering.Mobile, numbering.IntlForm, "", "", 0},
		{"phone-context", "sip:95588;phone-context=+86@192.0.2.1", home, "CN:95588", numbering.ServiceCode, numbering.Stripped, "", "", 0},
		{"service-code-behind-+86", "+8695588", home, "CN:95588", numbering.ServiceCode, numbering.IntlForm | numbering.NotE164, "", "", 0},
		{"area-and-service-code", "01095588", home, "CN:95588", numbering.ServiceCode, numbering.AreaPrefixed, "10", "", 0},
		{"area-and-service-code-E164", "+861095588", home, "CN:95588", numbering.ServiceCode, numbering.IntlForm | numbering.AreaPrefixed, "10", "", 0},
		{"three-digit-area-and-call-centre", "057195161", home, "CN:95161", numbering.CallCentre, numbering.AreaPrefixed, "571", "", 0},
		{"romania-imitates-400", "+4008208820", home, "+4008208820", numbering.Impossible, numbering.IntlForm | numbering.NotE164, "", "CN:4008208820", numbering.ImitatesSharedCost},
		{"400-behind-+86", "+864008208820", home, "CN:4008208820", numbering.SharedCost, numbering.IntlForm, "", "", 0},
		{"400-from-abroad-is-impossible", "+864008208820", abroad, "CN:4008208820", numbering.Impossible, numbering.IntlForm, "", "CN:4008208820", numbering.ImitatesSharedCost},
		{"myanmar-imitates-95588", "0095588", home, "+95588", numbering.Impossible, numbering.IntlForm | numbering.NotE164, "", "CN:95588", numbering.ImitatesService},
		{"plus-95588", "+95588", home, "+95588", numbering.Impossible, numbering.IntlForm | numbering.NotE164, "", "CN:95588", numbering.ImitatesService},
		{"invalid-NANP-imitates-10086", "+10086", home, "+10086", numbering.Impossible, numbering.IntlForm | numbering.NotE164, "", "CN:10086", numbering.ImitatesCarrier},
		{"invalid-NANP-imitates-mobile", "+1 0086 138 0013 8000", home, "", numbering.Impossible, numbering.IntlForm, "", "+8613800138000", numbering.ImitatesMobile},
		{"us-toll-free-is-no-mobile", "+18665396123", home, "+18665396123", numbering.International, numbering.IntlForm, "", "", 0},
		{"macao-tail-imitates-95588", "+85321095588", home, "+85321095588", numbering.Unassigned, numbering.IntlForm, "", "CN:95588", numbering.ImitatesService},
		{"macao", "0085320923402", home, "+85320923402", numbering.Unassigned, numbering.IntlForm, "", "", 0},
		{"400-with-hyphens", "4008-095-559", home, "CN:4008095559", numbering.SharedCost, 0, "", "", 0},
		{"iot", "1064812345678", home, "+861064812345678", numbering.IoT, 0, "", "", 0},
		{"unassigned-154", "15412345678", home, "+8615412345678", numbering.Unassigned, 0, "", "", 0},
		{"anonymous-invalid", "anonymous@anonymous.invalid", home, "", numbering.Anonymous, 0, "", "", 0},
		{"full-width-digits", "１３８００１３８０００", home, "+8613800138000", numbering.Mobile, numbering.LookAlike, "", "", 0},
		{"letters-for-digits", "I38OO138000", home, "+8613800138000", numbering.Mobile, numbering.LookAlike, "", "", 0},
		{"no-break-space", "138\u00a00013\u00a08000", home, "+8613800138000", numbering.Mobile, 0, "", "", 0},
		{"percent-2B", "sip:%2B8613800138000@192.0.2.1", home, "+8613800138000", numbering.Mobile, numbering.IntlForm, "", "", 0},
		{"user=phone", "sip:+8613800138000@192.0.2.1;user=phone", home, "+8613800138000", numbering.Mobile, numbering.IntlForm, "", "", 0},
		{"npdi", "tel:+8613800138000;npdi", home, "+8613800138000", numbering.Mobile, numbering.IntlForm | numbering.Stripped, "", "", 0},
		{"verstat", "tel:+8613800138000;verstat=TN-Validation-Passed", home, "+8613800138000", numbering.Mobile, numbering.IntlForm | numbering.Stripped, "", "", 0},
		{"12-digit-400-typo", "400820882012", home, "CN:400820882012", numbering.Malformed, 0, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := numbering.Parse(tt.raw, tt.o)
			if got.Number.String() != tt.want || got.Class != tt.class || got.Number.Area != tt.area {
				t.Errorf("Parse(%q) is %q area %q, %v, want %q area %q, %v", tt.raw, got.Number, got.Number.Area, got.Class, tt.want, tt.area, tt.class)
			}
			if got.Flags != tt.flags {
				t.Errorf("Parse(%q) has flags %v, want %v", tt.raw, got.Flags, tt.flags)
			}
			if got.Imitates.String() != tt.imitates || got.ImitatesKind != tt.kind {
				t.Errorf("Parse(%q) imitates %q (%v), want %q (%v)", tt.raw, got.Imitates, got.ImitatesKind, tt.imitates, tt.kind)
			}
			if got.Note == "" || !strings.HasSuffix(got.Note, ".") {
				t.Errorf("Parse(%q) has note %q, want a sentence", tt.raw, got.Note)
			}
		})
	}
}

// The table is numbers.md's list of Chinese caller-ID classes, row by row.
func TestParseChineseClasses(t *testing.T) {
	tests := []struct {
		row   string
		class numbering.Class
		raws  string
	}{
		{"mobile", numbering.Mobile, "13012345678 13912345678 15012345678 15312345678 15512345678 15912345678 16612345678 17212345678 17312345678 17512345678 17812345678 18012345678 18912345678"},
		{"mobile-unassigned", numbering.Unassigned, "15412345678 16012345678 16112345678 16312345678 16412345678 16812345678 16912345678 17912345678 19412345678 14212345678"},
		{"mvno", numbering.MVNO, "16212345678 16512345678 16712345678 17012345678 17112345678"},
		{"new-ranges", numbering.Mobile, "19212345678 19012345678 19112345678 19312345678 19912345678 19512345678 19712345678 19812345678 19612345678"},
		{"data-cards", numbering.DataCard, "14512345678 14712345678 14912345678"},
		{"satellite", numbering.Satellite, "13491234567 17400123456 17405123456 17491234567 17406123456 17412123456"},
		{"iot", numbering.IoT, "1410123456789 1440123456789 1441123456789 1461234567890 1481234567890 1064123456789 1064912345678"},
		{"fixed", numbering.Fixed, "01082345678 02162345678 057188234567 03138234567 +8675582345678 075582345678 1082345678"},
		{"400", numbering.SharedCost, "4008208820 4001195508 04008208820"},
		{"toll-free", numbering.TollFree, "8008208820 108001234567 218001234567"},
		{"service-codes", numbering.ServiceCode, "95588 95516 95302 956001 95338 11888"},
		{"call-centres", numbering.CallCentre, "95017 950618 95188 95768 952005 952568 95013812345 95161 95446"},
		{"provincial", numbering.ProvincialCode, "96110 962288 057196110"},
		{"carriers", numbering.CarrierCode, "10000 10010 10086 10099 10001 10016 10085"},
		{"enterprise", numbering.EnterpriseCode, "10109559 10109599 10107888 01010109559"},
		{"sms-ports", numbering.SMSPort, "106575550123 10690000"},
		{"sms-port-too-long-for-a-number", numbering.SMSPort, "106575550123456789"},
		{"public-service", numbering.PublicService, "110 119 120 122 12315 12321 12345 12363 12378 12381 12386 010110"},
		{"international", numbering.International, "0012025550123 +33142685300 +85228881234 +959420123456"},
		{"premium", numbering.Premium, "16812345"},
		{"anonymous", numbering.Anonymous, "anonymous restricted unknown Unavailable 匿名 未知号码 sip:alice@example.com sip:anonymous@anonymous.invalid sip:+8613800138000@anonymous.invalid"},
		{"malformed", numbering.Malformed, "12 22222222222222 400820882 hello tel:*21# + 1380013800 sip:%zz@x \xff"},
		{"impossible", numbering.Impossible, "0104008208820 01013800138000 +8612 +01095588 955880"},
		{"unassigned-length-of-area", numbering.Unassigned, "031382345678 0216234567"},
	}
	for _, tt := range tests {
		t.Run(tt.row, func(t *testing.T) {
			for raw := range strings.FieldsSeq(tt.raws) {
				if got := numbering.Parse(raw, numbering.Options{}); got.Class != tt.class {
					t.Errorf("Parse(%q) is %v (%v), want %v", raw, got.Class, got.Number, tt.class)
				}
			}
		})
	}
	if got := numbering.Parse("", numbering.Options{}); got.Class != numbering.Anonymous {
		t.Errorf("Parse of nothing is %v, want anonymous", got.Class)
	}
}

func TestParseSpellings(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"name-addr", `"中国银联" <sip:013800138000@192.0.2.1:5060;user=phone>;tag=1`, "+8613800138000"},
		{"sips", "sips:+8613800138000@example.com", "+8613800138000"},
		{"password", "sip:+8613800138000:secret@example.com", "+8613800138000"},
		{"zero-width", "138\u200b0013\u200d8000", "+8613800138000"},
		{"parentheses", "(+86) 138-0013-8000", "+8613800138000"},
		{"zero-in-parentheses", "+86 (0)10 8234 5678", "+861082345678"},
		{"dots", "+86.138.0013.8000", "+8613800138000"},
		{"tel-context-area", "tel:82345678;phone-context=+86-10", "+861082345678"},
		{"tel-context-abroad", "tel:2025550123;phone-context=+1", "+12025550123"},
		{"tel-context-domain", "tel:95588;phone-context=example.com", "CN:95588"},
		{"arabic-digits", "\u0661\u0663\u0668\u0660\u0660\u0661\u0663\u0668\u0660\u0660\u0660", "+8613800138000"},
		{"mathematical-digits", "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", "+8613800138000"},
		{"full-width-plus", "＋8613800138000", "+8613800138000"},
		{"british-zero", "+44 (0)20 7946 0000", "+442079460000"},
		{"italian-zero-stays", "+39 06 6982 1234", "+390669821234"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := numbering.Parse(tt.raw, numbering.Options{}); got.Number.String() != tt.want {
				t.Errorf("Parse(%q) is %q (%v), want %q", tt.raw, got.Number, got.Class, tt.want)
			}
		})
	}
}

func TestParseLocalNumbersNeedTheTrunksArea(t *testing.T) {
	tests := []struct{ raw, area, want string }{
		{"82345678", "10", "+861082345678"},
		{"82345678", "010", "+861082345678"},
		{"8234567", "313", "+863138234567"},
		{"82345678", "", ""},
		{"8695588", "", ""},
		{"861095588", "", "CN:95588"},
		{"1061234567", "10", "+861061234567"},
		{"1061234567", "", "CN:1061234567"},
	}
	for _, tt := range tests {
		got := numbering.Parse(tt.raw, numbering.Options{Area: tt.area})
		if got.Number.String() != tt.want {
			t.Errorf("Parse(%q) on a trunk of area %q is %q, want %q", tt.raw, tt.area, got.Number, tt.want)
		}
	}
}

func TestParseInternationalTrunk(t *testing.T) {
	abroad := numbering.Options{InternationalTrunk: true}
	for _, raw := range []string{"+861095588", "+8695588", "950123456", "12381", "+8696110"} {
		got := numbering.Parse(raw, abroad)
		if got.Class != numbering.Impossible || got.Imitates.IsZero() {
			t.Errorf("Parse(%q) from abroad is %v imitating %q, want impossible and an imitation", raw, got.Class, got.Imitates)
		}
	}
	if got := numbering.Parse("+8613800138000", abroad); got.Class != numbering.Mobile {
		t.Errorf("a roaming mobile is %v, want mobile", got.Class)
	}
}

func TestParseOtherHome(t *testing.T) {
	us := numbering.Options{Country: "US"}
	tests := []struct {
		raw, want string
		class     numbering.Class
	}{
		{"(202) 555-0123", "+12025550123", numbering.Fixed},
		{"12025550123", "+12025550123", numbering.Fixed},
		{"+18558538340", "+18558538340", numbering.TollFree},
		{"+19005551234", "+19005551234", numbering.Premium},
		{"0118613800138000", "+8613800138000", numbering.International},
		{"911", "US:911", numbering.PublicService},
		{"+442079460000", "+442079460000", numbering.International},
		{"12", "", numbering.Malformed},
		{"9995550123", "US:9995550123", numbering.Malformed},
	}
	for _, tt := range tests {
		got := numbering.Parse(tt.raw, us)
		if got.Number.String() != tt.want || got.Class != tt.class {
			t.Errorf("Parse(%q) in the US is %q %v, want %q %v", tt.raw, got.Number, got.Class, tt.want, tt.class)
		}
	}
}

func TestParseForeignClassAndRegion(t *testing.T) {
	got := numbering.Parse("+18665396123", numbering.Options{})
	if got.ForeignClass != numbering.TollFree || got.Region != "United States" || got.RegionChinese != "美国" {
		t.Errorf("got %v of %q %q, want toll-free of United States 美国", got.ForeignClass, got.Region, got.RegionChinese)
	}
	got = numbering.Parse("057188234567", numbering.Options{})
	if got.Region != "Hangzhou, Zhejiang" || got.RegionChinese != "浙江省杭州市" {
		t.Errorf("got %q %q, want Hangzhou", got.Region, got.RegionChinese)
	}
}

func TestParseIsBounded(t *testing.T) {
	long := strings.Repeat("1", numbering.MaxInput+1)
	got := numbering.Parse(long, numbering.Options{})
	if got.Class != numbering.Malformed || len(got.Raw) > numbering.MaxInput {
		t.Errorf("got %v with %d bytes kept, want malformed with at most %d", got.Class, len(got.Raw), numbering.MaxInput)
	}
}
