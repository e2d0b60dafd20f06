package gateway

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"ringward/sip/sipmsg"
)

// governor refuses new calls before the running ones suffer. It goes by how long
// INVITEs wait between the socket and their goroutine, which is what a lack of
// processor time looks like here: when more than half of those of a window
// waited longer than the target, it takes fewer calls a second, and more again
// when they do not (additive increase, multiplicative decrease, as RFC 6357 §8
// has it for rate-based control). A burst is cut off at once, by how many wait.
// Nothing else is refused: ACK, BYE and whatever
// belongs to a call goes before new calls.
type governor struct {
	target time.Duration

	mu      sync.Mutex // guards all below
	since   time.Time  // start of the window
	seen    int        // INVITEs whose wait is known
	late    int        // of them, those over the target
	taken   int        // let in
	limited bool
	rate    float64 // calls a second while limited
	tokens  float64
	filled  time.Time
}

const (
	governorWindow = 100 * time.Millisecond // a judgement, if enough was seen
	governorLonger = time.Second            // or after this long
	governorEnough = 20                     // INVITEs that a judgement needs
	governorFloor  = 20                     // calls a second that are always tried
	governorQueue  = 256                    // requests that wait for a processor
)

// admit reports whether one more call may come in now, while so many wait.
func (g *governor) admit(now time.Time, queued int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.judge(now)
	if queued > governorQueue {
		return false
	}
	if g.limited {
		g.tokens = min(g.rate*governorWindow.Seconds()+1, g.tokens+g.rate*now.Sub(g.filled).Seconds())
		g.filled = now
		if g.tokens < 1 {
			return false
		}
		g.tokens--
	}
	g.taken++
	return true
}

// waited tells how long an INVITE that was let in waited for its goroutine.
func (g *governor) waited(now time.Time, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen++
	if d > g.target {
		g.late++
	}
	g.judge(now)
}

// judge ends a window and sets the rate for the next; mu is held.
func (g *governor) judge(now time.Time) {
	length := now.Sub(g.since)
	if length < governorWindow || length < governorLonger && g.seen < governorEnough {
		return
	}
	came := float64(g.taken) / length.Seconds()
	switch {
	case g.seen >= governorEnough && 2*g.late > g.seen:
		rate := came
		if g.limited {
			rate = min(rate, g.rate)
		}
		if !g.limited {
			g.tokens, g.filled = 0, now
		}
		g.limited, g.rate = true, max(governorFloor, 0.7*rate)
	case g.limited && came < g.rate/2:
		g.limited = false // nobody asks for that many any more
	case g.limited:
		g.rate = 1.05*g.rate + 2
	}
	g.since, g.seen, g.late, g.taken = now, 0, 0, 0
}

// overload answers an INVITE that is one too many; nil lets it in. The wait that
// it asks for differs from caller to caller, so that they do not come back
// together.
func (g *Gateway) overload(m *sipmsg.Message) *sipmsg.Message {
	if m.Method != "INVITE" || g.stack == nil || g.governor.admit(g.cfg.Now(), g.stack.Queued()) {
		return nil
	}
	g.counters.overloaded.Add(1)
	g.counters.shed.Add(1)
	r := refusal(m, 503)
	r.Add("Retry-After", strconv.Itoa(1+rand.IntN(4)))
	return r
}
