package sipmsg

// Via is one element of the Via list.
type Via struct {
	// Transport in upper case: "UDP", "TCP", "TLS", "WS", "WSS" ...
	Transport string
	// Host without the brackets of an IPv6 reference.
	Host string
	// Port, 0 when there is none.
	Port   uint16
	Params Params
}

// ParseVia reads exactly one Via element.
func ParseVia(s string) (Via, error) { return Via{}, badRequest("Bad Via", "not implemented") }

// Branch returns the branch parameter, "" when there is none.
func (v Via) Branch() string { s, _ := v.Params.Get("branch"); return s }

// Received returns the received parameter, "" when there is none.
func (v Via) Received() string { s, _ := v.Params.Get("received"); return s }

// RPort returns the port in the rport parameter (RFC 3581). asked tells that
// the parameter is there, with or without a port.
func (v Via) RPort() (port uint16, asked bool) { return 0, false }

// String writes the element.
func (v Via) String() string { return string(v.Append(nil)) }

// Append writes the element to dst.
func (v Via) Append(dst []byte) []byte { return dst }
