package sipmsg

import "bufio"

// ReadFrame reads one message from a stream (RFC 3261 §18.3). It returns io.EOF
// at a clean end, io.ErrUnexpectedEOF inside a message, ErrKeepAlive for a ping
// (RFC 5626), and an *Error for a message that cannot be delimited or is too
// long; then the head is returned with it, if there is one, so that Decode can
// make something to answer of it, and the connection must be closed.
func ReadFrame(r *bufio.Reader, lim Limits) ([]byte, error) { return nil, errTodo }
