package gateway

import (
	"runtime/debug"
	"time"

	"ringward/numbering"
	"ringward/screening"
)

// screen judges the caller before the phone rings. A fault in screening never
// costs the call: it goes through, marked (or is refused, where the trunk is
// configured to fail closed).
func (c *call) screen() {
	evidence, ok := c.callerEvidence()
	c.rec.Screened = ok
	c.case_ = screening.NewCase(evidence, c.line.Policy, screening.Limits{})
	c.verd = c.case_.Verdict()
	c.do = screening.Decide(c.verd, c.line.Policy)
	if !ok {
		c.gw.counters.unscreened.Add(1)
		if c.trunk.FailClosed {
			c.do = screening.Decision{Action: screening.Block, Response: screening.ResponseDecline, Marked: true}
		}
	}
	c.rec.Verdict, c.rec.Action = c.verd, c.do.Action
	c.gw.counters.verdicts[min(int(c.verd.Level), len(c.gw.counters.verdicts)-1)].Add(1)
	c.note("verdict", c.verd.Level.String())
	c.note("action", c.do.Action.String())
	c.log.Info("verdict", "caller", c.rec.Caller, "level", c.verd.Level.String(), "class", c.verd.Caller.String(), "action", c.do.Action.String())
	c.tell(EventVerdict)
}

// callerEvidence asks the index and the rules; ok is false when they could not
// answer.
func (c *call) callerEvidence() (ev []screening.Evidence, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			c.gw.counters.panics.Add(1)
			c.log.Error("screening failed, the call goes through unscreened", "panic", p, "stack", stack())
			ev, ok = screening.CallerEvidence(screening.Caller{}, nil), false
		}
	}()
	x := c.gw.cfg.Register.Index()
	lines, allowed := c.gw.observe(c.caller.number.Number, c.line.Number, c.start)
	c.rec.IndexVersion, c.rec.RulesVersion = x.Version(), screening.RulesVersion()
	ev = screening.CallerEvidence(screening.Caller{
		Parsed:  c.caller.number,
		Display: c.caller.name,
		Country: c.gw.cfg.Country,
		Trunk: screening.Trust{Name: c.trunk.Name, Domestic: c.trunk.Domestic, International: c.trunk.International,
			ScreensNumbers: c.trunk.ScreensNumbers},
		Line:    c.line.Number,
		Now:     c.start,
		Lines:   lines,
		Allowed: allowed,
	}, x)
	return ev, x != nil
}

// observe notes a call and tells how many lines this caller rang lately, this
// one included, and whether the line's owner has just called him no scam.
func (g *Gateway) observe(n numbering.Number, line string, now time.Time) (lines int, allowed bool) {
	if n.IsZero() {
		return 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.velocity.Observe(n.Key(), line, now), g.allowed.Has(line, n.Key(), now)
}

// allow remembers the merchant's word that a caller is no scam.
func (g *Gateway) allow(n numbering.Number, line string, now time.Time) {
	if n.IsZero() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.allowed.Allow(line, n.Key(), now)
}

// stack is the stack of a fault, for the log.
func stack() string { return string(debug.Stack()) }
