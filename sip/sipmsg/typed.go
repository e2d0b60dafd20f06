package sipmsg

import "time"

// errAbsent is the error of typed accessors when the field is not there.
func errAbsent(name string) *Error { return badRequest("Missing "+name, "") }

// TopVia returns the topmost Via element.
func (m *Message) TopVia() (Via, error) {
	i := m.index("Via")
	if i < 0 {
		return Via{}, errAbsent("Via")
	}
	elem, _, _ := nextElement(m.Headers[i].Value)
	return ParseVia(elem)
}

// Vias returns all Via elements, topmost first.
func (m *Message) Vias() ([]Via, error) {
	var out []Via
	err := m.eachElement("Via", func(elem string) *Error {
		v, err := scanVia(elem, true)
		if err == nil {
			out = append(out, v)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachElement calls f with the elements of all lines of a field, 64 at most.
func (m *Message) eachElement(name string, f func(elem string) *Error) *Error {
	n := 0
	for i := range m.Headers {
		if !sameName(m.Headers[i].Name, name) {
			continue
		}
		err := eachElement(m.Headers[i].Value, func(elem string) *Error {
			if n++; n > maxElements {
				return badRequest("Too Many "+name+" Values", "")
			}
			return f(elem)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// From returns the From address.
func (m *Message) From() (NameAddr, error) { return m.addr("From") }

// To returns the To address.
func (m *Message) To() (NameAddr, error) { return m.addr("To") }

func (m *Message) addr(name string) (NameAddr, error) {
	i := m.index(name)
	if i < 0 {
		return NameAddr{}, errAbsent(name)
	}
	return ParseNameAddr(m.Headers[i].Value)
}

// FromTag returns the tag of From, "" when there is none.
func (m *Message) FromTag() string { return m.tag("From") }

// ToTag returns the tag of To, "" when there is none.
func (m *Message) ToTag() string { return m.tag("To") }

func (m *Message) tag(name string) string {
	a, err := m.addr(name)
	if err != nil {
		return ""
	}
	return a.Tag()
}

// Contacts returns the Contact addresses; none for "*".
func (m *Message) Contacts() ([]NameAddr, error) {
	if m.ContactStar() {
		return nil, nil
	}
	return m.AddrList("Contact")
}

// ContactStar reports a "Contact: *".
func (m *Message) ContactStar() bool { return m.Get("Contact") == "*" }

// Routes returns the Route set, topmost first.
func (m *Message) Routes() ([]NameAddr, error) { return m.AddrList("Route") }

// RecordRoutes returns the Record-Route set, topmost first.
func (m *Message) RecordRoutes() ([]NameAddr, error) { return m.AddrList("Record-Route") }

// AddrList returns the addresses of all lines of the named field, 64 at most.
func (m *Message) AddrList(name string) ([]NameAddr, error) {
	var out []NameAddr
	err := m.eachElement(canonicalName(name), func(elem string) *Error {
		a, err := scanNameAddr(elem, true)
		if err == nil {
			out = append(out, a)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// URI parses the Request-URI.
func (m *Message) URI() (URI, error) { return ParseURI(m.RequestURI) }

// CallID returns the Call-ID.
func (m *Message) CallID() string { return m.Get("Call-ID") }

// CSeq returns sequence number (below 2^31) and method of the CSeq field.
func (m *Message) CSeq() (seq uint32, method string, err error) {
	i := m.index("CSeq")
	if i < 0 {
		return 0, "", errAbsent("CSeq")
	}
	seq, method, ok := parseCSeq(m.Headers[i].Value)
	if !ok {
		return 0, "", badRequest("Bad CSeq", "")
	}
	return seq, method, nil
}

// parseCSeq reads number LWS method (RFC 3261 §20.16, §8.1.1.5).
func parseCSeq(s string) (seq uint32, method string, ok bool) {
	end := 0
	for end < len(s) && is(s[end], chDigit) {
		end++
	}
	n, ok := parseNumber(s[:end], 1<<31-1)
	start := skipSpace(s, end)
	if !ok || start == end || !isToken(s[start:]) {
		return 0, "", false
	}
	return uint32(n), s[start:], true
}

// MaxForwards returns the Max-Forwards value, 0 to 255; ok is false when it is
// absent.
func (m *Message) MaxForwards() (n int, ok bool, err error) {
	v, ok, err := m.number("Max-Forwards", 255)
	return int(v), ok, err
}

// Expires returns the Expires value in seconds; ok is false when it is absent.
func (m *Message) Expires() (secs uint32, ok bool, err error) {
	v, ok, err := m.number("Expires", 1<<32-1)
	return uint32(v), ok, err
}

func (m *Message) number(name string, limit uint64) (n uint64, ok bool, err error) {
	i := m.index(name)
	if i < 0 {
		return 0, false, nil
	}
	n, valid := parseNumber(m.Headers[i].Value, limit)
	if !valid {
		return 0, true, badRequest("Bad "+name, "")
	}
	return n, true, nil
}

// RetryAfter returns the time in Retry-After, without its comment and parameters;
// 0 when there is none or it cannot be read (RFC 3261 §20.33).
func (m *Message) RetryAfter() time.Duration {
	v := m.Get("Retry-After")
	end := 0
	for end < len(v) && is(v[end], chDigit) {
		end++
	}
	n, _ := parseNumber(v[:end], 1<<32-1)
	return time.Duration(n) * time.Second
}

// ContentType returns the media type in lower case ("application/sdp") and its
// parameters; "" when there is none or it cannot be read.
func (m *Message) ContentType() (mediaType string, params Params) {
	return parseContentType(m.Get("Content-Type"))
}

// parseContentType reads type / subtype *( ; name = value ) (RFC 3261 §20.15).
func parseContentType(s string) (mediaType string, params Params) {
	i, parts := 0, [2]string{}
	for n := range parts {
		start := skipSpace(s, i)
		for i = start; i < len(s) && is(s[i], chToken); {
			i++
		}
		if parts[n] = s[start:i]; parts[n] == "" {
			return "", nil
		}
		if n == 0 {
			if i = skipSpace(s, i); i == len(s) || s[i] != '/' {
				return "", nil
			}
			i++
		}
	}
	params, _, err := scanParams(s, i, true)
	if err != nil {
		return "", nil
	}
	return lowerASCII(parts[0] + "/" + parts[1]), params
}
