package sipmsg

import (
	"bytes"
	"strings"
)

// Decode reads one message. b is copied; it may be used again afterwards.
// datagram is true for UDP and WebSocket, where the message ends with b: there
// Content-Length may be absent and what follows the body is ignored.
//
// An error is always an *Error. With it the message is non-nil if it is a
// request (other than ACK) that can be answered: its topmost Via can be read,
// and of From, To, Call-ID and CSeq it holds what is there. With a nil message
// nothing is to be sent.
func Decode(b []byte, datagram bool) (*Message, error) {
	for len(b) >= 2 && b[0] == '\r' && b[1] == '\n' {
		b = b[2:] // RFC 3261 §7.5
	}
	d := decoder{m: &Message{}, datagram: datagram}
	head, body := d.split(b)
	d.readHead(head)
	if d.drop {
		return nil, d.err
	}
	if d.err == nil {
		d.readBody(body)
	}
	if d.err == nil {
		d.err = d.validate()
	}
	if d.err == nil {
		return d.m, nil
	}
	return d.answerable(), d.err
}

// decoder holds the state of one Decode.
type decoder struct {
	m        *Message
	datagram bool
	count    [fieldCount]uint16 // lines seen of each field
	kinds    [maxFields]field   // of m.Headers, by index
	length   string             // Content-Length as received
	err      *Error             // the first fault; reading goes on for the answer's sake
	drop     bool               // not even a start line
}

func (d *decoder) fail(err *Error) {
	if d.err == nil {
		d.err = err
	}
}

// split separates head and body, within the limits. The head ends with CRLF,
// its empty line is left out.
func (d *decoder) split(b []byte) (head string, body []byte) {
	if len(b) > maxMessage {
		d.fail(tooLarge("message"))
	}
	within := b
	if len(within) > maxHead {
		within = within[:maxHead]
	}
	if end := bytes.Index(within, []byte("\r\n\r\n")); end >= 0 {
		return string(b[:end+2]), b[end+4:]
	}
	if len(b) > maxHead {
		d.fail(tooLarge("head"))
	} else {
		d.fail(badRequest("Bad Message", "no empty line at the end of the head"))
	}
	if end := bytes.LastIndex(within, []byte("\r\n")); end >= 0 {
		return string(within[:end+2]), nil
	}
	return "", nil
}

func tooLarge(what string) *Error {
	return &Error{Status: 513, Reason: ReasonPhrase(513), Detail: what + " over the limit"}
}

func (d *decoder) readHead(head string) {
	line, rest, ok := strings.Cut(head, "\r\n")
	known, err := d.m.parseStartLine(line)
	if !ok || !known {
		d.fail(badRequest("Bad Message", "no start line of SIP"))
		d.drop = true
		return
	}
	if len(line) > maxHeader {
		err = &Error{Status: 414, Reason: ReasonPhrase(414)}
	}
	if err != nil {
		d.fail(err)
	}
	lines := strings.Count(rest, "\n")
	d.m.Headers = make([]Header, 0, min(lines, maxFields))
	for n := 0; rest != ""; n++ {
		if n == maxFields {
			d.fail(badRequest("Too Many Header Fields", ""))
			return
		}
		var folded bool
		line, rest, folded = nextField(rest)
		d.readField(line, folded)
	}
}

// readField adds one field to the message, or notes why not.
func (d *decoder) readField(line string, folded bool) {
	if len(line) > maxHeader {
		d.fail(badRequest("Header Field Too Long", ""))
		return
	}
	name, raw, ok := splitField(line)
	if !ok {
		d.fail(badRequest("Bad Header Field", "no field name and colon"))
		return
	}
	value, ok := cleanValue(raw, folded)
	if !ok {
		d.fail(badRequest("Bad Header Field", "control character in a value"))
		return
	}
	name, f := lookupName(name)
	if d.count[f]++; d.count[f] > 1 && d.isSingle(f) {
		d.fail(badRequest("Repeated "+name, ""))
		return
	}
	if f == fieldContentLength {
		d.length = value
		return
	}
	d.kinds[len(d.m.Headers)] = f
	d.m.Headers = append(d.m.Headers, Header{name, value})
}

// isSingle tells the fields that may stand once only. In a response that goes
// for those alone that say which request it answers and where it ends: to drop
// an answer for a second Session-Expires would fail the call.
func (d *decoder) isSingle(f field) bool {
	return single[f] && (d.m.IsRequest() || f <= fieldContentType)
}

// readBody takes the body by Content-Length (RFC 3261 §18.3).
func (d *decoder) readBody(body []byte) {
	n := len(body)
	if d.count[fieldContentLength] > 0 {
		length, err := parseContentLength(d.length)
		if err == nil && length > n {
			err = badRequest("Bad Content-Length", "longer than the message")
		}
		if err != nil {
			d.fail(err)
			return
		}
		n = length
	} else if !d.datagram {
		n = 0
	}
	if n > 0 {
		d.m.Body = bytes.Clone(body[:n])
	}
}

func parseContentLength(s string) (int, *Error) {
	n, ok := parseNumber(s, 1<<31-1)
	if !ok {
		return 0, badRequest("Bad Content-Length", "not a number below 2^31")
	}
	return int(n), nil
}

// answerable returns what is needed to answer a faulty request, nil if it
// cannot or must not be answered. A topmost Via that cannot be read as it stands
// is replaced by the part of it that says where the answer goes.
func (d *decoder) answerable() *Message {
	m := d.m
	i := m.index("Via")
	if !m.IsRequest() || m.Method == "ACK" || i < 0 {
		return nil
	}
	elem, _, _ := nextElement(m.Headers[i].Value)
	if checkVia(elem) == nil {
		return m
	}
	// SIP/7.0/UDP comes with the 505; faulty parameters are beyond reading.
	if p := strings.SplitN(elem, "/", 3); len(p) == 3 && isVersion(trimSpace(p[1])) {
		elem = trimSpace(p[0]) + "/2.0/" + p[2]
	}
	v, _, _, err := scanSentBy(elem)
	if err != nil {
		return nil
	}
	m.Headers[i].Value = v.String()
	return m
}
