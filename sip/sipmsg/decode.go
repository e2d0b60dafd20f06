package sipmsg

// Decode reads one message. b is copied; it may be used again afterwards.
// datagram is true for UDP and WebSocket, where the message ends with b: there
// Content-Length may be absent and what follows the body is ignored.
//
// An error is always an *Error. With it the message is non-nil if it is a
// request (other than ACK) that can be answered: its Via can be read, and of
// From, To, Call-ID and CSeq it holds what could be read. With a nil message
// nothing is to be sent.
func Decode(b []byte, datagram bool) (*Message, error) { return nil, errTodo }
