package numberdb

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// vcardProp is one property of a vCard (RFC 6350 §3.3), its value as it stands:
//
//	item1.TEL;TYPE=work,voice:+86 10 6610 8888
//	group name params          value
type vcardProp struct {
	group, name string // upper case
	params      string // upper case, without names of quoted values taken apart
	value       string
	line        int
}

// Limits of a card, so that no file can make one endless.
const (
	maxCardProps = 2000
	maxCardBytes = 1 << 20 // photographs are skipped, not counted
)

// cardReader reads the cards of a file: vCard 3.0 (RFC 2426) and 4.0 (RFC 6350).
type cardReader struct {
	in   *bufio.Reader
	line int    // of the last physical line read
	held []byte // a physical line read too far
}

// next returns the properties of the next card. After an error that is not
// io.EOF or brokenInput the card is skipped, and the next one can be read.
func (c *cardReader) next() (props []vcardProp, first int, err error) {
	for { // to the card's beginning
		text, line, err := c.logical()
		if err == io.EOF || isBroken(err) {
			return nil, line, err
		}
		if err == nil && strings.EqualFold(strings.TrimSpace(text), "BEGIN:VCARD") {
			first = line
			break
		}
	}
	size, version := 0, ""
	for {
		text, line, lerr := c.logical()
		switch {
		case lerr == io.EOF:
			return nil, first, fmt.Errorf("%w: the card has no END:VCARD", ErrInvalid)
		case isBroken(lerr):
			return nil, first, lerr
		case lerr != nil:
			continue // too long: a photograph
		}
		p, ok := parseProp(text, line)
		switch {
		case !ok:
			err = cmpErr(err, fmt.Errorf("%w: line %d is no property of a vCard", ErrInvalid, line))
		case p.name == "END":
			if err == nil && version != "3.0" && version != "4.0" {
				err = fmt.Errorf("%w: vCard version %.10q; save the contacts as version 3.0 or 4.0", ErrInvalid, version)
			}
			return props, first, err
		case p.name == "VERSION":
			version = strings.TrimSpace(p.value)
		case p.name == "PHOTO" || p.name == "LOGO" || p.name == "SOUND" || p.name == "KEY":
		default:
			if size += len(text); len(props) >= maxCardProps || size > maxCardBytes {
				err = cmpErr(err, fmt.Errorf("%w: the card has more than %d properties or %d bytes", ErrInvalid, maxCardProps, maxCardBytes))
				props = nil
				continue
			}
			props = append(props, p)
		}
	}
}

// cmpErr returns the first of two errors.
func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// logical reads a line with its folded continuations (RFC 6350 §3.2).
func (c *cardReader) logical() (string, int, error) {
	text, err := c.physical()
	line := c.line
	if err == io.EOF || isBroken(err) {
		return "", line, err
	}
	var b strings.Builder
	b.Write(text)
	long := err
	for {
		more, err := c.physical()
		if err == io.EOF || isBroken(err) {
			break // seen again by the next call
		}
		if err != nil || len(more) == 0 || more[0] != ' ' && more[0] != '\t' {
			c.hold(more)
			break
		}
		if b.Len()+len(more) > maxImportLine {
			long = fmt.Errorf("%w: line %d is longer than %d bytes", ErrInvalid, line, maxImportLine)
			continue
		}
		b.Write(more[1:])
	}
	return b.String(), line, long
}

func (c *cardReader) physical() ([]byte, error) {
	if c.held != nil {
		text := c.held
		c.held = nil
		c.line++
		return text, nil
	}
	text, err := readLine(c.in)
	if err == nil || err != io.EOF && !isBroken(err) {
		c.line++
	}
	return bytes.TrimRight(text, "\r\n"), err
}

func (c *cardReader) hold(text []byte) {
	c.held = append([]byte{}, text...)
	c.line--
}

// parseProp takes a line apart. A colon or semicolon inside quotes belongs to
// the parameter.
func parseProp(text string, line int) (vcardProp, bool) {
	if strings.TrimSpace(text) == "" {
		return vcardProp{name: "EMPTY", line: line}, true
	}
	quoted, colon := false, -1
	for i := 0; i < len(text) && colon < 0; i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ':' && !quoted:
			colon = i
		}
	}
	if colon < 0 || !utf8.ValidString(text) {
		return vcardProp{}, false
	}
	name, params, _ := strings.Cut(strings.ToUpper(text[:colon]), ";")
	group, rest, grouped := strings.Cut(name, ".")
	if !grouped {
		group, rest = "", name
	}
	return vcardProp{group: group, name: rest, params: params, value: text[colon+1:], line: line}, rest != ""
}

// vcardText undoes the escapes of a value; line breaks become spaces.
func vcardText(s string) string {
	return strings.TrimSpace(strings.NewReplacer(`\\`, `\`, `\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";").Replace(s))
}

// vcardEscape writes text as a value.
func vcardEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", "", ",", `\,`, ";", `\;`).Replace(s)
}

// vcardFold writes a line in pieces of at most 75 bytes (RFC 6350 §3.2), never
// inside a character.
func vcardFold(w *bufio.Writer, line string) error {
	for first := true; ; first = false {
		most := 75
		if !first {
			most = 74 // and the space
		}
		if len(line) <= most {
			_, err := w.WriteString(line + "\r\n")
			return err
		}
		for !utf8.RuneStart(line[most]) {
			most--
		}
		if _, err := w.WriteString(line[:most] + "\r\n "); err != nil {
			return err
		}
		line = line[most:]
	}
}
