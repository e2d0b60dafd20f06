package sip

import (
	"errors"

	"ringward/sip/sipmsg"
)

var errTODO = errors.New("sip: not there yet")

// Trying sends 100 now (RFC 3261 §8.2.6.1).
func (l *Leg) Trying() error { return errTODO }

// Progress sends a provisional response, 101 to 199.
func (l *Leg) Progress(status int, reason string, body Body, hdr ...sipmsg.Header) error {
	return errTODO
}

// Answer sends 200.
func (l *Leg) Answer(body Body, hdr ...sipmsg.Header) error { return errTODO }

// Reject sends a final response of 300 to 699.
func (l *Leg) Reject(status int, reason string, hdr ...sipmsg.Header) error { return errTODO }

// Ack acknowledges the 2xx.
func (l *Leg) Ack(body Body) error { return errTODO }

// Prack acknowledges a Progressed with NeedsAnswer.
func (l *Leg) Prack(p Progressed, body Body, hdr ...sipmsg.Header) error { return errTODO }

// Cancel gives up an INVITE that has no final answer yet.
func (l *Leg) Cancel(hdr ...sipmsg.Header) error { return errTODO }

// Send sends a request within the confirmed dialog.
func (l *Leg) Send(method string, body Body, hdr ...sipmsg.Header) (*Pending, error) {
	return nil, errTODO
}

// Bye ends a confirmed dialog.
func (l *Leg) Bye(hdr ...sipmsg.Header) error { return errTODO }

// Close ends the leg in whatever state it is.
func (l *Leg) Close() {}

// Pending is a request that we sent within a dialog.
type Pending struct{}

// Done is closed when the final response or the time-out is there.
func (p *Pending) Done() <-chan struct{} { return nil }

// Response returns the final response, nil before Done or when none came.
func (p *Pending) Response() *sipmsg.Message { return nil }

// Err tells why there is no response: ErrTimeout, a transport error, ErrEnded.
func (p *Pending) Err() error { return errTODO }

// Ack acknowledges the 2xx to a re-INVITE.
func (p *Pending) Ack(body Body) error { return errTODO }

// InDialog is a request of the peer within the dialog.
type InDialog struct{}

// Message returns the request. It must not be changed.
func (r *InDialog) Message() *sipmsg.Message { return nil }

// Method returns the method of the request.
func (r *InDialog) Method() string { return "" }

// Respond answers the request.
func (r *InDialog) Respond(status int, reason string, body Body, hdr ...sipmsg.Header) error {
	return errTODO
}

// Acked delivers the ACK to our 2xx to a re-INVITE.
func (r *InDialog) Acked() <-chan *sipmsg.Message { return nil }
