package numbering

import (
	"strings"
	"testing"
)

const goodHead = "# country: CN\n# date: 2026-01-02\n# source: a test\n"

func TestReadChinaPlanNamesTheBadLine(t *testing.T) {
	goodPlan, goodAreas := goodHead+"mobile\t130-139\t11\tA sentence.\n", goodHead+"10\t8\tBeijing\t北京市\n"
	if _, err := readChinaPlan(goodPlan, goodAreas); err != nil {
		t.Fatalf("the good files give %v", err)
	}
	tests := []struct{ name, plan, areas, want string }{
		{"unknown-class", strings.Replace(goodPlan, "mobile", "mobil", 1), goodAreas, `class "mobil" is not known`},
		{"bad-range", strings.Replace(goodPlan, "130-139", "139-130", 1), goodAreas, `range "139-130"`},
		{"bad-length", strings.Replace(goodPlan, "\t11\t", "\t99\t", 1), goodAreas, `length "99"`},
		{"missing-field", strings.Replace(goodPlan, "\tA sentence.", "", 1), goodAreas, "cn_plan.txt:4: got 3 fields, want 4"},
		{"no-date", strings.Replace(goodPlan, "# date: 2026-01-02\n", "", 1), goodAreas, `no "date" line`},
		{"bad-area", goodPlan, strings.Replace(goodAreas, "10\t8", "1\t8", 1), "2 or 3 digits"},
		{"bad-area-length", goodPlan, strings.Replace(goodAreas, "10\t8", "10\tx", 1), `range "x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := readChinaPlan(tt.plan, tt.areas)
			if err == nil || p != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q and no plan", err, tt.want)
			}
		})
	}
}

func TestReadFoldsNamesTheBadRow(t *testing.T) {
	if _, err := readFolds(goodHead+"ab\tc\n", goodHead+"銀银\n"); err == nil || !strings.Contains(err.Error(), "one character") {
		t.Errorf("got %v, want an error about two characters", err)
	}
	if _, err := readFolds(goodHead+"a\tc\n", goodHead+"銀银聯\n"); err == nil || !strings.Contains(err.Error(), "pairs") {
		t.Errorf("got %v, want an error about pairs", err)
	}
}

// Every fold has to end where it leads, or names would fold differently twice.
func TestFoldsLeadToTheirEnd(t *testing.T) {
	for from, to := range folds {
		if further, ok := folds[to]; ok && further != to {
			t.Errorf("%c folds to %c, which folds to %c", from, to, further)
		}
	}
}
