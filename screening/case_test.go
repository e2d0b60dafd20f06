package screening_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"ringward/screening"
)

var ordinary = screening.Evidence{Rule: screening.RuleOrdinary, Caller: screening.CallerOrdinary}

// said is a kind that the caller was heard to say.
func said(at time.Duration, k screening.Kind) screening.Evidence {
	return screening.Evidence{At: at, Source: screening.SourceWords, Rule: "words." + k.String(), Kind: k, By: screening.PartyCaller}
}

func newCase(ev ...screening.Evidence) *screening.Case {
	return screening.NewCase(ev, screening.Policy{Mode: screening.ModeAnnounce}, screening.Limits{})
}

func TestCaseSaysWhenItRises(t *testing.T) {
	c := newCase(ordinary)
	steps := []struct {
		ev     screening.Evidence
		level  screening.Level
		raised bool
	}{
		{said(1, screening.InstitutionNamed), screening.LevelNotice, true},
		{said(2, screening.InstitutionNamed), screening.LevelNotice, false},
		{said(3, screening.AccountFrozen), screening.LevelWarning, true},
		{said(4, screening.Deadline), screening.LevelWarning, false},
		{said(5, screening.CodeRequest), screening.LevelAlarm, true},
	}
	for _, s := range steps {
		if v, raised := c.Add(s.ev); v.Level != s.level || raised != s.raised {
			t.Errorf("%s: got %s raised %v, want %s raised %v", s.ev.Rule, v.Level, raised, s.level, s.raised)
		}
	}
}

func TestCaseRaisesForAdviceToo(t *testing.T) {
	c := newCase(screening.Evidence{Rule: screening.RuleRegistered, Caller: screening.CallerRegistered, Institution: "a"})
	c.Add(said(1, screening.InstitutionNamed))
	if v, raised := c.Add(said(2, screening.AccountFrozen)); v.Level != screening.LevelClear || !v.Info || !raised {
		t.Errorf("freeze from a registered number: got %s info %v raised %v, want clear, true, true", v.Level, v.Info, raised)
	}
}

// Evidence that speaks for the caller and comes late does not take back what
// was judged; only the merchant's key does.
func TestCaseFallsByTheMerchantsWordOnly(t *testing.T) {
	c := newCase(ordinary, said(1, screening.InstitutionNamed), said(2, screening.AccountFrozen))
	c.Add(screening.Evidence{At: 3, Rule: screening.RuleRegistered, Caller: screening.CallerRegistered})
	c.Add(screening.Evidence{At: 4, Rule: screening.RuleSaved, Caller: screening.CallerSaved})
	if got := c.Verdict().Level; got != screening.LevelWarning {
		t.Errorf("after late good news: got %s, want warning", got)
	}
	if got := c.Dismiss(5).Level; got != screening.LevelClear {
		t.Errorf("after *1: got %s, want clear", got)
	}
	if !c.Verdict().Dismissed || !c.Verdict().Has(screening.RuleDismissed) {
		t.Errorf("after *1: got %+v, want the merchant's word among the reasons", c.Verdict())
	}
}

// maxKept is three of each of 27 kinds in three strengths, heard from either
// side, and 32 facts about the number.
const maxKept = 3*27*3*2 + 32

// A caller who talks for hours, in every way there is, fills no memory and
// hides no request.
func TestCaseIsBounded(t *testing.T) {
	c := newCase(ordinary)
	r := rand.New(rand.NewPCG(7, 7))
	last := c.Verdict().Level
	for range 2000 {
		e := guilty(r)
		if e.Kind == screening.CodeRequest {
			continue
		}
		if v, _ := c.Add(e); v.Level < last {
			t.Fatalf("level fell from %s to %s", last, v.Level)
		} else {
			last = v.Level
		}
	}
	if n := len(c.Evidence()); n > maxKept || c.Dropped() == 0 {
		t.Errorf("%d pieces of evidence kept, %d dropped; at most %d may be kept", n, c.Dropped(), maxKept)
	}
	c.Add(said(time.Hour, screening.CodeRequest))
	if !c.Verdict().Has("words.code_request") {
		t.Error("a request after much talk is not among the reasons")
	}
}

func TestWarningsKeepTheirDistance(t *testing.T) {
	c := newCase(ordinary, said(0, screening.InstitutionNamed), said(0, screening.AccountFrozen))
	var given []screening.Warning
	for s := range 3600 {
		at := time.Duration(s) * time.Second
		kinds := []screening.Kind{screening.CodeRequest, screening.Transfer, screening.ScreenShare, screening.AccountFrozen}
		c.Add(said(at, kinds[s%4]))
		if w, ok := c.Due(at); ok {
			c.Given(w, at)
			given = append(given, w)
		}
	}
	alarms, warnings := 0, 0
	for i, w := range given {
		if w.Level == screening.LevelAlarm {
			alarms++
		} else {
			warnings++
		}
		if i > 0 && w.Level == given[i-1].Level && w.At-given[i-1].At < 30*time.Second {
			t.Errorf("%s only %v after %s", w.Prompt, w.At-given[i-1].At, given[i-1].Prompt)
		}
	}
	if alarms != 2 || warnings > 1 {
		t.Errorf("an hour of requests gave %d alarms and %d warnings, want 2 and at most 1", alarms, warnings)
	}
}

func TestDueChangesNothing(t *testing.T) {
	c := newCase(ordinary, said(0, screening.InstitutionNamed))
	c.Add(said(time.Second, screening.AccountFrozen))
	for range 3 {
		if w, ok := c.Due(2 * time.Second); !ok || w.Prompt != screening.WarnFreeze || w.Times != 1 {
			t.Fatalf("got %+v %v, want %s once", w, ok, screening.WarnFreeze)
		}
	}
	if next, ok := c.NextDue(); !ok || next != 0 {
		t.Errorf("NextDue: got %v %v, want at once", next, ok)
	}
}

func TestNextDueIsTheEndOfTheGap(t *testing.T) {
	c := newCase(ordinary, said(0, screening.InstitutionNamed), said(time.Second, screening.CodeRequest))
	w, _ := c.Due(time.Second)
	if w.Times != 2 {
		t.Errorf("an alarm is said %d times, want 2", w.Times)
	}
	c.Given(w, time.Second)
	if _, ok := c.NextDue(); ok {
		t.Error("nothing new was heard, yet a warning waits")
	}
	c.Add(said(5*time.Second, screening.Transfer))
	if next, ok := c.NextDue(); !ok || next != 31*time.Second {
		t.Errorf("got %v %v, want 31s", next, ok)
	}
	if len(c.Warnings()) != 1 || c.Warnings()[0].At != time.Second {
		t.Errorf("got %+v, want the one alarm at 1s", c.Warnings())
	}
}
