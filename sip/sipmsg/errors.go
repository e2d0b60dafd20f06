package sipmsg

import (
	"errors"
	"strconv"
)

// Error says why a message was refused. Status and Reason may go on the wire;
// Detail is for the log and holds no text of the message.
type Error struct {
	Status int
	Reason string
	Detail string
}

// Error implements error.
func (e *Error) Error() string {
	s := "sip message refused: " + strconv.Itoa(e.Status) + " " + e.Reason
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// ErrKeepAlive is returned by ReadFrame for a keep-alive ping (CRLF CRLF,
// RFC 5626 §3.5.1), which is answered with one CRLF.
var ErrKeepAlive = errors.New("keep-alive ping")

// badRequest is a 400 with a detail for the log.
func badRequest(reason, detail string) *Error {
	return &Error{Status: 400, Reason: reason, Detail: detail}
}
