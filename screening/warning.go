package screening

import "time"

// Limits is how often a call may be spoken into. Zero fields take the
// defaults: one warning, two alarms, 30 s between two of the same level.
type Limits struct {
	Warnings int           // spoken warnings (L2) in one call
	Alarms   int           // spoken alarms (L3) in one call
	Gap      time.Duration // between the starts of two of the same level
}

func (l Limits) orDefault() Limits {
	if l.Warnings == 0 {
		l.Warnings = 1
	}
	if l.Alarms == 0 {
		l.Alarms = 2
	}
	if l.Gap == 0 {
		l.Gap = 30 * time.Second
	}
	return l
}

// Warning is something that the merchant, and only he, has to hear now.
type Warning struct {
	At          time.Duration // when it was due
	Level       Level         // LevelClear for the advice that goes with a registered number
	Prompt      string        // id of what is said
	Institution string        // whose hotline to add, if that is verified; "" none
	Times       int           // how often the sentence is said
	Silent      bool          // the policy speaks to nobody: record it only
}

// Due returns the warning that has to be given at the time at, if any. It
// changes nothing: call Given when the warning begins.
func (c *Case) Due(at time.Duration) (Warning, bool) { return Warning{}, false }

// Given notes that w began at the time at.
func (c *Case) Given(w Warning, at time.Duration) {
	w.At = at
	c.given = append(c.given, w)
}

// Warnings lists what was given so far.
func (c *Case) Warnings() []Warning { return c.given }
