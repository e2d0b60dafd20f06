package media_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"ringward/media"
)

// attack is what a stranger sends once to both ports of a side: i is the round,
// v the stream that the side itself sends.
var attacks = []struct {
	name string
	make func(i int, v *phone) [][]byte
}{
	{"injected stream", func(i int, _ *phone) [][]byte {
		return [][]byte{rtp(0xbad, uint16(i), uint32(160*i), payload(99))}
	}},
	{"hijacked stream, 3 ahead", func(_ int, v *phone) [][]byte {
		return [][]byte{rtp(v.ssrc, v.seq+3, v.ts+480, payload(99))}
	}},
	{"flood", func(i int, v *phone) (all [][]byte) {
		for k := range 30 {
			all = append(all, rtp(v.ssrc, v.seq+uint16(k), v.ts, payload(99)))
		}
		return all
	}},
	{"RTCP BYE, SR and RR", func(_ int, v *phone) [][]byte {
		bye := binary.BigEndian.AppendUint32([]byte{0x81, 203, 0, 1}, v.ssrc)
		rr := binary.BigEndian.AppendUint32([]byte{0x80, 201, 0, 1}, v.ssrc)
		sr := append(binary.BigEndian.AppendUint32([]byte{0x80, 200, 0, 6}, v.ssrc), make([]byte, 20)...)
		return [][]byte{bye, rr, sr, append(rr, bye...)}
	}},
	{"keys", func(_ int, v *phone) [][]byte {
		b := rtp(v.ssrc, v.seq+1, v.ts, []byte{1, 0x8a, 3, 32})
		b[1] = 101
		return [][]byte{b}
	}},
	{"junk", func(i int, _ *phone) [][]byte { return torture() }},
}

// Whatever a stranger sends, nothing of it gets in, nothing goes out to the
// stranger, and the parties hear each other (the attack of RTP bleed and
// injection, CVE-2025-53399; kept as a test for ever).
func TestStrangersGetNothingInAndNothingOut(t *testing.T) {
	for _, n := range networks {
		for _, a := range attacks {
			for _, nat := range []bool{false, true} {
				name := n.name + " " + a.name
				if nat {
					name += " behind NAT"
				}
				t.Run(name, func(t *testing.T) { assault(t, n.conf(loopback("127.0.0.1")), a.make, nat) })
			}
		}
	}
}

func assault(t *testing.T, c media.Config, make func(int, *phone) [][]byte, nat bool) {
	_, b, caller, merchant := call(t, c)
	x := stranger(t)
	digits := [2]<-chan media.Digit{b.Digits(media.Caller), b.Digits(media.Merchant)}
	if nat { // the caller's description names an address that it does not use
		f := caller.flow()
		f.Latch = f.RTP.Addr()
		f.RTP = netip.MustParseAddrPort("127.0.0.12:4000")
		f.RTCP = netip.MustParseAddrPort("127.0.0.12:4001")
		b.Set(media.Caller, f)
	}
	sent := uint64(0)
	for i := range 20 {
		for _, victim := range []*phone{caller, merchant} {
			for _, evil := range make(i, victim) {
				send(t, x, evil, victim.to)
				send(t, x, evil, victim.ctl)
				sent += 2
			}
		}
		for _, way := range [][2]*phone{{caller, merchant}, {merchant, caller}} {
			want := payload(byte(i))
			way[0].say(want)
			if got := way[1].hear(); !bytes.Equal(got[12:], want) || got[1]&0x7f != 8 {
				t.Fatalf("round %d: heard what the other did not say", i)
			}
		}
	}
	if st := b.Stats(media.Caller); st.PacketsIn != 20 {
		t.Errorf("took %d packets from the caller, want 20", st.PacketsIn)
	}
	for s := range digits {
		if len(digits[s]) != 0 {
			t.Errorf("a stranger's key was taken for the %s's", media.Side(s))
		}
	}
	for _, quiet := range []*net.UDPConn{x, caller.rtp, merchant.rtp, caller.rtcp, merchant.rtcp} {
		if k := pending(t, quiet); k != 0 {
			t.Errorf("%d packets went to %s", k, addr(quiet))
		}
	}
	foreign := b.Stats(media.Caller).Foreign + b.Stats(media.Merchant).Foreign
	if foreign < sent/2 || foreign > sent { // those on RTCP ports may still be on their way
		t.Errorf("counted %d foreign packets of %d", foreign, sent)
	}
}

// stranger has an address of its own where the system lets it, otherwise a port
// of its own; that is enough outside NAT.
func stranger(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 66)})
	if err != nil {
		t.Skipf("no second loopback address: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Rubbish from the party itself is counted and disturbs nothing.
func TestOwnJunk(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			_, b, caller, merchant := call(t, n.conf(loopback("127.0.0.1")))
			for i := range 5 {
				for _, junk := range torture() {
					if _, ok := relayable(junk); ok {
						continue
					}
					send(t, caller.rtp, junk, caller.to)
					send(t, caller.rtcp, junk, caller.ctl)
				}
				want := payload(byte(i))
				caller.say(want)
				if got := merchant.hear(); !bytes.Equal(got[12:], want) {
					t.Fatalf("round %d: heard %x", i, got[:16])
				}
			}
			if b.Stats(media.Caller).Malformed == 0 {
				t.Error("nothing counted malformed")
			}
		})
	}
}

// relayable reports whether a datagram is RTP of a payload type that the call
// has: then the other side may get it.
func relayable(b []byte) (pt byte, ok bool) {
	if len(b) < 12 || b[0]>>6 != 2 {
		return 0, false
	}
	pt = b[1] & 0x7f
	return pt, pt == 8 || pt == 101 || pt == 13
}

// torture is what broke other programs, after some of our own.
func torture() [][]byte {
	return append([][]byte{{0x80}, make([]byte, 12), {0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0},
		append([]byte{0xa0, 0}, make([]byte, 20)...), append([]byte{0x8f, 8}, make([]byte, 18)...),
		{0x9f, 201, 0, 1, 0, 0, 0, 1}, {0x80, 200, 0xff, 0xff}}, media.Torture()...)
}
