package webrtc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"ringward/media"
	"ringward/media/sdp"
)

const (
	// connectLimit is how long a browser may take from our answer to a path.
	connectLimit = 20 * time.Second
	// queued packets to a browser, 20 ms each as a rule; more are dropped.
	queued = 50
	// maxFaults in a row end a track.
	maxFaults = 1000
)

// Session is one browser that answered one call. It is a media.Carrier. Its
// owner calls Close; all methods may be used from any goroutine.
type Session struct {
	e     *Endpoint
	pc    *webrtc.PeerConnection
	track *track
	ssrc  uint32
	codec media.Codec // under the browser's payload type
	keys  uint8       // payload type of telephone-event, 0 for none
	queue chan *packet
	to    atomic.Pointer[end]

	connected, over chan struct{}
	connect, finish sync.Once

	offers sync.Mutex // one renegotiation at a time

	mu     sync.Mutex
	closed bool // guarded by mu
	work   sync.WaitGroup
}

// end is where a session's sound goes.
type end struct {
	bridge *media.Bridge
	side   media.Side
}

// packet is one that waits to be encrypted.
type packet struct {
	n int
	b [maxPacket]byte
}

var packets = sync.Pool{New: func() any { return new(packet) }}

// Open answers a browser's offer for a call that has these codecs, the wanted
// ones first. The errors are ErrOffer, ErrCodec, ErrFull, ErrClosed or ctx's.
func (e *Endpoint) Open(ctx context.Context, offer string, call []media.Codec) (_ *Session, answer string, err error) {
	if err := e.reserve(); err != nil {
		return nil, "", err
	}
	s := &Session{e: e, ssrc: rand.Uint32(), queue: make(chan *packet, queued), connected: make(chan struct{}), over: make(chan struct{})}
	if answer, err = s.open(ctx, offer, call); err != nil {
		_ = e.settle(nil)
		s.Close()
		return nil, "", err
	}
	if err := e.settle(s); err != nil {
		s.Close()
		return nil, "", err
	}
	return s, answer, nil
}

// open makes the connection and answers the first offer.
func (s *Session) open(ctx context.Context, offer string, call []media.Codec) (answer string, err error) {
	audio, err := readOffer(offer)
	if err != nil {
		return "", err
	}
	if s.codec, err = choose(call, audio.Codecs); err != nil {
		return "", err
	}
	s.track = &track{mime: "audio/" + s.codec.Name}
	engine, err := engineFor(s.codec)
	if err != nil {
		return "", err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(s.e.settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	if s.pc, err = api.NewPeerConnection(s.e.servers()); err != nil {
		return "", fmt.Errorf("connection to a browser: %w", err)
	}
	s.pc.OnConnectionStateChange(s.changed)
	s.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { s.start(func() { s.listen(t) }) })
	tr, err := s.pc.AddTransceiverFromTrack(s.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv,
		SendEncodings: []webrtc.RTPEncodingParameters{{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: webrtc.SSRC(s.ssrc)}}}})
	if err != nil {
		return "", fmt.Errorf("sound to a browser: %w", err)
	}
	if answer, err = s.answer(ctx, offer); err != nil {
		return "", err
	}
	if err := s.agreed(answer); err != nil {
		return "", err
	}
	s.start(s.speak)
	s.start(func() { s.reports(tr.Sender()) })
	return answer, nil
}

// answer takes an offer and waits until our own addresses are known.
func (s *Session) answer(ctx context.Context, offer string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, gatherLimit)
	defer cancel()
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: s.e.reachable(offer)}); err != nil {
		return "", fmt.Errorf("%w: %w", ErrOffer, err)
	}
	answer, err := s.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrOffer, err)
	}
	gathered := webrtc.GatheringCompletePromise(s.pc)
	if err := s.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: %w", ErrOffer, err)
	}
	select {
	case <-gathered:
	case <-ctx.Done(): // a server that does not answer: what we know has to do
	}
	return s.pc.LocalDescription().SDP, nil
}

// agreed reads the payload types out of our answer.
func (s *Session) agreed(answer string) error {
	parsed, err := sdp.Parse([]byte(answer))
	if err != nil {
		return fmt.Errorf("our answer to a browser: %w", err)
	}
	a, ok := parsed.Audio()
	if !ok || len(a.Codecs) == 0 || !same(s.codec, a.Codecs[0]) {
		return ErrCodec
	}
	s.codec.PayloadType, s.codec.Params = a.Codecs[0].PT, a.Codecs[0].FMTP
	if a.HasEvents() {
		s.keys = a.Events.PT
	}
	return nil
}

// Restart answers a later offer of the same browser: its network has changed
// (RFC 8445 §9), or it holds.
func (s *Session) Restart(ctx context.Context, offer string) (answer string, err error) {
	if _, err := readOffer(offer); err != nil {
		return "", err
	}
	s.offers.Lock()
	defer s.offers.Unlock()
	return s.answer(ctx, offer)
}

// Codec is what was agreed, under the browser's payload type.
func (s *Session) Codec() media.Codec { return s.codec }

// Events is the browser's payload type of telephone-event, 0 for none.
func (s *Session) Events() uint8 { return s.keys }

// Connected is closed when there is a path with keys agreed.
func (s *Session) Connected() <-chan struct{} { return s.connected }

// Over is closed when the browser is gone for good.
func (s *Session) Over() <-chan struct{} { return s.over }

func (s *Session) changed(state webrtc.PeerConnectionState) {
	s.e.log.Debug("browser", "state", state.String())
	switch state {
	case webrtc.PeerConnectionStateConnected:
		s.connect.Do(func() { close(s.connected) })
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		s.finish.Do(func() { close(s.over) })
	}
}

// Carry joins the browser to a side of a bridge.
func (s *Session) Carry(b *media.Bridge, side media.Side) {
	b.Carry(side, s)
	s.to.Store(&end{b, side})
}

// SSRC is that of our packets (media.Carrier).
func (s *Session) SSRC() uint32 { return s.ssrc }

// Send queues a packet to be encrypted (media.Carrier).
func (s *Session) Send(b []byte) bool {
	if len(b) > maxPacket {
		return false
	}
	p := packets.Get().(*packet)
	p.n = copy(p.b[:], b)
	select {
	case s.queue <- p:
		return true
	default:
		packets.Put(p)
		return false
	}
}

// start runs a worker unless the session is closed. It ends when the connection
// is closed; Close waits for it.
func (s *Session) start(run func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Go(run)
	}
}

// speak encrypts what was queued, and gives a browser up that finds no path.
func (s *Session) speak() {
	limit := time.NewTimer(connectLimit)
	defer limit.Stop()
	for {
		select {
		case <-s.over:
			return
		case <-limit.C:
			select {
			case <-s.connected:
			default:
				s.finish.Do(func() { close(s.over) })
				return
			}
		case p := <-s.queue:
			s.put(p.b[:p.n])
			packets.Put(p)
		}
	}
}

func (s *Session) put(b []byte) {
	if len(b) > 1 && b[1] >= 192 && b[1] <= 223 { // RFC 5761 §4
		if ps, err := rtcp.Unmarshal(b); err == nil {
			_ = s.pc.WriteRTCP(ps) // a path that is gone shows in the connection's state
		}
		return
	}
	s.track.write(b)
}

// listen hands on what the browser says.
func (s *Session) listen(t *webrtc.TrackRemote) {
	buf := make([]byte, maxPacket)
	for faults := 0; faults < maxFaults; {
		n, _, err := t.Read(buf)
		if err != nil {
			if s.isOver() {
				return
			}
			faults++ // a payload type that was not agreed
			continue
		}
		faults = 0
		s.deliver(buf[:n])
	}
}

// reports hands on what the browser reports of our stream.
func (s *Session) reports(sender *webrtc.RTPSender) {
	buf := make([]byte, maxPacket)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return
		}
		s.deliver(buf[:n])
	}
}

func (s *Session) deliver(b []byte) {
	if to := s.to.Load(); to != nil {
		to.bridge.Deliver(to.side, b)
	}
}

func (s *Session) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// Close ends the session and waits for all that it started. It may be called
// twice.
func (s *Session) Close() {
	s.finish.Do(func() { close(s.over) })
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first && s.pc != nil {
		_ = s.pc.GracefulClose() // what it was closing is gone
		s.e.forget(s)
	}
	s.work.Wait()
}
