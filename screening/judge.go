package screening

import (
	"cmp"
	"slices"
	"time"
)

// Verdict is what the evidence of a call amounts to.
type Verdict struct {
	Level       Level
	Caller      CallerClass // row of the matrix
	Heard       Heard       // column of the matrix
	Info        bool        // clear, but the merchant should hear that the number fits and that codes stay unread
	Blockable   bool        // a confirmed listing stands behind it
	NotScreened bool        // the caller number could not be checked: the call goes through, marked
	Dismissed   bool        // the merchant said that it is no scam
	Institution string      // id of the institution that is claimed, else of the one that the number belongs to or imitates; "" none
	Reasons     []Reason    // in order of weight, the heaviest first
}

// Reason is one piece of evidence as it counted.
type Reason struct {
	Rule     string
	Text     Text
	Evidence int // index into the evidence that was judged
}

// Has reports whether rule is among the reasons.
func (v Verdict) Has(rule string) bool {
	return slices.ContainsFunc(v.Reasons, func(r Reason) bool { return r.Rule == rule })
}

// Judge weighs the evidence through the matrix. The order of the evidence does
// not matter, repeating it does not matter, and evidence of guilt never lowers
// the level. No evidence at all is LevelUnknown.
func Judge(ev []Evidence) Verdict {
	t := tallyOf(ev)
	class := t.row()
	v := Verdict{
		Caller:      class,
		Heard:       t.heard.column(class),
		NotScreened: t.notScreened,
		Dismissed:   t.dismissed,
		Institution: t.institution(ev),
	}
	c := theMatrix.cells[class][v.Heard]
	v.Level, v.Info = c.level, c.info
	v.Blockable = c.block && t.blockable && !t.owned
	if class != CallerSaved {
		v.Level = max(v.Level, t.heard.floor())
	}
	v.Info = v.Info && v.Level == LevelClear
	if v.Level <= LevelClear && (t.counted == 0 || t.notScreened) {
		v.Level = LevelUnknown
	}
	v.Reasons = t.reasons(ev)
	return v
}

// row is the caller's class once what he says is held against his number.
func (t *tally) row() CallerClass {
	class := t.class
	if class == CallerRegistered && t.mismatch >= 0 {
		class = CallerOrdinary // the number proves another institution than the one claimed
	}
	if t.outOfOffice() {
		class = class.and(CallerInboundOnly)
	}
	return class
}

// tally is what one pass over the evidence adds up to.
type tally struct {
	counted     int
	class       CallerClass
	heard       heardSet
	owned       bool // a verified listing gives the number to an institution that calls from it
	blockable   bool
	notScreened bool
	dismissed   bool
	dismissedAt time.Duration
	carrier     int // index of evidence that the number is a telephone company's, -1 none
	mismatch    int // index of a claim to be an institution that the number does not belong to, -1 none
}

func tallyOf(ev []Evidence) tally {
	t := tally{mismatch: -1, carrier: -1}
	for i := range ev {
		if e := &ev[i]; e.Kind == Dismissed && e.counts() {
			t.dismissed = true
			t.dismissedAt = max(t.dismissedAt, e.At)
		}
	}
	for i := range ev {
		if e := &ev[i]; t.takes(e) {
			t.add(e)
			if e.Rule == RuleCarrierCode {
				t.carrier = i
			}
		}
	}
	if t.dismissed {
		t.class = CallerSaved
	}
	t.mismatch = mismatch(ev, &t)
	return t
}

// takes reports whether e counts in t: what was heard before the merchant said
// "not a scam" no longer does, what is heard after it does.
func (t *tally) takes(e *Evidence) bool {
	old := t.dismissed && e.At <= t.dismissedAt && e.Kind != KindNone && e.Kind != Dismissed
	return e.counts() && !old
}

func (t *tally) add(e *Evidence) {
	t.counted++
	t.class = t.class.and(e.Caller)
	t.heard.add(e)
	t.owned = t.owned || e.Caller == CallerRegistered
	t.blockable = t.blockable || e.Blockable
	t.notScreened = t.notScreened || e.Rule == RuleNotScreened
}

// outOfOffice reports whether a telephone company's number speaks of a payment
// account being frozen, which is none of its business.
func (t *tally) outOfOffice() bool { return t.carrier >= 0 && t.heard.plain.any(freezeKinds) }

// mismatch finds the first claim (by time, then by name) to be an institution,
// when the number is proved to belong to others only.
func mismatch(ev []Evidence, t *tally) int {
	if t.class != CallerRegistered {
		return -1
	}
	found := -1
	for i := range ev {
		e := &ev[i]
		if !t.takes(e) || !e.names() || e.Strength == Weak || belongs(ev, e.Institution) {
			continue
		}
		if found < 0 || earlier(e, &ev[found]) {
			found = i
		}
	}
	return found
}

// names reports whether e claims one certain institution.
func (e *Evidence) names() bool {
	return (e.Kind == InstitutionNamed || e.Kind == AuthorityNamed) && e.Institution != ""
}

func belongs(ev []Evidence, institution string) bool {
	return slices.ContainsFunc(ev, func(e Evidence) bool {
		return e.Caller == CallerRegistered && !e.Shadow && e.Institution == institution
	})
}

func earlier(a, b *Evidence) bool {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Institution, b.Institution)) < 0
}

// institution names whom the call is about: the first one claimed aloud, else
// the one that the display name shows, else the one that the number belongs to
// or imitates.
func (t *tally) institution(ev []Evidence) string {
	best, rank := -1, 0
	for i := range ev {
		e := &ev[i]
		r := 0
		switch {
		case e.Institution == "" || !t.takes(e):
		case e.names() && e.Source != SourceDisplay:
			r = 3
		case e.names():
			r = 2
		case e.Caller != CallerUnknown: // the number's own, or the one that it imitates
			r = 1
		}
		if r > rank || r > 0 && r == rank && earlier(e, &ev[best]) {
			best, rank = i, r
		}
	}
	if best < 0 {
		return ""
	}
	return ev[best].Institution
}
