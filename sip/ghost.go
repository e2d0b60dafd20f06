package sip

import (
	"sync"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// ghosts remember client legs for 64*T1 after their end: until then a 2xx of a
// fork, or a repeat whose ACK was lost, may still come and has to be
// acknowledged (RFC 3261 §13.2.2.4). Without the memory the stack would have to
// answer any stranger's 2xx. One timer serves them all and runs only while
// there are some.
type ghosts struct {
	mu    sync.Mutex
	byTag map[string]*ghost
	timer transaction.Timer
	done  bool
}

// ghost is what is left of a client leg.
type ghost struct {
	callID string
	seq    uint32
	peer   transport.Target
	until  time.Time
	killed int
}

// forget takes a leg that has ended out of the stack.
func (s *Stack) forget(l *Leg) {
	s.legs.remove(l)
	if l.server {
		return
	}
	life := 64 * s.cfg.Timers.T1
	g := &s.ghosts
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.done {
		return
	}
	g.byTag[l.tag] = &ghost{
		callID: l.callID, seq: l.seq, peer: l.peer,
		until: s.cfg.Clock.Now().Add(life),
	}
	if g.timer == nil {
		g.timer = s.cfg.Clock.AfterFunc(life, s.sweep)
	}
}

// sweep drops the ghosts whose time is over.
func (s *Stack) sweep() {
	g := &s.ghosts
	g.mu.Lock()
	defer g.mu.Unlock()
	now := s.cfg.Clock.Now()
	for tag, h := range g.byTag {
		if !h.until.After(now) {
			delete(g.byTag, tag)
		}
	}
	g.timer = nil
	if len(g.byTag) > 0 && !g.done {
		// A fraction of their life: a ghost stays an eighth longer at most.
		g.timer = s.cfg.Clock.AfterFunc(8*s.cfg.Timers.T1, s.sweep)
	}
}

// stop lets go of all ghosts.
func (g *ghosts) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done = true
	clear(g.byTag)
	if g.timer != nil {
		g.timer.Stop()
	}
}

// haunt acknowledges a 2xx to a leg that has ended, and ends the dialog that it
// belongs to; false when we know nothing of it.
func (s *Stack) haunt(m *sipmsg.Message, seq uint32) bool {
	g := &s.ghosts
	g.mu.Lock()
	h := g.byTag[m.FromTag()]
	ok := h != nil && h.callID == m.CallID() && h.seq == seq && h.killed < maxKills
	if ok {
		h.killed++
	}
	g.mu.Unlock()
	if ok {
		s.killFork(m, seq, h.callID, h.peer)
	}
	return ok
}
