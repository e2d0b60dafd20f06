package media

import "time"

// reception keeps the statistics of one source (RFC 3550 A.1, A.3, A.8).
type reception struct {
	known    bool
	ssrc     uint32
	base     uint32 // extended, first of this source
	max      uint32 // extended, newest
	received uint32
	transit  int64 // arrival - time stamp, time stamp units
	jitter   int64 // times 16
	earlier  uint64
}

// count takes a packet in and reports whether a new source began with it.
func (r *reception) count(p packet, clock uint32, now time.Time) (began bool) {
	arrival := now.UnixNano() / 1000 * int64(clock) / 1000_000
	transit := arrival - int64(p.ts)
	gap := int(int16(p.seq - uint16(r.max)))
	if !r.known || p.ssrc != r.ssrc || gap > maxDropout || gap < -maxMisorder {
		r.earlier += r.missing()
		r.known, r.ssrc, r.base, r.max = true, p.ssrc, 1<<16|uint32(p.seq), 1<<16|uint32(p.seq)
		r.received, r.transit = 1, transit
		return true
	}
	if gap > 0 {
		r.max += uint32(gap)
	}
	r.received++
	d := int64(int32(transit - r.transit)) // time stamps wrap
	r.transit = transit
	r.jitter += max(d, -d) - (r.jitter+8)>>4
	return false
}

func (r *reception) missing() uint64 {
	if !r.known || r.max-r.base+1 < r.received {
		return 0
	}
	return uint64(r.max - r.base + 1 - r.received)
}

func (r *reception) lost() uint64 { return r.earlier + r.missing() }

func (r *reception) spread(clock uint32) time.Duration {
	return time.Duration(r.jitter>>4) * time.Second / time.Duration(max(clock, 1))
}
