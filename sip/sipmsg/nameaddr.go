package sipmsg

// NameAddr is an address with an optional display name (From, To, Contact,
// Route, P-Asserted-Identity ...).
type NameAddr struct {
	// Display name without quotes and escapes, repaired to valid UTF-8.
	Display string
	URI     URI
	// RawURI is the URI as received; when set it is what String writes.
	RawURI string
	// Params are the parameters of the field, not those of the URI.
	Params Params
}

// ParseNameAddr reads exactly one address.
func ParseNameAddr(s string) (NameAddr, error) {
	return NameAddr{}, badRequest("Bad Address", "not implemented")
}

// ParseNameAddrs reads a comma-separated list of addresses, 64 at most.
func ParseNameAddrs(s string) ([]NameAddr, error) { return nil, nil }

// Tag returns the tag parameter, "" when there is none.
func (a NameAddr) Tag() string { t, _ := a.Params.Get("tag"); return t }

// String writes the address with angle brackets and, if there is a display
// name, with that in quotes.
func (a NameAddr) String() string { return string(a.Append(nil)) }

// Append writes the address to dst.
func (a NameAddr) Append(dst []byte) []byte { return dst }
