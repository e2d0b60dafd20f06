package claims_test

import (
	"strings"
	"testing"

	"ringward/screening/claims"
)

const goodAddition = `
concepts:
  stopped_state: [打了烊]
  kiosk: [自助机, kiosk]
rules:
  - id: kiosk.moved
    label: account_frozen
    strength: strong
    all: [your, kiosk, stopped_state]
    order: true
    within: 14
    not: [own, report]
    match: [您的自助机被停用了, your kiosk is suspended]
    no_match: [我的自助机被停用了, 您的自助机到货了]
examples:
  - {say: 您的商户账户打了烊, hears: [account_frozen]}
  - {say: 您的自助机到货了, not: [account_frozen]}
`

func TestAdditionsCount(t *testing.T) {
	r, err := claims.Check(claims.Addition{Name: "kiosk", Text: []byte(goodAddition)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Version() == claims.Default().Version() {
		t.Error("the version does not tell the additions")
	}
	for _, tt := range []struct {
		rules *claims.Rules
		rule  string
	}{{r, "kiosk.moved"}, {claims.Default(), ""}} {
		d := claims.NewDetector(tt.rules, claims.DefaultModel())
		got := ""
		for _, f := range d.Turn(claims.Caller, "老板您那台自助机今天被停用了", true, 0) {
			if f.Label == claims.AccountFrozen && f.Strength == claims.Strong {
				got = f.Rule
			}
		}
		if got != tt.rule {
			t.Errorf("heard by %q, want %q", got, tt.rule)
		}
	}
}

func TestAdditionsDropRules(t *testing.T) {
	const text = "drop: [frozen.yours]\nexamples: [{say: 您的收款码被冻结了, hears: [account_frozen]}]"
	r, err := claims.Check(claims.Addition{Name: "less", Text: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range claims.NewDetector(r, nil).Turn(claims.Caller, "您的商户账户现在已经被冻结了", true, 0) {
		if f.Rule == "frozen.yours" {
			t.Errorf("a dropped rule found %+v", f)
		}
	}
}

// TestBadAdditionsAreRefused: each error says what to mend.
func TestBadAdditionsAreRefused(t *testing.T) {
	const rule = "rules: [{id: x.y, label: deadline, all: [deadline], match: [今天之内办好], no_match: [改天再说]}]"
	for name, tt := range map[string]struct{ text, want string }{
		"no YAML":            {"rules: [", "bad: read rules"},
		"unknown key":        {"concept: {a: [b]}", "bad: read rules"},
		"empty":              {"{}", "nothing in it"},
		"no sentences":       {"rules: [{id: x, label: deadline, all: [deadline]}]", "match and no_match"},
		"phrases untested":   {"concepts: {deadline: [月底前]}", "sentences under examples"},
		"own sentence fails": {strings.Replace(rule, "今天之内", "改天", 1), `rule x.y does not match "改天办好"`},
		"matches too much":   {strings.Replace(rule, "改天再说", "今天之内再说", 1), `rule x.y matches "今天之内再说"`},
		"bad level":          {"verdicts: [{id: v, level: bad, heard: [deadline]}]\nexamples: [{say: 没, not: [deadline]}]", "level"},
		"a common word":      {"concepts: {own: [您]}\nexamples: [{say: 您的, not: [deadline]}]", "rule frozen.yours does not match"},
		"example unheard":    {"concepts: {deadline: [月底前]}\nexamples: [{say: 月底再说, hears: [deadline]}]", "deadline is not heard"},
		"example overheard":  {"concepts: {deadline: [月底前]}\nexamples: [{say: 月底前办, not: [deadline]}]", "heard in it, by rule deadline"},
		"no such label":      {"concepts: {deadline: [月底前]}\nexamples: [{say: 月底前办, hears: [late]}]", `no label "late"`},
		"no such rule":       {"drop: [frozen.solid]\nexamples: [{say: 月底前办, not: [deadline]}]", "no rule"},
		"id used twice":      {strings.Replace(rule, "x.y", "deadline", 1), "used twice"},
	} {
		_, err := claims.Check(claims.Addition{Name: "bad", Text: []byte(tt.text)})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want it to say %q", name, err, tt.want)
		}
	}
}
