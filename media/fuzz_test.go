package media

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// tortureDir holds datagrams that broke other programs; the tests do without
// where it is missing.
var tortureDir = filepath.Join("..", "..", "shared", "torture")

// torture is every RTP, RTCP and STUN datagram of it.
var torture = sync.OnceValue(func() (all [][]byte) {
	index, err := os.ReadFile(filepath.Join(tortureDir, "manifest.json"))
	if err != nil {
		return nil
	}
	var files map[string]struct{ Kind string }
	if err := json.Unmarshal(index, &files); err != nil {
		panic(err)
	}
	for name, f := range files {
		if f.Kind != "rtp" && f.Kind != "stun" {
			continue
		}
		if b, err := os.ReadFile(filepath.Join(tortureDir, name)); err == nil && len(b) > 0 {
			all = append(all, b)
		}
	}
	return all
})

func seed(f *testing.F, add func(b []byte)) {
	if len(torture()) == 0 {
		f.Logf("no seeds: %s is missing", tortureDir)
	}
	for _, b := range torture() {
		add(b)
	}
}

// FuzzReceive sends a datagram of the right source into a call with a prompt
// playing: whatever it is, what goes out is sound RTP of our stream or our RTCP,
// and the call goes on.
func FuzzReceive(f *testing.F) {
	src := newSource()
	f.Add(false, true, src.next())
	f.Add(false, false, src.key(1, 160, false))
	f.Add(true, false, []byte{0x80, 201, 0, 1, 0, 0, 0, 1})
	seed(f, func(b []byte) { f.Add(false, true, b); f.Add(true, false, b) })
	f.Fuzz(func(t *testing.T, control, playing bool, b []byte) {
		if len(b) > 4000 {
			return
		}
		r, src := talking(t), newSource()
		r.talk(Caller, src, 2)
		if playing {
			play(r, Playback{Audio: prompt(3200)})
		}
		from := at(Caller)
		if control {
			from = rtcpAt(Caller)
		}
		r.deliver(Caller, control, from, b)
		r.deliver(Caller, control, from, b)
		r.deliver(Caller, control, strangerAt, b)
		r.pass(100 * time.Millisecond)
		good := src.next()
		r.in(Caller, good)
		r.in(Caller, src.next())
		ssrc := r.b.legs[Merchant].out.ssrc
		for _, p := range r.out(Merchant) {
			if p.ssrc != ssrc {
				t.Fatalf("sent SSRC %x, want %x", p.ssrc, ssrc)
			}
			if h := r.b.legs[Caller].hops[p.pt]; h.kind == unknown {
				t.Fatalf("sent payload type %d", p.pt)
			}
		}
		if st := r.b.Stats(Caller); st.Foreign < 1 || st.PacketsIn < 4 {
			t.Fatalf("stats: %+v", st)
		}
		if len(r.out(Caller)) != 0 {
			t.Fatal("something went back")
		}
	})
}

// FuzzRTP holds the parser to its bounds.
func FuzzRTP(f *testing.F) {
	f.Add(newSource().next())
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := parseRTP(b)
		if !ok {
			return
		}
		if len(p.payload) > len(b)-rtpHeader || !bytes.Contains(b[rtpHeader:], p.payload) {
			t.Fatalf("payload of %d octets out of %d", len(p.payload), len(b))
		}
		out := bytes.Clone(b)
		readdress(out, p.pt, slot{seq: p.seq, ts: p.ts}, p.ssrc)
		if !bytes.Equal(out, b) {
			t.Fatalf("readdressing to its own place changed it:\n%x\n%x", b, out)
		}
	})
}

// FuzzRTCP holds the parser to its bounds; what it takes is written again as a
// compound that it takes again.
func FuzzRTCP(f *testing.F) {
	f.Add([]byte{0x80, 201, 0, 1, 0, 0, 0, 1})
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := parseRTCP(b, 0xcafe)
		if !ok {
			return
		}
		rg := talking(t)
		to, from := &rg.b.legs[Merchant], &rg.b.legs[Caller]
		out := appendName(to.appendReport(nil, r, from), to.out.ssrc, rg.b.cname)
		if len(out) > maxRTCP || len(out)%4 != 0 {
			t.Fatalf("wrote %d octets, at most %d", len(out), maxRTCP)
		}
		if again, ok := parseRTCP(out, 0); !ok || again.sender != to.out.ssrc {
			t.Fatalf("does not take its own: %x", out)
		}
	})
}
