package claims_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"ringward/screening/claims"
)

// FuzzDetector feeds any words from either side, whole and in partial results:
// no panic, bounded findings, no digit in what is quoted, a level that never
// falls, and the same answer for the same words after Reset.
func FuzzDetector(f *testing.F) {
	f.Add("您的商户账户8832017766已经被冻结了", "三八四零七二", 7)
	f.Add("your account 4417 has been suspended, read me the code", "eight eight one four", 20)
	f.Add("P O S 机\u200b被封——停\xff，dong4 jié信xi息", "", 3)
	f.Add(strings.Repeat("冻结账户", 3000), strings.Repeat("9", 5000), 100)
	f.Fuzz(func(t *testing.T, caller, merchant string, cut int) {
		d := claims.NewDetector(claims.Default(), claims.DefaultModel())
		play := func() claims.Assessment {
			level := claims.OK
			follow := func(fs []claims.Finding) {
				checkFindings(t, fs)
				if d.Level() < level {
					t.Fatalf("level fell from %v to %v", level, d.Level())
				}
				level = d.Level()
			}
			n := 0
			if len(caller) > 0 {
				n = max(cut, -cut, 0) % len(caller)
			}
			follow(d.Turn(claims.Caller, caller[:n], false, 1))
			follow(d.Turn(claims.Caller, caller, true, 2))
			follow(d.Turn(claims.Merchant, merchant, true, 3))
			return d.Assessment()
		}
		a := play()
		d.Reset()
		if b := play(); a.Level != b.Level || a.Score != b.Score || len(a.Heard) != len(b.Heard) {
			t.Fatalf("after Reset %+v, before %+v", b, a)
		}
	})
}

// quoteLimit is generous: a rule's name and 160 bytes of words.
const quoteLimit = 200

func checkFindings(t *testing.T, fs []claims.Finding) {
	t.Helper()
	if len(fs) > 300 {
		t.Fatalf("%d findings in one turn", len(fs))
	}
	for _, f := range fs {
		if len(f.Words) > quoteLimit {
			t.Fatalf("%s quotes %d bytes", f.Rule, len(f.Words))
		}
		if strings.ContainsAny(f.Words, "0123456789") {
			t.Fatalf("%s quotes digits: %q", f.Rule, f.Words)
		}
		if f.Label == claims.LabelNone || f.Rule == "" || !utf8.ValidString(f.Label.String()) {
			t.Fatalf("incomplete finding %+v", f)
		}
	}
}
