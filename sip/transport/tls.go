package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// KeyPair names the PEM files of a certificate, with the chain to its authority,
// and of its private key.
type KeyPair struct{ Cert, Key string }

// TLSFiles are the files that a TLS is made of.
type TLSFiles struct {
	// Pairs are what we show. A listener needs one; with several the client's
	// SNI chooses, and one that fits none gets the first.
	Pairs []KeyPair
	// Authorities is a PEM file of certificates. A listener that has it demands
	// a certificate of every client, issued by one of them (mutual TLS). For
	// connections that we make it stands in place of the system's authorities.
	Authorities string
	// Optional lets in clients that show no certificate; one that is shown must
	// still be issued by Authorities. Telephones have none, trunks may.
	Optional bool
}

// TLS is what we show to TLS peers and whom we believe: version 1.2 or later.
// Its methods are safe for concurrent use.
type TLS struct {
	files TLSFiles
	now   atomic.Pointer[tlsState]
}

// tlsState is immutable.
type tlsState struct {
	server, client *tls.Config
	notAfter       time.Time
}

// LoadTLS reads the files.
func LoadTLS(files TLSFiles) (*TLS, error) {
	t := &TLS{files: files}
	if err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// Reload reads the files again: handshakes from now on use what is in them,
// connections that exist stay. On an error all stays as it was.
func (t *TLS) Reload() error {
	var pairs []tls.Certificate
	var notAfter time.Time
	for _, p := range t.files.Pairs {
		pair, err := tls.LoadX509KeyPair(p.Cert, p.Key)
		if err != nil {
			return fmt.Errorf("certificate %s with key %s: %w", p.Cert, p.Key, err)
		}
		if end := pair.Leaf.NotAfter; notAfter.IsZero() || end.Before(notAfter) {
			notAfter = end
		}
		pairs = append(pairs, pair)
	}
	server := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: pairs}
	client := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: pairs}
	if name := t.files.Authorities; name != "" {
		pool, err := readPool(name)
		if err != nil {
			return err
		}
		server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, pool
		if t.files.Optional {
			server.ClientAuth = tls.VerifyClientCertIfGiven
		}
		client.RootCAs = pool
	}
	t.now.Store(&tlsState{server, client, notAfter})
	return nil
}

func readPool(name string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("authorities: no certificate in %s", name)
	}
	return pool, nil
}

// NotAfter is when the first of our certificates ends; zero if there is none.
func (t *TLS) NotAfter() time.Time { return t.now.Load().notAfter }

// serve is the server's end of TLS over nc. The handshake is still to come, and
// chooses the certificate as it is then.
func (t *TLS) serve(nc net.Conn) tlsConn {
	return tlsConn{tls.Server(nc, &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return t.now.Load().server, nil },
	})}
}

// dial is the client's end; t may be nil.
func (t *TLS) dial(nc net.Conn, to Target) tlsConn {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if t != nil {
		cfg = t.now.Load().client.Clone()
	}
	if cfg.ServerName = to.ServerName; cfg.ServerName == "" {
		cfg.ServerName = to.Addr.Addr().WithZone("").String()
	}
	return tlsConn{tls.Client(nc, cfg)}
}

// tlsConn closes at once. Close of a *tls.Conn may wait for a peer that does not
// read; SIP has its own end of a message, and needs no close_notify.
type tlsConn struct{ *tls.Conn }

func (t tlsConn) Close() error { return t.NetConn().Close() }

func isTLS(network string) bool { return network == "tls" || network == "wss" }

// errNoPeer: there is no certificate to speak of.
var errNoPeer = errors.New("no TLS connection of that number, or no certificate verified on it")

// PeerCertificate returns the certificate of the peer of an open connection,
// once its chain has been verified: on one that we accepted that is mutual TLS.
// Message.ConnID and Target.ConnID name connections.
func (s *Set) PeerCertificate(connID uint64) (*x509.Certificate, error) {
	c := s.conns.byNumber(connID)
	if c == nil {
		return nil, errNoPeer
	}
	t, ok := c.netConn().(tlsConn)
	if !ok {
		return nil, errNoPeer
	}
	state := t.ConnectionState()
	if len(state.VerifiedChains) == 0 {
		return nil, errNoPeer
	}
	return state.VerifiedChains[0][0], nil
}

// CertificateNames returns the SIP domains that a certificate stands for (RFC
// 5922 §7.1): those of its sip URIs, and only without any its DNS names.
func CertificateNames(cert *x509.Certificate) []string {
	var names []string
	for _, u := range cert.URIs {
		if u.Scheme == "sip" && u.User == nil && u.Opaque != "" {
			names = append(names, u.Opaque)
		}
	}
	if len(names) == 0 {
		names = append(names, cert.DNSNames...)
	}
	return names
}
