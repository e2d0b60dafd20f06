package numbering_test

import (
	"errors"
	"slices"
	"testing"

	"ringward/numbering"
)

func TestCanonicalRoundTrip(t *testing.T) {
	for _, s := range []string{"", "+8613800138000", "CN:95588", "US:911", "+12025550123", "+95588", "+01095588", "CN:108001234567"} {
		n, err := numbering.ParseCanonical(s)
		if err != nil || n.String() != s {
			t.Errorf("ParseCanonical(%q) is %q, %v, want the same back", s, n, err)
		}
		if got := n.Key().Number(); got != n {
			t.Errorf("key of %q leads to %#v, want %#v", s, got, n)
		}
	}
}

func TestParseCanonicalRefuses(t *testing.T) {
	for _, s := range []string{"13800138000", "+", "CN:", "cn:95588", "+1 202", "+1234567890123456", "XYZ:1", ":1", "CN:9a"} {
		if n, err := numbering.ParseCanonical(s); !errors.Is(err, numbering.ErrNotCanonical) {
			t.Errorf("ParseCanonical(%q) is %q, %v, want ErrNotCanonical", s, n, err)
		}
	}
}

func TestAreaIsNotPartOfTheIdentity(t *testing.T) {
	with := numbering.Parse("01095588", numbering.Options{}).Number
	without := numbering.Parse("95588", numbering.Options{}).Number
	if with.Key() != without.Key() || !with.Same(without) {
		t.Errorf("keys of %#v and %#v differ, want one", with, without)
	}
	other := numbering.Number{Country: "US", Digits: "95588", Short: true}
	if other.Key() == without.Key() || other.Same(without) {
		t.Error("a short code of another country has the same identity")
	}
}

func TestKeysOrderAsTextAndPrefixesAreRanges(t *testing.T) {
	texts := []string{"+8613", "+86138", "+8613800138000", "+8613800138001", "+86139", "+8614", "+9", "CN:400", "CN:4008208820", "CN:401", "US:911"}
	var keys []numbering.Key
	for _, s := range texts {
		n, err := numbering.ParseCanonical(s)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, n.Key())
	}
	if !slices.IsSorted(keys) {
		t.Errorf("keys of %q are not in order: %v", texts, keys)
	}
	first, last := mustParse(t, "+86138").Range()
	for i, k := range keys {
		inside := texts[i] == "+86138" || texts[i] == "+8613800138000" || texts[i] == "+8613800138001"
		if got := k >= first && k <= last; got != inside {
			t.Errorf("%s inside the range of +86138: got %v, want %v", texts[i], got, inside)
		}
	}
}

func TestKeyOfNoNumber(t *testing.T) {
	for _, n := range []numbering.Number{{}, {Digits: "12a"}, {Digits: "1234567890123456"}, {Digits: "95588", Short: true}} {
		if k := n.Key(); k != 0 {
			t.Errorf("key of %#v is %d, want 0", n, k)
		}
		if a, b := n.Range(); a != 0 || b != 0 {
			t.Errorf("range of %#v is %d to %d, want none", n, a, b)
		}
	}
	if n := numbering.Key(0).Number(); !n.IsZero() {
		t.Errorf("number of key 0 is %#v, want none", n)
	}
}

func TestFormatNational(t *testing.T) {
	tests := []struct{ canonical, want string }{
		{"+8613800138000", "138 0013 8000"},
		{"+861082345678", "010 8234 5678"},
		{"+863138234567", "0313 823 4567"},
		{"CN:4008208820", "400-820-8820"},
		{"CN:95588", "95588"},
		{"+40212345678", "+40 21 234 5678"},
		{"+95588", "+95588"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := numbering.FormatNational(mustParse(t, tt.canonical)); got != tt.want {
			t.Errorf("FormatNational(%s) is %q, want %q", tt.canonical, got, tt.want)
		}
	}
}

func TestClassNames(t *testing.T) {
	seen := map[string]bool{}
	for c := numbering.Unknown; c <= numbering.Malformed; c++ {
		back, ok := numbering.ParseClass(c.String())
		if !ok || back != c || seen[c.String()] {
			t.Errorf("class %d is named %q, which leads to %d", c, c, back)
		}
		seen[c.String()] = true
	}
	if _, ok := numbering.ParseClass("nonsense"); ok {
		t.Error("nonsense is a class")
	}
}

func TestPlanDataIsDated(t *testing.T) {
	date, sources := numbering.PlanDate()
	if len(date) != len("2026-01-02") || len(sources) != 2 || sources[0] == "" {
		t.Errorf("plan data is dated %q from %q, want a day and two sources", date, sources)
	}
}

func mustParse(t *testing.T, s string) numbering.Number {
	t.Helper()
	n, err := numbering.ParseCanonical(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCanonicalKeyIsThatOfTheNumber(t *testing.T) {
	for _, s := range []string{"", "+8613800138000", "+12125550100", "CN:95588", "CN:4008208820", "+1", "+", "+12a", "95588", "cn:95588", "CN:", "+1234567890123456"} {
		n, want := numbering.ParseCanonical(s)
		k, err := numbering.CanonicalKey(s)
		if k != n.Key() || (err == nil) != (want == nil) {
			t.Errorf("%q: got %x, %v; want %x, %v", s, k, err, n.Key(), want)
		}
	}
}
