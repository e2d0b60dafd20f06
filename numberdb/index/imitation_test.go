package index_test

import (
	"strings"
	"testing"

	"ringward/numberdb/index"
	"ringward/numberdb/indextest"
	"ringward/numbering"
)

// register builds an index of hotlines of one bank each.
func register(t testing.TB, canonical ...string) *index.Index {
	b := index.NewBuilder(0)
	b.AddInstitution(index.Institution{ID: "bank", NameZH: "样本银行", NameEN: "Sample Bank"})
	for i, s := range canonical {
		n, err := numbering.ParseCanonical(s)
		if err != nil {
			t.Fatal(err)
		}
		b.Add(n.Key(), index.Listing{ID: int64(i + 1), Kind: index.Registered, Institution: "bank", Purpose: "hotline"})
	}
	return b.Build("test")
}

func number(t testing.TB, s string) numbering.Number {
	n, err := numbering.ParseCanonical(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestImitation(t *testing.T) {
	x := register(t, "CN:95588", "CN:95516", "CN:95568", "CN:4008208820", "+861066108888", "+18558538340")
	for _, tc := range []struct {
		name     string
		raw      string // what came, if it is no number
		number   string
		class    numbering.Class
		flags    numbering.Flags
		imitates string // by form
		want     index.ImitationKind
		of       string
	}{
		{"the hotline itself", "", "CN:95588", numbering.ServiceCode, 0, "", 0, ""},
		{"an ordinary mobile", "", "+8613800138000", numbering.Mobile, 0, "", 0, ""},
		{"form +95588", "", "+95588", numbering.Impossible, numbering.IntlForm, "CN:95588", index.ByForm, "CN:95588"},
		{"form of a 400 number that nobody listed", "", "+4001234567", numbering.Impossible, 0, "CN:4001234567", index.ByForm, "CN:4001234567"},
		{"400 number from abroad", "", "CN:4008208820", numbering.Impossible, numbering.IntlForm, "", index.FromAbroad, "CN:4008208820"},
		{"look-alike digits", "", "CN:95588", numbering.ServiceCode, numbering.LookAlike, "", index.LookAlikeDigits, "CN:95588"},
		{"tail of an impossible number", "", "+85321195588", numbering.Impossible, 0, "", index.HotlineTail, "CN:95588"},
		{"area and code as tail", "", "+4001095588", numbering.Impossible, 0, "", index.AreaTail, "CN:95588"},
		{"tail of a valid foreign number", "", "+12125595588", numbering.International, 0, "", 0, ""},
		{"400 number behind a foreign code", "", "+4404008208820", numbering.International, 0, "", index.NationalTail, "CN:4008208820"},
		{"US number behind a foreign code", "", "+448558538340", numbering.International, 0, "", index.NationalTail, "+18558538340"},
		{"extra digit of a fixed line", "", "+8610661088889", numbering.Impossible, 0, "", index.ExtraDigit, "+861066108888"},
		{"missing digit of a fixed line", "", "+86106610888", numbering.Impossible, 0, "", index.MissingDigit, "+861066108888"},
		{"swapped digits of a fixed line", "", "+861066180888", numbering.Fixed, 0, "", index.SwappedDigits, "+861066108888"},
		{"swapped digits of a 400 number", "", "CN:4008028820", numbering.SharedCost, 0, "", index.SwappedDigits, "CN:4008208820"},
		{"doubled digit of a code", "", "CN:955588", numbering.ServiceCode, 0, "", index.ExtraDigit, "CN:95588"},
		{"digit behind a code", "", "CN:955880", numbering.ServiceCode, 0, "", index.ExtraDigit, "CN:95588"},
		{"another code of six digits", "", "CN:952568", numbering.CallCentre, 0, "", 0, ""},
		{"another code with digits exchanged", "", "CN:95858", numbering.ServiceCode, 0, "", 0, ""},
		{"400 number with a digit too many, no number", "40082088200", "", numbering.Malformed, 0, "", index.ExtraDigit, "CN:4008208820"},
		{"400 number with a digit missing, no number", "sip:400-820-882@10.0.0.1", "", numbering.Malformed, 0, "", index.MissingDigit, "CN:4008208820"},
		{"a name", "4008208820 bank", "", numbering.Malformed, 0, "", 0, ""},
	} {
		p := numbering.Parsed{Raw: tc.raw, Number: number(t, tc.number), Class: tc.class, Flags: tc.flags, Imitates: number(t, tc.imitates)}
		h, ok := x.Imitation(p)
		if ok != (tc.want != 0) || h.Kind != tc.want || h.Imitated.String() != tc.of {
			t.Errorf("%s: got %v of %v, want %v of %s", tc.name, h.Kind, h.Imitated, tc.want, tc.of)
		}
		if !ok {
			continue
		}
		for _, lang := range []string{"zh-CN", "en"} {
			text := h.Explain(lang)
			if text == "" || strings.Contains(text, "{") || !strings.Contains(text, numbering.FormatNational(h.Imitated)) {
				t.Errorf("%s: explanation %q", tc.name, text)
			}
			if h.Institution != "" && !strings.Contains(text, map[string]string{"zh-CN": "样本银行", "en": "Sample Bank"}[lang]) {
				t.Errorf("%s: explanation %q does not name the bank", tc.name, text)
			}
		}
	}
}

func TestResembles(t *testing.T) {
	x := register(t, "CN:95588")
	for s, want := range map[string]index.ImitationKind{"+12125595588": index.HotlineTail, "CN:95858": index.SwappedDigits, "+12125595589": 0, "CN:95588": 0} {
		h, ok := x.Resembles(numbering.Parsed{Number: number(t, s), Class: numbering.International})
		if ok != (want != 0) || h.Kind != want {
			t.Errorf("%s: got %v, want %v", s, h.Kind, want)
		}
	}
}

// TestImitationParsed holds the vectors of numbering against the index.
func TestImitationParsed(t *testing.T) {
	x := register(t, "CN:95588", "CN:4008208820", "CN:10086")
	for _, raw := range []string{"+95588", "+4008208820", "+10086", "0095588"} {
		p := numbering.Parse(raw, numbering.Options{})
		h, ok := x.Imitation(p)
		if !ok || h.Institution != "bank" {
			t.Errorf("%s (%v, %v): got %v %+v, want a hit on the bank", raw, p.Number, p.Class, ok, h)
		}
	}
	p := numbering.Parse("+864008208820", numbering.Options{InternationalTrunk: true})
	if h, ok := x.Imitation(p); !ok || h.Kind != index.FromAbroad {
		t.Errorf("400 number from abroad: %v %v (class %v)", h.Kind, ok, p.Class)
	}
	for _, raw := range []string{"95588", "01095588", "13800138000", "+12125550100"} {
		if h, ok := x.Imitation(numbering.Parse(raw, numbering.Options{})); ok {
			t.Errorf("%s: got %v of %v, want none", raw, h.Kind, h.Imitated)
		}
	}
}

// TestImitationRate measures how often ordinary numbers are hit by chance: at
// most 1 in 100,000 of random Chinese and US mobile and fixed numbers, with
// more hotlines registered than the country has institutions.
func TestImitationRate(t *testing.T) {
	g := indextest.New(20261122)
	var hotlines []string
	for i := range 2000 {
		hotlines = append(hotlines, g.Hotline(i).String())
	}
	x := register(t, hotlines...)
	n := 400_000
	if testing.Short() {
		n = 100_000
	}
	kinds := []struct {
		name  string
		make  func() numbering.Number
		class numbering.Class
	}{{"CN mobile", g.Mobile, numbering.Mobile}, {"CN fixed", g.Fixed, numbering.Fixed}, {"US", g.US, numbering.International}}
	for _, kind := range kinds {
		hits := 0
		for range n {
			c := kind.make()
			if _, ok := x.Imitation(numbering.Parsed{Number: c, Class: kind.class}); ok {
				hits++
			}
		}
		t.Logf("%s: %d hits in %d", kind.name, hits, n)
		if hits*100_000 > n {
			t.Errorf("%s: %d of %d ordinary numbers are taken for imitations", kind.name, hits, n)
		}
	}
}

// TestUnverifiedListingsExcuseNothing: anybody can propose that his number is a
// bank's; only what a second person approved is believed.
func TestUnverifiedListingsExcuseNothing(t *testing.T) {
	const swapped = "CN:4008028820" // of 4008208820
	for _, tc := range []struct {
		verified bool
		want     index.ImitationKind
	}{{false, index.SwappedDigits}, {true, index.ImitationNone}} {
		b := index.NewBuilder(0)
		for i, l := range []struct {
			number   string
			verified bool
		}{{"CN:4008208820", true}, {swapped, tc.verified}} {
			b.Add(number(t, l.number).Key(), index.Listing{ID: int64(i + 1), Kind: index.Registered, Institution: "bank", Verified: l.verified})
		}
		p := numbering.Parsed{Number: number(t, swapped), Class: numbering.SharedCost}
		x := b.Build("test")
		if h, _ := x.Imitation(p); h.Kind != tc.want {
			t.Errorf("verified %v: got %v, want %v", tc.verified, h.Kind, tc.want)
		}
		e := x.Edit() // the overlay decides like the base
		e.SetListings(p.Number.Key(), []index.Listing{{ID: 2, Kind: index.Registered, Institution: "bank", Verified: tc.verified}})
		if h, _ := e.Done("edited").Imitation(p); h.Kind != tc.want {
			t.Errorf("verified %v, edited: got %v, want %v", tc.verified, h.Kind, tc.want)
		}
	}
}
