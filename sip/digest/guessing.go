package digest

import (
	"net/netip"
	"time"
)

// The limits on guessing.
const (
	window       = time.Minute      // in which wrong answers are counted
	maxSource    = 10               // of one source, then it is refused
	maxHour      = 60               // likewise, in an hour: who goes slowly is seen as well
	maxUser      = 20               // at one user in a minute: an attack
	maxAttack    = 3                // of one source in a minute, at a user under attack
	firstRefusal = 30 * time.Second // then twice as long each time
	longRefusal  = time.Hour        // and no longer; after as long without refusal it starts anew
	goodFor      = 24 * time.Hour   // how long a user is known from where a right answer came from
)

// guesses counts wrong answers. It is guarded by its owner.
type guesses struct {
	sources bounded[netip.Prefix, offender]
	users   bounded[string, target]
	good    bounded[pair, acquaintance]
}

// offender is a source of wrong answers.
type offender struct {
	minute, hour tally
	until        time.Time // refused till then
	refusal      time.Duration
}

// tally counts within a time that begins with the first.
type tally struct {
	since time.Time
	count int
}

func (t *tally) add(now time.Time, within time.Duration) int {
	if now.Sub(t.since) >= within {
		*t = tally{since: now}
	}
	t.count++
	return t.count
}

// target is a user at whom wrong answers were aimed, known to us or not.
type target struct {
	tally
	alarm time.Time // the last one raised
}

type pair struct {
	source netip.Prefix
	user   string
}

// acquaintance is a user that a right answer came for from a source.
type acquaintance struct {
	until time.Time
	wrong int // since
}

func newGuesses(size int) guesses {
	return guesses{
		sources: newBounded[netip.Prefix, offender](size),
		users:   newBounded[string, target](size),
		good:    newBounded[pair, acquaintance](size),
	}
}

// refused reports whether nothing is taken from the source now. Who is known to
// be the user is, so that one wrong phone behind a NAT does not silence the rest.
func (g *guesses) refused(p pair, now time.Time) bool {
	o, ok := g.sources.get(p.source)
	return ok && now.Before(o.until) && !g.known(p, now)
}

func (g *guesses) known(p pair, now time.Time) bool {
	a, ok := g.good.get(p)
	return ok && now.Before(a.until)
}

// right remembers a right answer.
func (g *guesses) right(p pair, now time.Time) {
	g.good.put(p, acquaintance{until: now.Add(goodFor)})
}

// wrong counts a wrong answer; it reports whether the source is refused from now
// on, and whether to raise an alarm of an attack on the user.
func (g *guesses) wrong(p pair, now time.Time) (refuse, alarm bool) {
	if a, ok := g.good.get(p); ok {
		if a.wrong++; a.wrong >= maxSource {
			g.good.del(p)
		} else {
			g.good.put(p, a)
		}
	}
	attack, alarm := g.wrongAt(p.user, now)
	limit := maxSource
	if attack {
		limit = maxAttack
	}
	return g.wrongFrom(p.source, limit, now), alarm
}

func (g *guesses) wrongFrom(source netip.Prefix, limit int, now time.Time) bool {
	o, _ := g.sources.get(source)
	minute, hour := o.minute.add(now, window), o.hour.add(now, time.Hour)
	refuse := minute >= limit || hour >= maxHour
	if refuse {
		if now.Sub(o.until) >= longRefusal {
			o.refusal = 0
		}
		o.refusal = min(max(2*o.refusal, firstRefusal), longRefusal)
		o.until, o.minute = now.Add(o.refusal), tally{}
	}
	g.sources.put(source, o)
	return refuse
}

func (g *guesses) wrongAt(user string, now time.Time) (attack, alarm bool) {
	t, _ := g.users.get(user)
	attack = t.add(now, window) >= maxUser
	alarm = attack && now.Sub(t.alarm) >= window
	if alarm {
		t.alarm = now
	}
	g.users.put(user, t)
	return attack, alarm
}

// holder is what counts as one source: an IPv4 address or an IPv6 /64.
func holder(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // bits fit the family; of no address it is no prefix
	return p
}
