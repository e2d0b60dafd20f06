package sdp

import (
	"fmt"
	"net/netip"
	"strings"
)

// Fax is the T.38 stream of a description (ITU-T T.38 Annex D): m=image over UDPTL, in place of the audio.
type Fax struct {
	Index int            // of its m= line, from 0
	At    netip.AddrPort // where the party wants its packets
	Held  bool           // by an unspecified address: nothing may be sent
}

// maxFaxLines bounds the a=T38 lines that cross to the other leg; T.38 has eleven.
const maxFaxLines = 24

// Fax returns the first active fax stream of a description whose audio is refused or absent; false if it is an ordinary
// one. T.38 over TCP or RTP does not count.
func (s *Session) Fax() (Fax, bool) {
	if s.audio != nil {
		return Fax{}, false
	}
	for i := range s.sections {
		if s.sections[i].name.fax() && s.sections[i].name.port != 0 {
			return s.faxAt(i), true
		}
	}
	return Fax{}, false
}

func (n name) fax() bool { return n.media == "image" && strings.EqualFold(n.proto, "udptl") }

func (s *Session) faxAt(i int) Fax {
	f := Fax{Index: i}
	ip := parseAddr(s.faxConnection(i))
	switch {
	case ip.IsValid() && ip.IsUnspecified():
		f.Held = true
	case ip.IsValid():
		f.At = netip.AddrPortFrom(ip, s.sections[i].name.port)
	}
	return f
}

// faxConnection is the c= address in force for a section that is kept as text.
func (s *Session) faxConnection(i int) string {
	for line := range strings.SplitSeq(s.sections[i].raw, crlf) {
		if f := strings.Fields(line); strings.HasPrefix(line, "c=") && len(f) == 3 {
			return f[2]
		}
	}
	if c := s.desc.ConnectionInformation; c != nil && c.Address != nil {
		return c.Address.Address
	}
	return ""
}

// CheckFax says whether the fax stream can be carried: ErrNoAudio (there is none) or ErrAddress otherwise.
func (s *Session) CheckFax(own ...netip.AddrPort) error {
	f, ok := s.Fax()
	if !ok {
		return ErrNoAudio
	}
	if f.Held {
		return nil
	}
	return CheckTarget(f.At, own...)
}

// FaxForPeer writes a description whose stream is a fax as it goes to the other leg: our origin, address and RTP port,
// the T.38 parameters as they stand, and every other section refused in place.
func (s *Session) FaxForPeer(l Local) ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if err := s.CheckFax(); err != nil {
		return nil, err
	}
	f, _ := s.Fax()
	inner := s.inner(l)
	var t text
	t.head(l)
	for i, sec := range s.sections {
		n := sec.name
		if inner.in(n.media) || inner.in(n.proto) {
			return nil, syntaxAt(0, "an address in a media or protocol name")
		}
		if i != f.Index {
			t.refuse(n, refusedFormat(n, inner))
			continue
		}
		t.add("m=image ")
		t.number(uint64(l.RTPPort))
		t.add(" udptl " + refusedFormat(n, inner) + crlf)
		for _, line := range faxLines(sec.raw, inner) {
			t.add(line + crlf)
		}
	}
	return t, nil
}

// faxLines are the parameters of a section that may cross.
func faxLines(raw string, inner secrets) (lines []string) {
	for line := range strings.SplitSeq(raw, crlf) {
		if len(line) > 5 && strings.EqualFold(line[:5], "a=T38") && printable(line) && !inner.in(line[2:]) && len(lines) < maxFaxLines {
			lines = append(lines, line)
		}
	}
	return lines
}

// AgreeFax holds the answer to an offer of a fax stream against it (RFC 3264 §6). Errors unwrap to ErrMismatch, ErrNoAudio
// (the answer refuses the stream), or ErrAddress.
func AgreeFax(offer, answer *Session) (offerer, answerer Fax, err error) {
	if err := offer.CheckFax(); err != nil {
		return Fax{}, Fax{}, fmt.Errorf("offer: %w", err)
	}
	if err := matches(offer, answer); err != nil {
		return Fax{}, Fax{}, err
	}
	o, _ := offer.Fax()
	if answer.sections[o.Index].name.port == 0 {
		return Fax{}, Fax{}, fmt.Errorf("answer: %w", ErrNoAudio)
	}
	a := answer.faxAt(o.Index)
	if !a.Held {
		if err := CheckTarget(a.At); err != nil {
			return Fax{}, Fax{}, fmt.Errorf("answer: %w", err)
		}
	}
	return o, a, nil
}
