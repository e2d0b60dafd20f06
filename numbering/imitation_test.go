package numbering_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"ringward/numbering"
)

var ordinary = flag.Int("ordinary", 20_000, "random ordinary numbers of each form to hold against imitation")

// Ordinary people's numbers must not look like imitations by form alone: at
// most 1 in 100,000 of random valid Chinese and US mobile and fixed numbers.
// The forms are those of the public plans, not of our own data.
func TestOrdinaryNumbersAreRarelyImitations(t *testing.T) {
	chinaMobile := regexp.MustCompile(`^1(?:[38]\d|4[57]|[59][0-35-9]|6[25-7]|7[0-35-8])\d{8}$`)
	rng := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string { return fmt.Sprintf("%0*d", n, rng.Int64N(pow10(n))) }
	areas := strings.Fields("10 20 21 22 23 24 25 27 28 29 311 351 371 411 431 451 531 532 571 574 591 592 731 755 757 769 771 791 871 898 931 951 952 955 991")
	forms := map[string]func() string{
		"cn-mobile": func() string {
			for {
				if s := "1" + digits(10); chinaMobile.MatchString(s) {
					return []string{"", "0", "86", "+86", "0086"}[rng.IntN(5)] + s
				}
			}
		},
		"cn-fixed": func() string {
			a := areas[rng.IntN(len(areas))]
			n := 6
			if len(a) == 2 {
				n = 7
			}
			return []string{"0", "+86", "0086", "86"}[rng.IntN(4)] + a + fmt.Sprint(2+rng.IntN(7)) + digits(n)
		},
		// NANP: area code and exchange N11-free, first digits 2-9; some of these
		// area codes are not in use, as they will not always be in our metadata.
		"us": func() string {
			return []string{"+1", "001"}[rng.IntN(2)] + nanp(rng) + nanp(rng) + digits(4)
		},
	}
	for name, form := range forms {
		flagged := 0
		for range *ordinary {
			raw := form()
			if got := numbering.Parse(raw, numbering.Options{}); !got.Imitates.IsZero() {
				flagged++
				t.Logf("%s: %s imitates %v: %s", name, raw, got.Imitates, got.Note)
			}
		}
		t.Logf("%s: %d of %d ordinary numbers are flagged as imitations", name, flagged, *ordinary)
		if flagged > *ordinary/100_000 {
			t.Errorf("%s: %d of %d flagged, want at most 1 in 100,000", name, flagged, *ordinary)
		}
	}
}

// nanp draws the three digits of an area code or an exchange, not N11.
func nanp(rng *rand.Rand) string {
	for {
		if s := fmt.Sprint(200 + rng.IntN(800)); s[1:] != "11" {
			return s
		}
	}
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

func TestImitationForms(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"+4008208820", "CN:4008208820"},
		{"0040082088 20", "CN:4008208820"},
		{"+95516", "CN:95516"},
		{"+96110", "CN:96110"},
		{"+12315", "CN:12315"},
		{"+110", "CN:110"},
		{"+10109559", "CN:10109559"},
		{"+10086", "CN:10086"},
		{"+1 0086 10 95588", "CN:95588"},
		{"+1 0086 12", "CN:10086"},
		{"+01095588", "CN:95588"},
		{"+13800138000", "+8613800138000"},
		{"9558888", "CN:95588"},
		{"+8695588123", "CN:95588"},
		{"1008611", "CN:10086"},
		{"01013800138000", "+8613800138000"},
		{"0104008208820", "CN:4008208820"},
		{"+85321095588", "CN:95588"},
		{"+12025550123", ""},
		{"+33142695588", ""},
		{"+8613800195588", ""},
		{"02162395588", ""},
	}
	for _, tt := range tests {
		got := numbering.Parse(tt.raw, numbering.Options{})
		if got.Imitates.String() != tt.want {
			t.Errorf("Parse(%q) (%v) imitates %q, want %q", tt.raw, got.Class, got.Imitates, tt.want)
		}
		if (got.ImitatesKind == numbering.ImitatesNone) != got.Imitates.IsZero() {
			t.Errorf("Parse(%q) has kind %v of imitated number %q", tt.raw, got.ImitatesKind, got.Imitates)
		}
	}
}
