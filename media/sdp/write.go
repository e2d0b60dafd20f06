package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Local is what we put into a description of ours.
type Local struct {
	Addr      netip.Addr // where we want media, IPv4 or IPv6
	RTPPort   uint16
	RTCPPort  uint16 // 0 means RTPPort+1; another port is announced by a=rtcp (RFC 3605)
	Secure    bool   // write RTP/SAVP; else RTP/AVP, whatever the description that is rewritten has
	Crypto    []Crypto
	SessionID uint64 // of the o= line; Origin keeps it and Version for one leg
	Version   uint64
}

func (l Local) check() error {
	if !l.Addr.IsValid() || l.Addr.IsUnspecified() || l.Addr.Zone() != "" || l.RTPPort == 0 {
		return fmt.Errorf("%w: %v port %d", ErrLocal, l.Addr, l.RTPPort)
	}
	return nil
}

// text builds a description.
type text []byte

// typicalSize is what most descriptions of ours fit into.
const typicalSize = 512

func (t *text) add(s string)    { *t = append(*t, s...) }
func (t *text) number(n uint64) { *t = strconv.AppendUint(*t, n, 10) }

func (t *text) head(l Local) {
	*t = make(text, 0, typicalSize)
	t.add("v=0\r\no=- ")
	t.number(l.SessionID)
	t.add(" ")
	t.number(l.Version)
	t.add(" IN ")
	where := addrType(l.Addr)
	t.add(where)
	t.add("\r\ns=-\r\nc=IN ")
	t.add(where)
	t.add("\r\nt=0 0\r\n")
}

// stream is the audio section that we write.
type stream struct {
	proto    string
	pts      []uint8
	named    []Codec  // those of pts that get an rtpmap
	fmtp     []params // in order
	ptime    time.Duration
	maxptime time.Duration
	dir      Direction
}

// params is one a=fmtp line.
type params struct {
	pt    uint8
	value string
}

func (t *text) audio(l Local, a stream) {
	t.add("m=audio ")
	t.number(uint64(l.RTPPort))
	t.add(" " + profile(a.proto, l.Secure))
	for _, pt := range a.pts {
		t.add(" ")
		t.number(uint64(pt))
	}
	t.add(crlf)
	if l.RTCPPort != 0 && l.RTCPPort != l.RTPPort+1 {
		t.add("a=rtcp:")
		t.number(uint64(l.RTCPPort))
		t.add(" IN " + addrType(l.Addr) + crlf)
	}
	for _, c := range a.named {
		t.add("a=rtpmap:")
		*t = c.appendRTPMap(*t)
		t.add(crlf)
	}
	for _, f := range a.fmtp {
		t.add("a=fmtp:")
		t.number(uint64(f.pt))
		t.add(" " + f.value + crlf)
	}
	for _, c := range l.Crypto {
		t.crypto(c)
	}
	t.milliseconds("a=ptime:", a.ptime)
	t.milliseconds("a=maxptime:", a.maxptime)
	t.add("a=" + a.dir.String() + crlf)
}

func (t *text) milliseconds(key string, d time.Duration) {
	if d > 0 {
		t.add(key)
		t.number(uint64(d.Milliseconds()))
		t.add(crlf)
	}
}

// refuse writes a section with port 0 so that the indices of both legs stay the same (RFC 3264 §6). One format is
// enough; what a refused section lists has no meaning.
func (t *text) refuse(n name, format string) {
	t.add("m=" + n.media + " 0 " + n.proto + " " + format + crlf)
}

// NewOffer describes one audio stream with the codecs in order of preference: an offer of our own, for an INVITE
// without one or towards a phone that is called before the caller's codecs matter. The codecs must be valid; nil is
// returned if l is incomplete or codecs is empty.
func NewOffer(l Local, codecs []Codec, dir Direction) []byte {
	if l.check() != nil || len(codecs) == 0 {
		return nil
	}
	var t text
	t.head(l)
	t.audio(l, streamOf("RTP/AVP", codecs, dir))
	return t
}

// streamOf describes codecs with an rtpmap for each.
func streamOf(proto string, codecs []Codec, dir Direction) stream {
	a := stream{proto: proto, named: codecs, dir: dir}
	for _, c := range codecs {
		a.pts = append(a.pts, c.PT)
		if c.FMTP != "" {
			a.fmtp = append(a.fmtp, params{c.PT, c.FMTP})
		}
	}
	return a
}

// AnswerFor answers an offer ourselves: with the offered codecs that are among prefer, in prefer's order and under the
// offer's payload types, and with the offer's telephone-event (8000 Hz) and, if prefer names it, comfort noise. The
// direction is the offer's seen from our side; other sections are refused in place. Errors are those of Check and
// ErrLocal; ErrNoCodec if nothing of prefer is offered.
func (s *Session) AnswerFor(l Local, prefer []Codec) ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	offer, _ := s.Audio()
	var chosen []Codec
	for _, want := range prefer {
		i := slices.IndexFunc(offer.Codecs, want.Same)
		if i >= 0 && !slices.ContainsFunc(chosen, want.Same) {
			c := offer.Codecs[i]
			c.FMTP = want.FMTP
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return nil, ErrNoCodec
	}
	if offer.HasCN() && slices.ContainsFunc(prefer, offer.CN.Same) {
		chosen = append(chosen, offer.CN)
	}
	if offer.HasEvents() && offer.Events.Clock == 8000 {
		e := offer.Events
		e.FMTP = TelephoneEvent.FMTP
		chosen = append(chosen, e)
	}
	a := streamOf(offer.Profile, chosen, offer.Direction.Reverse())
	a.ptime = offer.PTime
	return s.write(l, offer.Index, a, s.inner(l))
}

// ForPeer writes the description, offer or answer, as it goes to the other leg: our origin, address and ports, the
// audio stream with rtpmap, fmtp, ptime, maxptime and direction, and every other section refused in place (port 0).
// Nothing else is passed on: no names, bandwidths, keys, candidates, sources or feedback, and no line that contains an
// address of the inner side. A hold by 0.0.0.0 becomes a=sendonly or a=inactive. Errors are those of Check and
// ErrLocal.
func (s *Session) ForPeer(l Local) ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	inner := s.inner(l)
	return s.write(l, s.audio.Index, s.passed(inner), inner)
}

// write joins our head, the stream at its index and the refused rest.
func (s *Session) write(l Local, index int, a stream, inner secrets) ([]byte, error) {
	var t text
	t.head(l)
	for i, sec := range s.sections {
		if i == index {
			t.audio(l, a)
			continue
		}
		n := sec.name
		if inner.in(n.media) || inner.in(n.proto) {
			return nil, syntaxAt(0, "an address in a media or protocol name")
		}
		t.refuse(n, refusedFormat(n, inner))
	}
	return t, nil
}

// refusedFormat picks a format for a refused section: the first that is harmless, else one that fits the protocol.
func refusedFormat(n name, inner secrets) string {
	for _, f := range n.formats {
		if isToken(f) && !inner.in(f) {
			return f
		}
	}
	if n.rtp() {
		return "0"
	}
	return "*"
}

// passed is the stream as the other leg may see it.
func (s *Session) passed(inner secrets) stream {
	audio := s.audio
	sec := s.sections[audio.Index]
	a := stream{proto: audio.Profile, pts: payloadTypes(sec.name), dir: audio.Direction,
		ptime: audio.PTime, maxptime: audio.MaxPTime}
	var mapped [128]bool
	for _, at := range sec.desc.Attributes {
		switch at.Key {
		case "rtpmap":
			c, ok := parseRTPMap(at.Value)
			if ok && !mapped[c.PT] && slices.Contains(a.pts, c.PT) && !inner.in(c.Name) {
				mapped[c.PT] = true
				a.named = append(a.named, c)
			}
		case "fmtp":
			pt, value, ok := parseFMTP(at.Value)
			if ok && slices.Contains(a.pts, pt) && !inner.in(value) && printable(value) {
				a.fmtp = append(a.fmtp, params{pt, value})
			}
		}
	}
	return a
}

// printable reports whether s has no control characters.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
