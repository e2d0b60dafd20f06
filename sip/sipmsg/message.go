package sipmsg

import (
	"net/netip"
	"strings"
)

// Header is one header field. Name is the long form in its usual spelling for
// known fields ("From", "Call-ID"), else as received. Value is unfolded and
// trimmed.
type Header struct{ Name, Value string }

// Message is one SIP request or response.
//
// Strings are immutable and may be shared between messages. A Message may be
// read from several goroutines; changing one needs the usual care.
type Message struct {
	// Method of a request, case-sensitive; "" in a response.
	Method string
	// RequestURI as received, not re-encoded; "" in a response.
	RequestURI string
	// Status of a response, 100 to 699; 0 in a request.
	Status int
	// Reason phrase of a response; may be empty.
	Reason string
	// Headers in wire order. Content-Length is not among them: it is read by
	// Decode and computed by Append.
	Headers []Header
	// Body is nil when there is none.
	Body []byte

	// Source and Local are the addresses that the message came from and to.
	// Like Transport and ConnID they are filled in by the transport and never
	// taken from the message.
	Source, Local netip.AddrPort
	// Transport is "udp", "tcp", "tls", "ws" or "wss".
	Transport string
	// ConnID names the connection; 0 for datagrams.
	ConnID uint64
}

// NewRequest returns a request without header fields.
func NewRequest(method, uri string) *Message {
	return &Message{Method: method, RequestURI: uri}
}

// IsRequest reports whether m is a request.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// Get returns the first value of the named field, "" when there is none. Like
// all methods that take a field name it ignores case and accepts compact names.
func (m *Message) Get(name string) string {
	if i := m.index(canonicalName(name)); i >= 0 {
		return m.Headers[i].Value
	}
	return ""
}

// Has reports whether the named field is present, even if empty.
func (m *Message) Has(name string) bool { return m.index(canonicalName(name)) >= 0 }

// Values returns the values of all lines with this name, unsplit, in order.
func (m *Message) Values(name string) []string {
	var out []string
	name = canonicalName(name)
	for i := range m.Headers {
		if sameName(m.Headers[i].Name, name) {
			out = append(out, m.Headers[i].Value)
		}
	}
	return out
}

// List returns the elements of all lines with this name, split at commas that
// stand outside quotes and angle brackets; empty elements are left out.
func (m *Message) List(name string) []string {
	var out []string
	name = canonicalName(name)
	for i := range m.Headers {
		if sameName(m.Headers[i].Name, name) {
			out = appendElements(out, m.Headers[i].Value)
		}
	}
	return out
}

// Set gives the field this one value: the first line with the name is
// replaced, the others are removed; without one the field is added at the end.
// A value that cannot stand in a message is refused by Append.
func (m *Message) Set(name, value string) {
	name = canonicalName(name)
	i := m.index(name)
	if i < 0 {
		m.Headers = append(m.Headers, Header{name, value})
		return
	}
	m.Headers[i].Value = value
	kept := m.Headers[:i+1]
	for _, h := range m.Headers[i+1:] {
		if !sameName(h.Name, name) {
			kept = append(kept, h)
		}
	}
	m.Headers = kept
}

// Add appends a line at the end of the head.
func (m *Message) Add(name, value string) {
	m.Headers = append(m.Headers, Header{canonicalName(name), value})
}

// Prepend inserts a line at the top of the head, which for Via, Route and
// Record-Route makes it the topmost element.
func (m *Message) Prepend(name, value string) {
	m.Headers = append(m.Headers, Header{})
	copy(m.Headers[1:], m.Headers)
	m.Headers[0] = Header{canonicalName(name), value}
}

// Del removes all lines with this name.
func (m *Message) Del(name string) {
	name = canonicalName(name)
	kept := m.Headers[:0]
	for _, h := range m.Headers {
		if !sameName(h.Name, name) {
			kept = append(kept, h)
		}
	}
	m.Headers = kept
}

// Clone returns a copy with its own header list. The body is shared; give the
// copy a new slice rather than writing into it.
func (m *Message) Clone() *Message {
	c := *m
	c.Headers = append([]Header(nil), m.Headers...)
	return &c
}

// index returns the position of the first line named name (canonical), or -1.
func (m *Message) index(name string) int {
	for i := range m.Headers {
		if sameName(m.Headers[i].Name, name) {
			return i
		}
	}
	return -1
}

// sameName compares two canonical names. Known names are equal as they stand;
// unknown ones differ in case only.
func sameName(a, b string) bool {
	return len(a) == len(b) && (a == b || strings.EqualFold(a, b))
}
