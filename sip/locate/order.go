package locate

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"

	"ringward/sip/transport"
)

// maxTargets bounds how many places one request is tried at.
const maxTargets = 32

// order puts the targets of a plan in the order to try them: by rank and
// priority, by lot within those, and what has failed lately after all others.
func (l *Locator) order(p plan, k key) []transport.Target {
	places := slices.Clone(p.places)
	slices.SortStableFunc(places, func(a, b place) int { // weight 0 first: RFC 2782
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.priority, b.priority), cmp.Compare(a.weight, b.weight))
	})
	for from := 0; from < len(places); {
		end := from + 1
		for end < len(places) && places[end].rank == places[from].rank && places[end].priority == places[from].priority {
			end++
		}
		draw(places[from:end])
		from = end
	}
	var out []transport.Target
	for _, pl := range places {
		for _, a := range pl.addrs {
			t := transport.Target{Network: pl.network, Addr: a}
			if _, err := netip.ParseAddr(k.host); pl.network == "tls" && err != nil {
				t.ServerName = k.host // RFC 5922 §4: the domain, whatever DNS made of it
			}
			if !slices.Contains(out, t) && len(out) < maxTargets {
				out = append(out, t)
			}
		}
	}
	now := l.cfg.Now()
	slices.SortStableFunc(out, func(a, b transport.Target) int { return cmp.Compare(l.health.rest(a, now), l.health.rest(b, now)) })
	return out
}

// draw orders places of one priority by the lottery of RFC 2782: the next one is
// drawn with a chance in proportion to its weight.
func draw(places []place) {
	for i := range places {
		left := places[i:]
		sum := 0
		for _, p := range left {
			sum += int(p.weight)
		}
		lot := rand.IntN(sum + 1)
		for j, p := range left {
			if lot -= int(p.weight); lot <= 0 {
				copy(left[1:j+1], left[:j])
				left[0] = p
				break
			}
		}
	}
}
