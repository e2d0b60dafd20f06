package stir

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"
)

// maxChain bounds the certificates of one file.
const maxChain = 8

// ErrNotYet says that a certificate may come, but not now: nothing is known of
// it.
var ErrNotYet = errors.New("the certificate is not there yet")

var errCertificate = errors.New("not a certificate, or not one for caller identities")

// ParseCertificates reads what an info URL gives: PEM, the signer's certificate
// first and those that lead to a root after it, or one certificate in DER.
func ParseCertificates(b []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	add := func(der []byte) error {
		c, err := x509.ParseCertificate(der)
		if err != nil || len(chain) == maxChain {
			return fmt.Errorf("%w: cannot be read", errCertificate)
		}
		// Critical or not, the list of numbers is looked at here.
		c.UnhandledCriticalExtensions = slices.DeleteFunc(c.UnhandledCriticalExtensions, oidTNAuthList.Equal)
		chain = append(chain, c)
		return nil
	}
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if err := add(block.Bytes); err != nil {
			return nil, err
		}
	}
	if len(chain) == 0 {
		if err := add(b); err != nil {
			return nil, err
		}
	}
	return chain, nil
}

// believe holds a chain against the roots, at a time, for a number.
func believe(chain []*x509.Certificate, roots *x509.CertPool, number string, now time.Time) (*ecdsa.PublicKey, error) {
	if len(chain) == 0 || roots == nil {
		return nil, fmt.Errorf("%w: nothing to check it against", errCertificate)
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	paths, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, fmt.Errorf("%w: its chain does not lead to a root in force", errCertificate)
	}
	key, ok := chain[0].PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: its key is not for ES256", errCertificate)
	}
	if u := chain[0].KeyUsage; chain[0].IsCA || u != 0 && u&x509.KeyUsageDigitalSignature == 0 {
		return nil, fmt.Errorf("%w: it may not sign", errCertificate)
	}
	for _, path := range paths {
		if err = covers(path, number); err == nil {
			return key, nil
		}
	}
	return nil, err
}

// covers asks every list on the way to the root: nobody passes on more than he
// has (RFC 8226 §8, RFC 9060). The signer itself must have one.
func covers(path []*x509.Certificate, number string) error {
	for i, c := range path {
		list, ok, err := listOf(c)
		switch {
		case err != nil:
			return fmt.Errorf("%w: its list of numbers cannot be read", errCertificate)
		case !ok && i == 0:
			return fmt.Errorf("%w: it says of no number that it may sign for it", errCertificate)
		case ok && !list.Covers(number):
			return fmt.Errorf("%w: the number is not among those that it may sign for", errCertificate)
		}
	}
	return nil
}
