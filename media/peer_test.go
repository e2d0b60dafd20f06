package media

import (
	"net/netip"
	"testing"
	"time"
)

// The rules of where media is taken from: what is signalled and nothing else,
// or, behind NAT, what is learnt once, in time, from the signalling address.
func TestLatch(t *testing.T) {
	const (
		signalled = "10.0.0.5:4000" // inside, behind NAT
		outside   = "192.0.2.10"    // where signalling comes from
		moved     = outside + ":7777"
		again     = outside + ":8888"
	)
	type step struct {
		after time.Duration
		do    string // "from ADDR", "junk ADDR", "set", "set ADDR", "connect"
		arg   string
		ok    bool // accepted
	}
	for _, c := range []struct {
		name  string
		sdp   string
		nat   string
		steps []step
		to    string // where media goes in the end
	}{
		{"strict: signalled only", signalled, "", []step{{0, "from", moved, false}, {0, "from", signalled, true}, {0, "from", "10.0.0.5:4001", false}}, signalled},
		{"strict: re-INVITE moves it", signalled, "", []step{{0, "set", moved, false}, {0, "from", signalled, false}, {0, "from", moved, true}}, moved},
		{"NAT: learnt once", signalled, outside, []step{{0, "from", moved, true}, {0, "from", again, false}, {0, "from", moved, true}}, moved},
		{"NAT: never from the signalled inside address", signalled, outside, []step{{0, "from", signalled, false}}, ""},
		{"NAT: never from elsewhere", signalled, outside, []step{{0, "from", strangerAt.String(), false}, {0, "from", moved, true}}, moved},
		{"NAT: junk teaches nothing", signalled, outside, []step{{0, "junk", again, false}, {0, "from", moved, true}}, moved},
		{"NAT: too late", signalled, outside, []step{{3 * time.Second, "from", moved, false}}, ""},
		{"NAT: just in time", signalled, outside, []step{{3*time.Second - 1, "from", moved, true}, {time.Hour, "from", moved, true}, {0, "from", again, false}}, moved},
		{"NAT: connecting opens the window", signalled, outside, []step{{time.Minute, "connect", "", false}, {time.Second, "from", moved, true}}, moved},
		{"NAT: connecting does not open what is learnt", signalled, outside, []step{{0, "from", moved, true}, {time.Minute, "connect", "", false}, {0, "from", again, false}}, moved},
		{"NAT: re-INVITE, rebound", signalled, outside, []step{{0, "from", moved, true}, {time.Minute, "set", signalled, false}, {0, "from", again, true}, {0, "from", moved, false}}, again},
		{"NAT: re-INVITE, confirmed", signalled, outside, []step{{0, "from", moved, true}, {time.Minute, "set", signalled, false}, {0, "from", moved, true}, {0, "from", again, false}}, moved},
		{"NAT: re-INVITE, silent, stays", signalled, outside, []step{{0, "from", moved, true}, {time.Minute, "set", signalled, false}, {time.Minute, "from", moved, true}, {0, "from", again, false}}, moved},
		{"NAT: not needed", moved, outside, []step{{time.Minute, "from", moved, true}, {0, "from", again, false}}, moved},
		{"NAT: not needed, port learnt", moved, outside, []step{{0, "from", again, true}, {0, "from", moved, false}}, again},
		{"addresses in IPv6 clothes are the same", "[::ffff:10.0.0.5]:4000", "", []step{{0, "from", signalled, true}}, signalled},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.b.Set(Merchant, pcma(Merchant))
			set := func(sdp string) {
				f := pcma(Caller)
				f.RTP = netip.MustParseAddrPort(sdp)
				if c.nat != "" {
					f.Latch = netip.MustParseAddr(c.nat)
				}
				r.b.Set(Caller, f)
			}
			set(c.sdp)
			src := newSource()
			for i, s := range c.steps {
				r.now = r.now.Add(s.after)
				before := r.b.Stats(Caller)
				switch s.do {
				case "set":
					set(s.arg)
				case "connect":
					r.b.Connect(true)
				case "junk":
					r.deliver(Caller, false, netip.MustParseAddrPort(s.arg), []byte{0x80, 8, 1})
				case "from":
					r.deliver(Caller, false, netip.MustParseAddrPort(s.arg), src.next())
				}
				if got := r.b.Stats(Caller).PacketsIn > before.PacketsIn; got != s.ok {
					t.Errorf("step %d %s %s: accepted %v, want %v", i, s.do, s.arg, got, s.ok)
				}
			}
			want := netip.AddrPort{}
			if c.to != "" {
				want = netip.MustParseAddrPort(c.to)
			}
			if got := r.b.Stats(Caller).Source; got != want {
				t.Errorf("media goes to %s, want %s", got, want)
			}
		})
	}
}
