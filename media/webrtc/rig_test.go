package webrtc_test

import (
	"context"
	"math"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"ringward/media"
	"ringward/media/g711"
	"ringward/media/webrtc"
)

const patience = 20 * time.Second

// rig is an endpoint and a bridge, with a caller on a plain socket.
type rig struct {
	t      *testing.T
	e      *webrtc.Endpoint
	bridge *media.Bridge
	caller *net.UDPConn
	heard  meter // by the caller
}

// newRig starts everything on loopback and takes it down with the test, which
// fails if a goroutine is left.
func newRig(t *testing.T, cfg webrtc.Config) *rig {
	t.Helper()
	before := runtime.NumGoroutine()
	cfg.Addr = netip.MustParseAddr("127.0.0.1")
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
	until(t, "the endpoint to serve", func() bool { _, _, err := e.Open(t.Context(), "", nil); return err != nil && e.Sessions() == 0 })
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
		speak(ctx, hz, 0xca11, func(p *rtp.Packet) {
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
			r.heard.take(buf[:n])
		}
	})
	r.t.Cleanup(func() { stop(); r.caller.Close(); wg.Wait() })
}

// speak sends a tone in A-law, 20 ms a packet.
func speak(ctx context.Context, hz float64, ssrc uint32, send func(*rtp.Packet)) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SSRC: ssrc, SequenceNumber: uint16(i), Timestamp: uint32(160 * i)}, Payload: make([]byte, 160)}
		for k := range p.Payload {
			p.Payload[k] = g711.A.Code(int16(6000 * math.Sin(2*math.Pi*hz*float64(160*i+k)/8000)))
		}
		send(p)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// meter keeps what one party heard.
type meter struct {
	mu   sync.Mutex
	pcm  []int16
	keys int // packets of telephone-event
}

func (m *meter) take(b []byte) {
	var p rtp.Packet
	if p.Unmarshal(b) != nil || b[1] >= 192 && b[1] <= 223 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.PayloadType != 8 {
		m.keys++
		return
	}
	pcm := make([]int16, len(p.Payload))
	g711.A.Decode(pcm, p.Payload)
	m.pcm = append(m.pcm, pcm...)
}

// power is how much of hz was heard since the last call (Goertzel), 1 for all
// of a party's tone; 0 before half a second was heard.
func (m *meter) power(hz float64) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.pcm) < 4000 {
		return 0
	}
	pcm := m.pcm[len(m.pcm)-4000:]
	w := 2 * math.Cos(2*math.Pi*hz/8000)
	var s1, s2 float64
	for _, x := range pcm {
		s1, s2 = float64(x)+w*s1-s2, s1
	}
	return 2 * math.Sqrt(max(s1*s1+s2*s2-w*s1*s2, 0)) / 4000 / 6000
}

func (m *meter) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pcm, m.keys = nil, 0
}

func (m *meter) pressed() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys
}

// browser is pion as a browser is: it makes the offer.
type browser struct {
	t     *testing.T
	pc    *pion.PeerConnection
	track *pion.TrackLocalStaticRTP
	heard meter
	state atomic.Int32
}

func newBrowser(t *testing.T, codecs ...pion.RTPCodecParameters) *browser {
	t.Helper()
	if len(codecs) == 0 {
		codecs = []pion.RTPCodecParameters{alaw, keys}
	}
	m := &pion.MediaEngine{}
	for _, c := range codecs {
		must(t, m.RegisterCodec(c, pion.RTPCodecTypeAudio))
	}
	s := pion.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4})
	s.SetICETimeouts(2*time.Second, 4*time.Second, 500*time.Millisecond)
	b := &browser{t: t}
	var err error
	b.pc, err = pion.NewAPI(pion.WithMediaEngine(m), pion.WithSettingEngine(s)).NewPeerConnection(pion.Configuration{})
	must(t, err)
	t.Cleanup(func() { _ = b.pc.GracefulClose() })
	b.track, err = pion.NewTrackLocalStaticRTP(codecs[0].RTPCodecCapability, "voice", "mic")
	must(t, err)
	_, err = b.pc.AddTrack(b.track)
	must(t, err)
	b.pc.OnTrack(func(tr *pion.TrackRemote, _ *pion.RTPReceiver) {
		buf := make([]byte, 2048)
		for {
			n, _, err := tr.Read(buf)
			if err != nil {
				return
			}
			b.heard.take(buf[:n])
		}
	})
	return b
}

var (
	alaw  = pion.RTPCodecParameters{RTPCodecCapability: pion.RTPCodecCapability{MimeType: pion.MimeTypePCMA, ClockRate: 8000}, PayloadType: 8}
	mulaw = pion.RTPCodecParameters{RTPCodecCapability: pion.RTPCodecCapability{MimeType: pion.MimeTypePCMU, ClockRate: 8000}, PayloadType: 0}
	opus  = pion.RTPCodecParameters{RTPCodecCapability: pion.RTPCodecCapability{MimeType: pion.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}, PayloadType: 111}
	keys  = pion.RTPCodecParameters{RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: 8000}, PayloadType: 126}
)

func (b *browser) offer(o *pion.OfferOptions) string {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(o)
	must(b.t, err)
	gathered := pion.GatheringCompletePromise(b.pc)
	must(b.t, b.pc.SetLocalDescription(offer))
	<-gathered
	return b.pc.LocalDescription().SDP
}

func (b *browser) accept(answer string) {
	b.t.Helper()
	must(b.t, b.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: answer}))
}

// speak sends a tone until the test ends.
func (b *browser) speak(hz float64) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { speak(ctx, hz, 1, func(p *rtp.Packet) { _ = b.track.WriteRTP(p) }) })
	b.t.Cleanup(func() { stop(); wg.Wait() })
}

// join connects a browser to the bridge.
func (r *rig) join(b *browser, call ...media.Codec) *webrtc.Session {
	r.t.Helper()
	if len(call) == 0 {
		call = []media.Codec{media.PCMA, media.PCMU}
	}
	s, answer, err := r.e.Open(r.t.Context(), b.offer(nil), call)
	must(r.t, err)
	r.t.Cleanup(s.Close)
	b.accept(answer)
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
