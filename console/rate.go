package console

import (
	"sync"
	"time"
)

// rate is a token bucket for each reader.
type rate struct {
	perSecond float64
	burst     float64

	mu      sync.Mutex
	buckets map[string]bucket // guarded by mu; at most maxBuckets
}

type bucket struct {
	left float64
	at   time.Time
}

const maxBuckets = 10_000

func newRate(perSecond, burst float64) *rate {
	return &rate{perSecond: perSecond, burst: burst, buckets: map[string]bucket{}}
}

// take takes one from the reader's bucket, or says how long to wait.
func (r *rate) take(who string, now time.Time) (wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, known := r.buckets[who]
	if !known {
		r.makeRoom(now)
		b = bucket{r.burst, now}
	}
	b = r.filled(b, now)
	if b.left < 1 {
		r.buckets[who] = b
		return time.Duration((1 - b.left) / r.perSecond * float64(time.Second)), false
	}
	b.left--
	r.buckets[who] = b
	return 0, true
}

func (r *rate) filled(b bucket, now time.Time) bucket {
	b.left = min(r.burst, b.left+max(0, now.Sub(b.at).Seconds())*r.perSecond)
	b.at = now
	return b
}

// makeRoom forgets full buckets, and if that is not enough, any.
func (r *rate) makeRoom(now time.Time) {
	if len(r.buckets) < maxBuckets {
		return
	}
	for who, b := range r.buckets {
		if r.filled(b, now).left >= r.burst {
			delete(r.buckets, who)
		}
	}
	for who := range r.buckets {
		if len(r.buckets) < maxBuckets {
			return
		}
		delete(r.buckets, who)
	}
}
