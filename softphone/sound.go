package softphone

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"ringward/media/g711"
	"ringward/media/sdp"
)

const (
	frame     = 160                   // samples of 20 ms
	frameTime = 20 * time.Millisecond // RFC 3551 §4.5.14: the usual packet
	keyFrames = 5                     // a key lasts 100 ms
	maxHeard  = 8000 * 600            // ten minutes are kept
)

// sound is the RTP of one call: one goroutine sends, one receives.
type sound struct {
	rtp, rtcp *net.UDPConn
	join      sync.WaitGroup
	quit      chan struct{}

	mu       sync.Mutex
	remote   netip.AddrPort
	send     bool
	codec    sdp.Codec // the phone's own; what is no G.711 is sent as if it were
	law      g711.Law
	pt       uint8
	events   uint8
	speak    []int16
	spoken   chan struct{}
	keys     []rune
	in, out  [][]byte
	record   []int16
	last     rtp.Header // of the packet received last
	began    bool
	problems []string

	keyed        string // suite and keys, "" in the clear
	opens, seals *srtp.Context
	refused      int
	faxed        bool     // what comes and goes is no sound
	raw          [][]byte // then: what came
}

// fax sends no sound any more, to a side that takes T.38.
func (s *sound) fax(to netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remote, s.send, s.faxed = to, false, true
}

func (s *sound) datagram(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.rtp.WriteToUDPAddrPort(b, s.remote)
	return err
}

func (s *sound) datagrams() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.raw...)
}

// takeRaw keeps a datagram of a fax; false: it is sound.
func (s *sound) takeRaw(b []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faxed {
		s.raw = append(s.raw, append([]byte(nil), b...))
	}
	return s.faxed
}

func newSound(addr netip.Addr, codec sdp.Codec) (*sound, error) {
	s := &sound{quit: make(chan struct{}), law: lawOf(codec), pt: codec.PT, codec: codec}
	var err error
	for range 50 { // RTP wants an even port and the next for RTCP
		if s.rtp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0))); err != nil {
			return nil, err
		}
		if p := s.addr().Port(); p%2 == 0 {
			if s.rtcp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, p+1))); err == nil {
				break
			}
		}
		_ = s.rtp.Close()
		s.rtp = nil
	}
	if s.rtp == nil || s.rtcp == nil {
		return nil, errors.New("no pair of ports for RTP is free")
	}
	s.join.Add(2)
	go s.receive()
	go s.transmit()
	return s, nil
}

func lawOf(c sdp.Codec) g711.Law {
	if c.Same(sdp.PCMU) {
		return g711.Mu
	}
	return g711.A
}

func (s *sound) addr() netip.AddrPort { return s.rtp.LocalAddr().(*net.UDPAddr).AddrPort() }

func (s *sound) close() {
	close(s.quit)
	_ = s.rtp.Close()
	_ = s.rtcp.Close()
	s.join.Wait()
}

// to takes over what the other side's description says.
func (s *sound) to(a sdp.Audio) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remote, s.send, s.faxed = a.RTP, a.Direction.Receive() && a.RTP.IsValid(), false
	if len(a.Codecs) > 0 && a.Codecs[0].G711() {
		s.law, s.pt = lawOf(a.Codecs[0]), a.Codecs[0].PT
	}
	for _, c := range a.Codecs {
		if c.Same(s.codec) && !c.G711() {
			s.pt = c.PT
		}
	}
	if a.HasEvents() {
		s.events = a.Events.PT
	}
}

func (s *sound) mute() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send = false
}

func (s *sound) say(pcm []int16) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish()
	s.speak, s.spoken = pcm, make(chan struct{})
	return s.spoken
}

// finish tells whoever waits that the last sample was sent; s.mu is held.
func (s *sound) finish() {
	if s.spoken != nil {
		close(s.spoken)
		s.spoken = nil
	}
}

func (s *sound) press(key rune) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.events == 0 {
		return errors.New("the other side takes no key presses (telephone-event)")
	}
	s.keys = append(s.keys, key)
	return nil
}

func (s *sound) heard() []int16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int16(nil), s.record...)
}

func (s *sound) packets() (in, out int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.in), len(s.out)
}

func (s *sound) payloads() (in, out [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.in...), append([][]byte(nil), s.out...)
}

func (s *sound) complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

// transmit sends a packet every 20 ms: what is to be said, a key, or silence.
func (s *sound) transmit() {
	defer s.join.Done()
	var id [8]byte
	_, _ = rand.Read(id[:])
	h := rtp.Header{Version: 2, SSRC: binary.BigEndian.Uint32(id[:]), SequenceNumber: binary.BigEndian.Uint16(id[4:]), Timestamp: uint32(id[6]) << 8}
	var key keyPress
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			s.mu.Lock()
			s.finish()
			s.mu.Unlock()
			return
		case <-tick.C:
			s.tick(&h, &key)
		}
	}
}

// keyPress is a key under way (RFC 4733 §2.5.1).
type keyPress struct {
	rune  rune
	sent  int    // packets
	stamp uint32 // of the event's first packet
}

func (s *sound) tick(h *rtp.Header, key *keyPress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.send {
		return
	}
	if key.rune == 0 && len(s.keys) > 0 {
		*key = keyPress{rune: s.keys[0], stamp: h.Timestamp}
		s.keys = s.keys[1:]
	}
	p := *h
	var payload []byte
	if key.rune != 0 {
		p.PayloadType, p.Timestamp, p.Marker = s.events, key.stamp, key.sent == 0
		payload = eventPayload(key)
	} else {
		p.PayloadType = s.pt
		payload = s.nextFrame()
	}
	packet, err := (&rtp.Packet{Header: p, Payload: payload}).Marshal()
	if err == nil && s.keyed != "" {
		packet, err = s.seals.EncryptRTP(nil, packet, nil)
	}
	if err == nil {
		_, _ = s.rtp.WriteToUDPAddrPort(packet, s.remote)
		if p.PayloadType == s.pt {
			s.out = append(s.out, payload)
		}
	}
	h.SequenceNumber++
	h.Timestamp += frame
}

func (s *sound) nextFrame() []byte {
	payload := make([]byte, frame)
	n := min(frame, len(s.speak))
	s.law.Encode(payload, s.speak[:n])
	for i := n; i < frame; i++ {
		payload[i] = s.law.Silence()
	}
	s.speak = s.speak[n:]
	if len(s.speak) == 0 {
		s.finish()
	}
	return payload
}

// eventPayload is one RFC 4733 packet; the last three carry the end bit.
func eventPayload(k *keyPress) []byte {
	const keys = "0123456789*#ABCD"
	event := byte(0)
	for i, r := range keys {
		if r == k.rune {
			event = byte(i)
		}
	}
	k.sent++
	end := byte(0)
	if k.sent > keyFrames {
		end = 0x80
	}
	p := []byte{event, end | 10, 0, 0}
	binary.BigEndian.PutUint16(p[2:], uint16(min(k.sent, keyFrames)*frame))
	if k.sent == keyFrames+3 {
		k.rune = 0
	}
	return p
}

func (s *sound) receive() {
	defer s.join.Done()
	buf := make([]byte, 2048)
	for {
		n, _, err := s.rtp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if s.takeRaw(buf[:n]) {
			continue
		}
		var p rtp.Packet
		if plain := s.open(buf[:n]); plain == nil || p.Unmarshal(plain) != nil {
			continue
		}
		s.take(&p)
	}
}

func (s *sound) take(p *rtp.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.check(&p.Header)
	if p.PayloadType != s.pt {
		return
	}
	s.in = append(s.in, append([]byte(nil), p.Payload...))
	if len(s.record) < maxHeard {
		pcm := make([]int16, len(p.Payload))
		s.law.Decode(pcm, p.Payload)
		s.record = append(s.record, pcm...)
	}
}

// check notes what RFC 3550 does not allow within one stream.
func (s *sound) check(h *rtp.Header) {
	last := s.last
	s.last = *h
	if !s.began {
		s.began = true
		return
	}
	switch {
	case h.SSRC != last.SSRC:
		s.complain("SSRC changed from %08x to %08x", last.SSRC, h.SSRC)
	case h.SequenceNumber != last.SequenceNumber+1:
		s.complain("sequence number %d after %d", h.SequenceNumber, last.SequenceNumber)
	case int32(h.Timestamp-last.Timestamp) < 0:
		s.complain("time stamp goes back from %d to %d", last.Timestamp, h.Timestamp)
	}
}

func (s *sound) complain(format string, args ...any) {
	if len(s.problems) < 20 {
		s.problems = append(s.problems, fmt.Sprintf(format, args...))
	}
}
