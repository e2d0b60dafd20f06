package registrar

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"strconv"
	"sync"
	"time"

	"ringward/sip/digest"
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Stack is what a Registration sends by; *sip.Stack is one.
type Stack interface {
	Send(req *sipmsg.Message, to transport.Target) (*transaction.Client, error)
	// Contact returns our Contact value for a peer.
	Contact(to transport.Target, user string) string
	Pinger
}

// Account is what we register at a carrier. Record, Locate and Stack are needed.
type Account struct {
	Record      sipmsg.URI // the address of record, sip:user@carrier
	Registrar   string     // Request-URI; "" is sip: and the host of Record
	Credentials digest.Credentials
	// Locate returns where to send, the best first (RFC 3263). It is asked again
	// for each round and may wait.
	Locate func(ctx context.Context) ([]transport.Target, error)
	Stack  Stack

	User    string        // user part of our Contact; "" is that of Record
	Expires time.Duration // asked for, 1 h
	// KeepAlive is how often the flow is pinged between refreshes; 0 is never.
	// Behind a NAT 25 s keep a UDP binding open.
	KeepAlive time.Duration
	// Changed, if set, hears of each new Status. It must be quick.
	Changed func(Status)
}

// Status is how a Registration stands.
type Status struct {
	Registered bool
	Until      time.Time        // when Registered, if it is not refreshed
	Target     transport.Target // where the carrier last answered
	Code       int              // its last final response, 0 for none
	Err        error            // why not Registered
	Failures   int              // since it was last
}

// The times of a Registration.
const (
	defaultLife = time.Hour
	longestLife = 24 * time.Hour
	backOff     = 30 * time.Second // after the first failure, then twice as long
	longBackOff = 30 * time.Minute // RFC 5626 §4.5
	answerTime  = 10 * time.Second // for a target that answers nothing
	goodbyeTime = 2 * time.Second
)

// Registration keeps one account registered.
type Registration struct {
	acct   Account
	callID string
	seq    uint32

	mu     sync.Mutex
	status Status // guarded by mu
}

// NewRegistration returns one that Run keeps up.
func NewRegistration(a Account) (*Registration, error) {
	switch {
	case !a.Record.IsSIP() || a.Record.Host == "" || a.Record.User == "":
		return nil, fmt.Errorf("registration: address of record %q must be sip:user@host", a.Record)
	case a.Locate == nil || a.Stack == nil:
		return nil, errors.New("registration: Locate and Stack are needed")
	}
	if a.Registrar == "" {
		a.Registrar = sipmsg.URI{Scheme: a.Record.Scheme, Host: a.Record.Host, Port: a.Record.Port}.String()
	}
	if a.User == "" {
		a.User = a.Record.User
	}
	if a.Expires <= 0 {
		a.Expires = defaultLife
	}
	return &Registration{acct: a, callID: rand.Text(), seq: mrand.Uint32N(1 << 16)}, nil
}

// Status returns how it stands.
func (r *Registration) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Run registers and refreshes until ctx is done, then takes the registration
// back, within two seconds, and returns nil. Failures are tried again, after
// 30 s and then longer and longer up to half an hour, or when the carrier says.
func (r *Registration) Run(ctx context.Context) error {
	for {
		wait := r.round(ctx)
		if !r.rest(ctx, wait) {
			break
		}
	}
	if s := r.Status(); s.Registered {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeTime)
		defer cancel()
		r.attempt(bye, s.Target, 0)
		r.set(Status{Target: s.Target})
	}
	return nil
}

// round tries all targets once and returns when to come again.
func (r *Registration) round(ctx context.Context) time.Duration {
	targets, err := r.acct.Locate(ctx)
	if err == nil && len(targets) == 0 {
		err = errors.New("no address")
	}
	res := result{err: err}
	for _, to := range targets {
		if res = r.attempt(ctx, to, r.acct.Expires); !res.next {
			break
		}
	}
	if res.err == nil {
		r.set(Status{Registered: true, Until: time.Now().Add(res.life), Target: res.target, Code: res.code})
		return refresh(res.life)
	}
	before := r.Status()
	now := Status{Target: before.Target, Code: res.code, Err: res.err, Failures: before.Failures + 1}
	// A carrier that fails to answer a refresh still knows us until then.
	now.Registered, now.Until = before.Registered && before.Until.After(time.Now()) && res.code/100 != 4, before.Until
	r.set(now)
	return max(pause(now.Failures), min(res.retry, longestLife))
}

// refresh is when to come again for a registration of that life: early enough
// for another try. A carrier that grants next to nothing is not asked all the
// time.
func refresh(life time.Duration) time.Duration {
	early := min(life/2, max(life/10, 30*time.Second))
	return max(life-early, 5*time.Second)
}

// pause is the back-off of RFC 5626 §4.5: half to all of a time that doubles.
func pause(failures int) time.Duration {
	d := longBackOff
	if failures < 8 {
		d = min(d, backOff<<(failures-1))
	}
	return d/2 + mrand.N(d/2)
}

// rest waits, keeping the flow open; false when ctx is done.
func (r *Registration) rest(ctx context.Context, wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	var beat <-chan time.Time
	if s := r.Status(); r.acct.KeepAlive > 0 && s.Registered {
		ticker := time.NewTicker(r.acct.KeepAlive)
		defer ticker.Stop()
		beat = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
			return true
		case <-beat:
			if err := r.acct.Stack.Ping(r.Status().Target); errors.Is(err, transport.ErrFlow) {
				return true // the connection is gone: make a new flow at once
			}
		}
	}
}

func (r *Registration) set(s Status) {
	r.mu.Lock()
	r.status = s
	r.mu.Unlock()
	if r.acct.Changed != nil {
		r.acct.Changed(s)
	}
}

// result is what became of a REGISTER.
type result struct {
	target transport.Target
	life   time.Duration // granted
	code   int
	retry  time.Duration // what Retry-After says
	err    error
	next   bool // another target may do better (RFC 3263 §4.3)
}

// attempt registers at one target, answering one challenge and one 423.
func (r *Registration) attempt(ctx context.Context, to transport.Target, life time.Duration) result {
	req := r.request(to, life)
	for range 4 {
		resp, err := r.exchange(ctx, req, to)
		if err != nil {
			return result{err: err, next: ctx.Err() == nil}
		}
		res := result{target: to, code: resp.Status, err: fmt.Errorf("carrier answered %d %.60s", resp.Status, resp.Reason)}
		switch {
		case resp.Status < 300:
			if resp.ConnID != 0 {
				res.target.ConnID = resp.ConnID
			}
			res.life, res.err = granted(req, resp, life), nil
			return res
		case resp.Status == 401 || resp.Status == 407:
			again, err := r.acct.Credentials.Retry(req, resp, to.Addr.Addr())
			if err != nil {
				res.err = fmt.Errorf("carrier answered %d: %w", resp.Status, err)
				return res
			}
			req, r.seq = again, r.seq+1
			continue
		case resp.Status == 423:
			least, err := strconv.ParseUint(resp.Get("Min-Expires"), 10, 32)
			if want := time.Duration(least) * time.Second; err == nil && want > life && want <= longestLife {
				life = want
				req = r.request(to, life)
				continue
			}
		case resp.Status == 503 || resp.Status == 408:
			res.next = true
		}
		res.retry = resp.RetryAfter()
		return res
	}
	return result{target: to, err: errors.New("carrier asks for one thing after another")}
}
