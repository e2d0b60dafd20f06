package sdp

import (
	"fmt"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// Session is a parsed description. It is not changed after Parse and may be shared.
type Session struct {
	desc     pion.SessionDescription
	sections []section
	audio    *Audio // nil if there is none
}

// section is one m= line with what belongs to it.
type section struct {
	name name
	desc *pion.MediaDescription // nil if pion has no place for this media or protocol
	raw  string                 // then the section's text, with CRLF line ends
}

const crlf = "\r\n"

func limitError(what string, got, limit int) error {
	return fmt.Errorf("%w: %d %s, at most %d", ErrTooLarge, got, what, limit)
}

// Parse reads a body of type application/sdp. The body is not kept. Errors unwrap to ErrTooLarge or ErrSyntax.
//
// Sections whose media or protocol pion refuses (m=image udptl and the like) are kept as text at their index. Bandwidth
// lines of an unknown type are ignored, as RFC 8866 §5.8 asks.
func Parse(body []byte) (*Session, error) {
	head, media, err := scan(body)
	if err != nil {
		return nil, err
	}
	var in source
	in.text.Grow(len(body) + len(body)/8)
	in.add(head)
	s := &Session{sections: make([]section, len(media))}
	for i, b := range media {
		s.sections[i].name = b.name
		if pionKnows(b.name) {
			in.add(b)
		} else {
			s.sections[i].raw = strings.Join(b.lines, crlf) + crlf
		}
	}
	if err := s.desc.UnmarshalString(in.text.String()); err != nil {
		return nil, syntaxAt(in.blame(), "not allowed here or not understood")
	}
	if len(s.desc.TimeDescriptions) == 0 {
		return nil, syntaxAt(0, "v=, o=, s= and t= must be there")
	}
	next := 0
	for i := range s.sections {
		if s.sections[i].raw == "" {
			s.sections[i].desc = s.desc.MediaDescriptions[next]
			next++
		}
	}
	s.audio = s.findAudio()
	return s, nil
}

// Media returns the number of media sections; the answer to an offer has the same number.
func (s *Session) Media() int { return len(s.sections) }

// Bytes writes the description as it was read, sections that pion does not know included, with CRLF line ends.
func (s *Session) Bytes() ([]byte, error) {
	known, err := s.desc.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write session description: %w", err)
	}
	rest := string(known)
	cut := func() string { // up to the next m= line
		end := strings.Index(rest, crlf+"m=")
		if end < 0 {
			end = len(rest) - len(crlf)
		}
		part := rest[:end+len(crlf)]
		rest = rest[len(part):]
		return part
	}
	out := []byte(cut())
	for _, sec := range s.sections {
		if sec.desc == nil {
			out = append(out, sec.raw...)
		} else {
			out = append(out, cut()...)
		}
	}
	return out, nil
}
