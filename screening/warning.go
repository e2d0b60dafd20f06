package screening

import "time"

// Limits is how often a call may be spoken into. Zero fields take the
// defaults: one warning, two alarms, 30 s between the starts of two warnings.
// A higher level does not wait for a lower one: a code that is asked for right
// after the claim has to be warned of at once.
type Limits struct {
	Warnings int           // spoken warnings (L2, and the advice that goes with a registered number) in one call
	Alarms   int           // spoken alarms (L3) in one call
	Gap      time.Duration // after one of the same or a higher level
	// Hushed: warnings are recorded and not spoken, because the merchant called
	// several no scam lately (see Dismissals). Alarms are spoken all the same.
	Hushed bool
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
	At          time.Duration // when it was due; after Given, when it began
	Level       Level         // LevelClear for the advice that goes with a registered number
	Kind        Kind          // what it is about
	Prompt      string        // id of what is said (see PromptIDs)
	Institution string        // whose hotline to add, if that is verified; "" none
	Times       int           // how often the sentence is said
	Silent      bool          // the policy speaks to nobody, or the line is hushed: record it, play nothing
}

// Due returns the warning that has to be given at the time at, if any. It
// changes nothing: call Given when the warning begins, also when it is Silent.
// Between two calls of Add it is worth asking again only when a gap ends (see
// NextDue).
func (c *Case) Due(at time.Duration) (Warning, bool) {
	w, ok := c.pending()
	if !ok || at < c.notBefore(w.Level) {
		return Warning{}, false
	}
	w.At = at
	return w, true
}

// NextDue is the earliest time at which the warning that is waiting may be
// given; false if none is.
func (c *Case) NextDue() (time.Duration, bool) {
	w, ok := c.pending()
	if !ok {
		return 0, false
	}
	return c.notBefore(w.Level), true
}

// Given notes that w began at the time at.
func (c *Case) Given(w Warning, at time.Duration) {
	w.At = at
	c.given = append(c.given, w)
	c.covered[min(w.Level, levelCount-1)] = c.adds
}

// Warnings lists what was given so far.
func (c *Case) Warnings() []Warning { return c.given }

// pending is the warning that the case calls for, whatever the time.
func (c *Case) pending() (Warning, bool) {
	v := c.verdict
	level := v.Level
	if v.Info {
		level = LevelClear
	}
	if c.silenced || c.policy.Mode == ModeOff || !v.Info && level < LevelWarning || c.spent(level) {
		return Warning{}, false
	}
	kind, prompt := c.subject(level)
	if prompt == "" {
		return Warning{}, false
	}
	w := Warning{Level: level, Kind: kind, Prompt: prompt, Institution: v.Institution, Times: 1, Silent: c.policy.Mode < ModeAnnounce || c.limits.Hushed && level < LevelAlarm}
	if level == LevelAlarm {
		w.Times = 2
	}
	return w, true
}

// spent reports whether the call's share of this level is used up.
func (c *Case) spent(level Level) bool {
	warnings, alarms := 0, 0
	for _, w := range c.given {
		if w.Level == LevelAlarm {
			alarms++
		} else {
			warnings++
		}
	}
	if level == LevelAlarm {
		return alarms >= c.limits.Alarms
	}
	return warnings >= c.limits.Warnings
}

// notBefore is when the gap after the last one of this or a higher level ends.
func (c *Case) notBefore(level Level) time.Duration {
	var t time.Duration
	for _, w := range c.given {
		if w.Level >= level {
			t = max(t, w.At+c.limits.Gap)
		}
	}
	return t
}
