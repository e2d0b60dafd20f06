package claims

import (
	"testing"
)

// TestRulesHoldTheirExamples runs the sentences that stand beside each rule.
func TestRulesHoldTheirExamples(t *testing.T) {
	rules := Default()
	for i, data := range rules.data {
		for _, s := range data.Match {
			if !fires(rules, i, s) {
				t.Errorf("rule %s does not match %q", data.ID, s)
			}
		}
		for _, s := range data.NoMatch {
			if fires(rules, i, s) {
				t.Errorf("rule %s matches %q", data.ID, s)
			}
		}
	}
}

// fires reports whether the rule of number i fires when s is said.
func fires(rules *Rules, i int, s string) bool {
	d := NewDetector(rules, nil)
	who := rules.rules[i].who
	d.Turn(who, s, true, 0)
	return d.fired[i/64]&(1<<(i%64)) != 0
}
