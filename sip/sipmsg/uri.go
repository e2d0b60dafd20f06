package sipmsg

// URI is a parsed SIP, SIPS or tel URI, or another one of which only the scheme
// is known.
type URI struct {
	// Scheme in lower case.
	Scheme string
	// User and Password as they stand in the URI, %-escapes included. The
	// number of a tel URI is in User.
	User, Password string
	// HasPassword tells an empty password ("sip:a:@h") from none.
	HasPassword bool
	// Host as received, without the brackets of an IPv6 reference.
	Host string
	// Port, 0 when there is none.
	Port   uint16
	Params Params
	// Headers is what follows "?", undecoded.
	Headers string
	// Opaque is all behind the scheme's colon when the scheme is not sip, sips
	// or tel.
	Opaque string
}

// ParseURI reads a URI. An unknown scheme is no error.
func ParseURI(s string) (URI, error) { return URI{}, badRequest("Bad URI", "not implemented") }

// String writes the URI. Characters that may not stand in their part are
// %-escaped, existing escapes are kept.
func (u URI) String() string { return string(u.Append(nil)) }

// Append writes the URI to dst.
func (u URI) Append(dst []byte) []byte { return dst }

// Equal compares as RFC 3261 §19.1.4 asks.
func (u URI) Equal(v URI) bool { return false }
