package sip

import (
	"crypto/x509"
	"errors"
	"fmt"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// Send sends a request outside any dialog, such as REGISTER or OPTIONS, with a
// Via of ours on top. The caller reads the answers of the transaction. INVITE
// goes by Dial.
func (s *Stack) Send(req *sipmsg.Message, to transport.Target) (*transaction.Client, error) {
	switch {
	case s.stopped.Load():
		return nil, ErrStopped
	case req.Method == "INVITE":
		return nil, fmt.Errorf("sip: send INVITE: %w", ErrState)
	}
	tx, err := s.layer.Send(req, to)
	if err != nil {
		return nil, fmt.Errorf("sip: send %s: %w", req.Method, err)
	}
	return tx, nil
}

// Contact returns the Contact value that a peer reaches us by, as calls to it
// have it. user may be empty.
func (s *Stack) Contact(to transport.Target, user string) string { return s.contactFor(to, user) }

// Ping sends a keep-alive to a target (transport.Set.Ping).
func (s *Stack) Ping(to transport.Target) error {
	p, ok := s.set.(interface {
		Ping(to transport.Target) error
	})
	if !ok {
		return errors.ErrUnsupported
	}
	return p.Ping(to)
}

// PeerCertificate returns the verified certificate of the peer of a TLS
// connection (transport.Set.PeerCertificate).
func (s *Stack) PeerCertificate(connID uint64) (*x509.Certificate, error) {
	p, ok := s.set.(interface {
		PeerCertificate(connID uint64) (*x509.Certificate, error)
	})
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return p.PeerCertificate(connID)
}
