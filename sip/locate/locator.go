package locate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Config is what a Locator is made of. Zero fields take the values named.
type Config struct {
	// Servers are the name servers; nil those of /etc/resolv.conf.
	Servers []netip.AddrPort
	// Networks are the transports that we speak, the preferred first: tls, tcp,
	// udp in some order. nil is udp, tcp, tls.
	Networks []string
	Prefer6  bool          // addresses of IPv6 before those of IPv4
	Timeout  time.Duration // of one look-up, all its questions together, 2 s
	Failed   time.Duration // how long a failed look-up is not tried again, 30 s
	Stale    time.Duration // how long old knowledge serves when DNS fails, 24 h
	MaxNames int           // remembered, 4096
	Now      func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Servers == nil {
		c.Servers = systemServers("/etc/resolv.conf")
	}
	if c.Networks == nil {
		c.Networks = []string{"udp", "tcp", "tls"}
	}
	setDuration(&c.Timeout, 2*time.Second)
	setDuration(&c.Failed, 30*time.Second)
	setDuration(&c.Stale, 24*time.Hour)
	if c.MaxNames <= 0 {
		c.MaxNames = 4096
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

// Locator resolves SIP URIs and keeps the health of targets. Its methods are safe
// for concurrent use.
type Locator struct {
	cfg    Config
	dns    dns
	health health

	mu    sync.Mutex
	names map[key]*entry // guarded by mu
}

// entry is what is known of one name. done is closed when the look-up under way
// ends; the other fields are guarded by Locator.mu.
type entry struct {
	plan  plan // the last good one
	good  time.Time
	until time.Time // no look-up before
	err   error     // of the last look-up
	done  chan struct{}
}

// New returns a Locator that knows nothing.
func New(cfg Config) *Locator {
	l := &Locator{cfg: cfg.withDefaults(), names: make(map[key]*entry)}
	l.dns = dns{l.cfg.Servers}
	l.health.init(l.cfg.MaxNames)
	return l
}

// Targets returns where to send a request to that URI, in the order to try them.
// It waits for DNS, at most Config.Timeout, and who is first to ask for a name as
// long as that even if ctx ends. Each call draws the lots of SRV weights anew.
func (l *Locator) Targets(ctx context.Context, u sipmsg.URI) ([]transport.Target, error) {
	k, err := keyOf(u)
	if err != nil {
		return nil, err
	}
	p, err := l.plan(ctx, k)
	if err != nil {
		return nil, err
	}
	return l.order(p, k), nil
}

// Cached is Targets without waiting: false if the name has not been looked up. It
// is for where nothing may wait.
func (l *Locator) Cached(u sipmsg.URI) ([]transport.Target, bool) {
	k, err := keyOf(u)
	if err != nil {
		return nil, false
	}
	l.mu.Lock()
	e := l.names[k]
	if e == nil || e.plan.places == nil || l.cfg.Now().Sub(e.good) > l.cfg.Stale {
		l.mu.Unlock()
		return nil, false
	}
	p := e.plan
	l.mu.Unlock()
	return l.order(p, k), true
}

// plan returns what is known of a name, looking it up if that is due. Callers
// that come meanwhile wait for the same look-up.
func (l *Locator) plan(ctx context.Context, k key) (plan, error) {
	l.mu.Lock()
	e := l.names[k]
	now := l.cfg.Now()
	switch {
	case e == nil:
		l.makeRoom()
		e = &entry{}
		l.names[k] = e
	case now.Before(e.until):
		defer l.mu.Unlock()
		return e.result(now, l.cfg.Stale)
	}
	done := e.done
	if done == nil {
		e.done = make(chan struct{})
		l.mu.Unlock()
		l.refresh(context.WithoutCancel(ctx), k, e) // others wait for it as well
	} else {
		l.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			return plan{}, fmt.Errorf("locate %s: %w", k.host, ctx.Err())
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return e.result(l.cfg.Now(), l.cfg.Stale)
}

func (e *entry) result(now time.Time, stale time.Duration) (plan, error) {
	if e.err == nil || e.plan.places != nil && now.Sub(e.good) <= stale {
		return e.plan, nil
	}
	return plan{}, e.err
}

// refresh looks a name up and enters what came of it.
func (l *Locator) refresh(ctx context.Context, k key, e *entry) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Timeout)
	defer cancel()
	p, err := l.resolve(ctx, k)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.cfg.Now()
	e.err = err
	switch {
	case err == nil:
		e.plan, e.good, e.until = p, now, now.Add(p.life)
	case errors.Is(err, ErrNotFound): // DNS answered: the old knowledge is wrong
		e.plan = plan{}
		fallthrough
	default:
		e.until = now.Add(l.cfg.Failed)
	}
	close(e.done)
	e.done = nil
}

// makeRoom forgets a name when there are too many, one of eight at random whose
// knowledge ends soonest; mu is held.
func (l *Locator) makeRoom() {
	if len(l.names) < l.cfg.MaxNames {
		return
	}
	var victim key
	var soonest time.Time
	tried := 0
	for k, e := range l.names { // begins anywhere
		if tried == 0 || e.until.Before(soonest) {
			victim, soonest = k, e.until
		}
		if tried++; tried == 8 {
			break
		}
	}
	delete(l.names, victim)
}
