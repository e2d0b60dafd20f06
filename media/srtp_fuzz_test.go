package media

import (
	"bytes"
	"testing"
)

// FuzzSRTP: whatever comes to a protected side, nothing is taken of it unless it
// was made with the key, and nothing of it crosses.
func FuzzSRTP(f *testing.F) {
	keys := map[string]*SRTP{}
	for i, suite := range everySuite {
		k := &SRTP{Suite: suite, Local: bytes.Repeat([]byte{1}, suites[suite].key+suites[suite].salt), Remote: bytes.Repeat([]byte{2}, suites[suite].key+suites[suite].salt)}
		keys[suite] = k
		f.Add(newSource().next(), uint8(i), false)
		f.Add(newSRTPPeer(f, &SRTP{suite, k.Local, k.Local}).seal(newSource().next()), uint8(i), false)
		f.Add([]byte{0x80, 200, 0, 6, 0, 0, 0, 1}, uint8(i), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, n uint8, control bool) {
		r := newRig(t)
		flow := pcma(Caller)
		flow.SRTP = keys[everySuite[int(n)%len(everySuite)]]
		r.b.Set(Caller, flow)
		r.b.Set(Merchant, pcma(Merchant))
		r.b.Connect(true)
		if len(b) > maxPacket {
			return
		}
		from := at(Caller)
		if control {
			from = rtcpAt(Caller)
		}
		r.deliver(Caller, control, from, b)
		s := r.b.Stats(Caller)
		if s.PacketsIn+s.RTCPIn != 0 || len(r.net.sent) != 0 {
			t.Errorf("taken without the key: %x", b)
		}
	})
}
