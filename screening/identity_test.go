package screening_test

import (
	"strings"
	"testing"

	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

// What a signature, a trunk's word and a forwarding tell, and that none of it
// speaks for the caller by itself.
func TestIdentityIsEvidenceNotVerdict(t *testing.T) {
	trust := screening.Trust{Domestic: true, ScreensNumbers: true}
	for _, c := range []struct {
		name   string
		caller screening.Caller
		rules  string
		text   string // in one of the reasons
		level  screening.Level
	}{
		{"verified, A", screening.Caller{Identity: screening.IdentityVerified, Signed: screening.Signed{Attest: 'A'}}, screening.RuleIdentityVerified, "attestation A", screening.LevelClear},
		{"a trunk's word", screening.Caller{Identity: screening.IdentityVerified, Signed: screening.Signed{By: screening.VoucherTrunk}}, screening.RuleIdentityVerified, "trunk says", screening.LevelClear},
		{"partial", screening.Caller{Identity: screening.IdentityPartial, Signed: screening.Signed{Attest: 'C'}}, screening.RuleIdentityPartial, "does not vouch", screening.LevelClear},
		{"failed, and why", screening.Caller{Identity: screening.IdentityFailed, Signed: screening.Signed{Problem: "bad chain"}}, screening.RuleIdentityFailed, "bad chain", screening.LevelNotice},
		{"not in time", screening.Caller{Signed: screening.Signed{Late: true}}, screening.RuleIdentityLate, "in time", screening.LevelClear},
		{"a signed name", screening.Caller{Identity: screening.IdentityVerified, Signed: screening.Signed{Name: "Acme"}}, screening.RuleIdentityName, "Acme", screening.LevelClear},
		{"forwarded", screening.Caller{Forward: screening.Forward{By: numbering.Number{Country: "CN", Digits: "862155550188"}}}, screening.RuleForwarded, "+862155550188", screening.LevelClear},
		{"nothing", screening.Caller{}, screening.RuleOrdinary, "", screening.LevelClear},
	} {
		c.caller.Parsed, c.caller.Trunk, c.caller.Now = parsed("13800138000", trust), trust, scriptDay
		v := screening.Judge(screening.CallerEvidence(c.caller, index.NewBuilder(0).Build("t")))
		var texts strings.Builder
		for _, r := range v.Reasons {
			texts.WriteString(r.Text.EN)
			if r.Text.ZH == "" {
				t.Errorf("%s: %s has no Chinese sentence", c.name, r.Rule)
			}
		}
		if !v.Has(c.rules) || !strings.Contains(texts.String(), c.text) || v.Level != c.level {
			t.Errorf("%s: got %s, %s; want %s with %q and %s", c.name, v.Level, texts.String(), c.rules, c.text, c.level)
		}
	}
}

// A number that the trunk did not vouch for proves nothing, listed or not.
func TestForwardedNumberIsNotProved(t *testing.T) {
	b := index.NewBuilder(0)
	b.AddInstitution(index.Institution{ID: "unionpay", Names: []string{"中国银联"}, NameZH: "中国银联", Country: "CN"})
	n := numbering.Number{Country: "CN", Digits: "95516", Short: true}
	b.Add(n.Key(), index.Listing{ID: 1, Kind: index.Registered, Institution: "unionpay", Direction: index.MayCallOut, Verified: true})
	x := b.Build("t")
	trust := screening.Trust{Domestic: true, ScreensNumbers: true}
	c := screening.Caller{Parsed: parsed("95516", trust), Trunk: trust, Now: scriptDay}
	if v := screening.Judge(screening.CallerEvidence(c, x)); !v.Has(screening.RuleRegistered) {
		t.Fatalf("got %v", v.Reasons)
	}
	c.Forward = screening.Forward{By: numbering.Number{Country: "CN", Digits: "862155550188"}, Unproven: true}
	if v := screening.Judge(screening.CallerEvidence(c, x)); v.Has(screening.RuleRegistered) || !v.Has(screening.RuleUnproven) {
		t.Errorf("got %v", v.Reasons)
	}
	c.Identity, c.Signed.Name = screening.IdentityVerified, "中国银联"
	v := screening.Judge(screening.CallerEvidence(c, x))
	if !v.Has(screening.RuleRegistered) || !v.Has(screening.RuleIdentityName) {
		t.Errorf("with a signature of its own: got %v", v.Reasons)
	}
}
