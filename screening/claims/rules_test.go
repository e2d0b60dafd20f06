package claims

import (
	"strings"
	"testing"
)

// TestRulesHoldTheirExamples runs the sentences that stand beside each rule.
func TestRulesHoldTheirExamples(t *testing.T) {
	rules := Default()
	for i, data := range rules.data {
		if len(data.Match) == 0 {
			t.Errorf("rule %s has no sentence that it must match", data.ID)
		}
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

// fires reports whether the rule of number i fires in the last turn of call;
// the turns before are the caller's.
func fires(rules *Rules, i int, call string) bool {
	d := NewDetector(rules, nil)
	turns := strings.Split(call, " / ")
	last := len(turns) - 1
	for _, s := range turns[:last] {
		d.Turn(Caller, s, true, 0)
	}
	d.fired = [maxRules / 64]uint64{}
	d.Turn(rules.rules[i].who, turns[last], true, 0)
	return d.fired[i/64]&(1<<(i%64)) != 0
}
