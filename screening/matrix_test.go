package screening_test

import (
	"testing"

	"ringward/screening"
)

// The words that bring a call to each column, said by the caller.
var columnKinds = map[screening.Heard][]screening.Kind{
	screening.HeardNothing:     nil,
	screening.HeardInstitution: {screening.InstitutionNamed},
	screening.HeardPitch:       {screening.InstitutionNamed, screening.UpgradePitch},
	screening.HeardFreeze:      {screening.InstitutionNamed, screening.AccountFrozen},
	screening.HeardRequest:     {screening.InstitutionNamed, screening.AccountFrozen, screening.CodeRequest},
}

// matrixCells is the table of domain knowledge, cell by cell: levels as L0 to
// L3, + for the advice that goes with a number that fits, ! where a policy may
// block. The pitch column is one below freeze and never below institution.
var matrixCells = []struct {
	caller screening.CallerClass
	cells  [5]string // nothing, institution, pitch, freeze, request
}{
	{screening.CallerRegistered, [5]string{"L0", "L0", "L0", "L0+", "L3"}},
	{screening.CallerInboundOnly, [5]string{"L1", "L2", "L2", "L2", "L3"}},
	{screening.CallerSaved, [5]string{"L0", "L0", "L0", "L1", "L3"}},
	{screening.CallerOrdinary, [5]string{"L0", "L1", "L1", "L2", "L3"}},
	{screening.CallerBulk, [5]string{"L1", "L1", "L1", "L2", "L3"}},
	{screening.CallerIrregular, [5]string{"L1", "L2", "L2", "L3", "L3"}},
	{screening.CallerListed, [5]string{"L1!", "L2!", "L2!", "L3!", "L3!"}},
}

func TestMatrixCellByCell(t *testing.T) {
	for _, row := range matrixCells {
		for column, want := range row.cells {
			heard := screening.Heard(column)
			t.Run(row.caller.String()+"/"+heard.String(), func(t *testing.T) {
				v := screening.Judge(cellEvidence(row.caller, heard))
				if got := cellText(v); got != want {
					t.Errorf("got %s, want %s (reasons %v)", got, want, rulesOf(v))
				}
				if v.Caller != row.caller || v.Heard != heard {
					t.Errorf("got row %s column %s, want %s %s", v.Caller, v.Heard, row.caller, heard)
				}
			})
		}
	}
}

func cellEvidence(class screening.CallerClass, heard screening.Heard) []screening.Evidence {
	ev := []screening.Evidence{{Rule: "caller", Source: screening.SourceNumber, Caller: class, Blockable: class == screening.CallerListed}}
	for _, k := range columnKinds[heard] {
		ev = append(ev, screening.Evidence{Rule: k.String(), Source: screening.SourceWords, Kind: k, By: screening.PartyCaller})
	}
	return ev
}

func cellText(v screening.Verdict) string {
	s := map[screening.Level]string{
		screening.LevelUnknown: "L?", screening.LevelClear: "L0", screening.LevelNotice: "L1",
		screening.LevelWarning: "L2", screening.LevelAlarm: "L3",
	}[v.Level]
	if v.Info {
		s += "+"
	}
	if v.Blockable {
		s += "!"
	}
	return s
}

// Every request that no genuine caller makes is an alarm in every row.
func TestEveryRequestIsAnAlarmForEveryCaller(t *testing.T) {
	for _, row := range matrixCells {
		for _, k := range []screening.Kind{screening.CodeRequest, screening.CredentialRequest, screening.ScreenShare, screening.Transfer, screening.Secrecy} {
			ev := append(cellEvidence(row.caller, screening.HeardInstitution), screening.Evidence{Kind: k, By: screening.PartyCaller})
			if v := screening.Judge(ev); v.Level != screening.LevelAlarm {
				t.Errorf("%s asks for %s: got %s, want alarm", row.caller, k, v.Level)
			}
		}
	}
}

func TestNothingJudgedIsUnknown(t *testing.T) {
	if v := screening.Judge(nil); v.Level != screening.LevelUnknown || len(v.Reasons) != 0 {
		t.Errorf("no evidence: got %+v, want level unknown and no reasons", v)
	}
}
