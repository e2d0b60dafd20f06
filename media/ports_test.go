package media

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestPoolQuarantineAndExhaustion(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPool(20001, 20010, 5*time.Second) // 20002 .. 20008 and their odd ones
	seen := map[uint16]bool{}
	for range 4 {
		port, ok := p.take(now)
		if !ok || port%2 != 0 || port < 20002 || port > 20008 || seen[port] {
			t.Fatalf("got port %d %v", port, ok)
		}
		seen[port] = true
	}
	if port, ok := p.take(now); ok {
		t.Fatalf("got port %d of an empty pool", port)
	}
	p.rest(20004, now)
	for _, c := range []struct {
		after time.Duration
		ok    bool
	}{{0, false}, {5*time.Second - 1, false}, {5 * time.Second, true}} {
		port, ok := p.take(now.Add(c.after))
		if ok != c.ok || ok && port != 20004 {
			t.Errorf("after %v: got %d %v, want %v", c.after, port, ok, c.ok)
		}
	}
}

// A stranger who has seen some ports can't tell the next: neither sorted nor in
// steps (security: ports from a shuffled range).
func TestPoolIsShuffled(t *testing.T) {
	p := newPool(20000, 21999, time.Second)
	last, up, steps := uint16(0), 0, map[int]int{}
	for range 800 {
		port, _ := p.take(time.Unix(0, 0))
		if port > last {
			up++
		}
		steps[int(port)-int(last)]++
		last = port
	}
	if up < 330 || up > 470 {
		t.Errorf("%d of 800 steps go up", up)
	}
	for d, n := range steps {
		if n > 20 {
			t.Errorf("step %d occurs %d times", d, n)
		}
	}
}

func TestBridgesExhaustThePool(t *testing.T) {
	r := newRig(t) // one bridge of 25
	var all []*Bridge
	for range 24 {
		b, err := r.e.NewBridge(BridgeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	if _, err := r.e.NewBridge(BridgeOptions{}); !errors.Is(err, ErrNoPorts) {
		t.Fatalf("got %v, want ErrNoPorts", err)
	}
	if s := r.e.Stats(); s.PairsTotal != 50 || s.PairsInUse != 50 || s.NoPorts != 1 || s.Bridges != 25 {
		t.Errorf("stats: got %+v", s)
	}
	all[0].Close()
	all[0].Close()
	if s := r.e.Stats(); s.PairsInUse != 48 || s.PairsResting != 2 || s.Bridges != 24 {
		t.Errorf("stats after a call: got %+v", s)
	}
	if _, err := r.e.NewBridge(BridgeOptions{}); !errors.Is(err, ErrNoPorts) {
		t.Fatalf("in quarantine: got %v, want ErrNoPorts", err)
	}
	r.now = r.now.Add(5 * time.Second)
	b, err := r.e.NewBridge(BridgeOptions{})
	if err != nil {
		t.Fatalf("after quarantine: %v", err)
	}
	all = append(all, b)
	for _, b := range all {
		b.Close()
	}
	if s := r.e.Stats(); s.PairsInUse != 2 || s.Bridges != 1 {
		t.Errorf("stats at the end: got %+v", s)
	}
}

func TestConfigErrors(t *testing.T) {
	lo := netip.MustParseAddr("127.0.0.1")
	for _, c := range []Config{
		{MinPort: 20000, MaxPort: 20100},
		{Addr: lo},
		{Addr: lo, MinPort: 20000, MaxPort: 20002},
		{Addr: lo, MinPort: 20002, MaxPort: 20000},
		{Addr: lo, MinPort: 20000, MaxPort: 20100, DSCP: 64},
		{Addr: netip.IPv4Unspecified(), MinPort: 20000, MaxPort: 20100},
	} {
		if _, err := NewEngine(c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

func TestAdvertisedAddress(t *testing.T) {
	ip := netip.MustParseAddr
	e, err := NewEngine(Config{Addr: ip("127.0.0.1"), Advertise: ip("192.0.2.1"), MinPort: 20000, MaxPort: 20099})
	if err != nil {
		t.Fatal(err)
	}
	e.workers = []*worker{newWorker(&fakeNet{})}
	b, err := e.NewBridge(BridgeOptions{Advertise: [2]netip.Addr{Merchant: ip("10.0.0.1")}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for s, want := range map[Side]string{Caller: "192.0.2.1", Merchant: "10.0.0.1"} {
		if got, rtp, rtcp := b.Local(s); got != ip(want) || rtp%2 != 0 || rtcp != rtp+1 {
			t.Errorf("%s: got %s %d %d, want %s and an even port", s, got, rtp, rtcp, want)
		}
	}
}
