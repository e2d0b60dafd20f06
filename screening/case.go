package screening

import "time"

// What one call may gather is bounded, so that no caller makes it grow by
// talking: of each kind and strength the first few and the latest are kept, so
// that none crowds another out.
const (
	maxAlike = 3  // of one kind and strength
	maxFacts = 32 // of the number, name and trunk
)

// Case is one running call: its evidence so far, its verdict, and the warnings
// that were given. It belongs to one goroutine.
type Case struct {
	policy   Policy
	limits   Limits
	evidence []Evidence
	added    []int // for each evidence, the count of Adds when it came
	adds     int
	verdict  Verdict
	given    []Warning
	covered  [levelCount]int // adds that the last warning of each level covered
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
// the level, or with it what has to be said, rose. The level never falls but
// by the merchant's own word.
func (c *Case) Add(ev ...Evidence) (v Verdict, raised bool) {
	before, dismissed := c.verdict, false
	c.adds++
	for _, e := range ev {
		c.take(e)
		dismissed = dismissed || e.Kind == Dismissed && e.counts()
	}
	v = Judge(c.evidence)
	if v.Level < before.Level && !dismissed {
		v.Level, v.Info = before.Level, false
	}
	c.verdict = v
	return v, v.Level > before.Level || v.Info && !before.Info
}

// Verdict is the verdict on everything added so far.
func (c *Case) Verdict() Verdict { return c.verdict }

// Evidence is everything added so far, in order. The caller must not change it.
func (c *Case) Evidence() []Evidence { return c.evidence }

// Dismiss takes the merchant's word that the call is no scam (key *1): what
// was heard so far no longer counts, and the caller is taken for one whom the
// merchant knows. A request that comes later is still warned of.
func (c *Case) Dismiss(at time.Duration) Verdict {
	v, _ := c.Add(Evidence{At: at, Source: SourceMerchant, Rule: RuleDismissed, Kind: Dismissed, By: PartyMerchant, Text: textDismissed})
	return v
}

// Silence ends the warnings of this call (key *3). Evidence is still gathered.
func (c *Case) Silence() { c.silenced = true }

// Dropped is how much evidence was left out because enough like it was there.
func (c *Case) Dropped() int { return c.dropped }

// take keeps e, in the place of the latest one like it when there are enough.
func (c *Case) take(e Evidence) {
	if e.Text == (Text{}) {
		e.Text = e.Kind.Text()
	}
	alike, last := 0, -1
	for i := range c.evidence {
		if c.evidence[i].like(&e) {
			alike, last = alike+1, i
		}
	}
	switch {
	case e.Kind == KindNone && alike >= maxFacts:
		c.dropped++
	case e.Kind != KindNone && alike >= maxAlike:
		c.dropped++
		c.evidence[last], c.added[last] = e, c.adds
	default:
		c.evidence = append(c.evidence, e)
		c.added = append(c.added, c.adds)
	}
}

// like reports whether e and f are of one sort, of which a case keeps a few.
func (e *Evidence) like(f *Evidence) bool {
	if e.Kind != f.Kind {
		return false
	}
	return e.Kind == KindNone || e.Strength == f.Strength && e.counts() == f.counts()
}
