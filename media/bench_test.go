package media

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// sinkConn is a port that takes everything.
type sinkConn struct{}

func (sinkConn) send([]byte, *target) bool { return true }
func (sinkConn) close()                    {}

// quietRig is a connected call whose packets go nowhere.
func quietRig(t testing.TB) *rig {
	r := talking(t)
	for i := range r.b.legs {
		r.b.legs[i].rtpConn, r.b.legs[i].rtcpConn = sinkConn{}, sinkConn{}
	}
	return r
}

// hop returns a function that relays one packet of a caller who never stops.
func (r *rig) hop() func() {
	src := newSource()
	b := src.next()
	in := &r.b.inlets[0]
	return func() {
		n := copy(r.buf, b)
		putHeader(r.buf, 8, false, slot{seq: src.seq, ts: src.ts}, src.ssrc)
		src.skip(1)
		r.now = r.now.Add(20 * time.Millisecond)
		in.deliver(r.buf[:n], n, callerAt, r.now)
	}
}

// Relaying allocates nothing: plain, under a prompt, tapped, and when packets
// are made.
func TestNoAllocations(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(r *rig) (step func())
	}{
		{"hop", func(r *rig) func() { return r.hop() }},
		{"foreign packet", func(r *rig) func() {
			b := newSource().next()
			return func() { r.deliver(Caller, false, strangerAt, b) }
		}},
		{"tap", func(r *rig) func() {
			q, pcm, hop := NewTapQueue(8), make([]int16, maxTapPayload), r.hop()
			r.b.Tap(Caller, q)
			return func() { hop(); q.Read(pcm) }
		}},
		{"whisper", func(r *rig) func() {
			play(r, Playback{Audio: prompt(8000), Repeat: -1})
			return r.hop()
		}},
		{"made packets", func(r *rig) func() {
			play(r, Playback{Audio: prompt(8000), Repeat: -1})
			return func() { r.pass(20 * time.Millisecond) }
		}},
		{"RTCP", func(r *rig) func() {
			r.hop()()
			rr := []byte{0x80, 201, 0, 1, 0, 0, 0, 1}
			return func() { r.deliver(Caller, true, rtcpAt(Caller), rr) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			step := c.set(quietRig(t))
			if n := testing.AllocsPerRun(500, step); n != 0 {
				t.Errorf("%v allocations a packet, want 0", n)
			}
		})
	}
}

func play(r *rig, p Playback) {
	r.t.Helper()
	if err := r.b.Play(Merchant, p); err != nil {
		r.t.Fatal(err)
	}
}

// The hop without system calls: what our own code costs.
func BenchmarkHop(b *testing.B) {
	hop := quietRig(b).hop()
	b.ReportAllocs()
	for b.Loop() {
		hop()
	}
}

// The hop in a thousand calls by turns, whose state is not in the processor's
// first cache.
func BenchmarkHopOfManyCalls(b *testing.B) {
	hops := make([]func(), 1000)
	for i := range hops {
		hops[i] = quietRig(b).hop()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		hops[i%len(hops)]()
	}
}

func BenchmarkHopTapped(b *testing.B) {
	r := quietRig(b)
	r.b.Tap(Caller, NewTapQueue(8))
	hop := r.hop()
	b.ReportAllocs()
	for b.Loop() {
		hop()
	}
}

// The hop under a prompt, 160 samples decoded, ducked, mixed and encoded.
func BenchmarkWhisper(b *testing.B) {
	r := quietRig(b)
	play(r, Playback{Audio: prompt(8000), Repeat: -1})
	hop := r.hop()
	b.ReportAllocs()
	for b.Loop() {
		hop()
	}
}

// One made packet of a prompt.
func BenchmarkMadePacket(b *testing.B) {
	r := quietRig(b)
	play(r, Playback{Audio: prompt(8000), Repeat: -1})
	l := &r.b.legs[Merchant]
	b.ReportAllocs()
	for b.Loop() {
		r.now = r.now.Add(20 * time.Millisecond)
		l.generate(r.buf, r.now)
	}
}

// Set-up and end of a call's media: four sockets.
func BenchmarkBridge(b *testing.B) {
	e, err := NewEngine(Config{Addr: netip.MustParseAddr("127.0.0.1"), MinPort: 20000, MaxPort: 29999, Quarantine: time.Nanosecond})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		br, err := e.NewBridge(BridgeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		br.Close()
	}
}

// Memory of an idle anchored call, sockets' kernel memory not counted.
func BenchmarkIdleBridgeMemory(b *testing.B) {
	const calls = 500
	e, err := NewEngine(Config{Addr: netip.MustParseAddr("127.0.0.1"), MinPort: 20000, MaxPort: 29999, Quarantine: time.Nanosecond})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		all := make([]*Bridge, calls)
		for i := range all {
			if all[i], err = e.NewBridge(BridgeOptions{}); err != nil {
				b.Fatal(fmt.Errorf("call %d: %w", i, err))
			}
			all[i].Set(Caller, pcma(Caller))
			all[i].Set(Merchant, pcma(Merchant))
			all[i].Connect(true)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse)/calls, "B/call")
		for _, br := range all {
			br.Close()
		}
	}
}
