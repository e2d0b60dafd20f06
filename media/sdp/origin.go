package sdp

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
)

// Origin keeps the o= line of the descriptions that we send on one leg: one session id for the leg's life, and a
// version that goes up by one each time the description changes and only then (RFC 3264 §8). It is not safe for
// concurrent use; the call's goroutine owns it.
type Origin struct {
	id, version uint64
	last        []byte
}

// NewOrigin draws a random session id, which tells nothing of time or of other calls.
func NewOrigin() *Origin {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return &Origin{id: binary.BigEndian.Uint64(b[:]) >> 2, version: 1}
}

// Write renders a description for the leg. It fills SessionID and Version of l, renders with the version last sent, and
// takes the next version if that gives another text than last time. Render is a method such as Session.ForPeer.
func (o *Origin) Write(l Local, render func(Local) ([]byte, error)) ([]byte, error) {
	l.SessionID, l.Version = o.id, o.version
	body, err := render(l)
	if err != nil {
		return nil, err
	}
	if o.last != nil && !bytes.Equal(body, o.last) {
		l.Version++
		if body, err = render(l); err != nil {
			return nil, err
		}
		o.version = l.Version
	}
	o.last = body
	return bytes.Clone(body), nil
}

// Last is the description last written, nil before the first.
func (o *Origin) Last() []byte { return bytes.Clone(o.last) }
