package screening

import (
	"cmp"
	"slices"
)

// classWeight and kindWeight order reasons for people: what decides first.
var classWeight = [callerClassCount]int{
	CallerSaved: 95, CallerListed: 90, CallerIrregular: 70, CallerInboundOnly: 66, CallerBulk: 30, CallerRegistered: 50, CallerOrdinary: 10,
}

var kindWeight = [kindCount]int{
	Dismissed: 100, KnownRecording: 93,
	CodeRequest: 89, ScreenShare: 88, Transfer: 87, DigitsRead: 86, AgreedToShare: 86, CredentialRequest: 85,
	AccountFrozen: 80, FreezeThreat: 79, Secrecy: 76, PaymentDemand: 74, KeyPressed: 72,
	LegalThreat: 64, ServiceSuspended: 63, AuthorityNamed: 62, InstitutionNamed: 61, RefusalToVerify: 60, LinkOrApp: 58,
	ChannelMove: 48, RefundPitch: 46, UpgradePitch: 45, RatePitch: 45, Deadline: 40, RobocallMenu: 38, Monologue: 20,
	NotHeard: 5,
}

func (e *Evidence) weight() int {
	w := max(classWeight[min(e.Caller, callerClassCount-1)], kindWeight[min(e.Kind, kindCount-1)])
	switch e.Strength {
	case Weak:
		w -= 40
	case Strong:
		w++
	}
	return w
}

// reasons lists the evidence that counted, heaviest first; of equal weight in
// the order of their rules, so that the order of evidence never shows. The same
// rule with the same words is one reason, at its first time.
func (t *tally) reasons(ev []Evidence) []Reason {
	order := make([]int, 0, len(ev))
	for i := range ev {
		if t.takes(&ev[i]) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return compareReasons(&ev[a], &ev[b]) })
	out := make([]Reason, 0, len(order)+2)
	if t.mismatch >= 0 {
		out = append(out, Reason{Rule: RuleMismatch, Text: textMismatch, Evidence: t.mismatch})
	}
	if t.outOfOffice() {
		out = append(out, Reason{Rule: RuleCarrierMismatch, Text: textCarrierMismatch, Evidence: t.carrier})
	}
	for _, i := range order {
		e := &ev[i]
		if n := len(out); n == 0 || out[n-1].Rule != e.Rule || out[n-1].Text != e.Text {
			out = append(out, Reason{Rule: e.Rule, Text: e.Text, Evidence: i})
		}
	}
	return out
}

func compareReasons(a, b *Evidence) int {
	return cmp.Or(
		cmp.Compare(b.weight(), a.weight()),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Text.EN, b.Text.EN),
		cmp.Compare(a.Text.ZH, b.Text.ZH),
		cmp.Compare(a.At, b.At),
	)
}
