package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"ringward/calllog"
	"ringward/cmd/ringward/config"
	"ringward/console"
	"ringward/console/hooks"
	"ringward/console/people"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/numbering"
	"ringward/screening"
)

// front is the console of a running gateway: it hands over what the console
// asks for, and tells it what happens in calls. Calls do not depend on it.
type front struct {
	app     *app
	console atomic.Pointer[console.Console] // nil before open, or when it could not be opened
	people  *people.Store
	link    string       // of the first operator, while there is none
	hooks   *hooks.Hooks // nil: no webhook is configured
	tail    *logTail     // nil: the log is not shown
	tests   testCaller
}

// open plugs the console into a gateway. An address that is taken or a damaged
// people.db is told in the log, and calls go on without a console.
func (f *front) open(ctx context.Context, a *app) {
	f.app = a
	if !a.cfg.Console.Listen.IsValid() {
		return
	}
	if err := f.tryOpen(ctx); err != nil {
		a.log.Error("there is no console", "err", err, "advice", "see console in the configuration; calls go on")
		f.close()
	}
}

func (f *front) tryOpen(ctx context.Context) (err error) {
	a, cfg := f.app, f.app.cfg
	if f.people, err = people.Open(people.Options{Path: filepath.Join(cfg.Data, "people.db")}); err != nil {
		return err
	}
	if f.link, err = f.people.Begin(ctx); err != nil {
		return fmt.Errorf("first operator: %w", err)
	}
	o := console.Options{
		Log: a.log, Listen: cfg.Console.Listen, PublicURL: cfg.Console.PublicURL, CertFile: cfg.Console.CertFile, KeyFile: cfg.Console.KeyFile,
		People: f.people, Numbers: a.numbers, Lines: frontLines{a.current, a.numbers}, Calls: frontCalls{a.recorder}, Verdicts: frontVerdicts{a.current, a.numbers},
		Dismiss: frontDismiss{a.gateway}, Health: frontHealth{a}, Country: cfg.Country, Retention: cfg.Calls.Retention,
	}
	o.Refuse = frontRefuse{a.gateway}
	f.phone(&o)
	if a.house != nil {
		o.Demo = a.house
	}
	o.Effects, o.Bench, o.Scratch = frontEffects{a.current, a.numbers, a.recorder}, frontBench{a.current, a.numbers, a.voice}, cfg.Data
	o.Choices, o.Modes = frontChoices{a.current, a.numbers}, frontChoices{a.current, a.numbers}
	f.tests.app = a
	o.Tests = &f.tests
	o.Config = func() string { return shownConfig(a.current()) }
	if f.tail != nil {
		o.Logs = f.tail
	}
	if f.hooks, err = openHooks(cfg, a.log); err != nil {
		return err
	}
	o.Hooks = f.hooks
	c, err := console.New(o)
	if err != nil {
		return err
	}
	f.console.Store(c)
	return nil
}

// run serves the console until ctx ends. Its failure ends no call.
func (f *front) run(ctx context.Context) error {
	if c := f.console.Load(); c != nil {
		if err := c.Run(ctx); err != nil {
			f.app.log.Error("the console has stopped; calls go on", "err", err)
		}
	}
	return nil
}

func (f *front) close() {
	if c := f.console.Load(); c != nil {
		_ = c.Close() // closed already when it ran
	}
	if f.people != nil {
		_ = f.people.Close()
	}
	if f.hooks != nil {
		_ = f.hooks.Close()
	}
}

// openHooks opens the webhooks of the configuration, nil if it has none.
func openHooks(cfg config.Config, log *slog.Logger) (*hooks.Hooks, error) {
	if len(cfg.Hooks) == 0 {
		return nil, nil
	}
	o := hooks.Options{Path: filepath.Join(cfg.Data, "hooks.db"), Log: log}
	for _, w := range cfg.Hooks {
		o.Hooks = append(o.Hooks, w.Hook())
	}
	return hooks.Open(o)
}

// welcome tells where the console is, and how its first operator comes in.
func (f *front) welcome() string {
	c := f.console.Load()
	if c == nil {
		return ""
	}
	text := fmt.Sprintf("  console  %s\n", c.URL())
	if f.link != "" {
		text += fmt.Sprintf("\n  请在浏览器中打开（一次有效，%[1]d 小时内；用户名 operator）：\n  Open this in a browser (works once, within %[1]d hours; the user is operator):\n\n      %[2]s\n\n",
			int(people.LinkLife.Hours()), c.SetupURL(f.link))
	}
	if f.app.house != nil {
		text += "  Then place a demonstration scam call on the page Demonstration. 登录后在“演示”页面拨打一次诈骗演示电话。\n"
	}
	return text
}

// kinds are the gateway's events as the console names them.
var kinds = map[gateway.EventKind]console.Kind{
	gateway.EventVerdict: console.Judged, gateway.EventRinging: console.Ringing, gateway.EventAnnounced: console.Announced,
	gateway.EventChoice: console.Choosing, gateway.EventAnswered: console.Answered, gateway.EventWarned: console.Warned, gateway.EventEnded: console.Ended,
}

// tell hands over what happened in a call. It never waits.
func (f *front) tell(e gateway.Event) {
	c := f.console.Load()
	kind, known := kinds[e.Kind]
	if c == nil || !known {
		return
	}
	out := console.Event{Kind: kind, Call: e.Call, Line: e.Line, Caller: e.Caller, At: time.Now(), Verdict: e.Verdict, Action: e.Action.String(), Phone: console.PhoneState(e.Browser)}
	if e.Record != nil {
		out.CallerName, out.Outcome = e.Record.CallerName, string(e.Record.Outcome)
	}
	c.Tell(out)
}

// frontCalls is the record of calls, which may come later than the console.
type frontCalls struct{ r *recorder }

var errNoCallLog = fmt.Errorf("calls are not recorded for now: %w", context.DeadlineExceeded)

func (k frontCalls) List(ctx context.Context, f calllog.Filter) (calllog.Page, error) {
	if l := k.r.log.Load(); l != nil {
		return l.List(ctx, f)
	}
	return calllog.Page{}, errNoCallLog
}

func (k frontCalls) Get(ctx context.Context, id string) (calllog.Record, error) {
	if l := k.r.log.Load(); l != nil {
		return l.Get(ctx, id)
	}
	return calllog.Record{}, errNoCallLog
}

func (k frontCalls) Stats(ctx context.Context, f calllog.Filter) (calllog.Stats, error) {
	if l := k.r.log.Load(); l != nil {
		return l.Stats(ctx, f)
	}
	return calllog.Stats{}, errNoCallLog
}

func (k frontCalls) Say(ctx context.Context, f calllog.Feedback) error {
	if l := k.r.log.Load(); l != nil {
		return l.Say(ctx, f)
	}
	return errNoCallLog
}

func (k frontCalls) Said(ctx context.Context, call string) ([]calllog.Feedback, error) {
	if l := k.r.log.Load(); l != nil {
		return l.Said(ctx, call)
	}
	return nil, errNoCallLog
}

func (k frontCalls) Rules(ctx context.Context, since time.Time) ([]calllog.RuleStats, error) {
	if l := k.r.log.Load(); l != nil {
		return l.Rules(ctx, since)
	}
	return nil, errNoCallLog
}

func (k frontCalls) Counters() calllog.Counters {
	if l := k.r.log.Load(); l != nil {
		return l.Counters()
	}
	return calllog.Counters{Failing: errNoCallLog}
}

// frontLines are the lines of the configuration, then those of the number
// database that are not there as well.
type frontLines struct {
	current func() config.Config
	db      *numberdb.Store
}

func (d frontLines) Lines() []console.Line {
	var out []console.Line
	taken := map[string]bool{}
	for _, l := range d.current().Lines {
		c := console.Line{ID: l.ID, Language: l.Language, Mode: l.Mode, Listens: configLine(l).Listen.String(), Keeps: l.KeepWords}
		if !strings.HasSuffix(l.Number, "*") {
			c.Number = numbering.Parse(l.Number, numbering.Options{Country: d.current().Country}).Number.String()
		}
		taken[c.Number] = c.Number != ""
		if m, set := modeFor(d.db, c.Number); set {
			c.Mode = m.String()
		}
		if choice, chosen := choiceFor(d.db, c.Number); chosen {
			c.Listens, c.Keeps, c.Chosen = choice.listening().String(), choice.KeepWords, choice.At
		}
		out = append(out, c)
	}
	for _, l := range d.db.Lines() {
		g, err := storedLine(l)
		if err != nil || taken[l.Number] && !l.Prefix {
			continue
		}
		var p linePolicy
		_ = json.Unmarshal(l.Policy, &p) // storedLine has read it
		c := console.Line{ID: g.ID, Name: orElse(l.Merchant, l.Name), Language: g.Language, Mode: g.Policy.Mode.String(), Listens: g.Listen.String(), Keeps: p.KeepWords}
		if p.Choice != nil {
			c.Keeps, c.Chosen = p.Choice.KeepWords, p.Choice.At
		}
		if !l.Prefix {
			c.Number = l.Number
		}
		out = append(out, c)
	}
	return out
}

// line finds the gateway's line by its id, or any line for "".
func (d frontLines) line(id string) (gateway.Line, error) {
	for _, l := range d.current().Lines {
		if id == "" || l.ID == id {
			n := numbering.Parse(strings.TrimSuffix(l.Number, "*"), numbering.Options{Country: d.current().Country}).Number
			return agreed(d.db, configLine(l).For(n)), nil
		}
	}
	for _, l := range d.db.Lines() {
		g, err := storedLine(l)
		if err != nil || id != "" && g.ID != id {
			continue
		}
		g.Number = l.Number
		return g, nil
	}
	return gateway.Line{}, fmt.Errorf("%w: there is no line %.40q", console.ErrQuestion, id)
}

// frontVerdicts says what would happen to a caller, as `ringward screen` does.
type frontVerdicts struct {
	current func() config.Config
	db      *numberdb.Store
}

func (d frontVerdicts) Verdict(_ context.Context, q console.Question) (console.Answer, error) {
	line, err := frontLines(d).line(q.Line)
	if err != nil {
		return console.Answer{}, err
	}
	t, err := trunkNamed(d.current(), q.Trunk)
	if err != nil {
		return console.Answer{}, fmt.Errorf("%w: %w", console.ErrQuestion, err)
	}
	x := d.db.Index()
	p := numbering.Parse(q.Number, numbering.Options{Country: d.current().Country, Area: trimZero(t.Area), InternationalTrunk: t.International})
	v := screening.Judge(screening.CallerEvidence(screening.Caller{
		Parsed: p, Display: q.Name, Line: line.Number, Now: time.Now(), Lines: 1,
		Trunk: screening.Trust{Name: t.Name, Domestic: t.Domestic, International: t.International, ScreensNumbers: t.ScreensNumbers},
	}, x))
	return console.Answer{Number: p.Number.String(), National: numbering.FormatNational(p.Number), Class: p.Class.String(), Region: p.Region, RegionZH: p.RegionChinese,
		Action: screening.Decide(v, line.Policy).Action.String(), Versions: console.Versions{Register: x.Version(), Rules: screening.RulesVersion()}, Raw: &v}, nil
}

// frontDismiss is the merchant's word "not a scam", given on a page instead of
// with *1.
type frontDismiss struct{ g *gateway.Gateway }

func (d frontDismiss) Dismiss(call string, _ time.Duration) error { return goneCall(d.g.Dismiss(call)) }

// frontRefuse is "scam, hang up and report", given on a page instead of with *2.
type frontRefuse struct{ g *gateway.Gateway }

func (d frontRefuse) Refuse(call string) error { return goneCall(d.g.Refuse(call)) }

func goneCall(err error) error {
	if errors.Is(err, gateway.ErrNoCall) {
		return console.ErrNoCall
	}
	return err
}

// frontHealth is how the gateway is doing.
type frontHealth struct{ a *app }

func (d frontHealth) Gauges() []console.Gauge {
	s := d.a.gateway.Stats()
	return []console.Gauge{
		{Name: "active", Value: uint64(s.Active)}, {Name: "calls", Value: s.Calls}, {Name: "answered", Value: s.Answered}, {Name: "blocked", Value: s.Blocked},
		{Name: "refused", Value: s.Refused}, {Name: "rejected", Value: s.Rejected}, {Name: "overloaded", Value: s.Overloaded, Bad: true},
		{Name: "unscreened", Value: s.Unscreened, Bad: true}, {Name: "panics", Value: s.Panics, Bad: true},
	}
}

func (d frontHealth) Trunks() []console.Trunk {
	var out []console.Trunk
	peers := map[string]gateway.Peer{}
	for _, p := range d.a.gateway.Peers() {
		peers[p.Trunk] = p
	}
	for _, t := range d.a.current().Trunks {
		c := console.Trunk{Name: t.Name}
		for _, p := range t.Sources {
			c.Sources = append(c.Sources, p.String())
		}
		for _, trait := range []struct {
			has bool
			key string
		}{{t.Trusted, "trusted"}, {t.Domestic, "domestic"}, {t.ScreensNumbers, "screens"}, {t.International, "international"}, {t.FailClosed, "closed"}} {
			if trait.has {
				c.Traits = append(c.Traits, trait.key)
			}
		}
		if p := peers[t.Name]; p.Registers {
			c.State, c.Why = "unregistered", p.Err
			if p.Registered {
				c.State = "registered"
			}
		}
		out = append(out, c)
	}
	return out
}

// Phones is console.Health.
func (d frontHealth) Phones() []console.PhoneRegistered {
	var out []console.PhoneRegistered
	for _, r := range d.a.gateway.Registrations() {
		out = append(out, console.PhoneRegistered{Line: r.Line, Network: r.Network, Address: r.Address.String(), Agent: r.Agent, Until: r.Until})
	}
	return out
}
