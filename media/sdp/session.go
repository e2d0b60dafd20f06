package sdp

import (
	"fmt"
	"slices"
	"strconv"
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
	var known strings.Builder
	var numbers []int // of the lines in known
	add := func(b block) {
		for i, line := range b.lines {
			if line = tolerate(line, b.name); line != "" {
				known.WriteString(line + crlf)
				numbers = append(numbers, b.first+i)
			}
		}
	}
	s := &Session{sections: make([]section, len(media))}
	add(head)
	for i, b := range media {
		s.sections[i].name = b.name
		if pionKnows(b.name) {
			add(b)
			continue
		}
		s.sections[i].raw = strings.Join(b.lines, crlf) + crlf
	}
	if err := s.desc.UnmarshalString(known.String()); err != nil {
		return nil, syntaxAt(blame(known.String(), numbers), "not allowed here or not understood")
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

// pionMedia and pionProtos are what pion v3.0.20 accepts on an m= line; TestPionKnows holds them against it.
var (
	pionMedia  = []string{"audio", "video", "text", "application", "message"}
	pionProtos = []string{"UDP", "RTP", "AVP", "SAVP", "SAVPF", "TLS", "DTLS", "SCTP", "AVPF", "TCP", "MSRP", "BFCP",
		"UDT", "IX", "MRCPv2", "FEC"}
)

func pionKnows(n name) bool {
	if !slices.Contains(pionMedia, n.media) {
		return false
	}
	for part := range strings.SplitSeq(n.proto, "/") {
		if !slices.Contains(pionProtos, part) {
			return false
		}
	}
	return true
}

// tolerate turns a line that is in use in the field, but that pion refuses, into one that it takes; "" leaves the line
// out. None of what it changes is ever passed on.
func tolerate(line string, n name) string {
	switch line[0] {
	case 'b':
		kind, value, _ := strings.Cut(line[2:], ":")
		if !strings.HasPrefix(kind, "X-") && !slices.Contains([]string{"CT", "AS", "TIAS", "RS", "RR"}, kind) ||
			!isUint64(value) {
			return ""
		}
	case 'o':
		// The session id is 64 bits by RFC 8866 §5.2; some peers send more, or letters.
		f := strings.Fields(line[2:])
		if len(f) == 6 && (!isUint64(f[1]) || !isUint64(f[2])) {
			return "o=" + f[0] + " 0 0 " + strings.Join(f[3:], " ")
		}
	case 'm':
		return "m=" + n.media + " " + n.ports + " " + n.proto + " " + strings.Join(n.formats, " ")
	}
	return line
}

func isUint64(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// blame finds the number of the line at which pion stops. Every prefix of whole lines that ends before it parses, so
// halving finds it in at most ten rounds.
func blame(text string, numbers []int) int {
	ends := make([]int, 0, len(numbers))
	for i := range len(text) {
		if text[i] == '\n' {
			ends = append(ends, i+1)
		}
	}
	at, _ := slices.BinarySearchFunc(ends, true, func(end int, _ bool) int {
		var d pion.SessionDescription
		if d.UnmarshalString(text[:end]) != nil {
			return 0
		}
		return -1
	})
	if at >= len(numbers) {
		return 0
	}
	return numbers[at]
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
