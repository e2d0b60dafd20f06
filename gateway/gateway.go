package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringward/media"
	"ringward/media/webrtc"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip"
	"ringward/sip/locate"
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// Lines finds the protected line that a call is for.
type Lines interface {
	// Line returns the line for a called number: user is the user part of the
	// Request-URI, number its normal form (zero when it has none).
	Line(user string, number numbering.Number) (Line, bool)
}

// Register is the number database as calls see it.
type Register interface {
	Index() *index.Index
}

// Voice is what the gateway says and shows. Audio is 8 kHz, 16 bit, mono, only
// read, and never empty for an id that screening asks for.
type Voice interface {
	Clip(id, lang string) []int16             // one prompt
	Hotline(digits, lang string) []int16      // "the official number is", digits twice, slowly
	Label(id, lang string, ascii bool) string // what the phone shows before the caller's name
}

// Reports takes a merchant's report of a caller.
type Reports interface {
	// Report must not block; what becomes of it is the database's business.
	Report(Report)
}

// Report is one merchant's word that a call was a scam.
type Report struct {
	Line   string // id of the line
	Caller numbering.Number
	CallID string // Record.ID
	At     time.Time
}

// Config is what a Gateway is made of. Log, Media, Lines, Register and Voice
// are required.
type Config struct {
	Log      *slog.Logger
	Media    *media.Engine
	Lines    Lines
	Register Register
	Voice    Voice
	Recorder Recorder         // nil: nothing is kept
	Reports  Reports          // nil: a report is recorded with its call only
	Ears     Ears             // nil: nobody listens
	Browsers Browsers         // nil: no line rings in a browser
	WebRTC   *webrtc.Endpoint // where browsers reach us; nil: nowhere
	Events   func(Event)

	Country string // of numbers without a country code; "" is CN
	Host    string // in our SIP URIs; "" is the address that the peer reaches us at
	Trunks  []Trunk
	Redress Redress

	Identities Identities // how signed caller identities are checked

	// Outbound is where calls to hotlines go (key *0): a SIP URI in which
	// {number} stands for the hotline's digits; "" allows none.
	Outbound string

	MaxCalls      int           // running at once; 0 is 2000
	QueueDelay    time.Duration // INVITEs that wait longer than this for the processor make new calls be refused; 0 is 25 ms
	RingTimeout   time.Duration // 0 is 60 s
	MaxDuration   time.Duration // of a call; 0 is 4 h
	SilenceLimit  time.Duration // a call that neither side sends media to ends after it, unless it is held; 0 is 10 min
	ChoiceTimeout time.Duration // wait for a key after the announcement; 0 is 10 s
	SilentPlace   time.Duration // a callee's place that answers nothing at all is left for the next after it; 0 is 4 s
	DuckDB        float64       // of the caller under a whisper; 0 is 18

	Phones  *Phones          // nil: no telephone registers
	Locator *locate.Locator  // of phones and trunks; nil is one of the system's name servers
	Now     func() time.Time // nil is time.Now
}

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Log == nil, c.Media == nil, c.Lines == nil, c.Register == nil, c.Voice == nil:
		return c, errors.New("gateway: config: Log, Media, Lines, Register and Voice are required")
	}
	setDefault(&c.Country, "CN")
	setDefault(&c.MaxCalls, 2000)
	setDefault(&c.QueueDelay, 25*time.Millisecond)
	setDefault(&c.RingTimeout, time.Minute)
	setDefault(&c.MaxDuration, 4*time.Hour)
	setDefault(&c.SilenceLimit, 10*time.Minute)
	setDefault(&c.ChoiceTimeout, 10*time.Second)
	setDefault(&c.SilentPlace, 4*time.Second)
	setDefault(&c.DuckDB, 18)
	setDefault(&c.Identities.Wait, 150*time.Millisecond)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Locator == nil {
		c.Locator = locate.New(locate.Config{})
	}
	return c, nil
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Gateway conducts calls. It is the sip.Handler of its stack.
type Gateway struct {
	cfg      Config
	log      *slog.Logger
	settings atomic.Pointer[live]
	stack    *sip.Stack
	own      []netip.AddrPort // signalling sockets, which media must not go to
	strange  *strangers
	busy     *strangers // addresses that telephones registered from
	phones   *phoneBook

	spending *spending // of lines that call out

	mu         sync.Mutex
	calls      map[string]*call // by id, guarded by mu
	velocity   *screening.Velocity
	allowed    *screening.Allowances
	dismissals *screening.Dismissals
	draining   bool
	inside     int           // goroutines in Invite
	quiet      chan struct{} // made by Drain, closed when inside comes to 0

	hangup  chan struct{} // closed: every call ends now
	hangOne sync.Once

	counters counters
	governor governor
}

type counters struct {
	calls, answered, blocked, refused, rejected, overloaded, unscreened, denied, panics, shed atomic.Uint64
	verdicts                                                                                  [8]atomic.Uint64 // by level
}

// Stats is a snapshot of the gateway's counters.
type Stats struct {
	Active     int
	Draining   bool   // new calls are refused
	Calls      uint64 // INVITEs that reached a trunk's limits or beyond
	Answered   uint64
	Blocked    uint64
	Refused    uint64 // by the merchant's key
	Rejected   uint64 // from addresses that are no trunk
	Overloaded uint64 // answered 503
	Shed       uint64 // of them, because INVITEs waited too long for the processor
	Unscreened uint64 // went through without a verdict
	Denied     uint64 // calls out of registered phones that were not permitted
	Panics     uint64 // calls ended by a fault of ours
	Verdicts   map[screening.Level]uint64
}

// New makes a gateway. It starts nothing; Attach gives it its stack.
func New(cfg Config) (*Gateway, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg: cfg, log: cfg.Log, strange: newStrangers(), busy: newStrangers(), phones: newPhoneBook(), spending: newSpending(),
		governor: governor{target: cfg.QueueDelay}, calls: map[string]*call{}, hangup: make(chan struct{}),
		velocity:   screening.NewVelocity(velocityCallers, velocityWindow, mathrand.Uint64()),
		allowed:    screening.NewAllowances(maxAllowances),
		dismissals: screening.NewDismissals(maxAllowances),
	}
	g.settings.Store(liveOf(cfg, newTrunks(cfg.Trunks)))
	if err := g.register(); err != nil {
		return nil, err
	}
	return g, nil
}

// Attach tells the gateway which stack its calls go out through. It must be
// called once, before the stack runs.
func (g *Gateway) Attach(s *sip.Stack) {
	g.stack = s
	for _, l := range s.Addrs() {
		g.own = append(g.own, reachableAs(l.Addr)...)
	}
}

// reachableAs lists the addresses behind a listening one: itself, or every
// address of this machine for an unspecified one.
func reachableAs(a netip.AddrPort) []netip.AddrPort {
	if !a.Addr().IsUnspecified() {
		return []netip.AddrPort{a}
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return []netip.AddrPort{a}
	}
	var out []netip.AddrPort
	for _, n := range all {
		if p, err := netip.ParsePrefix(n.String()); err == nil {
			out = append(out, netip.AddrPortFrom(p.Addr(), a.Port()))
		}
	}
	return out
}

func (g *Gateway) ownSockets() []netip.AddrPort { return g.own }

// Admit is the stack's filter before decoding: trunks pass, an address that is
// none gets a small budget, so that a flood from strangers costs next to nothing.
func (g *Gateway) Admit(rate int) func(netip.AddrPort, int) bool {
	return func(src netip.AddrPort, _ int) bool {
		switch {
		case g.live().trunks.of(src.Addr()) != nil || g.phones.has(src.Addr()):
			return true
		case g.knownPhone(src.Addr()): // anybody can write a source address
			return g.busy.admit(src.Addr(), g.cfg.Now(), max(phoneRate*rate, phoneRate))
		}
		return g.strange.admit(src.Addr(), g.cfg.Now(), rate)
	}
}

// Invite conducts one call from its INVITE to its end (sip.Handler).
func (g *Gateway) Invite(leg *sip.Leg) {
	g.begin()
	defer g.finish()
	g.governor.waited(g.cfg.Now(), leg.Waited())
	c := newCall(g, leg)
	defer c.close()
	c.conduct()
}

// Request answers requests outside a call: REGISTER of telephones. OPTIONS the
// stack answers itself.
func (g *Gateway) Request(tx *transaction.Server) {
	if g.cfg.Phones != nil && tx.Request().Method == "REGISTER" {
		g.cfg.Phones.Registrar.Serve(tx)
		return
	}
	status := 405
	if g.live().trunks.of(tx.Request().Source.Addr()) == nil {
		status = 403
	}
	resp := sipmsg.NewResponse(tx.Request(), status, "")
	if status == 405 {
		resp.Set("Allow", allow)
	}
	if err := tx.Respond(resp); err != nil {
		g.log.Debug("answer a request outside a call", "err", err)
	}
}

// phoneRate is how much more than a stranger an address may send that telephones
// registered from: a whole office may stand behind it.
const phoneRate = 20

// Callers that ring many lines are counted for this long, so many at a time.
const (
	velocityCallers = 1 << 16
	velocityWindow  = 10 * time.Minute
)

// maxAllowances bounds how many callers merchants have just called no scam (*1).
const maxAllowances = 1 << 16

const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO"

var (
	errTrunkFull = errors.New("the trunk's limit of running calls is reached")
	errTrunkRate = errors.New("the trunk's limit of calls a second is reached")
	errFull      = errors.New("the gateway's limit of running calls is reached")
	errDraining  = errors.New("the gateway is about to stop")
)

// enter takes a place for a call among those running.
func (g *Gateway) enter(c *call) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		return errDraining
	case len(g.calls) >= g.live().MaxCalls:
		return errFull
	}
	g.calls[c.rec.ID] = c
	return nil
}

func (g *Gateway) leave(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, c.rec.ID)
}

// begin and finish count the goroutines that conduct calls, those that refuse
// one included.
func (g *Gateway) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside++
}

func (g *Gateway) finish() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 && g.quiet != nil {
		close(g.quiet)
		g.quiet = nil
	}
}

// Drain answers new calls 503 and returns when the running ones have ended and
// their legs are gone, or with ctx's error.
func (g *Gateway) Drain(ctx context.Context) error {
	g.mu.Lock()
	g.draining = true
	if g.inside == 0 {
		g.mu.Unlock()
		return nil
	}
	if g.quiet == nil {
		g.quiet = make(chan struct{})
	}
	quiet := g.quiet
	g.mu.Unlock()
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d calls still running: %w", g.Stats().Active, ctx.Err())
	}
}

// Hangup ends every running call now.
func (g *Gateway) Hangup() { g.hangOne.Do(func() { close(g.hangup) }) }

// Stats returns the counters as they stand.
func (g *Gateway) Stats() Stats {
	g.mu.Lock()
	active, draining := len(g.calls), g.draining
	g.mu.Unlock()
	n := &g.counters
	s := Stats{Active: active, Draining: draining, Calls: n.calls.Load(), Answered: n.answered.Load(), Blocked: n.blocked.Load(), Refused: n.refused.Load(),
		Rejected: n.rejected.Load(), Overloaded: n.overloaded.Load(), Unscreened: n.unscreened.Load(), Denied: n.denied.Load(), Panics: n.panics.Load(), Shed: n.shed.Load(),
		Verdicts: map[screening.Level]uint64{}}
	for i := range n.verdicts {
		if v := n.verdicts[i].Load(); v > 0 {
			s.Verdicts[screening.Level(i)] = v
		}
	}
	return s
}

// Calls lists the ids of the running calls.
func (g *Gateway) Calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	ids := make([]string, 0, len(g.calls))
	for id := range g.calls {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// ErrNoCall says that no running call has the id.
var ErrNoCall = errors.New("no such call is running")

// Warn hands evidence to a running call, as the ears do: the call judges anew
// and warns its merchant if that raises the verdict.
func (g *Gateway) Warn(callID string, e screening.Evidence) error {
	return g.command(callID, func(c *call) { c.learn(e) })
}

// Whisper plays one prompt to the merchant of a running call.
func (g *Gateway) Whisper(callID, promptID string) error {
	return g.command(callID, func(c *call) { c.whisper([]string{promptID}) })
}

// Refuse ends a running call on its merchant's word and reports the caller, as
// keys 2 and *2 do.
func (g *Gateway) Refuse(callID string) error {
	return g.command(callID, func(c *call) {
		c.note("refuse", "")
		c.refuse()
	})
}

// Dismiss takes a merchant's word that a running call is no scam, as key *1 does.
func (g *Gateway) Dismiss(callID string) error {
	return g.command(callID, (*call).dismiss)
}

func (g *Gateway) command(id string, do func(*call)) error {
	g.mu.Lock()
	c := g.calls[id]
	g.mu.Unlock()
	if c == nil {
		return ErrNoCall
	}
	judged := func(c *call) {
		if !c.outgoing { // nobody judges those whom a line calls
			do(c)
		}
	}
	select {
	case c.commands <- judged:
		return nil
	case <-c.gone:
		return ErrNoCall
	}
}
