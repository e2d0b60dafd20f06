package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	pion "github.com/pion/sdp/v3"
)

// Audio is the audio stream of a description, seen from the party that wrote it.
type Audio struct {
	Index   int    // of its m= line, from 0
	Profile string // "RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVPF" ...

	// RTP is where the party wants to get media. It is the zero AddrPort if the address is the unspecified one (hold of
	// RFC 2543) or a host name, which is not resolved; Host then holds what was written.
	RTP  netip.AddrPort
	Host string
	// RTCP is where the party wants control packets: a=rtcp (RFC 3605), else the port after RTP's on the same address.
	// It stays so with RTCPMux, which only offers RTCP on RTP's port (RFC 5761); we never take that offer up.
	RTCP    netip.AddrPort
	RTCPMux bool

	// Codecs are the voice encodings in the party's order; payload types without a usable rtpmap are left out.
	Codecs []Codec
	// Events is telephone-event (RFC 4733), at 8000 Hz if offered so; CN is comfort noise. Name is "" if not offered.
	Events, CN Codec

	// Crypto are the a=crypto lines that we could use, in the party's order (RFC
	// 4568). With a profile in the clear they only offer protection (RFC 8643).
	Crypto []Crypto

	// PTime is the wanted packet length, MaxPTime the longest; 0 if not given, else 1 ms to 1 s.
	PTime, MaxPTime time.Duration
	// Direction is from the attribute, media level before session level; without one it is sendrecv. A connection
	// address of 0.0.0.0 or :: takes Receive away (hold of RFC 2543, RFC 3264 §8.4).
	Direction Direction
}

// Secure reports whether the profile demands SRTP.
func (a Audio) Secure() bool { return strings.Contains(a.Profile, "SAVP") }

// Held reports whether the party has stopped receiving: the other party hears nothing from us on its behalf.
func (a Audio) Held() bool { return !a.Direction.Receive() }

// HasEvents reports whether telephone-event is offered; Events.PT is then its payload type.
func (a Audio) HasEvents() bool { return a.Events.Name != "" }

// HasCN reports whether comfort noise is offered; CN.PT is then its payload type.
func (a Audio) HasCN() bool { return a.CN.Name != "" }

// Audio returns the first active audio stream over RTP: m=audio with a port other than 0, RTP/AVP(F) before the likes
// of TCP/RTP/AVP. It reports false if there is none. An encrypted stream anywhere among the active ones is returned
// before a plain one, so that it cannot be overlooked and answered in the clear; Check refuses it. The Codecs belong to
// the description: read them only.
func (s *Session) Audio() (Audio, bool) {
	if s.audio == nil {
		return Audio{}, false
	}
	return *s.audio, true
}

func (s *Session) findAudio() *Audio {
	at := -1
	for i, sec := range s.sections {
		n := sec.name
		if n.media != "audio" || n.port == 0 || !n.rtp() || sec.desc == nil {
			continue
		}
		if n.secure() {
			at = i
			break
		}
		if at < 0 || n.plain() && !s.sections[at].name.plain() {
			at = i
		}
	}
	if at < 0 {
		return nil
	}
	a := s.audioAt(at)
	return &a
}

// Check says whether media can be carried for the description: ErrNoAudio, ErrProfile, ErrNoCodec or ErrAddress
// otherwise. A stream that demands SRTP needs an a=crypto line that we can use; whether SRTP is wanted with this party,
// and whether less will do, is for the caller to say. Own are our signalling sockets, to which media must not be sent. A held stream without an address passes.
func (s *Session) Check(own ...netip.AddrPort) error {
	a := s.audio
	if a == nil {
		return ErrNoAudio
	}
	if n := s.sections[a.Index].name; !n.plain() && !(n.sdes() && len(a.Crypto) > 0) {
		return fmt.Errorf("%w: %s", ErrProfile, a.Profile)
	}
	if len(a.Codecs) == 0 {
		return ErrNoCodec
	}
	return a.checkTargets(own...)
}

// checkTargets looks at where the party wants its packets.
func (a *Audio) checkTargets(own ...netip.AddrPort) error {
	if !a.RTP.IsValid() && a.Host == "" && a.Held() {
		return nil // on hold in the old way
	}
	if err := CheckTarget(a.RTP, own...); err != nil {
		return err
	}
	if a.RTCP.IsValid() {
		return CheckTarget(a.RTCP, own...)
	}
	return nil
}

// audioAt builds the view of section i, which pion has parsed.
func (s *Session) audioAt(i int) Audio {
	sec := s.sections[i]
	a := Audio{Index: i, Profile: sec.name.proto, Direction: s.direction(sec.desc)}
	a.setAddress(sec.name.port, s.connection(sec.desc))
	a.setCodecs(codecsOf(sec))
	for _, at := range sec.desc.Attributes {
		switch at.Key {
		case "ptime":
			a.PTime = packetTime(at.Value)
		case "maxptime":
			a.MaxPTime = packetTime(at.Value)
		case "rtcp-mux":
			a.RTCPMux = true
		case "rtcp":
			a.setRTCP(at.Value)
		case "crypto":
			if c, ok := parseCrypto(at.Value); ok && len(a.Crypto) < maxCrypto {
				a.Crypto = append(a.Crypto, c)
			}
		}
	}
	return a
}

// direction looks at the section first, then at the session (RFC 8866 §6.7).
func (s *Session) direction(m *pion.MediaDescription) Direction {
	for _, list := range [][]pion.Attribute{m.Attributes, s.desc.Attributes} {
		for _, at := range list {
			if d, ok := parseDirection(at.Key); ok {
				return d
			}
		}
	}
	return SendRecv
}

// connection is the c= address in force for a section, as written; "" if there is none.
func (s *Session) connection(m *pion.MediaDescription) string {
	c := m.ConnectionInformation
	if c == nil {
		c = s.desc.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return ""
	}
	return c.Address.Address
}

func (a *Audio) setAddress(port uint16, written string) {
	ip := parseAddr(written)
	switch {
	case !ip.IsValid():
		a.Host = written
	case ip.IsUnspecified():
		a.Direction &^= RecvOnly
	default:
		a.RTP = netip.AddrPortFrom(ip, port)
		if port < 65535 {
			a.RTCP = netip.AddrPortFrom(ip, port+1)
		}
	}
}

// setRTCP reads "<port> [IN IP4|IP6 <address>]"; what it cannot read it leaves alone.
func (a *Audio) setRTCP(value string) {
	f := strings.Fields(value)
	if len(f) != 1 && len(f) != 4 || !a.RTP.IsValid() {
		return
	}
	port, err := strconv.ParseUint(f[0], 10, 16)
	if err != nil || port == 0 {
		return
	}
	ip := a.RTP.Addr()
	if len(f) == 4 {
		if ip = parseAddr(f[3]); !ip.IsValid() {
			return
		}
	}
	a.RTCP = netip.AddrPortFrom(ip, uint16(port))
}

func (a *Audio) setCodecs(all []Codec) {
	for _, c := range all {
		switch {
		case strings.EqualFold(c.Name, "telephone-event"):
			// Payload type 0 is PCMU in every phone's mind; taking it for key presses would eat the voice.
			if c.PT != 0 && (!a.HasEvents() || a.Events.Clock != 8000 && c.Clock == 8000) {
				a.Events = c
			}
		case strings.EqualFold(c.Name, "CN"):
			if !a.HasCN() || a.CN.Clock != 8000 && c.Clock == 8000 {
				a.CN = c
			}
		default:
			a.Codecs = append(a.Codecs, c)
		}
	}
}

// codecsOf names the formats of a section: rtpmap first, then the static table. Each payload type counts once; one
// without a name is left out. Work is linear in lines and formats.
func codecsOf(sec section) []Codec {
	pts := payloadTypes(sec.name)
	var place [128]uint8 // payload type to 1 + its index in list
	list := make([]Codec, len(pts))
	for i, pt := range pts {
		place[pt] = uint8(i + 1)
	}
	for _, at := range sec.desc.Attributes {
		switch at.Key {
		case "rtpmap":
			if c, ok := parseRTPMap(at.Value); ok && place[c.PT] != 0 && list[place[c.PT]-1].Name == "" {
				c.FMTP = list[place[c.PT]-1].FMTP
				list[place[c.PT]-1] = c
			}
		case "fmtp":
			if pt, value, ok := parseFMTP(at.Value); ok && place[pt] != 0 {
				list[place[pt]-1].addFMTP(value)
			}
		}
	}
	for i, pt := range pts {
		if known, ok := static[pt]; ok && list[i].Name == "" {
			known.FMTP = list[i].FMTP
			list[i] = known
		}
	}
	return slices.DeleteFunc(list, func(c Codec) bool { return c.Name == "" })
}

// payloadTypes are the formats of an RTP section, each once, in order. Scan has checked that they are numbers.
func payloadTypes(n name) []uint8 {
	list := make([]uint8, 0, len(n.formats))
	for _, f := range n.formats {
		pt, err := strconv.ParseUint(f, 10, 7)
		if err == nil && !slices.Contains(list, uint8(pt)) {
			list = append(list, uint8(pt))
		}
	}
	return list
}

// parseFMTP reads "<pt> <parameters>".
func parseFMTP(value string) (pt uint8, params string, ok bool) {
	number, params, ok := strings.Cut(strings.TrimSpace(value), " ")
	n, err := strconv.ParseUint(number, 10, 7)
	params = strings.TrimSpace(params)
	return uint8(n), params, ok && err == nil && params != ""
}

// packetTime reads a=ptime or a=maxptime: milliseconds from 1 to 1000, 0 for anything else.
func packetTime(value string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
	if err != nil || n > 1000 {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}
