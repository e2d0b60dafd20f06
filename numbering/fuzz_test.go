package numbering_test

import (
	"testing"
	"unicode/utf8"

	"ringward/numbering"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{"tel:+8613800138000", "sip:013800138000@h", "sip:95588;phone-context=+86@h", "+4008208820", "0095588",
		"+10086", "１３８００１３８０００", "\"x\" <sip:%2B86138@h>;tag=1", "anonymous@anonymous.invalid", "P0S", "", "+39 06 6982 1234", "%", "<", "+8601095588"} {
		f.Add(s, "CN", "10", false)
		f.Add(s, "US", "", true)
	}
	f.Fuzz(func(t *testing.T, raw, country, area string, abroad bool) {
		got := numbering.Parse(raw, numbering.Options{Country: country, Area: area, InternationalTrunk: abroad})
		if len(got.Raw) > numbering.MaxInput || got.Note == "" {
			t.Errorf("Parse(%q) keeps %d bytes, note %q", raw, len(got.Raw), got.Note)
		}
		shown := got.Class == numbering.Malformed && got.Number.Short && len(got.Number.Digits) > 8 // kept as it was shown
		if (got.Class == numbering.Anonymous || got.Class == numbering.Malformed) && !got.Number.IsZero() && !shown {
			t.Errorf("Parse(%q) is %v with number %v", raw, got.Class, got.Number)
		}
		for _, n := range []numbering.Number{got.Number, got.Imitates} {
			checkIdentity(t, n)
		}
	})
}

// checkIdentity holds n to the promises of String, ParseCanonical and Key.
func checkIdentity(t *testing.T, n numbering.Number) {
	t.Helper()
	back, err := numbering.ParseCanonical(n.String())
	n.Area = ""
	if err != nil || back != n {
		t.Errorf("ParseCanonical(%q) is %#v, %v, want %#v", n, back, err, n)
	}
	if n.IsZero() != (n.Key() == 0) || n.Key().Number() != n {
		t.Errorf("key %#x of %#v leads to %#v", uint64(n.Key()), n, n.Key().Number())
	}
}

func FuzzParseCanonical(f *testing.F) {
	for _, s := range []string{"", "+8613800138000", "CN:95588", "+1", "+", "ZZ:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := numbering.ParseCanonical(s)
		if err != nil {
			if !n.IsZero() {
				t.Errorf("ParseCanonical(%q) is %#v beside an error", s, n)
			}
			return
		}
		if n.String() != s {
			t.Errorf("ParseCanonical(%q) writes %q", s, n)
		}
		checkIdentity(t, n)
	})
}

func FuzzKeyOrder(f *testing.F) {
	f.Add("8613800138000", "8613800138001", true)
	f.Add("139", "1390", false)
	f.Fuzz(func(t *testing.T, a, b string, short bool) {
		x := numbering.Number{Country: "CN", Digits: a, Short: short}
		y := numbering.Number{Country: "CN", Digits: b, Short: short}
		if x.Key() == 0 || y.Key() == 0 {
			return
		}
		if (a < b) != (x.Key() < y.Key()) || (a == b) != (x.Key() == y.Key()) {
			t.Errorf("keys of %q and %q are %d and %d", a, b, x.Key(), y.Key())
		}
		first, last := x.Range()
		prefix := len(b) >= len(a) && b[:len(a)] == a
		if inside := y.Key() >= first && y.Key() <= last; inside != prefix {
			t.Errorf("%q in the range of %q: got %v, want %v", b, a, inside, prefix)
		}
	})
}

func FuzzFoldName(f *testing.F) {
	for _, s := range []string{"中國銀聯", "P0S", "PayPaI", "Ⅷ", "ﷺ", "\xff", "가각", "I0l1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := numbering.FoldName(s)
		if !utf8.ValidString(once) {
			t.Errorf("FoldName(%q) is invalid text %q", s, once)
		}
		if twice := numbering.FoldName(once); twice != once {
			t.Errorf("FoldName(%q) is %q, folded again %q", s, once, twice)
		}
	})
}
