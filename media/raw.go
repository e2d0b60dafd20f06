package media

import (
	"net/netip"
	"time"
)

// receiveRaw passes a datagram on as it came: where it comes from and how long
// it is are all that is looked at (deliver has bounded its length).
func (l *leg) receiveRaw(b []byte, rtcp bool, from netip.AddrPort, now time.Time) {
	ok, learn := l.rtp.accepts(from, now)
	if rtcp || !ok {
		l.stats.Foreign++
		return
	}
	to := l.far()
	if !l.receives || !to.raw || len(b) == 0 {
		l.stats.Blocked++
		return
	}
	if learn {
		l.rtp.learnt(from)
	}
	l.stats.PacketsIn++
	l.stats.BytesIn += uint64(len(b))
	l.stats.LastPacket = now
	if l.b.connected && to.canSend() {
		to.send(b, 0)
	}
}
