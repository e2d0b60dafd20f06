package sdp

import (
	"bytes"
	"strconv"
	"strings"
)

// The limits that hold before a description is parsed.
const (
	MaxBytes   = 16 << 10 // octets of a body
	MaxLines   = 1024     // lines of a body
	MaxMedia   = 32       // m= lines
	MaxFormats = 64       // formats on one m= line
)

// name is an m= line taken apart (RFC 8866 §5.14).
type name struct {
	media   string
	port    uint16
	ports   string   // as written: "4000" or "4000/2"
	proto   string   // as written, RTP profiles in capitals
	formats []string // 1 to MaxFormats
}

// block is the head of a description (before the first m= line) or one media section, as numbered lines.
type block struct {
	first int // line number of lines[0], from 1
	lines []string
	name  name // zero in the head
}

// scan cuts a body into its head and its media sections and enforces the limits and the outer form of every line.
// Lines may end in CRLF or in LF alone; empty lines at the end are overlooked.
func scan(body []byte) (head block, media []block, err error) {
	if len(body) > MaxBytes {
		return head, nil, limitError("octets", len(body), MaxBytes)
	}
	body = bytes.TrimRight(body, "\r\n")
	if n := bytes.Count(body, []byte{'\n'}) + 1; n > MaxLines {
		return head, nil, limitError("lines", n, MaxLines)
	}
	lines := strings.Split(string(body), "\n")
	current := &head
	current.first = 1
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		lines[i] = line
		if err := checkLine(line, i+1); err != nil {
			return head, nil, err
		}
		if line[0] == 'm' {
			if len(media) == MaxMedia {
				return head, nil, limitError("m= lines", MaxMedia+1, MaxMedia)
			}
			n, err := parseName(line[2:], i+1)
			if err != nil {
				return head, nil, err
			}
			media = append(media, block{first: i + 1, name: n})
			current = &media[len(media)-1]
		}
		current.lines = lines[current.first-1 : i+1]
	}
	return head, media, nil
}

// checkLine wants "<letter>=<value>" without NUL or a carriage return inside (RFC 8866 §9, byte-string).
func checkLine(line string, number int) error {
	switch {
	case len(line) < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z':
		return syntaxAt(number, "want <letter>=<value>")
	case strings.IndexByte(line, 0) >= 0 || strings.IndexByte(line, '\r') >= 0:
		return syntaxAt(number, "NUL or CR inside the line")
	}
	switch line[0] { // pion overlooks what is missing or too much on these three
	case 'v':
		if line != "v=0" {
			return syntaxAt(number, "want v=0")
		}
	case 'o':
		if fields(line[2:]) != 6 {
			return syntaxAt(number, "o= wants six fields")
		}
	case 'c':
		if fields(line[2:]) != 3 {
			return syntaxAt(number, "c= wants network type, address type and one address")
		}
	}
	return nil
}

// fields counts what strings.Fields would return.
func fields(s string) int {
	n := 0
	for range strings.FieldsSeq(s) {
		n++
	}
	return n
}

// parseName reads "<media> <port>[/<n>] <proto> <fmt> ...". Ports over 65535 and, for RTP, payload types over 127 are
// refused here, before anything could wrap them.
func parseName(value string, line int) (name, error) {
	f := strings.Fields(value)
	if len(f) < 4 {
		return name{}, syntaxAt(line, "m= wants media, port, protocol and formats")
	}
	if len(f)-3 > MaxFormats {
		return name{}, limitError("formats on an m= line", len(f)-3, MaxFormats)
	}
	n := name{media: f[0], ports: f[1], proto: f[2], formats: f[3:]}
	if up := strings.ToUpper(n.proto); n.rtp() {
		n.proto = up // some phones write rtp/avp
	} else if n.fax() {
		n.proto = "udptl" // and some UDPTL
	}
	text, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return name{}, syntaxAt(line, "m= port is not a number from 0 to 65535")
	}
	n.port = uint16(port)
	if !isToken(n.media) || !isProto(n.proto) {
		return name{}, syntaxAt(line, "m= media or protocol is not a token")
	}
	if !n.rtp() {
		return n, nil
	}
	for i, f := range n.formats {
		pt, err := strconv.ParseUint(f, 10, 7)
		if err != nil {
			return name{}, syntaxAt(line, "RTP payload type is not a number from 0 to 127")
		}
		if f[0] == '0' {
			n.formats[i] = strconv.FormatUint(pt, 10) // without leading zeros
		}
	}
	return n, nil
}

// isProto reports whether s is tokens joined by "/".
func isProto(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if !isToken(part) {
			return false
		}
	}
	return true
}

// rtp reports whether the section's formats are RTP payload types.
func (n name) rtp() bool {
	return strings.Contains("/"+strings.ToUpper(n.proto)+"/", "/RTP/")
}

// secure reports whether the section asks for SRTP, keyed by SDES or by DTLS.
func (n name) secure() bool {
	return n.rtp() && strings.Contains(n.proto, "SAVP")
}

// sdes reports whether the section asks for SRTP with keys in the description.
func (n name) sdes() bool {
	return n.proto == "RTP/SAVP" || n.proto == "RTP/SAVPF"
}

// plain reports whether the section is RTP in the clear: RTP/AVP or RTP/AVPF.
func (n name) plain() bool {
	return n.proto == "RTP/AVP" || n.proto == "RTP/AVPF"
}
