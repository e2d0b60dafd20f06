// Package jws makes and checks the one kind of JSON Web Signature that SIP uses:
// the compact serialisation of RFC 7515 §7.1 with ES256 (RFC 7518 §3.4), as
// PASSporTs (RFC 8225) and the contact cards of RFC 8688 have it.
//
// There is no other algorithm in it on purpose: what cannot be chosen cannot be
// chosen by an attacker. Headers and claims are left to who knows them.
package jws

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Errors of this package, for errors.Is.
var (
	ErrSyntax    = errors.New("not a compact JSON Web Signature")
	ErrSignature = errors.New("the signature does not fit")
	ErrKey       = errors.New("ES256 needs a key on the curve P-256")
)

// half is the length of r and of s in octets.
const half = 32

// encoding refuses padding and stray bits, so that a token has one spelling.
var encoding = base64.RawURLEncoding.Strict()

// Token is a signature taken apart. Its parts are decoded; the signature is
// over what was received.
type Token struct {
	Header  []byte // JSON; empty in the compact form of a PASSporT
	Payload []byte // JSON; empty in the compact form of a PASSporT

	signed    string
	signature []byte
}

// Parse takes "header.payload.signature" apart. Header and payload may be empty
// (RFC 8225 §7); the signature may not.
func Parse(s string) (Token, error) {
	header, rest, ok := strings.Cut(s, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(signature, ".") || (header == "") != (payload == "") {
		return Token{}, fmt.Errorf("%w: want three parts", ErrSyntax)
	}
	t := Token{signed: s[:len(header)+1+len(payload)]}
	for _, p := range []struct {
		text string
		to   *[]byte
	}{{header, &t.Header}, {payload, &t.Payload}, {signature, &t.signature}} {
		b, err := encoding.DecodeString(p.text)
		if err != nil {
			return Token{}, fmt.Errorf("%w: not base64url", ErrSyntax)
		}
		*p.to = b
	}
	if len(t.signature) != 2*half {
		return Token{}, fmt.Errorf("%w: the signature has %d octets, ES256 has %d", ErrSyntax, len(t.signature), 2*half)
	}
	return t, nil
}

// With returns the token with other parts than it came with: those that the
// reader of a compact PASSporT put together himself.
func (t Token) With(header, payload []byte) Token {
	t.Header, t.Payload = header, payload
	t.signed = encoding.EncodeToString(header) + "." + encoding.EncodeToString(payload)
	return t
}

// Verify reports whether key made the signature: nil, ErrSignature or ErrKey.
func (t Token) Verify(key *ecdsa.PublicKey) error {
	if key == nil || key.Curve != elliptic.P256() {
		return ErrKey
	}
	digest := sha256.Sum256([]byte(t.signed))
	r, s := new(big.Int).SetBytes(t.signature[:half]), new(big.Int).SetBytes(t.signature[half:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return ErrSignature
	}
	return nil
}

// Sign makes the compact serialisation of header and payload, both JSON.
func Sign(header, payload []byte, key *ecdsa.PrivateKey) (string, error) {
	if key == nil || key.Curve != elliptic.P256() {
		return "", ErrKey
	}
	signed := encoding.EncodeToString(header) + "." + encoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	var signature [2 * half]byte
	r.FillBytes(signature[:half])
	s.FillBytes(signature[half:])
	return signed + "." + encoding.EncodeToString(signature[:]), nil
}
