package claims

import "testing"

// TestRulesHoldTheirExamples runs the sentences that stand beside each rule.
func TestRulesHoldTheirExamples(t *testing.T) {
	for i, d := range Default().data {
		if len(d.Match) == 0 {
			t.Errorf("rule %s has no sentence that it must match", d.ID)
		}
		if err := Default().holds(i); err != nil {
			t.Error(err)
		}
	}
}
