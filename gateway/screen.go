package gateway

import (
	"runtime/debug"
	"time"

	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
)

// assessment is what is found out about an INVITE before any phone rings: who
// calls, which line, the verdict and what the line's policy makes of it.
type assessment struct {
	trunk  *trunkState
	caller identity
	called string // user part of the Request-URI
	line   Line
	verd   screening.Verdict
	do     screening.Decision

	evidence []screening.Evidence
	screened bool   // false: the check itself failed
	index    string // version of the index that was asked
}

// identify finds out who calls and which line is called; false when it is none
// of ours.
func (g *Gateway) identify(a *assessment, inv *sipmsg.Message) bool {
	a.caller = identify(inv, &a.trunk.Trunk, g.cfg.Country)
	var ok bool
	if a.called, ok = calledOn(inv, a.trunk); !ok {
		return false
	}
	number := numbering.Parse(a.called, numbering.Options{Country: g.cfg.Country, Area: a.trunk.Area})
	a.line, ok = g.cfg.Lines.Line(a.called, number.Number)
	return ok
}

// judge comes to the verdict and the action. A fault in screening never costs
// the call: it goes through, marked (or is refused, where the trunk is
// configured to fail closed).
func (g *Gateway) judge(a *assessment, now time.Time) {
	a.evidence, a.screened = g.callerEvidence(a, now)
	a.verd = screening.Judge(a.evidence)
	a.do = screening.Decide(a.verd, a.line.Policy)
	if !a.screened {
		g.counters.unscreened.Add(1)
		if a.trunk.FailClosed {
			a.do = screening.Decision{Action: screening.Block, Response: screening.ResponseDecline, Marked: true}
		}
	}
	g.counters.verdicts[min(int(a.verd.Level), len(g.counters.verdicts)-1)].Add(1)
}

// callerEvidence asks the index and the rules; ok is false when they could not
// answer.
func (g *Gateway) callerEvidence(a *assessment, now time.Time) (ev []screening.Evidence, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			g.counters.panics.Add(1)
			g.log.Error("screening failed, the call goes through unscreened", "panic", p, "stack", stack())
			ev, ok = screening.CallerEvidence(screening.Caller{}, nil), false
		}
	}()
	x := g.cfg.Register.Index()
	a.index = x.Version()
	lines, allowed := g.observe(a.caller.number.Number, a.line.Number, now)
	ev = screening.CallerEvidence(screening.Caller{
		Parsed:  a.caller.number,
		Display: a.caller.name,
		Country: g.cfg.Country,
		Trunk: screening.Trust{Name: a.trunk.Name, Domestic: a.trunk.Domestic, International: a.trunk.International,
			ScreensNumbers: a.trunk.ScreensNumbers},
		Identity: a.caller.verified, Signed: a.caller.signed, Forward: a.caller.forward,
		Line:    a.line.Number,
		Now:     now,
		Lines:   lines,
		Allowed: allowed,
	}, x)
	return ev, x != nil
}

// screen judges the caller before the phone rings and writes it down.
func (c *call) screen() {
	c.gw.judge(&c.assessment, c.start)
	c.case_ = screening.NewCase(c.evidence, c.line.Policy, screening.Limits{Hushed: c.gw.hushed(c.line.Number, c.start)})
	c.rec.Screened, c.rec.IndexVersion, c.rec.RulesVersion = c.screened, c.index, screening.RulesVersion()
	c.rec.Verdict, c.rec.Action = c.verd, c.do.Action
	c.note("verdict", c.verd.Level.String())
	c.note("action", c.do.Action.String())
	c.log.Info("verdict", "caller", c.rec.Caller, "level", c.verd.Level.String(), "class", c.verd.Caller.String(), "action", c.do.Action.String())
	c.tell(EventVerdict)
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

// dismissed counts a call that a line's owner called no scam.
func (g *Gateway) dismissed(line string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dismissals.Add(line, now)
}

// hushed reports whether warnings of a line are to be recorded only.
func (g *Gateway) hushed(line string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dismissals.Hushed(line, now)
}

// stack is the stack of a fault, for the log.
func stack() string { return string(debug.Stack()) }
