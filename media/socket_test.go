package media_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"ringward/media"
)

// call is two phones on a running bridge, connected.
func call(t testing.TB, c media.Config) (*media.Engine, *media.Bridge, *phone, *phone) {
	t.Helper()
	e := start(t, c)
	b := bridge(t, e)
	ip := c.Addr.String()
	caller, merchant := newPhone(t, ip, 0xa11ce), newPhone(t, ip, 0xb0b)
	caller.join(b, media.Caller)
	merchant.join(b, media.Merchant)
	b.Connect(true)
	return e, b, caller, merchant
}

func payload(seed byte) []byte {
	b := make([]byte, 160)
	for i := range b {
		b[i] = seed + byte(i*i)
	}
	return b
}

// Each side hears the other bit by bit, over real sockets, IPv4 and IPv6.
func TestSound(t *testing.T) {
	for _, n := range networks {
		for _, ip := range []string{"127.0.0.1", "::1"} {
			t.Run(n.name+" "+ip, func(t *testing.T) {
				e, b, caller, merchant := call(t, n.conf(loopback(ip)))
				var out uint32
				for i := range 50 {
					for _, way := range [][2]*phone{{caller, merchant}, {merchant, caller}} {
						want := payload(byte(i))
						way[0].say(want)
						got := way[1].hear()
						if !bytes.Equal(got[12:], want) {
							t.Fatalf("packet %d changed", i)
						}
						if ssrc := binary.BigEndian.Uint32(got[8:]); way[0] == caller && i > 0 && ssrc != out {
							t.Fatalf("packet %d: SSRC changed", i)
						} else if way[0] == caller {
							out = ssrc
						}
					}
				}
				st := b.Stats(media.Merchant)
				if st.PacketsIn != 50 || st.PacketsOut != 50 || st.BytesOut != 50*172 || st.Foreign != 0 || st.LastPacket.IsZero() {
					t.Errorf("stats: got %+v", st)
				}
				if total := e.Stats().Total; total.PacketsIn != 100 || total.PacketsOut != 100 {
					t.Errorf("engine: got %+v", total)
				}
			})
		}
	}
}

// A prompt to the merchant starts, is made at the pace of the clock when the
// caller is silent, and never reaches the caller.
func TestPromptOverSockets(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			_, b, caller, merchant := call(t, n.conf(loopback("127.0.0.1")))
			done := make(chan media.PlayResult, 1)
			begun := time.Now()
			p := media.Playback{Audio: make([]int16, 1600), Done: func(r media.PlayResult) { done <- r }}
			if err := b.Play(media.Merchant, p); err != nil {
				t.Fatal(err)
			}
			var last []byte
			for i := range 10 {
				got := merchant.hear()
				if i > 0 && binary.BigEndian.Uint16(got[2:]) != binary.BigEndian.Uint16(last[2:])+1 {
					t.Errorf("packet %d: sequence broken", i)
				}
				last = got
			}
			if r := <-done; r.End != media.Played || r.Sent != 200*time.Millisecond {
				t.Errorf("result: got %+v", r)
			}
			if took := time.Since(begun); took < 170*time.Millisecond {
				t.Errorf("200 ms of prompt took %v", took)
			}
			if k := pending(t, caller.rtp); k != 0 {
				t.Errorf("the caller got %d packets", k)
			}
		})
	}
}

// What was played before the engine runs is heard once it does.
func TestPlayBeforeRun(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			c := n.conf(loopback("127.0.0.1"))
			c.Loops = 1
			e, err := media.NewEngine(c)
			if err != nil {
				t.Fatal(err)
			}
			b, merchant := bridge(t, e), newPhone(t, "127.0.0.1", 1)
			merchant.join(b, media.Merchant)
			if err := b.Play(media.Merchant, media.Playback{Audio: make([]int16, 320)}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- e.Run(ctx) }()
			merchant.hear()
			merchant.hear()
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// Two hundred calls up, with traffic, and down leave nothing behind.
func TestNothingIsLeftBehind(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			goroutines, files := runtime.NumGoroutine(), openFiles()
			c := n.conf(loopback("127.0.0.1"))
			c.Quarantine = time.Hour
			e, err := media.NewEngine(c)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- e.Run(ctx) }()
			var all []*media.Bridge
			t.Run("calls", func(t *testing.T) {
				for i := range 200 {
					b, err := e.NewBridge(media.BridgeOptions{})
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, b)
					if i%20 != 0 {
						continue
					}
					caller, merchant := newPhone(t, "127.0.0.1", 1), newPhone(t, "127.0.0.1", 2)
					caller.join(b, media.Caller)
					merchant.join(b, media.Merchant)
					b.Connect(true)
					caller.say(payload(byte(i)))
					merchant.hear()
					if err := b.Play(media.Merchant, media.Playback{Audio: make([]int16, 8000), Repeat: -1}); err != nil {
						t.Fatal(err)
					}
				}
			})
			for _, b := range all[:190] {
				b.Close()
			}
			if s := e.Stats(); s.Bridges != 10 || s.PairsInUse != 20 || s.PairsResting != 380 || s.Playing > 1 {
				t.Errorf("after 190 calls: got %+v", s)
			}
			cancel() // closes the rest
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if s := e.Stats(); s.Bridges != 0 || s.PairsInUse != 0 || s.Playing != 0 {
				t.Errorf("at the end: got %+v", s)
			}
			if _, err := e.NewBridge(media.BridgeOptions{}); !errors.Is(err, media.ErrClosed) {
				t.Errorf("a bridge after the end: got %v, want ErrClosed", err)
			}
			settled(t, goroutines)
			if now := openFiles(); now > files {
				t.Errorf("%d files open, want %d", now, files)
			}
		})
	}
}

// openFiles counts descriptors where the system shows them.
func openFiles() int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(d)
}

// Ports that another program holds are passed over.
func TestPortsOfOthersArePassedOver(t *testing.T) {
	c := loopback("127.0.0.1")
	c.MinPort, c.MaxPort = 29900, 29919
	e := start(t, c)
	taken := 0
	for port := c.MinPort; port < c.MinPort+12; port += 2 {
		if conn, err := listenAt(netip.AddrPortFrom(c.Addr, port+1)); err == nil { // the RTCP port is enough
			taken++
			t.Cleanup(func() { conn.Close() })
		}
	}
	b := bridge(t, e)
	_, rtp, _ := b.Local(media.Caller)
	if rtp < c.MinPort+12 {
		t.Errorf("got port %d, whose RTCP port is taken", rtp)
	}
	for range 10 {
		if _, err := e.NewBridge(media.BridgeOptions{}); errors.Is(err, media.ErrNoPorts) {
			if got := e.Stats().BindFailures; got < uint64(taken) {
				t.Errorf("%d bind failures, want at least %d", got, taken)
			}
			return
		}
	}
	t.Error("the pool never ran out")
}

// Everything at once: calls begin, talk, play and end on several goroutines.
func TestConcurrentUse(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			e := start(t, n.conf(loopback("127.0.0.1")))
			var wg sync.WaitGroup
			for i := range 8 {
				caller, merchant := newPhone(t, "127.0.0.1", uint32(i)), newPhone(t, "127.0.0.1", uint32(i+100))
				wg.Go(func() {
					for range 10 {
						if err := oneCall(e, caller, merchant); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			if s := e.Stats(); s.Bridges != 0 || s.PairsInUse != 0 {
				t.Errorf("left: %+v", s)
			}
		})
	}
}

func oneCall(e *media.Engine, caller, merchant *phone) error {
	b, err := e.NewBridge(media.BridgeOptions{})
	if err != nil {
		return err
	}
	defer b.Close()
	caller.join(b, media.Caller)
	merchant.join(b, media.Merchant)
	b.Connect(true)
	q := media.NewTapQueue(4)
	b.Tap(media.Caller, q)
	b.Digits(media.Merchant)
	ended := make(chan struct{})
	p := media.Playback{Audio: make([]int16, 160), Done: func(media.PlayResult) { close(ended) }}
	if err := b.Play(media.Merchant, p); err != nil {
		return err
	}
	for i := range 10 {
		caller.say(payload(byte(i)))
		merchant.say(payload(byte(i)))
		b.Stats(media.Caller)
		b.Set(media.Caller, caller.flow())
	}
	b.Stop(media.Merchant)
	select {
	case <-ended:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("the playback never ended")
	}
}
