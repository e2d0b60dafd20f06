package screening_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringward/screening"
)

const rounds = 4000

// guilty makes evidence that speaks against the caller, or of nothing.
func guilty(r *rand.Rand) screening.Evidence {
	classes := []screening.CallerClass{screening.CallerUnknown, screening.CallerOrdinary, screening.CallerBulk,
		screening.CallerInboundOnly, screening.CallerIrregular, screening.CallerListed}
	e := screening.Evidence{At: time.Duration(r.IntN(5)) * time.Second, Source: screening.Source(r.IntN(9)), Strength: screening.Strength(r.IntN(3))}
	if r.IntN(3) == 0 {
		e.Caller = classes[r.IntN(len(classes))]
		e.Blockable = e.Caller == screening.CallerListed && r.IntN(2) == 0
	} else {
		e.Kind = screening.Kind(r.IntN(int(screening.NotHeard) + 1))
		e.By = screening.Party(r.IntN(3))
		if e.Kind == screening.Dismissed {
			e.Kind = screening.CodeRequest
		}
	}
	if e.Kind == screening.InstitutionNamed {
		e.Institution = []string{"", "a", "b"}[r.IntN(3)]
	}
	if r.IntN(20) == 0 {
		e.Rule = screening.RuleCarrierCode
	} else {
		e.Rule = fmt.Sprintf("r.%s.%s.%d", e.Caller, e.Kind, r.IntN(2))
	}
	e.Text = screening.Text{ZH: e.Rule, EN: e.Rule}
	return e
}

// any makes evidence of any sort, for the caller too.
func anyEvidence(r *rand.Rand) screening.Evidence {
	e := guilty(r)
	switch r.IntN(12) {
	case 0:
		e.Caller, e.Kind, e.Institution = screening.CallerRegistered, screening.KindNone, "a"
	case 1:
		e.Caller, e.Kind = screening.CallerSaved, screening.KindNone
	case 2:
		e.Kind, e.By, e.Caller = screening.Dismissed, screening.PartyMerchant, screening.CallerUnknown
	case 3:
		e.Rule = screening.RuleNotScreened
	case 4:
		e.Shadow = true
	}
	return e
}

func some(r *rand.Rand, make func(*rand.Rand) screening.Evidence) []screening.Evidence {
	ev := []screening.Evidence{}
	for range r.IntN(7) {
		ev = append(ev, make(r))
	}
	return ev
}

func TestMoreGuiltNeverLowersALevel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range rounds {
		ev := some(r, anyEvidence)
		before := screening.Judge(ev)
		added := guilty(r)
		after := screening.Judge(append(slices.Clone(ev), added))
		if after.Level < before.Level {
			t.Fatalf("round %d: %s fell to %s\nevidence %+v\nadded %+v", i, before.Level, after.Level, ev, added)
		}
		if before.Blockable && !after.Blockable {
			t.Fatalf("round %d: no longer blockable after %+v", i, added)
		}
	}
}

func TestOrderOfEvidenceDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for i := range rounds {
		ev := some(r, anyEvidence)
		want := withoutIndices(screening.Judge(ev))
		shuffled := slices.Clone(ev)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := withoutIndices(screening.Judge(shuffled)); got != want {
			t.Fatalf("round %d:\n got %s\nwant %s\nevidence %+v", i, got, want, ev)
		}
	}
}

func TestRepeatingEvidenceDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for i := range rounds {
		ev := some(r, anyEvidence)
		want := withoutIndices(screening.Judge(ev))
		if got := withoutIndices(screening.Judge(append(ev, ev...))); got != want {
			t.Fatalf("round %d:\n got %s\nwant %s\nevidence %+v", i, got, want, ev)
		}
	}
}

// withoutIndices is a verdict as text, without the places of the evidence.
func withoutIndices(v screening.Verdict) string {
	rules := rulesOf(v)
	v.Reasons = nil
	return fmt.Sprintf("%+v %v", v, rules)
}

func TestWeakEvidenceNeverWarns(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for i := range rounds {
		ev := some(r, guilty)
		for j := range ev {
			if ev[j].Kind != screening.KindNone {
				ev[j].Strength = screening.Weak
			}
		}
		if v := screening.Judge(ev); v.Level > screening.LevelNotice {
			t.Fatalf("round %d: weak words alone gave %s\nevidence %+v", i, v.Level, ev)
		}
	}
}

// One claim or request alone, plainly heard, warns of no ordinary caller.
func TestNoSingleKeywordWarns(t *testing.T) {
	for k := screening.InstitutionNamed; k <= screening.NotHeard; k++ {
		if k == screening.KnownRecording { // no keyword: a match of seconds of sound
			continue
		}
		v := screening.Judge([]screening.Evidence{
			{Rule: "caller", Caller: screening.CallerOrdinary},
			{Rule: "heard", Kind: k},
			{Rule: "heard", Kind: k, At: time.Second},
		})
		if v.Level > screening.LevelNotice {
			t.Errorf("%s alone gave %s", k, v.Level)
		}
	}
}

func TestSavedNumbersAreNeverBlocked(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	saved := screening.Evidence{Rule: screening.RuleSaved, Caller: screening.CallerSaved}
	for i := range rounds {
		ev := append(some(r, anyEvidence), saved)
		if v := screening.Judge(ev); v.Blockable {
			t.Fatalf("round %d: a saved number is blockable: %+v", i, ev)
		} else if d := screening.Decide(v, anyPolicy(r)); d.Would != screening.Pass {
			t.Fatalf("round %d: a saved number gets %s: %+v", i, d.Would, ev)
		}
	}
}

func anyPolicy(r *rand.Rand) screening.Policy {
	return screening.Policy{
		Mode: screening.Mode(r.IntN(5)), LabelFrom: screening.Level(r.IntN(5)), AnnounceFrom: screening.Level(r.IntN(5)),
		ChallengeFrom: screening.Level(r.IntN(5)), BlockResponse: screening.Response(r.IntN(3)), Listed: screening.Choice(r.IntN(7)),
		Anonymous: screening.Choice(r.IntN(7)), Foreign: screening.Choice(r.IntN(7)), Unscreened: screening.Choice(r.IntN(7)),
	}
}

// Content never blocks: without a listing and without an operator's own rule
// no evidence and no threshold does.
func TestOnlyListingsBlock(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for i := range rounds {
		ev := some(r, anyEvidence)
		for j := range ev {
			ev[j].Blockable = false
		}
		p := anyPolicy(r)
		p.Anonymous, p.Foreign, p.Unscreened = screening.ByVerdict, screening.ByVerdict, screening.ByVerdict
		if d := screening.Decide(screening.Judge(ev), p); d.Would == screening.Block {
			t.Fatalf("round %d: blocked without a listing: %+v, policy %+v", i, ev, p)
		}
	}
}

// A scam listing beside a proved registration is for the analysts to settle.
func TestRegisteredNumbersAreNotBlockedByAListing(t *testing.T) {
	v := screening.Judge([]screening.Evidence{
		{Rule: screening.RuleRegistered, Caller: screening.CallerRegistered, Institution: "a"},
		{Rule: screening.RuleListed, Caller: screening.CallerListed, Blockable: true},
	})
	if v.Blockable || v.Caller != screening.CallerListed {
		t.Errorf("got blockable %v, class %s; want false, listed", v.Blockable, v.Caller)
	}
}
