package screening

import "time"

// maxEvidence bounds what one call may gather. Past it, only evidence that
// would raise the level is still taken, in place of nothing.
const maxEvidence = 256

// Case is one running call: its evidence so far, its verdict, and the warnings
// that were given. It belongs to one goroutine.
type Case struct {
	policy   Policy
	limits   Limits
	evidence []Evidence
	verdict  Verdict
	given    []Warning
	silenced bool
	dropped  int
}

// NewCase begins a case with the evidence that is known before the phone rings.
func NewCase(ev []Evidence, p Policy, l Limits) *Case {
	c := &Case{policy: p, limits: l.orDefault()}
	c.Add(ev...)
	return c
}

// Add takes new evidence and returns the verdict with it. raised is true when
// the level, or with it what has to be said, rose.
func (c *Case) Add(ev ...Evidence) (v Verdict, raised bool) {
	before := c.verdict
	for _, e := range ev {
		c.take(e)
	}
	c.verdict = Judge(c.evidence)
	return c.verdict, c.verdict.Level > before.Level || c.verdict.Info && !before.Info
}

// Verdict is the verdict on everything added so far.
func (c *Case) Verdict() Verdict { return c.verdict }

// Evidence is everything added so far, in order. The caller must not change it.
func (c *Case) Evidence() []Evidence { return c.evidence }

// Dismiss takes the merchant's word that the call is no scam (key *1).
func (c *Case) Dismiss(at time.Duration) Verdict {
	v, _ := c.Add(Evidence{At: at, Source: SourceMerchant, Rule: RuleDismissed, Kind: Dismissed, By: PartyMerchant, Text: textDismissed})
	return v
}

// Silence ends the warnings of this call (key *3). Evidence is still gathered.
func (c *Case) Silence() { c.silenced = true }

// Dropped is how much evidence was left out because the case was full.
func (c *Case) Dropped() int { return c.dropped }

func (c *Case) take(e Evidence) {
	for i := range c.evidence {
		old := &c.evidence[i]
		if old.Rule == e.Rule && old.Kind == e.Kind && old.By == e.By && old.Strength == e.Strength && old.Institution == e.Institution && old.At == e.At {
			return
		}
	}
	if len(c.evidence) >= maxEvidence {
		c.dropped++
		return
	}
	c.evidence = append(c.evidence, e)
}
