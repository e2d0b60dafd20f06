package speech

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ringward/speech/engine"
)

// Member is one server or process of a pool.
type Member struct {
	Recogniser engine.Recogniser
	Places     int // sessions at a time; 0 is 100
}

// A member that cannot be opened is left alone for a while, unless it is the
// only one to try.
const (
	coolDown    = 2 * time.Second
	maxCoolDown = time.Minute
)

// Pool is one engine: several servers that know the same model, with a bound on
// the sessions of each. It is a Recogniser itself: Open takes the least loaded
// member that works.
type Pool struct {
	now func() time.Time

	mu      sync.Mutex
	members []member
}

// member is guarded by the pool's mutex.
type member struct {
	Member
	stats MemberStats
	until time.Time // cooling down
	cool  time.Duration
}

// MemberStats counts one member's sessions.
type MemberStats struct {
	Open   int // now
	Places int
	Opened uint64 // ever
	Failed uint64 // opened in vain
}

// NewPool panics without a member.
func NewPool(members ...Member) *Pool {
	if len(members) == 0 {
		panic("speech: a pool without members")
	}
	p := &Pool{now: time.Now}
	for _, m := range members {
		if m.Places <= 0 {
			m.Places = 100
		}
		p.members = append(p.members, member{Member: m, stats: MemberStats{Places: m.Places}})
	}
	return p
}

// Open opens a session with the least loaded member, and with the next one when
// that fails. ErrBusy: every place is taken.
func (p *Pool) Open(ctx context.Context, o engine.Options) (engine.Session, error) {
	var failures error
	tried := make([]bool, len(p.members))
	for range p.members {
		i := p.reserve(tried)
		if i < 0 {
			break
		}
		tried[i] = true
		ses, err := openSafely(ctx, p.members[i].Recogniser, o)
		if err == nil {
			p.opened(i)
			return &pooled{Session: ses, free: func() { p.release(i) }}, nil
		}
		p.failed(i)
		failures = errors.Join(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	if failures == nil {
		return nil, engine.ErrBusy
	}
	return nil, fmt.Errorf("open session: %w", failures)
}

// openSafely opens a session; a recogniser that panics has failed, no more.
func openSafely(ctx context.Context, r engine.Recogniser, o engine.Options) (ses engine.Session, err error) {
	defer recovered(&err)
	return r.Open(ctx, o)
}

// reserve takes a place: of a member that works, or else of one that is cooling
// down (the recogniser's own waits keep that from becoming a storm).
func (p *Pool) reserve(tried []bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, best := p.now(), -1
	better := func(a, b *member) bool {
		ac, bc := a.until.After(now), b.until.After(now)
		if ac != bc {
			return !ac
		}
		return a.stats.Open*b.Places < b.stats.Open*a.Places
	}
	for i := range p.members {
		m := &p.members[i]
		if tried[i] || m.stats.Open >= m.Places {
			continue
		}
		if best < 0 || better(m, &p.members[best]) {
			best = i
		}
	}
	if best >= 0 {
		p.members[best].stats.Open++
	}
	return best
}

func (p *Pool) opened(i int) {
	p.mu.Lock()
	p.members[i].stats.Opened++
	p.members[i].cool = 0
	p.mu.Unlock()
}

func (p *Pool) failed(i int) {
	p.mu.Lock()
	m := &p.members[i]
	m.stats.Open--
	m.stats.Failed++
	m.cool = min(max(2*m.cool, coolDown), maxCoolDown)
	m.until = p.now().Add(m.cool)
	p.mu.Unlock()
}

func (p *Pool) release(i int) {
	p.mu.Lock()
	p.members[i].stats.Open--
	p.mu.Unlock()
}

// Stats is a snapshot, in the order of the members.
func (p *Pool) Stats() []MemberStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]MemberStats, len(p.members))
	for i := range p.members {
		list[i] = p.members[i].stats
	}
	return list
}

// pooled gives its place back when it is closed.
type pooled struct {
	engine.Session
	once sync.Once
	free func()
}

func (s *pooled) Close() {
	s.Session.Close()
	s.once.Do(s.free)
}
