package registrar

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"ringward/sip/digest"
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Config is what a Registrar is made of. Auth and Line are needed; other zero
// fields take the values named.
type Config struct {
	Auth *digest.Server
	// Line returns the line that the authenticated user may register when it
	// names that user part of an address of record; false refuses with 403.
	Line func(authenticated, record string) (line string, ok bool)
	// Domains are the hosts that Request-URI and To may name; nil is any.
	Domains []string

	MinExpires  time.Duration // shorter is answered 423, 60 s
	Expires     time.Duration // when the phone does not say, 300 s
	MaxExpires  time.Duration // longer is shortened, 3600 s
	MaxContacts int           // of a line, 8; one more takes the place of the oldest
	MaxBindings int           // in all, 100,000; beyond it 503

	// KeepAlive is how often Run pings each contact behind a NAT or on a
	// connection, 25 s.
	KeepAlive time.Duration

	// Event, if set, hears of what changed. It must be quick, and must not call
	// the Registrar.
	Event func(Event)
	Now   func() time.Time // nil is the machine's clock
}

func (c Config) withDefaults() Config {
	setDuration(&c.MinExpires, time.Minute)
	setDuration(&c.Expires, 5*time.Minute)
	setDuration(&c.MaxExpires, time.Hour)
	setDuration(&c.KeepAlive, 25*time.Second)
	if c.MaxContacts <= 0 {
		c.MaxContacts = 8
	}
	if c.MaxBindings <= 0 {
		c.MaxBindings = 100_000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func setDuration(v *time.Duration, d time.Duration) {
	if *v <= 0 {
		*v = d
	}
}

// Kind is what an Event tells.
type Kind uint8

// The kinds of events.
const (
	Added   Kind = iota + 1 // a contact is new
	Renewed                 // it was refreshed, or its flow changed
	Removed                 // the phone took it away, or another took its place
	Expired                 // the phone did not come back
	Lost                    // its connection is gone
	Denied                  // a REGISTER was refused; see Outcome
)

// String names the kind.
func (k Kind) String() string {
	names := [...]string{"unknown", "added", "renewed", "removed", "expired", "lost", "denied"}
	if int(k) < len(names) {
		return names[k]
	}
	return names[0]
}

// Event is one change.
type Event struct {
	Kind    Kind
	Line    string         // "" when Denied
	Contact string         // its URI, likewise
	Source  netip.AddrPort // where the REGISTER came from
	Outcome digest.Outcome // when Denied; Accepted if the user may not register that line
}

// Registrar keeps bindings. Its methods are safe for concurrent use.
type Registrar struct {
	cfg Config

	mu      sync.RWMutex
	lines   map[string][]*binding // guarded by mu; oldest first
	total   int                   // guarded by mu
	sources map[netip.Addr]int    // guarded by mu; how many bindings came from an address
}

// New returns an empty registrar.
func New(cfg Config) *Registrar {
	return &Registrar{cfg: cfg.withDefaults(), lines: make(map[string][]*binding), sources: make(map[netip.Addr]int)}
}

// Serve answers a REGISTER.
func (r *Registrar) Serve(tx *transaction.Server) {
	if resp := r.Handle(tx.Request()); resp != nil {
		_ = tx.Respond(resp) // an answer that is lost is asked for again
	}
}

// Handle decides about a REGISTER; nil is no response.
func (r *Registrar) Handle(req *sipmsg.Message) *sipmsg.Message {
	v := r.cfg.Auth.Check(req)
	if v.Outcome != digest.Accepted {
		if v.Outcome != digest.Challenged && v.Outcome != digest.Stale {
			r.tell(Event{Kind: Denied, Source: req.Source, Outcome: v.Outcome})
		}
		return v.Answer
	}
	line, status := r.line(req, v.User)
	if status != 0 {
		r.tell(Event{Kind: Denied, Source: req.Source, Outcome: v.Outcome})
		return sipmsg.NewResponse(req, status, "")
	}
	return r.register(req, line, v.User)
}

// line returns whose contacts the request is about (RFC 3261 §10.3 steps 1 to 5).
func (r *Registrar) line(req *sipmsg.Message, user string) (line string, status int) {
	uri, err := req.URI()
	if err != nil || !r.serves(uri) {
		return "", 404
	}
	to, err := req.To()
	if err != nil || !r.serves(to.URI) {
		return "", 404
	}
	line, ok := r.cfg.Line(user, sipmsg.Unescape(to.URI.User))
	if !ok {
		return "", 403
	}
	return line, 0
}

func (r *Registrar) serves(u sipmsg.URI) bool {
	if !u.IsSIP() {
		return false
	}
	if r.cfg.Domains == nil {
		return true
	}
	for _, d := range r.cfg.Domains {
		if strings.EqualFold(d, u.Host) {
			return true
		}
	}
	return false
}

// register carries out what a REGISTER asks for (RFC 3261 §10.3 steps 6 to 8).
func (r *Registrar) register(req *sipmsg.Message, line, user string) *sipmsg.Message {
	now := r.cfg.Now()
	asked, star, refusal := r.read(req, line, user, now)
	if refusal != nil {
		return refusal
	}
	r.mu.Lock()
	expired := r.expireLine(line, now)
	events, status := r.apply(req, line, user, asked, star)
	resp := r.respond(req, of(r.lines[line], user), now, status)
	r.mu.Unlock()
	for _, e := range append(expired, events...) {
		r.tell(e)
	}
	return resp
}

// of are the contacts of one user: its address of record is its own, though others
// ring for the same line.
func of(list []*binding, user string) []*binding {
	var own []*binding
	for _, b := range list {
		if b.user == user {
			own = append(own, b)
		}
	}
	return own
}

// respond is the answer with all contacts of the user; mu is held.
func (r *Registrar) respond(req *sipmsg.Message, list []*binding, now time.Time, status int) *sipmsg.Message {
	resp := sipmsg.NewResponse(req, status, "")
	switch status {
	case 200:
	case 503:
		resp.Add("Retry-After", "60")
		return resp
	default:
		return resp
	}
	if supports(req, "path") { // RFC 3327 §5.3
		for _, v := range req.Values("Path") {
			resp.Add("Path", v)
		}
	}
	outbound := false
	for _, b := range list {
		resp.Add("Contact", b.asContact(now))
		outbound = outbound || b.regID > 0 && b.callID == req.CallID()
	}
	if outbound { // RFC 5626 §6
		resp.Add("Require", "outbound")
		resp.Add("Flow-Timer", strconv.Itoa(flowTimer))
	}
	return resp
}

// flowTimer is how often a phone shall show life, in seconds: well within the
// time after which transport closes a silent connection.
const flowTimer = 120

// Pinger sends keep-alives; *sip.Stack and *transport.Set are ones.
type Pinger interface {
	Ping(to transport.Target) error
}

// Run keeps the NAT bindings and connections of contacts open, and takes out
// contacts that expired or whose connection is gone, until ctx is done. It
// returns nil then.
func (r *Registrar) Run(ctx context.Context, p Pinger) error {
	const steps = 25 // contacts of one period are spread over it
	tick := time.NewTicker(r.cfg.KeepAlive / steps)
	defer tick.Stop()
	for step := 0; ; step = (step + 1) % steps {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if step == 0 {
			r.expire()
		}
		for _, b := range r.due(step, steps) {
			if errors.Is(p.Ping(b.target), transport.ErrFlow) {
				r.lose(b)
			}
		}
	}
}

// due returns the bindings to ping in one step of a period.
func (r *Registrar) due(step, steps int) []*binding {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []*binding
	for _, list := range r.lines {
		for _, b := range list {
			if b.slot%steps == step && (b.pin || b.target.Reliable()) {
				out = append(out, b)
			}
		}
	}
	return out
}

func (r *Registrar) tell(e Event) {
	if r.cfg.Event != nil {
		r.cfg.Event(e)
	}
}
