package webrtc_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringward/media"
	"ringward/media/webrtc"
	"ringward/media/webrtc/webrtctest"
)

const patience = 20 * time.Second

var loopback = netip.MustParseAddr("127.0.0.1")

// rig is an endpoint and a bridge, with a caller on a plain socket.
type rig struct {
	t      *testing.T
	e      *webrtc.Endpoint
	bridge *media.Bridge
	caller *net.UDPConn
	heard  webrtctest.Meter // by the caller
}

// newRig starts everything on loopback and takes it down with the test, which
// fails if a goroutine is left.
func newRig(t *testing.T, cfg webrtc.Config) *rig {
	t.Helper()
	before := runtime.NumGoroutine()
	cfg.Addr = loopback
	e, err := webrtc.New(cfg)
	must(t, err)
	engine, err := media.NewEngine(media.Config{Addr: cfg.Addr, MinPort: 41000, MaxPort: 41099})
	must(t, err)
	r := &rig{t: t, e: e}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{e.Run, engine.Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	r.bridge, err = engine.NewBridge(media.BridgeOptions{})
	must(t, err)
	r.caller, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	t.Cleanup(func() {
		r.bridge.Close()
		r.caller.Close()
		stop()
		wg.Wait()
		noGoroutineLeft(t, before)
	})
	r.bridge.Set(media.Caller, media.Flow{RTP: r.caller.LocalAddr().(*net.UDPAddr).AddrPort(), Send: true, Receive: true, Codecs: []media.Codec{media.PCMA}, Events: 101})
	until(t, "the endpoint to serve", func() bool { _, _, err := e.Open(t.Context(), "", nil); return !errors.Is(err, webrtc.ErrClosed) })
	return r
}

func noGoroutineLeft(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
			return
		}
		runtime.Gosched()
	}
}

// talk has the caller send a tone until the test ends, and hears what comes back.
func (r *rig) talk(hz float64) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	_, port, _ := r.bridge.Local(media.Caller)
	to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
	wg.Go(func() {
		webrtctest.Tone(ctx, hz, func(p *rtp.Packet) {
			b, _ := p.Marshal()
			_, _ = r.caller.WriteToUDPAddrPort(b, to)
		})
	})
	wg.Go(func() {
		buf := make([]byte, 2048)
		for {
			n, err := r.caller.Read(buf)
			if err != nil {
				return
			}
			r.heard.Take(buf[:n])
		}
	})
	r.t.Cleanup(func() { stop(); r.caller.Close(); wg.Wait() })
}

// join connects a browser to the bridge.
func (r *rig) join(b *webrtctest.Browser, call ...media.Codec) *webrtc.Session {
	r.t.Helper()
	if len(call) == 0 {
		call = []media.Codec{media.PCMA, media.PCMU}
	}
	s, answer, err := r.e.Open(r.t.Context(), b.Offer(false), call)
	must(r.t, err)
	r.t.Cleanup(s.Close)
	b.Accept(answer)
	recv(r.t, s.Connected(), "the browser to connect")
	s.Carry(r.bridge, media.Merchant)
	r.bridge.Set(media.Merchant, media.Flow{Send: true, Receive: true, Codecs: []media.Codec{s.Codec()}, Events: s.Events()})
	r.bridge.Connect(true)
	return s
}

func recv(t *testing.T, ch <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(patience):
		t.Fatalf("waited for %s", what)
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited for %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
