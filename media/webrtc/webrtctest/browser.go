// Package webrtctest is a browser's side of a call for tests: pion makes the
// offer, says a tone and measures what it hears.
package webrtctest

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ringward/media/g711"
)

// Codecs as browsers offer them.
var (
	PCMA = codec(webrtc.MimeTypePCMA, 8000, 0, "", 8)
	PCMU = codec(webrtc.MimeTypePCMU, 8000, 0, "", 0)
	Opus = codec(webrtc.MimeTypeOpus, 48000, 2, "minptime=10;useinbandfec=1", 111)
	Keys = codec("audio/telephone-event", 8000, 0, "", 126)
)

func codec(mime string, clock uint32, channels uint16, fmtp string, pt webrtc.PayloadType) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clock, Channels: channels, SDPFmtpLine: fmtp}, PayloadType: pt}
}

// Browser is one page with a microphone. It is closed with its test.
type Browser struct {
	Heard Meter
	t     testing.TB
	pc    *webrtc.PeerConnection
	out   *webrtc.TrackLocalStaticRTP
	mu    sync.Mutex
	at    int // packets said, guarded by mu
}

// New is a page that offers these codecs, or A-law and keys; the first is spoken.
func New(t testing.TB, codecs ...webrtc.RTPCodecParameters) *Browser {
	t.Helper()
	if len(codecs) == 0 {
		codecs = []webrtc.RTPCodecParameters{PCMA, Keys}
	}
	m := &webrtc.MediaEngine{}
	for _, c := range codecs {
		must(t, m.RegisterCodec(c, webrtc.RTPCodecTypeAudio))
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICETimeouts(2*time.Second, 4*time.Second, 500*time.Millisecond)
	b := &Browser{t: t}
	var err error
	b.pc, err = webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(b.Close)
	b.out, err = webrtc.NewTrackLocalStaticRTP(codecs[0].RTPCodecCapability, "voice", "mic")
	must(t, err)
	_, err = b.pc.AddTrack(b.out)
	must(t, err)
	b.pc.OnTrack(func(tr *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		buf := make([]byte, 2048)
		for {
			n, _, err := tr.Read(buf)
			if err != nil {
				return
			}
			b.Heard.Take(buf[:n])
		}
	})
	return b
}

// Close leaves the page, and waits until nothing of it is left.
func (b *Browser) Close() { _ = b.pc.GracefulClose() }

// Offer is the page's offer; restart asks for a new path.
func (b *Browser) Offer(restart bool) string {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	must(b.t, err)
	gathered := webrtc.GatheringCompletePromise(b.pc)
	must(b.t, b.pc.SetLocalDescription(offer))
	<-gathered
	return b.pc.LocalDescription().SDP
}

// Accept takes the answer.
func (b *Browser) Accept(answer string) {
	b.t.Helper()
	must(b.t, b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
}

// Speak says a tone until the test ends.
func (b *Browser) Speak(hz float64) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { Tone(ctx, hz, b.say) })
	b.t.Cleanup(func() { stop(); wg.Wait() })
}

func (b *Browser) say(p *rtp.Packet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.SequenceNumber, p.Timestamp = uint16(b.at), uint32(160*b.at)
	b.at++
	_ = b.out.WriteRTP(p)
}

// Tone makes 20 ms packets of a tone in A-law until ctx ends.
func Tone(ctx context.Context, hz float64, send func(*rtp.Packet)) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SSRC: 0xca11, SequenceNumber: uint16(i), Timestamp: uint32(160 * i)}, Payload: make([]byte, 160)}
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

// Meter measures what one party hears, in A-law.
type Meter struct {
	mu    sync.Mutex
	pcm   []int16
	other []byte
}

// Take takes one RTP packet; RTCP is passed over, other codecs are kept as they are.
func (m *Meter) Take(b []byte) {
	var p rtp.Packet
	if len(b) < 2 || b[1] >= 192 && b[1] <= 223 || p.Unmarshal(b) != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.PayloadType != 8 {
		m.other = append(m.other, p.Payload...)
		return
	}
	pcm := make([]int16, len(p.Payload))
	g711.A.Decode(pcm, p.Payload)
	m.pcm = append(m.pcm, pcm...)
}

// Power is how much of hz was in the last half second (Goertzel): 1 for a
// tone of Tone's loudness, 0 before half a second was heard.
func (m *Meter) Power(hz float64) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.pcm) < 4000 {
		return 0
	}
	w := 2 * math.Cos(2*math.Pi*hz/8000)
	var s1, s2 float64
	for _, x := range m.pcm[len(m.pcm)-4000:] {
		s1, s2 = float64(x)+w*s1-s2, s1
	}
	return 2 * math.Sqrt(max(s1*s1+s2*s2-w*s1*s2, 0)) / 4000 / 6000
}

// Other is all that was heard in other codecs, octet by octet.
func (m *Meter) Other() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.other)
}

// Clear forgets what was heard.
func (m *Meter) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pcm, m.other = nil, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
